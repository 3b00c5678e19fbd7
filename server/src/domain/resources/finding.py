"""What of the catalogue is found by words: for the search, and resources for pickers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, cast, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, finding
from src.core.actor import Actor, Permission
from src.core.language import format_span, mark
from src.core.language import gettext as _
from src.core.paging import Key, Page, Paging, paginate
from src.domain.resources import access, closures, codes, repository
from src.domain.resources.errors import ResourceNotFound
from src.domain.resources.tables import (
    Closure,
    Resource,
    ResourceState,
    ResourceType,
)
from src.domain.resources.views import Reference


@dataclass(frozen=True, slots=True)
class Label:
    """What stands on a resource's label."""

    id: UUID
    name: str
    place: tuple[str, ...]
    code: str


async def pick(
    session: AsyncSession, actor: Actor, *, q: str | None = None, paging: Paging | None = None
) -> Page[Reference]:
    """Resources in use whose name, type, place or tags hold every word, the nearest first.

    One statement, unlike `resources.list_`, which also tells when each is free. Raises `Forbidden`,
    `BadCursor`.
    """
    access.require_read(actor)
    wanted = _found(actor, q or "").where(Resource.state != ResourceState.RETIRED)
    keys = [
        Key(finding.closeness(q or "", Resource.name), name="closeness"),
        Key(Resource.name),
        Key(Resource.id),
    ]
    page = await paginate(session, wanted, keys=keys, paging=paging or Paging())
    return page.map(lambda row: Reference(row[0], row[1]))


async def names(
    session: AsyncSession, actor: Actor, resource_ids: Collection[UUID]
) -> dict[UUID, str]:
    """Names by id, of those the actor may know of, in one statement."""
    if not resource_ids:
        return {}
    wanted = select(Resource.id, Resource.name).where(
        Resource.id.in_(resource_ids), access.visible(actor)
    )
    rows = await session.execute(wanted)
    return {id_: name for id_, name in rows}  # noqa: C416 - rows are not pairs to mypy


async def by_code(session: AsyncSession, actor: Actor, code: str) -> UUID:
    """The resource whose label says so, however it was typed. Raises `ResourceNotFound`."""
    typed, found = codes.tidy(code), None
    if typed is not None:
        wanted = select(Resource.id).where(Resource.code == typed, access.visible(actor))
        found = await session.scalar(wanted)
    if found is None:
        raise ResourceNotFound(_("No resource has this code. Choose one from the list."))
    return found


async def labelled(
    session: AsyncSession, actor: Actor, resource_ids: Collection[UUID]
) -> list[Label]:
    """What is printed on the labels of those that may be seen, by name. One statement."""
    rows = await session.execute(
        select(Resource.id, Resource.name, repository.PATHS.c.path, Resource.code)
        .join(repository.PATHS, repository.PATHS.c.id == Resource.location_id)
        .where(Resource.id.in_(resource_ids), Resource.code.is_not(None), access.visible(actor))
        .order_by(Resource.name)
    )
    return [
        Label(id_, name, tuple(path.split(repository.SEPARATOR)), code)
        for id_, name, path, code in rows
    ]


async def ways_to(
    session: AsyncSession, resource_ids: Collection[UUID]
) -> dict[UUID, tuple[str, ...]]:
    """The names from the root down to where each stands, for whoever may see it. One statement."""
    rows = await session.execute(
        select(Resource.id, repository.PATHS.c.path)
        .join(repository.PATHS, repository.PATHS.c.id == Resource.location_id)
        .where(Resource.id.in_(resource_ids))
    )
    return {id_: tuple(path.split(repository.SEPARATOR)) for id_, path in rows}


async def tags(session: AsyncSession, actor: Actor) -> list[str]:
    """All tags on what is in use and may be seen, in the order of the alphabet. One statement."""
    access.require_read(actor)
    said = await session.scalars(
        select(Resource.tags)
        .distinct()
        .where(access.visible(actor), Resource.state != ResourceState.RETIRED)
    )
    return sorted({tag for each in said for tag in each}, key=str.casefold)


def _found(actor: Actor, q: str) -> Select[Any]:
    """Id, name, type and path of what fits and may be seen."""
    path = repository.PATHS.c.path
    tags = cast(Resource.tags, Text)
    return (
        select(Resource.id, Resource.name, ResourceType.name, path)
        .select_from(Resource)
        .join(ResourceType, ResourceType.id == Resource.type_id)
        .join(repository.PATHS, repository.PATHS.c.id == Resource.location_id)
        .where(
            access.visible(actor),
            finding.holding(q, Resource.name, ResourceType.name, path, tags),
        )
    )


async def _resources(session: AsyncSession, actor: Actor, q: str, limit: int) -> list[finding.Hit]:
    """By name, type, place and tags; the retired come last."""
    wanted = (
        _found(actor, q)
        .order_by(
            Resource.state == ResourceState.RETIRED,
            finding.closeness(q, Resource.name),
            Resource.name,
        )
        .limit(limit)
    )
    return [
        finding.Hit(
            id_,
            name,
            " · ".join((type_name, *place.split(repository.SEPARATOR))),
            f"/resources/{id_}",
        )
        for id_, name, type_name, place in await session.execute(wanted)
    ]


async def _closures(session: AsyncSession, actor: Actor, q: str, limit: int) -> list[finding.Hit]:
    """By reason, the next first."""
    wanted = (
        select(Closure)
        .where(
            Closure.cancelled_at.is_(None),
            Closure.ends_at > clock.now(),
            closures.visible(actor),
            finding.holding(q, Closure.reason),
        )
        .order_by(Closure.starts_at, Closure.id)
        .limit(limit)
    )
    return [
        finding.Hit(one.id, one.reason, format_span(one.starts_at, one.ends_at), "/closures")
        for one in await session.scalars(wanted)
    ]


finding.source(
    "resource",
    title=mark("Resources"),
    permission=Permission.RESOURCES_READ,
    find=_resources,
    rank=10,
    listing="/resources",
)
finding.source(
    "closure",
    title=mark("Closures"),
    permission=Permission.RESOURCES_READ,
    find=_closures,
    rank=40,
)
