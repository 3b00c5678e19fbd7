"""Rivals: requests for a time that only other requests hold, where the policy lets several ask.

A rival has no hold of its own. The first that is approved gets the time; those that no longer fit
are rejected with notice. When the time comes free, the one that asked first takes it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import Actor
from src.domain import resources
from src.domain.bookings import aftermath, holds, repository
from src.domain.bookings.plans import Judgement, Window
from src.domain.bookings.repository import Whole
from src.domain.bookings.tables import Booking, Status
from src.domain.resources.tables import HoldKind

Piece = resources.calendar.Piece
Placed = resources.calendar.Placed
UnitHolds = resources.calendar.UnitHolds
# By key: on which resource, when, on which unit, and whose own hold does not count.
_Wanted = dict[UUID, tuple[UUID, Window, int | None, UUID]]


def may_ask(judgement: Judgement) -> bool:
    """Whether it is a request, and the policy lets several ask for one time."""
    return judgement.outcome == "requested" and judgement.terms.policy.are_rivals_allowed


async def place(
    session: AsyncSession,
    judged: Sequence[Judgement],
    missed: Collection[UUID],
    *,
    holders: Collection[UUID],
) -> tuple[dict[UUID, list[Placed]], frozenset[UUID]] | None:
    """Put on the calendar what has a place, and let the rest be rivals; who they are.

    None where one of them may not be. Raises `TimeTaken` when others have none either.
    """
    rivals = [each for each in judged if each.plan.id in missed]
    if not all(map(may_ask, rivals)):
        return None
    units = await contested(session, rivals, excluding=holders)
    if any(each.plan.id not in units for each in rivals):
        return None
    rest = [each.piece() for each in judged if each.plan.id not in missed]
    placed = await resources.calendar.replace(session, rest, holders=holders)
    for each in rivals:
        unit, held = units[each.plan.id], each.held
        made = Placed(
            unit.id, unit.number, unit.resource_id, held.starts_at, held.ends_at,
            HoldKind.BOOKING, each.plan.id, each.request_expires_at,
        )  # fmt: skip
        placed[each.plan.id] = [made]
    return placed, frozenset(units)


async def is_contested(session: AsyncSession, judgement: Judgement) -> bool:
    """Whether it could be asked for although others have asked. At most two statements."""
    return may_ask(judgement) and bool(await contested(session, [judgement]))


async def contested(
    session: AsyncSession, judged: Sequence[Judgement], *, excluding: Collection[UUID] = ()
) -> dict[UUID, UnitHolds]:
    """For each plan a unit on which only requests hold its time. Two statements."""
    wanted = {
        each.plan.id: (each.plan.resource_id, each.held, each.plan.unit, each.plan.id)
        for each in judged
    }
    return await _contested(session, wanted, excluding)


async def _contested(
    session: AsyncSession,
    wanted: _Wanted,
    excluding: Collection[UUID] = (),
) -> dict[UUID, UnitHolds]:
    if not wanted:
        return {}
    windows = [window for _on, window, _unit, _own in wanted.values()]
    units = await resources.calendar.occupancy(
        session, {on for on, _window, _unit, _own in wanted.values()}, within=windows
    )
    holding = {hold.holder_id for unit in units for hold in unit.holds}
    asking = set(
        await session.scalars(
            select(Booking.id).where(Booking.id.in_(holding), Booking.status == Status.REQUESTED)
        )
    )
    found = {}
    for key, (on, window, number, own) in wanted.items():
        for unit in units:
            if unit.resource_id != on or not unit.is_active or number not in {None, unit.number}:
                continue
            met = {hold.holder_id for hold in unit.holds if hold.window.overlaps(window)} - {
                own,
                *excluding,
            }
            if met and met <= asking:
                found[key] = unit
                break
    return found


async def overlapping(session: AsyncSession, booking: Booking, *, rivals: bool) -> list[Whole]:
    """Other requests that want a part of a booking's time, in the order they were made.

    `rivals`: those without a hold; else those that hold it on the same unit.
    """
    held = holds.held(booking)
    which = [
        Booking.resource_id == booking.resource_id,
        Booking.id != booking.id,
        Booking.status == Status.REQUESTED,
        Booking.is_rival.is_(rivals),
        Booking.starts_at < held.ends_at,
        Booking.ends_at > held.starts_at,
        repository.is_live(clock.now()),
    ]
    if not rivals:
        which.append(Booking.unit_id == booking.unit_id)
    return await repository.find(session, and_(*which), lock=True)


def piece_of(found: Whole, *, unit: int | None = None, is_request: bool = True) -> Piece:
    """The hold a booking needs."""
    booking, held = found.booking, holds.held(found.booking)
    return Piece(
        booking.id,
        HoldKind.BOOKING,
        booking.resource_id,
        held.starts_at,
        held.ends_at,
        unit_number=unit,
        preferred=found.unit,
        expires_at=booking.request_expires_at if is_request else None,
    )


async def settle(session: AsyncSession, found: Sequence[Whole]) -> list[Whole]:
    """Give rivals a hold where there is room now; those with no prospect any more.

    A rival keeps waiting while some unit is held by requests alone.
    """
    lost = []
    for each in found:
        booking = each.booking
        try:
            placed = await resources.calendar.replace(session, [piece_of(each)], holders=())
        except resources.calendar.TimeTaken:
            wanted: _Wanted = {
                booking.id: (booking.resource_id, holds.held(booking), None, booking.id)
            }
            unit = (await _contested(session, wanted)).get(booking.id)
            if unit is None:
                lost.append(each)
            else:
                booking.unit_id = unit.id
            continue
        booking.unit_id, booking.is_rival = placed[booking.id][0].unit_id, False
    await session.flush()
    return lost


async def promote(session: AsyncSession, _actor: Actor, left: Sequence[aftermath.Freed]) -> None:
    """Whoever asked first for a time that has come free holds it from now on."""
    touched = [
        and_(
            Booking.resource_id == resource_id,
            Booking.starts_at < window.ends_at,
            Booking.ends_at > window.starts_at,
        )
        for resource_id, window in left
    ]
    waiting = and_(Booking.status == Status.REQUESTED, Booking.is_rival, or_(*touched))
    found = await repository.find(
        session, and_(waiting, repository.is_live(clock.now())), lock=True
    )
    await settle(session, found)


# Before those who wait for freed time: rivals have asked for this very time.
aftermath.on_freed(promote)
