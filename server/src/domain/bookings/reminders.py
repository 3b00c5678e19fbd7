"""Reminders: an hour before the start, once for each start a booking has had."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import SYSTEM
from src.domain.bookings import repository, telling
from src.domain.bookings.tables import Booking, Status

AHEAD = timedelta(hours=1)


def skip_if_soon(booking: Booking, now: datetime) -> None:
    """Nobody needs to be reminded of what they book for the next hour."""
    if booking.starts_at - AHEAD <= now:
        booking.reminded_for = booking.starts_at


async def remind(session: AsyncSession, *, limit: int = 200) -> int:
    """Remind of the bookings that begin within the hour; how many those were.

    The row remembers the start it was reminded of, in the transaction of the reminder: running
    this twice, or on two workers, tells nobody twice.
    """
    now = clock.now()
    due = (
        Booking.status == Status.CONFIRMED,
        Booking.starts_at > now,
        Booking.starts_at <= now + AHEAD,
        or_(Booking.reminded_for.is_(None), Booking.reminded_for != Booking.starts_at),
    )
    claimed = list(
        await session.scalars(
            update(Booking)
            .where(
                Booking.id.in_(select(Booking.id).where(*due).order_by(Booking.id).limit(limit)),
                *due,
            )
            # Not a change anybody has to know of: version and time of change stay.
            .values(reminded_for=Booking.starts_at, updated_at=Booking.updated_at)
            .returning(Booking.id)
            .execution_options(synchronize_session=False)
        )
    )
    for found in await repository.find(session, Booking.id.in_(claimed)) if claimed else ():
        await telling.tell(session, SYSTEM, found, "booking.reminder")
    return len(claimed)
