"""What people are told about problems.

Arguments: `resource` (its name), `text` (what is wrong), `person` (the id of who reported it), and
for those who have booked `starts_at` and `ends_at` of their next booking; `reason` (how it was
resolved), `by` (who did).
"""

from __future__ import annotations

from src.core.language import mark
from src.domain.notifications import group, kind

_FACTS = (
    (mark("What"), mark("%(resource)s")),
    (mark("Problem"), mark("%(text)s")),
    (mark("Reported by"), mark("%(person)s")),
)

group("problems", mark("Problems"), rank=60)

kind(
    "problem.reported",
    group="problems",
    title=mark("Problem: %(resource)s"),
    body=mark("%(person)s reports a problem with %(resource)s. It can still be used."),
    action=mark("Open the report"),
    facts=_FACTS,
    people=("person",),
)
kind(
    "problem.down",
    group="problems",
    title=mark("Down: %(resource)s"),
    body=mark(
        "%(person)s reports that nobody can use %(resource)s, so it was taken down. Its bookings"
        " stand until you decide about them."
    ),
    action=mark("Decide about its bookings"),
    facts=_FACTS,
    people=("person",),
)
kind(
    "problem.booked",
    group="problems",
    title=mark("Down: %(resource)s, which you have booked"),
    body=mark(
        "%(resource)s cannot be used at present. Your next booking is %(when)s; it stands, and you"
        " are told what becomes of it."
    ),
    action=mark("Open the booking"),
    facts=((mark("Problem"), mark("%(text)s")),),
)
kind(
    "problem.resolved",
    group="problems",
    title=mark("Resolved: %(resource)s"),
    body=mark("The problem you reported with %(resource)s is resolved."),
    action=mark("Open the report"),
    facts=(
        (mark("Problem"), mark("%(text)s")),
        (mark("What was done"), mark("%(reason)s")),
        (mark("Resolved by"), mark("%(by)s")),
    ),
    people=("by",),
)
kind(
    "problem.over",
    group="problems",
    title=mark("Back again: %(resource)s"),
    body=mark("%(resource)s can be used again. Your next booking is %(when)s."),
    action=mark("Open the booking"),
    facts=((mark("What was done"), mark("%(reason)s")),),
)
