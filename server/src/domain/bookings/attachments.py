"""Files on bookings: who may read what the booking is about sees them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.domain import files
from src.domain.bookings import policy
from src.domain.bookings.tables import Booking


async def rights(session: AsyncSession, actor: Actor, booking_id: UUID) -> files.Rights | None:
    """The actor's rights on the files of a booking; None where there is no such booking."""
    booking = await session.get(Booking, booking_id)
    if booking is None:
        return None
    return files.Rights(
        may_read=policy.may_read(actor, booking), may_attach=policy.may_change(actor, booking)
    )


files.hangs_on("booking", rights)
