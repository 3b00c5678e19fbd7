"""Making and changing resources. Reading them is `listing`'s."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, ids, live, sheets
from src.core.actor import Actor
from src.core.language import gettext as _
from src.domain import accounts
from src.domain.resources import (
    access,
    calendar,
    closures,
    fields,
    listing,
    own_settings,
    repository,
    terms,
    writing,
)
from src.domain.resources.errors import ResourceNotFound
from src.domain.resources.hours import Window
from src.domain.resources.tables import Location, Resource, ResourceState, ResourceType, Unit
from src.domain.resources.views import ResourceView, ResourceWish

CHECKS: dict[str, fields.Check] = {
    "name": fields.line(120),
    "description": fields.text(10_000),
    "timezone": fields.timezone,
    "tags": fields.tags,
    "type_id": fields.anything,
    "location_id": fields.anything,
    "contact_id": fields.anything,
    "custom": fields.anything,
}
_AHEAD = timedelta(days=3660)


async def create(session: AsyncSession, actor: Actor, *, wish: ResourceWish) -> ResourceView:
    """Make a resource with its units, numbered from 1.

    Raises `Forbidden`, `NotInCatalogue` (every fault), `NameTaken`.
    """
    access.require_manage_all(actor)
    zone = wish.timezone or await _institute_zone(session)
    values: dict[str, Any] = {
        "name": wish.name,
        "description": wish.description,
        "type_id": wish.type_id,
        "location_id": wish.location_id,
        "timezone": zone,
        "contact_id": wish.contact_id,
        "tags": wish.tags,
        "custom": dict(wish.custom),
    }
    fields.check({**values, "units": wish.units}, {**CHECKS, "units": fields.whole(1, 200)})
    await _require_known(session, values)
    values["custom"] = await _told(session, wish.type_id, wish.custom)
    resource = Resource(id=ids.new(), state=ResourceState.AVAILABLE, calendar_version=0)
    await writing.store_named(session, resource, _tidy(values))
    session.add_all(
        Unit(resource_id=resource.id, number=number) for number in range(1, wish.units + 1)
    )
    events.record(
        session,
        actor,
        "resource.created",
        ("resource", resource.id),
        changes={"name": resource.name, "units": wish.units},
    )
    live.tell(session, live.Notice(live.Kind.CALENDAR, resource.id))
    await session.flush()
    await close_over(session, resource.id)
    return await listing.get(session, actor, resource.id)


async def update(
    session: AsyncSession,
    actor: Actor,
    resource_id: UUID,
    *,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> ResourceView:
    """Change name, description, type_id, location_id, timezone, contact_id, tags or custom.

    What is absent stays; None clears the contact. `custom` is merged field by field, None clears
    one. Raises `ResourceNotFound`, `Forbidden`,
    `PreconditionFailed`, `NotInCatalogue` (every fault), `NameTaken`.
    """
    access.require_manage(actor, resource_id)
    resource = await locked(session, resource_id)
    writing.require_version(resource, expected_version)
    fields.check(changes, CHECKS)
    await _require_known(session, changes)
    changes = dict(changes)
    if changes.get("custom") is not None:
        told = {**(resource.custom or {}), **changes["custom"]}
        type_id = changes.get("type_id", resource.type_id)
        changes["custom"] = await _told(session, type_id, told)
    changed = await writing.store_named(session, resource, _tidy(changes))
    if changed:
        if changed.keys() & {"name", "timezone", "type_id"}:
            await calendar.lock(session, {resource_id})
            await session.refresh(resource, ["calendar_version"])
        subject = ("resource", resource_id)
        events.record(session, actor, "resource.updated", subject, changes=changed)
    return await listing.get(session, actor, resource_id)


async def locked(session: AsyncSession, resource_id: UUID) -> Resource:
    """The resource with its row locked until the end of the transaction."""
    resource = await repository.locked(session, resource_id)
    if resource is None:
        raise ResourceNotFound(_("Choose one from the list of resources."))
    return resource


async def close_over(session: AsyncSession, resource_id: UUID) -> None:
    """Let running and coming closures take hold of units that are new in service."""
    ahead = Window(clock.now(), clock.now() + _AHEAD)
    known = await terms.load(session, [resource_id], around=ahead)
    await closures.heal(session, known[resource_id], ahead)


async def _require_known(session: AsyncSession, values: Mapping[str, Any]) -> None:
    """Raise `NotInCatalogue` for a type, place or person that does not exist."""
    for field, table in (("type_id", ResourceType), ("location_id", Location)):
        if field in values:
            found = await session.scalar(select(table.id).where(table.id == values[field]))
            if found is None:
                raise fields.refuse(field, _("There is none with this id."), code="unknown-id")
    contact = values.get("contact_id")
    if contact is not None and not await accounts.names(session, [contact]):
        raise fields.refuse("contact_id", _("There is nobody with this id."), code="unknown-id")


async def _told(session: AsyncSession, type_id: UUID, custom: Mapping[str, Any]) -> dict[str, Any]:
    """The fields the type asks for. Raises `NotInCatalogue` with all that is wrong with them."""
    schema = await session.scalar(
        select(ResourceType.custom_schema).where(ResourceType.id == type_id)
    )
    given = {name: value for name, value in custom.items() if value is not None}
    own_settings.check_custom(schema or {}, given)
    return sheets.tidy(schema, given)


async def _institute_zone(session: AsyncSession) -> str:
    institute = await accounts.institute(session)
    return institute.timezone if institute is not None else "UTC"


def _tidy(values: Mapping[str, Any]) -> dict[str, Any]:
    tidy = dict(values)
    if "name" in tidy:
        tidy["name"] = tidy["name"].strip()
    if "tags" in tidy:
        tidy["tags"] = fields.tidy_tags(tidy["tags"])
    return tidy
