"""What people who wait are told.

Arguments of every kind: `resource` (its name), `starts_at`, `ends_at`, and where known
`expires_at` (until when an offer is held), `minutes`, `reason`.
"""

from __future__ import annotations

from src.core.language import mark
from src.domain.notifications import kind

_FACTS = (
    (mark("What"), mark("%(resource)s")),
    (mark("When"), mark("%(when)s")),
    (mark("Answer before"), mark("%(expires_at)s")),
    (mark("Note"), mark("%(reason)s")),
)
_ANSWER = mark("Accept or decline")

kind(
    "waiting.offered",
    group="waiting",
    title=mark("Free for you: %(resource)s"),
    body=mark(
        "%(resource)s is free: %(when)s. It is held for you until %(expires_at)s. Accept it, or"
        " decline so that the next one gets it."
    ),
    action=_ANSWER,
    facts=_FACTS,
)
kind(
    "waiting.lapsed",
    group="waiting",
    title=mark("Offer lapsed: %(resource)s"),
    body=mark(
        "You did not answer the offer of %(resource)s, %(when)s, in time. You stay on the waiting"
        " list, behind those who answered."
    ),
    action=mark("Open the waiting list"),
    facts=_FACTS,
)
kind(
    "waiting.withdrawn",
    group="waiting",
    title=mark("Offer withdrawn: %(resource)s"),
    body=mark(
        "%(resource)s cannot be used as it was offered to you, %(when)s. You stay on the waiting"
        " list."
    ),
    action=mark("Open the waiting list"),
    facts=_FACTS,
)
kind(
    "waiting.over",
    group="waiting",
    title=mark("Nothing became free: %(resource)s"),
    body=mark("The time for which you waited has passed: %(resource)s, %(when)s."),
    action=mark("Find another time"),
    facts=_FACTS,
    mail=False,
)
kind(
    "waiting.free",
    group="waiting",
    title=mark("Free again: %(resource)s"),
    body=mark("%(resource)s has become free: %(when)s. It is not held for you: book it soon."),
    action=mark("Book it"),
    facts=_FACTS[:2],
)
