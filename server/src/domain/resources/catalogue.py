"""Types of resources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import events, ids
from src.core.actor import Actor
from src.core.language import gettext as _
from src.core.language import ngettext
from src.core.paging import Key, Page, Paging, paginate
from src.domain.resources import access, fields, own_settings, policies, writing
from src.domain.resources.errors import ResourceTypeNotFound, StillInUse
from src.domain.resources.tables import Resource, ResourceState, ResourceType
from src.domain.resources.views import Level, TypeView

CHECKS: dict[str, fields.Check] = {
    "name": fields.line(120),
    "description": fields.text(10_000),
    "custom_schema": fields.anything,
}
FIRST_PAGE = Paging()


async def list_types(
    session: AsyncSession, actor: Actor, *, q: str | None = None, paging: Paging = FIRST_PAGE
) -> Page[TypeView]:
    """Types by name, each with the number of its resources that are not retired."""
    access.require_read(actor)
    statement = _counted(actor)
    if q:
        statement = statement.where(ResourceType.name.icontains(q, autoescape=True))
    keys = [Key(ResourceType.name), Key(ResourceType.id)]
    page = await paginate(session, statement, keys=keys, paging=paging)
    return page.map(lambda row: _view(*row))


async def get_type(session: AsyncSession, actor: Actor, type_id: UUID) -> TypeView:
    """One type. Raises `ResourceTypeNotFound`."""
    access.require_read(actor)
    row = (await session.execute(_counted(actor).where(ResourceType.id == type_id))).first()
    if row is None:
        raise _not_found()
    return _view(*row)


async def create_type(
    session: AsyncSession,
    actor: Actor,
    *,
    name: str,
    description: str = "",
    custom_schema: Mapping[str, Any] | None = None,
) -> TypeView:
    """Make a type; `custom_schema` is the sheet of what is told about each resource of it.

    Raises `Forbidden`, `NotInCatalogue`, `NameTaken`.
    """
    access.require_manage_all(actor)
    values = {
        "name": name,
        "description": description,
        "custom_schema": dict(custom_schema or {}),
    }
    fields.check(values, CHECKS)
    own_settings.check(values)
    made = ResourceType(id=ids.new())
    await writing.store_named(session, made, _tidy(values))
    subject = ("resource-type", made.id)
    events.record(session, actor, "resource-type.created", subject, changes={"name": made.name})
    return _view(made, 0)


async def update_type(
    session: AsyncSession,
    actor: Actor,
    type_id: UUID,
    *,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> TypeView:
    """Change name, description or custom_schema; what resources told already stays.

    Raises `ResourceTypeNotFound`, `Forbidden`, `PreconditionFailed`, `NotInCatalogue`,
    `NameTaken`.
    """
    row = await _locked(session, actor, type_id, expected_version)
    fields.check(changes, CHECKS)
    own_settings.check(changes)
    changed = await writing.store_named(session, row, _tidy(changes))
    if changed:
        subject = ("resource-type", type_id)
        events.record(session, actor, "resource-type.updated", subject, changes=changed)
    return await get_type(session, actor, type_id)


async def delete_type(
    session: AsyncSession, actor: Actor, type_id: UUID, *, expected_version: int | None = None
) -> None:
    """Remove a type that no resource has. Raises `StillInUse` otherwise, and as `update_type`."""
    row = await _locked(session, actor, type_id, expected_version)
    count = await session.scalar(select(func.count()).where(Resource.type_id == type_id))
    if count:
        raise StillInUse(
            ngettext(
                "%(num)s resource is of this type. Give it another type first.",
                "%(num)s resources are of this type. Give them another type first.",
                count,
            )
        )
    await policies.forget(session, Level("type", type_id))
    await session.delete(row)
    subject = ("resource-type", type_id)
    events.record(session, actor, "resource-type.deleted", subject, changes={"name": row.name})
    await session.flush()


async def _locked(
    session: AsyncSession, actor: Actor, type_id: UUID, expected_version: int | None
) -> ResourceType:
    access.require_read(actor)
    access.require_manage_all(actor)
    row = await session.get(ResourceType, type_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise _not_found()
    writing.require_version(row, expected_version)
    return row


def _counted(actor: Actor) -> Select[*tuple[Any, ...]]:
    number = (
        select(func.count(Resource.id))
        .where(
            Resource.type_id == ResourceType.id,
            Resource.state != ResourceState.RETIRED,
            access.visible(actor),
        )
        .correlate(ResourceType)
        .scalar_subquery()
    )
    return select(ResourceType, number)


def _view(row: ResourceType, number: int) -> TypeView:
    return TypeView(
        row.id,
        row.name,
        row.description,
        row.version,
        row.created_at,
        row.updated_at,
        number,
        row.custom_schema or {},
    )


def _tidy(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value.strip() if key == "name" else value for key, value in values.items()}


def _not_found() -> ResourceTypeNotFound:
    return ResourceTypeNotFound(_("Choose one from the list of resource types."))
