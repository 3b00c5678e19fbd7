"""How people have kept to their bookings: what whoever decides a request would like to know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import Actor
from src.domain.bookings import policy
from src.domain.bookings.tables import Booking, Status
from src.domain.bookings.views import BookingView

WITHIN = timedelta(days=90)
_USED = (Status.CONFIRMED, Status.IN_USE, Status.COMPLETED)


@dataclass(frozen=True, slots=True)
class Record:
    """How often a person has had a resource in the last 90 days, and how often not as agreed."""

    used: int = 0
    missed: int = 0
    cancelled_late: int = 0


async def of(
    session: AsyncSession, actor: Actor, requests: Sequence[BookingView]
) -> dict[UUID, Record]:
    """The record of whom each booking is for on its resource, by booking, in one statement.

    Only bookings the actor may read are counted; masked ones have no record.
    """
    people = {view.booked_for.id for view in requests if view.booked_for is not None}
    if not people:
        return {}
    now = clock.now()
    is_used, is_missed = Booking.status.in_(_USED), Booking.status == Status.NO_SHOW
    rows = await session.execute(
        select(
            Booking.resource_id,
            Booking.booked_for,
            *(
                func.sum(case((counted, 1), else_=0))
                for counted in (is_used, is_missed, Booking.is_cancelled_late)
            ),
        )
        .where(
            Booking.resource_id.in_({view.resource.id for view in requests}),
            Booking.booked_for.in_(people),
            Booking.starts_at > now - WITHIN,
            Booking.starts_at <= now,
            or_(is_used, is_missed, Booking.is_cancelled_late),
            policy.readable(actor),
        )
        .group_by(Booking.resource_id, Booking.booked_for)
    )
    found = {(on, whose): Record(*counts) for on, whose, *counts in rows}
    return {
        view.id: found.get((view.resource.id, view.booked_for.id), Record())
        for view in requests
        if view.booked_for is not None
    }
