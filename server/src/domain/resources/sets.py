"""Sets of resources that a person looks at together on the calendar; each is its owner's alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import events, ids
from src.core.actor import Actor
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain import accounts
from src.domain.accounts.tables import User
from src.domain.resources import access, fields, writing
from src.domain.resources.errors import (
    NotInCatalogue,
    ResourceSetNotFound,
    TooManyResourceSets,
)
from src.domain.resources.tables import Resource, ResourceSet
from src.domain.resources.views import ResourceSetView

MOST_SETS = 50
MOST_RESOURCES = 200
CHECKS: dict[str, fields.Check] = {"name": fields.line(120), "resource_ids": fields.anything}


async def list_(session: AsyncSession, actor: Actor) -> list[ResourceSetView]:
    """The actor's own sets by name. Two statements. Raises `Forbidden`."""
    access.require_read(actor)
    rows = await session.scalars(
        select(ResourceSet)
        .where(ResourceSet.owner_id == actor.user_id)
        .order_by(func.lower(ResourceSet.name), ResourceSet.id)
    )
    return await _views(session, actor, rows.all())


async def get(session: AsyncSession, actor: Actor, set_id: UUID) -> ResourceSetView:
    """One of the actor's own sets. Raises `ResourceSetNotFound`."""
    return (await _views(session, actor, [await _own(session, actor, set_id)]))[0]


async def create(
    session: AsyncSession, actor: Actor, *, name: str, resource_ids: Sequence[UUID]
) -> ResourceSetView:
    """Keep a set; the order of the resources stays. An anonymous actor keeps none.

    Raises `Forbidden`, `PersonOnly`, `NotInCatalogue` (every fault), `NameTaken` (names are unique among one's
    own), `TooManyResourceSets`.
    """
    access.require_read(actor)
    _require_person(actor)
    # Locked, so that two at once are counted one after the other.
    owner = await session.scalar(
        select(User.id).where(User.id == actor.user_id).with_for_update(key_share=True)
    )
    if owner is None:
        raise _not_found()
    own = select(func.count()).select_from(ResourceSet).where(ResourceSet.owner_id == owner)
    if (await session.scalar(own) or 0) >= MOST_SETS:
        raise TooManyResourceSets(_("Remove one of your sets first."))
    values = await _checked(session, actor, {"name": name, "resource_ids": resource_ids})
    made = ResourceSet(id=ids.new(), owner_id=owner)
    changed = await writing.store_named(session, made, values)
    _record(session, actor, "resource-set.created", made, changed)
    return (await _views(session, actor, [made]))[0]


async def update(
    session: AsyncSession,
    actor: Actor,
    set_id: UUID,
    *,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> ResourceSetView:
    """Rename a set, or replace its resources.

    Raises `PersonOnly`, `ResourceSetNotFound`, `PreconditionFailed`, `NotInCatalogue`, `NameTaken`.
    """
    _require_person(actor)
    row = await _own(session, actor, set_id, lock=True)
    writing.require_version(row, expected_version)
    values = await _checked(session, actor, changes)
    changed = await writing.store_named(session, row, values)
    if changed:
        _record(session, actor, "resource-set.updated", row, changed)
    return (await _views(session, actor, [row]))[0]


async def delete(
    session: AsyncSession, actor: Actor, set_id: UUID, *, expected_version: int | None = None
) -> None:
    """Forget a set. Raises `PersonOnly`, `ResourceSetNotFound`, `PreconditionFailed`."""
    _require_person(actor)
    row = await _own(session, actor, set_id, lock=True)
    writing.require_version(row, expected_version)
    await session.delete(row)
    _record(session, actor, "resource-set.deleted", row, {"name": [row.name, None]})
    await session.flush()


def _require_person(actor: Actor) -> None:
    """A key that may read resources changes nothing of its owner's. An anonymous actor has none."""
    if actor.is_program:
        accounts.restricting.require_person(actor)


async def _own(
    session: AsyncSession, actor: Actor, set_id: UUID, *, lock: bool = False
) -> ResourceSet:
    wanted = select(ResourceSet).where(
        ResourceSet.id == set_id, ResourceSet.owner_id == actor.user_id
    )
    if lock:
        wanted = wanted.with_for_update()
    row = await session.scalar(wanted.execution_options(populate_existing=True))
    if row is None:
        raise _not_found()
    return row


async def _checked(
    session: AsyncSession, actor: Actor, values: Mapping[str, Any]
) -> dict[str, Any]:
    """The values as they are stored. Raises `NotInCatalogue`."""
    fields.check(values, CHECKS)
    checked: dict[str, Any] = {}
    if "name" in values:
        checked["name"] = values["name"].strip()
    if "resource_ids" in values:
        wanted = list(dict.fromkeys(values["resource_ids"]))
        if not 1 <= len(wanted) <= MOST_RESOURCES:
            detail = _("A set holds 1 to %(most)s resources.", most=MOST_RESOURCES)
            raise fields.refuse("resource_ids", detail)
        seen = await _visible(session, actor, wanted)
        detail = _("There is no resource with this id.")
        faults = tuple(
            FieldError(("resource_ids", place), "unknown-id", detail)
            for place, id_ in enumerate(values["resource_ids"])
            if id_ not in seen
        )
        if faults:
            raise NotInCatalogue(detail, errors=faults)
        checked["resource_ids"] = [str(id_) for id_ in wanted]
    return checked


async def _visible(session: AsyncSession, actor: Actor, wanted: Collection[UUID]) -> set[UUID]:
    rows = await session.scalars(
        select(Resource.id).where(Resource.id.in_(wanted), access.visible(actor))
    )
    return set(rows)


async def _views(
    session: AsyncSession, actor: Actor, rows: Sequence[ResourceSet]
) -> list[ResourceSetView]:
    stored = {row.id: [UUID(id_) for id_ in row.resource_ids] for row in rows}
    every = {id_ for ids_ in stored.values() for id_ in ids_}
    seen = await _visible(session, actor, every) if every else set()
    return [
        ResourceSetView(
            id=row.id,
            name=row.name,
            resource_ids=tuple(id_ for id_ in stored[row.id] if id_ in seen),
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row in rows
    ]


def _record(
    session: AsyncSession, actor: Actor, verb: str, row: ResourceSet, changed: Mapping[str, Any]
) -> None:
    # What a person calls their own sets is theirs.
    personal = {field: change for field, change in changed.items() if field == "name"}
    plain = {field: change for field, change in changed.items() if field not in personal}
    events.record(session, actor, verb, ("resource-set", row.id), changes=plain, personal=personal)


def _not_found() -> ResourceSetNotFound:
    return ResourceSetNotFound(_("Choose one of your own sets."))
