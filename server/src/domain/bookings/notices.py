"""What people are told about bookings.

Arguments of every kind: `resource` (its name), `starts_at`, `ends_at`, and where known `title`,
`unit` (number), `location` (path), `by` (id of whoever did it), `person` (id of whom it is for),
`reason` (a note, a reason), `request_expires_at`.
"""

from __future__ import annotations

from src.core.language import mark
from src.domain import approvals
from src.domain.notifications import group, kind

_OPEN = mark("Open the booking")
_FACTS = (
    (mark("What"), mark("%(resource)s")),
    (mark("Title"), mark("%(title)s")),
    (mark("When"), mark("%(when)s")),
    (mark("Where"), mark("%(location)s")),
    (mark("For"), mark("%(person)s")),
    (mark("Note"), mark("%(reason)s")),
)
_PEOPLE = ("by", "person")

group("bookings", mark("Bookings"), rank=10)
group("invitations", mark("Invitations and handing over"), rank=20)
group("waiting", mark("Waiting list"), rank=30)

kind(
    "booking.confirmed",
    group="bookings",
    title=mark("Booked: %(resource)s"),
    body=mark("%(resource)s is yours: %(when)s."),
    action=_OPEN,
    facts=_FACTS,
    people=_PEOPLE,
)
kind(
    "booking.changed",
    group="bookings",
    is_owed=True,
    title=mark("Booking changed: %(resource)s"),
    body=mark("Your booking of %(resource)s is now %(when)s."),
    action=_OPEN,
    facts=_FACTS,
    people=_PEOPLE,
)
kind(
    "booking.cancelled",
    group="bookings",
    is_owed=True,
    title=mark("Booking cancelled: %(resource)s"),
    body=mark("The booking of %(resource)s, %(when)s, was cancelled."),
    action=_OPEN,
    facts=_FACTS,
    people=_PEOPLE,
)
kind(
    "booking.restored",
    group="bookings",
    is_owed=True,
    title=mark("Booking restored: %(resource)s"),
    body=mark("The cancellation was taken back: the booking of %(resource)s, %(when)s, stands."),
    action=_OPEN,
    facts=_FACTS,
    people=_PEOPLE,
)
kind(
    "booking.requested",
    group="approvals",
    title=mark("Please decide: %(resource)s"),
    body=mark("%(person)s asks for %(resource)s, %(when)s. Approve or reject the request."),
    action=mark("Approve or reject"),
    facts=(*_FACTS, (mark("Decide before"), mark("%(request_expires_at)s"))),
    people=_PEOPLE,
    mail_path=approvals.links.path_of,
)
kind(
    "booking.approved",
    group="bookings",
    is_owed=True,
    title=mark("Approved: %(resource)s"),
    body=mark("Your request for %(resource)s, %(when)s, was approved. It is booked."),
    action=_OPEN,
    facts=_FACTS,
    people=_PEOPLE,
)
kind(
    "booking.rejected",
    group="bookings",
    is_owed=True,
    title=mark("Rejected: %(resource)s"),
    body=mark("Your request for %(resource)s, %(when)s, was rejected. Choose another time."),
    action=_OPEN,
    facts=_FACTS,
    people=_PEOPLE,
)
kind(
    "booking.reminder",
    group="bookings",
    title=mark("Soon: %(resource)s"),
    body=mark("Your booking of %(resource)s begins soon: %(when)s."),
    action=_OPEN,
    facts=_FACTS,
    people=_PEOPLE,
)
kind(
    "booking.expired",
    group="bookings",
    is_owed=True,
    title=mark("Request lapsed: %(resource)s"),
    body=mark(
        "Nobody decided on your request for %(resource)s, %(when)s, in time. The slot is free again."
    ),
    action=_OPEN,
    facts=_FACTS,
    people=_PEOPLE,
)
kind(
    "booking.displaced",
    group="bookings",
    is_owed=True,
    title=mark("Your booking had to give way: %(resource)s"),
    body=mark(
        "%(resource)s cannot be used as you had booked it. Look at your booking, now %(when)s,"
        " and choose another time if that does not suit you."
    ),
    action=_OPEN,
    facts=_FACTS,
    people=_PEOPLE,
)
kind(
    "booking.no-show",
    group="bookings",
    is_owed=True,
    title=mark("Released: %(resource)s"),
    body=mark("Nobody checked in to %(resource)s, %(when)s, so the time was given free."),
    action=_OPEN,
    facts=_FACTS,
    people=_PEOPLE,
)
kind(
    "attendance.invited",
    group="invitations",
    title=mark("You are invited: %(resource)s"),
    body=mark("%(by)s invites you: %(resource)s, %(when)s. Say whether you come."),
    action=mark("Answer the invitation"),
    facts=_FACTS,
    people=_PEOPLE,
)
kind(
    "attendance.changed",
    group="invitations",
    is_owed=True,
    title=mark("Changed: %(resource)s"),
    body=mark("What you are invited to was changed: %(resource)s is now %(when)s."),
    action=_OPEN,
    facts=_FACTS,
    people=_PEOPLE,
)
kind(
    "attendance.cancelled",
    group="invitations",
    is_owed=True,
    title=mark("It does not take place: %(resource)s"),
    body=mark("What you were invited to does not take place: %(resource)s, %(when)s."),
    action=_OPEN,
    facts=_FACTS,
    people=_PEOPLE,
)
kind(
    "attendance.accepted",
    group="invitations",
    title=mark("Somebody comes: %(resource)s"),
    body=mark("%(by)s comes to %(resource)s, %(when)s."),
    action=_OPEN,
    facts=_FACTS,
    people=_PEOPLE,
    mail=False,
)
kind(
    "attendance.tentative",
    group="invitations",
    title=mark("Somebody may come: %(resource)s"),
    body=mark("%(by)s may come to %(resource)s, %(when)s."),
    action=_OPEN,
    facts=_FACTS,
    people=_PEOPLE,
    mail=False,
)
kind(
    "attendance.declined",
    group="invitations",
    title=mark("Somebody does not come: %(resource)s"),
    body=mark("%(by)s does not come to %(resource)s, %(when)s."),
    action=_OPEN,
    facts=_FACTS,
    people=_PEOPLE,
    mail=False,
)
kind(
    "transfer.offered",
    group="invitations",
    title=mark("A booking is offered to you: %(resource)s"),
    body=mark("%(person)s would like to hand over %(resource)s, %(when)s, to you."),
    action=mark("Take it or decline"),
    facts=_FACTS,
    people=_PEOPLE,
)
kind(
    "transfer.accepted",
    group="invitations",
    is_owed=True,
    title=mark("Your booking was taken over: %(resource)s"),
    body=mark("%(by)s has taken over %(resource)s, %(when)s."),
    action=_OPEN,
    facts=_FACTS,
    people=_PEOPLE,
)
kind(
    "transfer.declined",
    group="invitations",
    title=mark("Your booking was not taken over: %(resource)s"),
    body=mark("%(by)s does not take over %(resource)s, %(when)s. It stays yours."),
    action=_OPEN,
    facts=_FACTS,
    people=_PEOPLE,
)
kind(
    "transfer.withdrawn",
    group="invitations",
    title=mark("No longer offered to you: %(resource)s"),
    body=mark("%(resource)s, %(when)s, is not handed over to you after all."),
    action=mark("See your bookings"),
    facts=_FACTS,
    people=_PEOPLE,
)
kind(
    "series.booked",
    group="bookings",
    title=mark("Series booked: %(resource)s"),
    body=mark("%(resource)s is yours %(count)s times, first %(when)s."),
    action=mark("Open the series"),
    facts=_FACTS,
    people=_PEOPLE,
)
kind(
    "series.changed",
    group="bookings",
    is_owed=True,
    title=mark("Series changed: %(resource)s"),
    body=mark(
        "%(count)s bookings of the series on %(resource)s were changed, the first is now %(when)s."
    ),
    action=mark("Open the series"),
    facts=_FACTS,
    people=_PEOPLE,
)
kind(
    "series.cancelled",
    group="bookings",
    is_owed=True,
    title=mark("Series cancelled: %(resource)s"),
    body=mark(
        "%(count)s bookings of the series on %(resource)s were cancelled, the first of them %(when)s."
    ),
    action=mark("Open the series"),
    facts=_FACTS,
    people=_PEOPLE,
)
