"""What people are told at the instrument; arguments as in `bookings.notices`."""

from __future__ import annotations

from src.core.language import mark
from src.domain.notifications import kind

kind(
    "booking.checklist",
    group="problems",
    title=mark("Outside its limits: %(resource)s"),
    body=mark(
        "A checklist of %(resource)s has answers outside their limits: %(answers)s. See what it needs."
    ),
    action=mark("Open the booking"),
    facts=(
        (mark("What"), mark("%(resource)s")),
        (mark("When"), mark("%(when)s")),
        (mark("Filled in by"), mark("%(by)s")),
        (mark("Answers"), mark("%(answers)s")),
    ),
    people=("by",),
)
