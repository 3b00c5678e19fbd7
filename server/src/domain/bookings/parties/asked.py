"""What waits for somebody's answer: invitations, and bookings that are handed over to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import Actor
from src.domain.bookings.parties import attendees, transfers
from src.domain.bookings.parties.views import TransferView
from src.domain.bookings.tables import Attendee, Booking, Response, Transfer, TransferState
from src.domain.bookings.views import BookingView


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody is asked; most are asked nothing."""

    invited: Sequence[BookingView] = ()
    offered: Sequence[TransferView] = ()


async def of(session: AsyncSession, actor: Actor, *, most: int = 20) -> Asked:
    """What waits for the actor's answer, by start; one statement where nothing does."""
    now = clock.now()
    invited = (
        select(Attendee.booking_id)
        .join(Booking, Booking.id == Attendee.booking_id)
        .where(
            Attendee.user_id == actor.user_id,
            Attendee.response == Response.INVITED,
            Booking.starts_at > now,
        )
    )
    offered = select(Transfer.id).where(
        Transfer.to_id == actor.user_id,
        Transfer.state == TransferState.OPEN,
        Transfer.expires_at > now,
    )
    wanted = select(invited.exists(), offered.exists())
    is_invited, is_offered = (await session.execute(wanted)).one()
    return Asked(
        await attendees.waiting(session, actor, most=most) if is_invited else (),
        await transfers.list_(session, actor, side="received") if is_offered else (),
    )
