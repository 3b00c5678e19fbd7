"""What time does to bookings: requests lapse, nobody comes, the end is reached.

Reads do not wait for this (`rules.status_at`); the jobs that call it tidy and tell people. Each
works on a bounded number, so that no transaction grows long; what is left comes next time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import SYSTEM
from src.core.language import gettext as _
from src.domain import resources
from src.domain.bookings import aftermath, decisions, holds, locking, rules, telling
from src.domain.bookings.repository import Whole
from src.domain.bookings.tables import Booking, Status
from src.domain.resources.tables import Effect, Hold, ResourceState

BATCH = 100
_SHORTEST_GRACE = timedelta(minutes=1)
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

    Not what was down while one could have come, nor what is down or retired without saying since
    when: then nobody could.
    """
    now = clock.now()
    on_now = (Booking.status == Status.CONFIRMED, Booking.starts_at <= now, Booking.ends_at > now)
    # Bookings under way: as many as there are units at most.
    bookings = (await session.scalars(select(Booking).where(*on_now).order_by(Booking.id))).all()
    fairness = await _fairness(session, bookings, now)

    def is_due(booking: Booking) -> bool:
        is_on = booking.status is Status.CONFIRMED and booking.ends_at > now
        return is_on and fairness.is_missed(booking, now)

    ids = [booking.id for booking in bookings if is_due(booking)][:limit]
    found = await _open(session, Booking.id.in_(ids), is_due, limit) if ids else []
    for each in found:
        await _miss(session, each, now)
    await _release(session, found)
    return len(found)


async def complete(session: AsyncSession, *, limit: int = BATCH) -> int:
    """Complete the bookings whose time and buffer have passed; how many those were.

    Where the policy asks to check in and nobody did, it is a no-show, however long ago that was;
    it is called off where nobody could come because it was down. Elsewhere whoever had the time is
    taken to have used it.
    """
    now = clock.now()
    over = select(Hold.holder_id).where(Hold.ends_at <= now)
    is_on = Booking.status.in_((Status.CONFIRMED, Status.IN_USE))
    due = and_(is_on, Booking.ends_at <= now, Booking.id.in_(over))

    def is_due(booking: Booking) -> bool:
        return booking.status in rules.HELD and holds.held(booking).ends_at <= now

    found = await _open(session, due, is_due, limit)
    fairness = await _fairness(session, [each.booking for each in found], now)
    for each in found:
        await _conclude(session, each, fairness, now)
    await _release(session, found)
    return len(found)


@dataclass(frozen=True, slots=True)
class _Fairness:
    """What has to be known to say that nobody came: how long is waited, and when it was down."""

    grace: Mapping[UUID, timedelta]
    down: Mapping[UUID, Sequence[resources.hours.Window]]

    def asks_to_come(self, booking: Booking) -> bool:
        """Whether one has to check in there."""
        return booking.resource_id in self.grace

    def could_come(self, booking: Booking) -> bool:
        """Whether it could be used all the time in which it was waited for somebody."""
        waited = max(self.grace[booking.resource_id], _SHORTEST_GRACE)
        while_waiting = resources.hours.Window(booking.starts_at, booking.starts_at + waited)
        return not any(
            window.overlaps(while_waiting) for window in self.down.get(booking.resource_id, ())
        )

    def is_missed(self, booking: Booking, now: datetime) -> bool:
        """Whether it was waited for somebody who could come, and did not."""
        return (
            self.asks_to_come(booking)
            and booking.starts_at + self.grace[booking.resource_id] <= now
            and self.could_come(booking)
        )


async def _fairness(session: AsyncSession, bookings: Sequence[Booking], now: datetime) -> _Fairness:
    """At most two statements for any number of bookings."""
    if not bookings:
        return _Fairness({}, {})
    since = min(booking.starts_at for booking in bookings)
    on = {booking.resource_id for booking in bookings}
    terms = await resources.terms.load(session, on, around=resources.hours.Window(now, now))
    grace = {
        each.resource_id: timedelta(minutes=each.policy.check_in_grace_minutes)
        for each in terms.values()
        if each.policy.is_check_in_required
    }
    if not grace:
        return _Fairness({}, {})
    down: dict[UUID, list[resources.hours.Window]] = {}
    told = set()
    for outage in await resources.outages.during(session, list(grace), since, now):
        if outage.ended_at is None:
            told.add(outage.resource_id)
        if outage.effect is Effect.DOWN:
            window = resources.hours.Window(outage.started_at, outage.ended_at or now)
            down.setdefault(outage.resource_id, []).append(window)
    for each in terms.values():
        if each.state not in _IN_SERVICE and each.resource_id not in told:
            whole = resources.hours.Window(since, now + _SHORTEST_GRACE)
            down.setdefault(each.resource_id, []).append(whole)
    return _Fairness(grace, down)


async def _conclude(
    session: AsyncSession, found: Whole, fairness: _Fairness, now: datetime
) -> None:
    booking = found.booking
    if booking.status is Status.CONFIRMED and fairness.asks_to_come(booking):
        if fairness.could_come(booking):
            await _miss(session, found, now)
            return
        reason = _("It was down when the booking began.")
        rules.transition(session, SYSTEM, booking, Status.CANCELLED, now=now, reason=reason)
        return
    if booking.status is Status.CONFIRMED:
        rules.transition(session, SYSTEM, booking, Status.IN_USE, now=now)
    rules.transition(session, SYSTEM, booking, Status.COMPLETED, now=now)


async def _miss(session: AsyncSession, found: Whole, now: datetime) -> None:
    rules.transition(session, SYSTEM, found.booking, Status.NO_SHOW, now=now)
    await telling.tell(session, SYSTEM, found, "booking.no-show")


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
