"""What a booking keeps others out of, and what closes over the time it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.domain import resources
from src.domain.bookings.tables import Booking

Window = resources.hours.Window


def held(booking: Booking) -> Window:
    """What a booking keeps others out of: its time and the buffers it was made with."""
    return Window(booking.starts_at, booking.ends_at).widened(
        before=booking.buffer_before, after=booking.buffer_after
    )


def freed(booking: Booking) -> tuple[UUID, Window]:
    """What a booking that goes leaves behind: where, and when."""
    return booking.resource_id, held(booking)


async def heal(session: AsyncSession, left: Sequence[tuple[UUID, Window]]) -> None:
    """Let closures close over the time that bookings have left; most have none around."""
    if not left:
        return
    around = Window(
        min(window.starts_at for _, window in left), max(window.ends_at for _, window in left)
    )
    ids = {resource_id for resource_id, _ in left}
    terms = await resources.terms.load(session, ids, around=around)
    for resource_id, window in left:
        await resources.closures.heal(session, terms[resource_id], window)
