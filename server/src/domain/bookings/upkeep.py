"""What time does to bookings: requests lapse, nobody comes, the end is reached.

Reads do not wait for this (`rules.status_at`); the jobs that call it tidy and tell people. Each
works on a bounded number, so that no transaction grows long; what is left comes next time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import SYSTEM
from src.domain import resources
from src.domain.bookings import aftermath, decisions, holds, locking, rules, telling
from src.domain.bookings.repository import Whole
from src.domain.bookings.tables import Booking, Status
from src.domain.resources.tables import Hold, ResourceState

BATCH = 100
_IN_SERVICE = (ResourceState.AVAILABLE, ResourceState.DEGRADED)


async def expire_requests(session: AsyncSession, *, limit: int = BATCH) -> int:
    """End the requests nobody decided in time, and tell their people; how many those were."""
    now = clock.now()

    def is_due(booking: Booking) -> bool:
        deadline = booking.request_expires_at
        return booking.status is Status.REQUESTED and deadline is not None and deadline <= now

    due = and_(Booking.status == Status.REQUESTED, Booking.request_expires_at <= now)
    found = await _open(session, due, is_due, limit)
    await decisions.expire(session, found)
    return len(found)


async def release_no_shows(session: AsyncSession, *, limit: int = BATCH) -> int:
    """Release what nobody checked in to in time, where the policy asks for it; how many.

    Not while the resource is down or retired: then nobody could.
    """
    now = clock.now()
    due = and_(Booking.status == Status.CONFIRMED, Booking.starts_at <= now, Booking.ends_at > now)
    # Bookings under way: as many as there are units at most.
    on = set(await session.scalars(select(Booking.resource_id).where(due).distinct()))
    terms = await resources.terms.load(session, on, around=resources.hours.Window(now, now))
    grace = {
        each.resource_id: timedelta(minutes=each.policy.check_in_grace_minutes)
        for each in terms.values()
        if each.policy.is_check_in_required and each.state in _IN_SERVICE
    }

    def is_due(booking: Booking) -> bool:
        waits = grace.get(booking.resource_id)
        return (
            booking.status is Status.CONFIRMED
            and waits is not None
            and booking.starts_at + waits <= now < booking.ends_at
        )

    due = and_(due, Booking.resource_id.in_(grace))
    found = await _open(session, due, is_due, limit)
    for each in found:
        rules.transition(session, SYSTEM, each.booking, Status.NO_SHOW, now=now)
        await telling.tell(session, SYSTEM, each, "booking.no-show")
    await _release(session, found)
    return len(found)


async def complete(session: AsyncSession, *, limit: int = BATCH) -> int:
    """Complete the bookings whose time and buffer have passed; how many those were.

    Where the policy asks to check in and nobody did, it is a no-show; elsewhere whoever had the
    time is taken to have used it.
    """
    now = clock.now()
    over = select(Hold.holder_id).where(Hold.ends_at <= now)
    is_on = Booking.status.in_((Status.CONFIRMED, Status.IN_USE))
    due = and_(is_on, Booking.ends_at <= now, Booking.id.in_(over))

    def is_due(booking: Booking) -> bool:
        return booking.status in rules.HELD and holds.held(booking).ends_at <= now

    found = await _open(session, due, is_due, limit)
    on = {each.booking.resource_id for each in found}
    terms = await resources.terms.load(session, on, around=resources.hours.Window(now, now))
    for each in found:
        _conclude(session, each.booking, terms[each.booking.resource_id], now)
    await _release(session, found)
    return len(found)


def _conclude(
    session: AsyncSession, booking: Booking, terms: resources.terms.Terms, now: datetime
) -> None:
    if booking.status is Status.CONFIRMED:
        is_missed = terms.policy.is_check_in_required and terms.state in _IN_SERVICE
        to = Status.NO_SHOW if is_missed else Status.IN_USE
        rules.transition(session, SYSTEM, booking, to, now=now)
    if booking.status is Status.IN_USE:
        rules.transition(session, SYSTEM, booking, Status.COMPLETED, now=now)


async def _open(
    session: AsyncSession,
    due: ColumnElement[bool],
    is_due: Callable[[Booking], bool],
    limit: int,
) -> list[Whole]:
    """The bookings that are due, locked; what somebody else did meanwhile is left alone."""
    ids = list(
        await session.scalars(select(Booking.id).where(due).order_by(Booking.id).limit(limit))
    )
    if not ids:
        return []
    opened = await locking.open_(session, ids)
    return [opened[id_] for id_ in ids if id_ in opened and is_due(opened[id_].booking)]


async def _release(session: AsyncSession, found: list[Whole]) -> None:
    await resources.calendar.release(session, {each.booking.id for each in found})
    left = [holds.freed(each.booking) for each in found]
    await aftermath.follow(session, SYSTEM, found, left=left)
