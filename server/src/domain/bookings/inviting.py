"""Who else comes: people invited to a booking, from the moment it is made."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.language import gettext as _
from src.core.language import ngettext
from src.domain.accounts.tables import User, UserState
from src.domain.bookings.plans import Violation
from src.domain.bookings.tables import Attendee, Booking, Response
from src.domain.bookings.views import Wish

MOST = 50


async def strangers(session: AsyncSession, wishes: Iterable[Wish]) -> frozenset[UUID]:
    """Whom of those invited nobody knows here; a statement only where somebody is invited."""
    invited = {user_id for wish in wishes for user_id in wish.attendees}
    return frozenset(invited - await known(session, invited))


async def known(session: AsyncSession, user_ids: Collection[UUID]) -> set[UUID]:
    """Which of them are people who can come."""
    if not user_ids:
        return set()
    wanted = select(User.id).where(User.id.in_(user_ids), User.state != UserState.SUSPENDED)
    return set(await session.scalars(wanted))


def faults(wish: Wish, unknown: Collection[UUID]) -> list[Violation]:
    """What speaks against those whom a wish invites."""
    found: list[Violation] = []
    if len(wish.attendees) > MOST:
        message = ngettext("Invite at most %(num)s person.", "Invite at most %(num)s people.", MOST)
        numbers: dict[str, int | str | None] = {"most": MOST, "attendees": len(wish.attendees)}
        found.append(Violation("too-many-attendees", message, False, numbers, "attendees"))
    if any(one in unknown for one in wish.attendees):
        message = _("Somebody you invite is not here. Choose people from the list.")
        found.append(Violation("unknown-attendee", message, False, {}, "attendees"))
    return found


def ids_of(attendees: Iterable[UUID], person_id: UUID) -> list[str]:
    """Those invited as a booking keeps them; whose it is need not be invited."""
    return [str(one) for one in dict.fromkeys(attendees) if one != person_id]


async def store(session: AsyncSession, bookings: Iterable[Booking], now: datetime) -> None:
    """Write the rows of those whom new bookings invite; most invite nobody."""
    invited = [
        Attendee(booking_id=one.id, user_id=UUID(id_), response=Response.INVITED, added_at=now)
        for one in bookings
        for id_ in one.attendee_ids
    ]
    if invited:
        # Without a relationship nothing tells the order in which rows have to be written.
        await session.flush()
        session.add_all(invited)


async def coming(session: AsyncSession, booking: Booking) -> Sequence[UUID]:
    """Those invited who have not declined; no statement where nobody is invited."""
    if not booking.attendee_ids:
        return ()
    found = await session.scalars(
        select(Attendee.user_id)
        .where(Attendee.booking_id == booking.id, Attendee.response != Response.DECLINED)
        .order_by(Attendee.user_id)
    )
    return found.all()
