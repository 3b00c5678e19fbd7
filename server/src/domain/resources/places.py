"""The tree of locations: sites, buildings, rooms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import events, ids
from src.core.actor import Actor
from src.core.language import gettext as _
from src.domain.resources import access, fields, repository, writing
from src.domain.resources.errors import LocationCycle, LocationNotFound, NameTaken, StillInUse
from src.domain.resources.tables import Location, Resource
from src.domain.resources.views import LocationView

CHECKS: dict[str, fields.Check] = {"name": fields.line(120), "parent_id": fields.anything}
MAX_DEPTH = 10


async def list_locations(session: AsyncSession, actor: Actor) -> list[LocationView]:
    """The whole tree in reading order: each location before what lies below it."""
    access.require_read(actor)
    return list((await _tree(session)).values())


async def get_location(session: AsyncSession, actor: Actor, location_id: UUID) -> LocationView:
    """One location. Raises `LocationNotFound`."""
    access.require_read(actor)
    return _known(await _tree(session), location_id)


async def create_location(
    session: AsyncSession, actor: Actor, *, name: str, parent_id: UUID | None = None
) -> LocationView:
    """Make a location at the root or below another.

    Raises `Forbidden`, `NotInCatalogue`, `NameTaken` (names are unique among siblings).
    """
    access.require_manage_all(actor)
    fields.check({"name": name}, CHECKS)
    made = Location(id=ids.new())
    _require_place(await _tree(session), made.id, name.strip(), parent_id)
    await writing.store_named(session, made, {"name": name.strip(), "parent_id": parent_id})
    changes = {"name": made.name, "parent_id": parent_id}
    subject = ("location", made.id)
    events.record(session, actor, "location.created", subject, changes=changes)
    return await get_location(session, actor, made.id)


async def update_location(
    session: AsyncSession,
    actor: Actor,
    location_id: UUID,
    *,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> LocationView:
    """Rename a location, or move it with all that lies below (`parent_id`; None is the root).

    Raises `LocationNotFound`, `Forbidden`, `PreconditionFailed`, `NotInCatalogue`,
    `LocationCycle`, `NameTaken`.
    """
    row = await _locked(session, actor, location_id, expected_version)
    fields.check(changes, CHECKS)
    name = changes.get("name", row.name).strip()
    parent_id = changes.get("parent_id", row.parent_id)
    _require_place(await _tree(session), location_id, name, parent_id)
    changed = await writing.store_named(session, row, {"name": name, "parent_id": parent_id})
    if changed:
        subject = ("location", location_id)
        events.record(session, actor, "location.updated", subject, changes=changed)
    return await get_location(session, actor, location_id)


async def delete_location(
    session: AsyncSession, actor: Actor, location_id: UUID, *, expected_version: int | None = None
) -> None:
    """Remove a location where nothing is. Raises `StillInUse` otherwise, and as the update."""
    row = await _locked(session, actor, location_id, expected_version)
    below = await session.scalar(select(func.count()).where(Location.parent_id == location_id))
    here = await session.scalar(select(func.count()).where(Resource.location_id == location_id))
    if below or here:
        detail = _(
            "Resources there: %(here)s, locations below it: %(below)s. Move them first.",
            here=here,
            below=below,
        )
        raise StillInUse(detail, resources=here, locations=below)
    await session.delete(row)
    subject = ("location", location_id)
    events.record(session, actor, "location.deleted", subject, changes={"name": row.name})
    await session.flush()


async def _locked(
    session: AsyncSession, actor: Actor, location_id: UUID, expected_version: int | None
) -> Location:
    access.require_read(actor)
    access.require_manage_all(actor)
    row = await session.get(Location, location_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise _not_found()
    writing.require_version(row, expected_version)
    return row


async def _tree(session: AsyncSession) -> dict[UUID, LocationView]:
    """All locations in reading order, by id. One statement."""
    statement = (
        select(Location, repository.PATHS.c.path)
        .select_from(Location)
        .join(repository.PATHS, repository.PATHS.c.id == Location.id)
    )
    rows = [
        (row, tuple(path.split(repository.SEPARATOR)))
        for row, path in await session.execute(statement)
    ]
    rows.sort(key=lambda pair: [name.casefold() for name in pair[1]])
    return {
        row.id: LocationView(
            row.id, row.name, row.parent_id, path, row.version, row.created_at, row.updated_at
        )
        for row, path in rows
    }


def _require_place(
    tree: Mapping[UUID, LocationView], location_id: UUID, name: str, parent_id: UUID | None
) -> None:
    """Raise unless the location may stand below that parent under that name."""
    if parent_id is not None and parent_id not in tree:
        raise fields.refuse("parent_id", _("There is none with this id."), code="unknown-id")
    above = parent_id
    while above is not None:
        if above == location_id:
            raise LocationCycle(_("Choose a place that does not lie below it."))
        above = tree[above].parent_id
    if parent_id is not None and len(tree[parent_id].path) >= MAX_DEPTH:
        raise fields.refuse("parent_id", _("Locations lie at most %(most)s deep.", most=MAX_DEPTH))
    for other in tree.values():
        if (other.parent_id, other.name) == (parent_id, name) and other.id != location_id:
            raise NameTaken(
                _("There is already one named %(name)s there. Choose another name.", name=name)
            )


def _known(tree: Mapping[UUID, LocationView], location_id: UUID) -> LocationView:
    if location_id not in tree:
        raise _not_found()
    return tree[location_id]


def _not_found() -> LocationNotFound:
    return LocationNotFound(_("Choose one from the tree of locations."))
