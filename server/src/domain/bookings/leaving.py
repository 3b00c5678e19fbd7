"""When a person leaves: what is ahead is called off, their words go; and what they take along."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import SYSTEM
from src.core.language import gettext as _
from src.domain import accounts
from src.domain.bookings import attendance
from src.domain.bookings.tables import Booking, Status
from src.domain.resources.tables import Resource


async def _erase(session: AsyncSession, user_id: UUID) -> None:
    ahead = await session.scalars(
        select(Booking.id)
        .where(
            Booking.booked_for == user_id,
            Booking.status.in_((Status.REQUESTED, Status.CONFIRMED)),
            Booking.ends_at > clock.now(),
        )
        .order_by(Booking.id)
    )
    for booking_id in ahead.all():
        await attendance.cancel(session, SYSTEM, booking_id, reason=_("The account was removed."))
    await session.execute(
        update(Booking)
        .where(
            Booking.booked_for == user_id,
            or_(Booking.title != "", Booking.notes != "", Booking.answers != {}),
        )
        .values(
            title="",
            notes="",
            answers={},
            version=Booking.version + 1,
            sequence=Booking.sequence + 1,
        )
    )


async def _read(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401 - whatever JSON says
    rows = await session.execute(
        select(
            Booking.id, Resource.name.label("resource"), Booking.starts_at, Booking.ends_at,
            Booking.title, Booking.notes, Booking.answers, Booking.status, Booking.booked_by, Booking.booked_for,
            Booking.checked_in_at, Booking.checked_out_at, Booking.created_at,
        )
        .join(Resource, Resource.id == Booking.resource_id)
        .where(or_(Booking.booked_for == user_id, Booking.booked_by == user_id))
        .order_by(Booking.starts_at)
    )  # fmt: skip
    return [dict(row) for row in rows.mappings()]


accounts.leaving.erasure.on_erasure("bookings", _erase)
accounts.leaving.exporting.source("bookings", _read)
