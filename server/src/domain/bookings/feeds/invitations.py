"""The calendar's part of mails about bookings, so that what is told is on the reader's calendar.

The same UID and a growing SEQUENCE: what was sent before is updated in place, and called off where
the booking is, or where its reader takes no part in it any more. It tells how the booking is when
the mail is written, whatever happened since the notification was made. Who only made the booking
for somebody else gets none, and a request is sent when it is approved: nobody has to take anything
out of a calendar by hand. A mail about a whole series has none either: a message may speak of one
UID alone (RFC 5546).
"""

from __future__ import annotations

from dataclasses import replace

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
        "attendance.invited",
        "attendance.changed",
        "attendance.cancelled",
        "transfer.accepted",
    }
)
# Who hears of these may have it on their calendar without taking part any more.
_LEAVING = frozenset({"attendance.cancelled", "transfer.accepted"})
_STANDS = frozenset({Status.CONFIRMED, Status.IN_USE})


async def enclosed(session: AsyncSession, what: Enclosed) -> Invitation | None:
    """What goes with a mail about a booking; None where its reader has nothing to enter."""
    if what.kind not in KINDS or what.args.get("count", 1) > 1:
        return None
    found = await repository.find(session, Booking.id == what.subject_id)
    status = await _part_of(session, found[0], what.user) if found else None
    method = _method(found[0]) if found else None
    if method is not None and status is None and what.kind in _LEAVING:
        method, status = "CANCEL", "DECLINED"
    if method is None or status is None:
        return None
    shown = Shown(FeedKind.PERSON, what.user.id, SYSTEM, what.base_url, clock.now())
    event = await reading.one(session, shown, found[0])
    if method == "CANCEL":
        event = replace(event, status="CANCELLED")
    guest = writing.Guest(bare(what.sender), what.user.email, status)
    return Invitation(method, writing.single(event, method=method, guest=guest))


def _method(found: Whole) -> str | None:
    """REQUEST for what stands, CANCEL for what stood once."""
    booking = found.booking
    if booking.status in _STANDS:
        return "REQUEST"
    is_off = booking.status is Status.CANCELLED
    return "CANCEL" if is_off and rules.status_before(booking) is Status.CONFIRMED else None


async def _part_of(session: AsyncSession, found: Whole, user: User) -> str | None:
    """What somebody has said about coming; None where they take no part."""
    if found.booking.booked_for == user.id:
        return "ACCEPTED"
    guests = await reading.attendees(session, [found.booking.id])
    said = (guest.status for guest in guests.get(found.booking.id, ()) if guest.id == user.id)
    return next(said, None)


enclosing("booking", enclosed)
