"""Which resources a calendar shows: chosen one by one, by type, place, set or words; in pages."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.domain.resources import access, repository, terms
from src.domain.resources.hours import Window
from src.domain.resources.tables import Resource, ResourceState, ResourceType

PAGE_SIZE = 50


class Grouping(StrEnum):
    """By what the rows of a calendar stand together."""

    TYPE = "type"
    LOCATION = "location"


@dataclass(frozen=True, slots=True)
class Selection:
    """Some of the resources an actor may see; several values of one kind are alternatives.

    Without `resource_ids` all that are not retired; `location_ids` include what lies below;
    `page` counts from 1, None is everything.
    """

    resource_ids: Collection[UUID] = ()
    type_ids: Collection[UUID] = ()
    location_ids: Collection[UUID] = ()
    q: str | None = None
    group: Grouping | None = None
    page: int | None = None
    limit: int = PAGE_SIZE


def statement(actor: Actor, selection: Selection, *, around: Window) -> Select[*tuple[Any, ...]]:
    """The terms (`terms.of`) of the resources, each with its group, its version and the total."""
    wanted = terms.statement(access.visible(actor), around=around, with_sheets=False).order_by(None)
    return _chosen(wanted.add_columns(Resource.version.label("version")), selection)


async def calendar_versions(
    session: AsyncSession, actor: Actor, selection: Selection
) -> dict[UUID, tuple[Any, ...]]:
    """What the rows of a calendar depend on, in one statement that reads nothing else."""
    wanted = select(Resource.id, Resource.calendar_version, Resource.version)
    wanted = wanted.select_from(Resource).where(access.visible(actor))
    return {row.id: version(row) for row in await session.execute(_chosen(wanted, selection))}


def version(row: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a row of either statement
    """Grows or changes with whatever a calendar shows of the resource."""
    group = (row.group_name,) if "group_name" in row._fields else ()
    total = (row.total,) if "total" in row._fields else ()
    return (row.calendar_version, row.version, *group, *total)


def group_name(text: str) -> str:
    """A group's name as people read it: a place by the way to it."""
    return " › ".join(text.split(repository.SEPARATOR))


def _chosen(wanted: Select[*tuple[Any, ...]], selection: Selection) -> Select[*tuple[Any, ...]]:
    """Narrow, order and cut."""
    if selection.resource_ids:
        wanted = wanted.where(Resource.id.in_(selection.resource_ids))
    else:
        wanted = wanted.where(Resource.state != ResourceState.RETIRED)
    if selection.type_ids:
        wanted = wanted.where(Resource.type_id.in_(selection.type_ids))
    if selection.location_ids:
        wanted = wanted.where(Resource.location_id.in_(repository.within(selection.location_ids)))
    words = (selection.q or "").strip()
    if words or selection.group:
        wanted = wanted.join(ResourceType, ResourceType.id == Resource.type_id)
        wanted = wanted.join(repository.PATHS, repository.PATHS.c.id == Resource.location_id)
    if words:
        wanted = wanted.where(repository.matching(words))
    if selection.group:
        by_type = selection.group is Grouping.TYPE
        key = ResourceType.name if by_type else repository.PATHS.c.path
        id_ = Resource.type_id if by_type else Resource.location_id
        wanted = wanted.add_columns(id_.label("group_id"), key.label("group_name")).order_by(key)
    if selection.page is not None:
        wanted = wanted.add_columns(func.count().over().label("total"))
        wanted = wanted.limit(selection.limit).offset((selection.page - 1) * selection.limit)
    return wanted.order_by(Resource.name, Resource.id)
