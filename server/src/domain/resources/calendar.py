"""The calendar of holds, and the only place that writes it.

A hold exists exactly while it blocks. Every writer locks the resource rows first, in order of id,
so that reservations of one resource stand in line; the database's own constraint (`core.ddl`) is
the last word all the same. A hold past its `expires_at` counts as free in every read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from dataclasses import replace as _but
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, insert, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import SessionTransaction

from src.core import clock, live
from src.core.db import savepoint, sqlstate
from src.core.language import gettext as _
from src.domain.resources.calendar_errors import TimeTaken
from src.domain.resources.hours import Window, without
from src.domain.resources.tables import Hold, HoldKind, Resource, Unit

__all__ = [
    "Piece",
    "Placed",
    "TimeTaken",
    "UnitHolds",
    "is_live",
    "limit",
    "lock",
    "occupancy",
    "release",
    "replace",
]

EXCLUSION_VIOLATION = "23P01"


@dataclass(frozen=True, slots=True)
class Piece:
    """A hold somebody wants.

    Without `unit_number` the lowest free unit is taken, `preferred` before it; a block without
    one takes every active unit and is cut around what it meets.
    """

    holder_id: UUID
    kind: HoldKind
    resource_id: UUID
    starts_at: datetime
    ends_at: datetime
    unit_number: int | None = None
    expires_at: datetime | None = None
    preferred: int | None = None

    @property
    def window(self) -> Window:
        """When it holds."""
        return Window(self.starts_at, self.ends_at)


@dataclass(frozen=True, slots=True)
class Placed:
    """A hold on a unit."""

    unit_id: int
    unit_number: int
    resource_id: UUID
    starts_at: datetime
    ends_at: datetime
    kind: HoldKind
    holder_id: UUID
    expires_at: datetime | None = None
    hold_id: int | None = None

    @property
    def window(self) -> Window:
        """When it holds."""
        return Window(self.starts_at, self.ends_at)


@dataclass(frozen=True, slots=True)
class UnitHolds:
    """A unit and the holds on it."""

    id: int
    number: int
    resource_id: UUID
    is_active: bool
    holds: list[Placed]

    def is_free(self, window: Window, *, kind: HoldKind = HoldKind.BOOKING) -> bool:
        """Whether nothing that excludes `kind` touches the window."""
        return not any(
            hold.window.overlaps(window)
            for hold in self.holds
            if not (kind is HoldKind.BLOCK and hold.kind is HoldKind.BLOCK)
        )


async def lock(session: AsyncSession, resource_ids: Collection[UUID]) -> None:
    """Make every other writer of these calendars wait for this transaction.

    In order of id, and with the lock that still lets others write rows which merely refer to a
    resource. The calendars count as changed from here on: one statement does both, and whoever
    looks at them is told.
    """
    missing = [id_ for id_ in resource_ids if not _is_locked(session, id_)]
    if not missing:
        return
    in_order = (
        select(Resource.id)
        .where(Resource.id.in_(missing))
        .order_by(Resource.id)
        .with_for_update(key_share=True)
    )
    await session.execute(
        update(Resource)
        .where(Resource.id.in_(in_order))
        # Nothing about the resource itself has changed.
        .values(calendar_version=Resource.calendar_version + 1, updated_at=Resource.updated_at)
        .execution_options(synchronize_session=False)
    )
    _locks(session).update(dict.fromkeys(missing, _innermost(session)))
    for resource_id in missing:
        live.tell(session, live.Notice(live.Kind.CALENDAR, resource_id))


async def replace(
    session: AsyncSession, pieces: Sequence[Piece], *, holders: Collection[UUID]
) -> dict[UUID, list[Placed]]:
    """Put `pieces` in the place of everything that `holders` hold, all of it or nothing.

    Raises `TimeTaken`; the session is still usable then, and nothing has changed.
    """
    if not pieces:
        await release(session, holders)
        return {}
    await lock(session, {piece.resource_id for piece in pieces})
    units, lapsed = await _units(session, pieces)
    others = [_but(unit, holds=[h for h in unit.holds if h.holder_id not in holders])
              for unit in units]  # fmt: skip
    placed = _place(pieces, others)
    try:
        async with savepoint(session):
            if lapsed:
                await session.execute(delete(Hold).where(Hold.id.in_(lapsed)))
            if holders:
                await _delete(session, holders)
            if placed:
                await session.execute(insert(Hold), [_row(hold) for hold in placed])
    except DBAPIError as error:
        if not _is_overlap(error):
            raise
        message = _("Somebody took this time a moment ago.")
        raise TimeTaken(message, holder_ids=tuple({p.holder_id for p in pieces})) from error
    by_holder: dict[UUID, list[Placed]] = {piece.holder_id: [] for piece in pieces}
    for hold in placed:
        by_holder[hold.holder_id].append(hold)
    return by_holder


async def release(session: AsyncSession, holders: Collection[UUID]) -> None:
    """Free everything that `holders` hold."""
    if holders:
        await _delete(session, holders)


async def limit(session: AsyncSession, holder_id: UUID, *, expires_at: datetime | None) -> None:
    """Let what a holder holds end by itself at another moment; nothing moves.

    For live holds alone: what has lapsed may belong to somebody else by now.
    """
    await session.execute(
        update(Hold)
        .where(Hold.holder_id == holder_id, is_live(clock.now()))
        .values(expires_at=expires_at)
        .execution_options(synchronize_session=False)
    )


async def occupancy(
    session: AsyncSession, resource_ids: Collection[UUID], *, within: Window | Sequence[Window]
) -> list[UnitHolds]:
    """The units of the resources by number, and what holds them somewhere in `within`."""
    spans = [within] if isinstance(within, Window) else within
    touching = [and_(Hold.starts_at < s.ends_at, Hold.ends_at > s.starts_at) for s in spans]
    units, lapsed = await _read(session, resource_ids, or_(*touching))
    return [_but(unit, holds=[h for h in unit.holds if h.hold_id not in lapsed]) for unit in units]


def is_live(now: datetime) -> ColumnElement[bool]:
    """The condition that a hold has not lapsed."""
    return or_(Hold.expires_at.is_(None), Hold.expires_at > now)


async def _units(
    session: AsyncSession, pieces: Sequence[Piece]
) -> tuple[list[UnitHolds], set[int]]:
    starts = min(piece.starts_at for piece in pieces)
    ends = max(piece.ends_at for piece in pieces)
    units, lapsed = await _read(
        session,
        {piece.resource_id for piece in pieces},
        and_(Hold.starts_at < ends, Hold.ends_at > starts),
    )
    live = [_but(unit, holds=[h for h in unit.holds if h.hold_id not in lapsed]) for unit in units]
    return live, lapsed


async def _read(
    session: AsyncSession, resource_ids: Collection[UUID], when: ColumnElement[bool]
) -> tuple[list[UnitHolds], set[int]]:
    """Units with all their holds, and the ids of those that have lapsed."""
    rows = await session.execute(
        select(
            Unit.id, Unit.number, Unit.resource_id, Unit.is_active,
            Hold.id, Hold.starts_at, Hold.ends_at, Hold.kind, Hold.holder_id, Hold.expires_at,
        )
        .outerjoin(Hold, and_(Hold.unit_id == Unit.id, when))
        .where(Unit.resource_id.in_(resource_ids))
        .order_by(Unit.resource_id, Unit.number, Hold.starts_at)
    )  # fmt: skip
    now, lapsed, units = clock.now(), set[int](), dict[int, UnitHolds]()
    for unit_id, number, resource_id, active, hold_id, starts, ends, kind, holder, expires in rows:
        unit = units.setdefault(unit_id, UnitHolds(unit_id, number, resource_id, active, []))
        if hold_id is None:
            continue
        if expires is not None and expires <= now:
            lapsed.add(hold_id)
        unit.holds.append(
            Placed(unit_id, number, resource_id, starts, ends, kind, holder, expires, hold_id)
        )
    return list(units.values()), lapsed


def _place(pieces: Sequence[Piece], units: Sequence[UnitHolds]) -> list[Placed]:
    """Give every piece its unit; `units` fill up on the way. Raises `TimeTaken`."""
    placed: list[Placed] = []
    missed: list[Piece] = []
    for piece in sorted(pieces, key=_choosiness):
        own = [unit for unit in units if unit.resource_id == piece.resource_id]
        made = list(_cut(piece, own)) if piece.kind is HoldKind.BLOCK else _fit(piece, own)
        if not made and piece.kind is not HoldKind.BLOCK:
            missed.append(piece)
        placed.extend(made)
        for hold in made:
            next(unit for unit in own if unit.id == hold.unit_id).holds.append(hold)
    if missed:
        raise TimeTaken(
            _("Something else holds this time."),
            holder_ids=tuple(dict.fromkeys(piece.holder_id for piece in missed)),
        )
    return placed


def _choosiness(piece: Piece) -> tuple[bool, bool, bool, datetime]:
    """Blocks come last, for they give way; who names a unit comes before who takes any."""
    return (
        piece.kind is HoldKind.BLOCK,
        piece.unit_number is None,
        piece.preferred is None,
        piece.starts_at,
    )


def _fit(piece: Piece, units: Iterable[UnitHolds]) -> list[Placed]:
    fitting = [
        unit
        for unit in units
        if unit.is_active
        and piece.unit_number in {None, unit.number}
        and unit.is_free(piece.window, kind=piece.kind)
    ]
    if not fitting:
        return []
    unit = min(fitting, key=lambda unit: (unit.number != piece.preferred, unit.number))
    return [_placed(piece, unit, piece.window)]


def _cut(piece: Piece, units: Iterable[UnitHolds]) -> Iterable[Placed]:
    for unit in units:
        if unit.is_active and piece.unit_number in {None, unit.number}:
            kept = [
                hold.window
                for hold in unit.holds
                if hold.kind is not HoldKind.BLOCK or hold.holder_id == piece.holder_id
            ]
            for window in without(piece.window, kept):
                yield _placed(piece, unit, window)


def _placed(piece: Piece, unit: UnitHolds, window: Window) -> Placed:
    return Placed(
        unit.id,
        unit.number,
        unit.resource_id,
        window.starts_at,
        window.ends_at,
        piece.kind,
        piece.holder_id,
        piece.expires_at,
    )


def _row(hold: Placed) -> dict[str, object]:
    return {
        "unit_id": hold.unit_id,
        "starts_at": hold.starts_at,
        "ends_at": hold.ends_at,
        "kind": hold.kind,
        "holder_id": hold.holder_id,
        "expires_at": hold.expires_at,
    }


async def _delete(session: AsyncSession, holders: Collection[UUID]) -> None:
    """Delete all that `holders` hold, and say so on the calendars it was on."""
    unit_ids = await session.scalars(
        delete(Hold)
        .where(Hold.holder_id.in_(holders))
        .returning(Hold.unit_id)
        .execution_options(synchronize_session=False)
    )
    freed = set(unit_ids)
    if freed:
        whose = select(Unit.resource_id).where(Unit.id.in_(freed)).distinct()
        await lock(session, set(await session.scalars(whose)))


def _is_overlap(error: DBAPIError) -> bool:
    return sqlstate(error) == EXCLUSION_VIOLATION or "hold_overlap" in str(error.orig)


def _is_locked(session: AsyncSession, resource_id: UUID) -> bool:
    """Whether this transaction holds the lock already.

    A savepoint that was rolled back has given its locks away again, so a lock counts only while
    the transaction it was taken in still runs.
    """
    taken_in = _locks(session).get(resource_id)
    return taken_in is not None and taken_in.is_active


def _locks(session: AsyncSession) -> dict[UUID, SessionTransaction]:
    locks: dict[UUID, SessionTransaction] = session.info.setdefault("calendar_locks", {})
    return locks


def _innermost(session: AsyncSession) -> SessionTransaction:
    plain = session.sync_session
    transaction = plain.get_nested_transaction() or plain.get_transaction()
    if transaction is None:
        raise RuntimeError("the calendar is written inside core.db.transaction only")
    return transaction
