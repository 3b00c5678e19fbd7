"""The calendar's part of mails about bookings, so that what is told is on the reader's calendar.

The same UID and a growing SEQUENCE: what was sent before is updated in place, and called off where
the booking is. It tells how the booking is when the mail is written, whatever happened since the
notification was made. Who only made the booking for somebody else gets none, and a request is sent
when it is approved: nobody has to take anything out of a calendar by hand.
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import SYSTEM
from src.core.mail import Invitation, bare
from src.domain.accounts.tables import User
from src.domain.bookings import repository, rules
from src.domain.bookings.feeds import reading, writing
from src.domain.bookings.feeds.reading import Shown
from src.domain.bookings.repository import Whole
from src.domain.bookings.tables import Booking, FeedKind, Status
from src.domain.notifications import Enclosed, enclosing

KINDS = frozenset(
    {
        "booking.confirmed",
        "booking.approved",
        "booking.changed",
        "booking.displaced",
        "booking.cancelled",
        "booking.restored",
    }
)
_STANDS = frozenset({Status.CONFIRMED, Status.IN_USE})


async def enclosed(session: AsyncSession, what: Enclosed) -> Invitation | None:
    """What goes with a mail about a booking; None where its reader has nothing to enter."""
    if what.kind not in KINDS:
        return None
    found = await repository.find(session, Booking.id == what.subject_id)
    method = _method(found[0]) if found else None
    if method is None or not await _takes_part(session, found[0], what.user):
        return None
    shown = Shown(FeedKind.PERSON, what.user.id, SYSTEM, what.base_url, clock.now())
    event = await reading.one(session, shown, found[0])
    content = writing.single(event, method=method, sender=bare(what.sender), to=what.user.email)
    return Invitation(method, content)


def _method(found: Whole) -> str | None:
    """REQUEST for what stands, CANCEL for what stood once."""
    booking = found.booking
    if booking.status in _STANDS:
        return "REQUEST"
    is_off = booking.status is Status.CANCELLED
    return "CANCEL" if is_off and rules.status_before(booking) is Status.CONFIRMED else None


async def _takes_part(session: AsyncSession, found: Whole, user: User) -> bool:
    if found.booking.booked_for == user.id:
        return True
    guests = await reading.attendees(session, [found.booking.id])
    return any(guest.id == user.id for guest in guests.get(found.booking.id, ()))


enclosing("booking", enclosed)
