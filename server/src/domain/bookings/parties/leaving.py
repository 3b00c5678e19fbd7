"""When a person leaves: they are invited to nothing, ask nobody, and leave no template behind."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.domain import accounts
from src.domain.bookings.tables import (
    Attendee,
    Booking,
    BookingTemplate,
    Transfer,
    TransferState,
)
from src.domain.resources.tables import Resource


async def _erase(session: AsyncSession, user_id: UUID) -> None:
    invited = select(Attendee.booking_id).where(Attendee.user_id == user_id)
    bookings = await session.execute(
        select(Booking.id, Booking.attendee_ids).where(Booking.id.in_(invited))
    )
    for booking_id, attendees in bookings.all():
        left = [one for one in attendees if one != str(user_id)]
        # Nothing about the booking itself has changed.
        await session.execute(
            update(Booking)
            .where(Booking.id == booking_id)
            .values(
                attendee_ids=left,
                version=Booking.version + 1,
                updated_at=Booking.updated_at,
            )
        )
    await session.execute(delete(Attendee).where(Attendee.user_id == user_id))
    await session.execute(delete(BookingTemplate).where(BookingTemplate.owner_id == user_id))
    concerned = or_(Transfer.from_id == user_id, Transfer.to_id == user_id)
    await session.execute(
        update(Transfer)
        .where(concerned, Transfer.state == TransferState.OPEN)
        .values(state=TransferState.WITHDRAWN, decided_at=clock.now(), version=Transfer.version + 1)
    )
    await session.execute(
        update(Transfer)
        .where(Transfer.from_id == user_id, Transfer.note != "")
        .values(note="", version=Transfer.version + 1)
    )


async def _invitations(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401 - JSON
    rows = await session.execute(
        select(
            Attendee.booking_id, Resource.name.label("resource"), Booking.starts_at,
            Booking.ends_at, Booking.title, Attendee.response, Attendee.added_at,
            Attendee.responded_at,
        )
        .join(Booking, Booking.id == Attendee.booking_id)
        .join(Resource, Resource.id == Booking.resource_id)
        .where(Attendee.user_id == user_id)
        .order_by(Booking.starts_at)
    )  # fmt: skip
    return [dict(row) for row in rows.mappings()]


async def _templates(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401 - JSON
    rows = await session.execute(
        select(
            BookingTemplate.name, Resource.name.label("resource"), BookingTemplate.minutes,
            BookingTemplate.title, BookingTemplate.notes, BookingTemplate.answers,
            BookingTemplate.team_id, BookingTemplate.created_at,
        )
        .join(Resource, Resource.id == BookingTemplate.resource_id)
        .where(BookingTemplate.owner_id == user_id)
        .order_by(BookingTemplate.name)
    )  # fmt: skip
    return [dict(row) for row in rows.mappings()]


async def _transfers(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401 - JSON
    rows = await session.execute(
        select(
            Transfer.booking_id, Transfer.from_id, Transfer.to_id, Transfer.state, Transfer.note,
            Transfer.created_at, Transfer.decided_at,
        )
        .where(or_(Transfer.from_id == user_id, Transfer.to_id == user_id))
        .order_by(Transfer.created_at)
    )  # fmt: skip
    return [dict(row) for row in rows.mappings()]


accounts.leaving.erasure.on_erasure("booking-parties", _erase)
accounts.leaving.exporting.source("booking-invitations", _invitations)
accounts.leaving.exporting.source("booking-templates", _templates)
accounts.leaving.exporting.source("booking-transfers", _transfers)
