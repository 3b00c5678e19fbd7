"""What waits for somebody's answer: invitations, bookings handed over, offers, and requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import Actor
from src.core.paging import Paging
from src.domain import approvals
from src.domain.bookings import policy, reading
from src.domain.bookings.parties import attendees, transfers
from src.domain.bookings.parties.views import TransferView
from src.domain.bookings.tables import (
    Attendee,
    Booking,
    Offer,
    OfferState,
    Response,
    Transfer,
    TransferState,
    WaitingEntry,
)
from src.domain.bookings.views import BookingView
from src.domain.bookings.waiting import OfferView, offers


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody is asked; most are asked nothing.

    `invited` and `handed_over` by start; `offers` of the waiting list, the newest first;
    `requests` that wait for their word by start, and how many there are (`requested`).
    """

    invited: Sequence[BookingView] = ()
    handed_over: Sequence[TransferView] = ()
    offers: Sequence[OfferView] = ()
    requests: Sequence[BookingView] = ()
    requested: int = 0


async def of(
    session: AsyncSession,
    actor: Actor,
    *,
    electors: Sequence[approvals.Elector] | None = None,
    most: int = 20,
) -> Asked:
    """What waits for the actor's answer; one statement, and one for each kind that does wait.

    `electors`, where they are known already (`approvals.electors_of`), save another.
    """
    now = clock.now()
    if electors is None:
        electors = await approvals.electors_of(session, actor)
    waits = _waits(actor, electors, now=now)
    is_invited, is_handed_over, is_offered, requests = (await session.execute(waits)).one()
    few, found = Paging(limit=most), Asked(requested=requests)
    if is_invited:
        found = replace(found, invited=await attendees.waiting(session, actor, most=most))
    if is_handed_over:
        handed_over = await transfers.list_(session, actor, side="received")
        found = replace(found, handed_over=handed_over)
    if is_offered:
        made = await offers.list_(session, actor, is_open=True, paging=few)
        found = replace(found, offers=made.items)
    if requests:
        which = reading.Filter(waiting=True, from_=now)
        asked = await reading.list_(session, actor, which=which, paging=few, electors=electors)
        found = replace(found, requests=asked.items)
    return found


def _waits(
    actor: Actor, electors: Sequence[approvals.Elector], *, now: datetime
) -> Select[bool, bool, bool, int]:
    """Whether there are invitations, bookings handed over, offers; and how many requests."""
    invited = (
        select(Attendee.booking_id)
        .join(Booking, Booking.id == Attendee.booking_id)
        .where(
            Attendee.user_id == actor.user_id,
            Attendee.response == Response.INVITED,
            Booking.starts_at > now,
        )
    )
    handed_over = select(Transfer.id).where(
        Transfer.to_id == actor.user_id,
        Transfer.state == TransferState.OPEN,
        Transfer.expires_at > now,
    )
    offered = (
        select(Offer.id)
        .join(WaitingEntry, WaitingEntry.id == Offer.entry_id)
        .where(
            WaitingEntry.person_id == actor.user_id,
            Offer.state == OfferState.OPEN,
            Offer.expires_at > now,
        )
    )
    requested = (
        select(func.count())
        .select_from(Booking)
        .where(policy.waiting(actor, electors), Booking.ends_at > now)
    )
    return select(
        invited.exists(), handed_over.exists(), offered.exists(), requested.scalar_subquery()
    )
