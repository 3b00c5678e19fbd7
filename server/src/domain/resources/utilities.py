"""Utilities: gas, vacuum, power, cooling water; and what depends on them, wholly or in part.

A utility that is taken down takes its dependants along (`outages`), and brings back those that
nothing else keeps down. What becomes of their bookings is settled in `bookings.displacement`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, ids
from src.core.actor import Actor
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain.resources import access, fields, outages, writing
from src.domain.resources.errors import NotInCatalogue, UtilityNotFound, UtilityStateConflict
from src.domain.resources.tables import (
    Effect,
    Resource,
    ResourceState,
    Utility,
    UtilityDependant,
    UtilityState,
)

MOST_DEPENDANTS = 500
CHECKS: dict[str, fields.Check] = {"name": fields.line(120), "description": fields.text(10_000)}
_REASON = fields.line(outages.LONGEST_REASON - 130)


@dataclass(frozen=True, slots=True)
class Dependant:
    """What becomes of a resource when the utility fails."""

    resource_id: UUID
    effect: Effect


@dataclass(frozen=True, slots=True)
class DependantView:
    """A resource that depends on the utility, by its name, and how it is."""

    resource_id: UUID
    name: str
    state: ResourceState
    effect: Effect


@dataclass(frozen=True, slots=True)
class UtilityView:
    """A utility with those of its dependants the reader may know of, by name."""

    id: UUID
    name: str
    description: str
    state: UtilityState
    state_reason: str | None
    dependants: tuple[DependantView, ...]
    version: int
    created_at: datetime
    updated_at: datetime


async def list_(session: AsyncSession, actor: Actor) -> list[UtilityView]:
    """All utilities by name; those that are down first. Two statements. Raises `Forbidden`."""
    access.require_read(actor)
    rows = await session.scalars(select(Utility).order_by(Utility.state, Utility.name))
    return await _views(session, actor, rows.all())


async def get(session: AsyncSession, actor: Actor, utility_id: UUID) -> UtilityView:
    """One utility. Raises `UtilityNotFound`, `Forbidden`."""
    access.require_read(actor)
    row = await session.get(Utility, utility_id)
    if row is None:
        raise _not_found()
    return (await _views(session, actor, [row]))[0]


async def create(
    session: AsyncSession, actor: Actor, *, name: str, description: str = ""
) -> UtilityView:
    """Make a utility. Raises `Forbidden`, `NotInCatalogue`, `NameTaken`."""
    access.require_manage_all(actor)
    fields.check({"name": name, "description": description}, CHECKS)
    made = Utility(id=ids.new(), state=UtilityState.UP)
    values = {"name": name.strip(), "description": description.strip()}
    await writing.store_named(session, made, values)
    changes = {"name": made.name}
    events.record(session, actor, "utility.created", ("utility", made.id), changes=changes)
    return (await _views(session, actor, [made]))[0]


async def update(
    session: AsyncSession,
    actor: Actor,
    utility_id: UUID,
    *,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> UtilityView:
    """Change name or description.

    Raises `UtilityNotFound`, `Forbidden`, `PreconditionFailed`, `NotInCatalogue`, `NameTaken`.
    """
    row = await locked(session, actor, utility_id, expected_version)
    fields.check(changes, CHECKS)
    tidy = {field: value.strip() for field, value in changes.items()}
    changed = await writing.store_named(session, row, tidy)
    if changed:
        subject = ("utility", utility_id)
        events.record(session, actor, "utility.updated", subject, changes=changed)
    return (await _views(session, actor, [row]))[0]


async def set_dependants(
    session: AsyncSession,
    actor: Actor,
    utility_id: UUID,
    wanted: Sequence[Dependant],
    *,
    expected_version: int | None = None,
) -> UtilityView:
    """Replace what depends on the utility.

    Raises `UtilityNotFound`, `Forbidden`, `PreconditionFailed`, `UtilityStateConflict` while it is
    down, `NotInCatalogue` (every fault).
    """
    row = await locked(session, actor, utility_id, expected_version)
    require_state(row, UtilityState.UP)
    await _require_sound(session, wanted)
    before, after = await effects_of(session, utility_id), {w.resource_id: w.effect for w in wanted}
    if before != after:
        theirs = UtilityDependant.utility_id == utility_id
        await session.execute(delete(UtilityDependant).where(theirs))
        session.add_all(
            UtilityDependant(utility_id=utility_id, resource_id=resource_id, effect=effect)
            for resource_id, effect in after.items()
        )
        row.updated_at = clock.now()
        changes = {"dependants": [_plain(before), _plain(after)]}
        subject = ("utility", utility_id)
        events.record(session, actor, "utility.dependants-set", subject, changes=changes)
        await session.flush()
    return (await _views(session, actor, [row]))[0]


async def remove(
    session: AsyncSession, actor: Actor, utility_id: UUID, *, expected_version: int | None = None
) -> None:
    """Remove a utility that is up. Raises as `set_dependants`."""
    row = await locked(session, actor, utility_id, expected_version)
    require_state(row, UtilityState.UP)
    theirs = UtilityDependant.utility_id == utility_id
    await session.execute(delete(UtilityDependant).where(theirs))
    await session.delete(row)
    changes = {"name": row.name}
    events.record(session, actor, "utility.deleted", ("utility", utility_id), changes=changes)
    await session.flush()


async def take_down(session: AsyncSession, actor: Actor, row: Utility, *, reason: str) -> None:
    """Let a locked utility fail, and its dependants with it; their bookings are the caller's."""
    fields.check({"reason": reason}, {"reason": _REASON})
    require_state(row, UtilityState.UP)
    row.state, row.state_reason = UtilityState.DOWN, reason.strip()
    events.record(session, actor, "utility.down", ("utility", row.id), reason=row.state_reason)
    await session.flush()
    effects = await effects_of(session, row.id)
    why = f"{row.name}: {row.state_reason}"
    await outages.begin(session, actor, effects, source=_source(row.id), reason=why)


async def bring_back(
    session: AsyncSession,
    actor: Actor,
    utility_id: UUID,
    *,
    note: str | None = None,
    expected_version: int | None = None,
) -> UtilityView:
    """Let the utility work again, and every dependant that nothing else keeps down.

    Raises `UtilityNotFound`, `Forbidden`, `PreconditionFailed`, `UtilityStateConflict`.
    """
    row = await locked(session, actor, utility_id, expected_version)
    require_state(row, UtilityState.DOWN)
    row.state, row.state_reason = UtilityState.UP, None
    events.record(session, actor, "utility.up", ("utility", row.id), reason=note)
    await session.flush()
    await outages.end(session, actor, _source(row.id), reason=note)
    return (await _views(session, actor, [row]))[0]


async def locked(
    session: AsyncSession, actor: Actor, utility_id: UUID, expected_version: int | None = None
) -> Utility:
    """The utility, its row locked, for whoever looks after all resources.

    Raises `UtilityNotFound`, `Forbidden`, `PreconditionFailed`.
    """
    access.require_read(actor)
    access.require_manage_all(actor)
    row = await session.get(Utility, utility_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise _not_found()
    writing.require_version(row, expected_version)
    return row


async def effects_of(session: AsyncSession, utility_id: UUID) -> dict[UUID, Effect]:
    """What would become of each resource that depends on the utility and is not retired."""
    rows = await session.execute(
        select(UtilityDependant.resource_id, UtilityDependant.effect)
        .join(Resource, Resource.id == UtilityDependant.resource_id)
        .where(UtilityDependant.utility_id == utility_id, Resource.state != ResourceState.RETIRED)
        .order_by(UtilityDependant.resource_id)
    )
    return {resource_id: effect for resource_id, effect in rows}  # noqa: C416 - no pairs to mypy


def require_state(row: Utility, state: UtilityState) -> None:
    """Raise `UtilityStateConflict` unless the utility is up, or down, as wanted."""
    if row.state is state:
        return
    if row.state is UtilityState.DOWN:
        raise UtilityStateConflict(_("It is down. Bring it back first."), state=row.state.value)
    raise UtilityStateConflict(_("It works already."), state=row.state.value)


async def _require_sound(session: AsyncSession, wanted: Sequence[Dependant]) -> None:
    if len(wanted) > MOST_DEPENDANTS:
        detail = _("At most %(most)s resources depend on a utility.", most=MOST_DEPENDANTS)
        raise NotInCatalogue(detail, errors=(FieldError(("dependants",), "invalid", detail),))
    asked = {one.resource_id for one in wanted}
    known = set(await session.scalars(select(Resource.id).where(Resource.id.in_(asked))))
    faults: list[FieldError] = []
    seen: set[UUID] = set()
    for place, one in enumerate(wanted):
        where = ("dependants", place, "resource_id")
        if one.resource_id not in known:
            faults.append(FieldError(where, "unknown-id", _("There is none with this id.")))
        elif one.resource_id in seen:
            faults.append(FieldError(where, "duplicate", _("This resource stands here already.")))
        seen.add(one.resource_id)
    if faults:
        raise NotInCatalogue(faults[0].detail, errors=tuple(faults))


async def _views(
    session: AsyncSession, actor: Actor, rows: Collection[Utility]
) -> list[UtilityView]:
    found: dict[UUID, list[DependantView]] = {row.id: [] for row in rows}
    if found:
        named = await session.execute(
            select(
                UtilityDependant.utility_id,
                Resource.id,
                Resource.name,
                Resource.state,
                UtilityDependant.effect,
            )
            .join(Resource, Resource.id == UtilityDependant.resource_id)
            .where(UtilityDependant.utility_id.in_(found), access.visible(actor))
            .order_by(Resource.name)
        )
        for utility_id, resource_id, name, state, effect in named:
            found[utility_id].append(DependantView(resource_id, name, state, effect))
    return [
        UtilityView(
            id=row.id,
            name=row.name,
            description=row.description,
            state=row.state,
            state_reason=row.state_reason,
            dependants=tuple(found[row.id]),
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row in rows
    ]


def _source(utility_id: UUID) -> outages.Source:
    return outages.Source("utility", utility_id)


def _plain(effects: Mapping[UUID, Effect]) -> list[list[str]]:
    return [[str(resource_id), effect.value] for resource_id, effect in sorted(effects.items())]


def _not_found() -> UtilityNotFound:
    return UtilityNotFound(_("Choose one from the list of utilities."))
