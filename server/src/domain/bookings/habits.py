"""What one person uses, and how much: for pages that put one's own first."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import Actor
from src.domain.bookings.tables import Booking, Status

LOOKED_BACK = timedelta(days=90)
_USED = (Status.CONFIRMED, Status.IN_USE, Status.COMPLETED)


async def often_used(session: AsyncSession, actor: Actor, *, most: int = 10) -> list[UUID]:
    """The resources that were booked for the actor most often lately. One statement."""
    wanted = (
        select(Booking.resource_id)
        .where(
            Booking.booked_for == actor.user_id,
            Booking.ends_at > clock.now() - LOOKED_BACK,
            Booking.status.in_(_USED),
        )
        .group_by(Booking.resource_id)
        .order_by(func.count().desc(), Booking.resource_id)
        .limit(most)
    )
    return list(await session.scalars(wanted))


async def booked_time(
    session: AsyncSession, actor: Actor, *, from_: datetime, to: datetime
) -> timedelta:
    """How long the actor has resources in [from_, to), requests apart. One statement."""
    wanted = select(Booking.starts_at, Booking.ends_at).where(
        Booking.booked_for == actor.user_id,
        Booking.ends_at > from_,
        Booking.starts_at < to,
        Booking.status.in_(_USED),
    )
    rows = await session.execute(wanted)
    return sum((min(ends, to) - max(starts, from_) for starts, ends in rows), timedelta())
