"""What people are told of a series: one word about all of it, never one for each booking."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.domain import notifications
from src.domain.bookings.tables import BookingSeries
from src.domain.bookings.views import BookingView

_INVITED = {
    "series.booked": "attendance.invited",
    "series.changed": "attendance.changed",
    "series.cancelled": "attendance.cancelled",
}


async def tell(
    session: AsyncSession,
    actor: Actor,
    series: BookingSeries,
    kind: str,
    those: Sequence[BookingView],
    *,
    attendees: Sequence[UUID] = (),
    reason: str | None = None,
) -> None:
    """Tell whose series it is, who made it for them, and those invited (about the first)."""
    first = min(those, key=lambda one: one.starts_at)
    people = {series.booked_for}
    if series.booked_by != actor.user_id:
        people.add(series.booked_by)
    args = {
        "booking_id": first.id,
        "resource": first.resource.name,
        "unit": first.unit,
        "title": first.title or None,
        "starts_at": first.starts_at,
        "ends_at": first.ends_at,
        "person": series.booked_for,
        "by": actor.user_id,
        "reason": reason or None,
        "request_expires_at": None,
        "count": len(those),
    }
    for user_id in sorted(people):
        await notifications.notify(
            session,
            user_id=user_id,
            kind=kind,
            args=args,
            link=f"/booking-series/{series.id}",
            subject=("booking-series", series.id),
        )
    for user_id in attendees:
        await notifications.notify(
            session,
            user_id=user_id,
            kind=_INVITED[kind],
            args=args,
            link=f"/bookings/{first.id}",
            subject=("booking", first.id),
        )
