"""What people are told about approvals; that something waits is told by its subject's own kind."""

from __future__ import annotations

from src.core.language import mark
from src.domain.notifications import group, kind

group("approvals", mark("Requests to decide"), rank=40)

kind(
    "approval.several",
    group="approvals",
    title=mark("Please decide: %(what)s and others"),
    body=mark("%(count)s requests wait for you. Approve or reject them."),
    action=mark("Open the requests"),
    people=(),
)
kind(
    "approval.nobody",
    group="approvals",
    title=mark("Nobody is left to decide: %(what)s"),
    body=mark(
        "Of those the approval rule names nobody can decide on the request of %(person)s for"
        " %(what)s. It waits for those who hold the permission %(permission)s. Look at the rule and"
        " at who has which role."
    ),
    action=mark("Open the request"),
    facts=((mark("Rule"), mark("%(rule)s")), (mark("Decide before"), mark("%(until_at)s"))),
    people=("person",),
)
kind(
    "approval.delegated",
    group="approvals",
    title=mark("You stand in for %(by)s"),
    body=mark(
        "%(by)s asks you to decide requests in their place, %(when)s. Their requests stand in your"
        " list then."
    ),
    action=mark("See what was agreed"),
    facts=(
        (mark("Only for"), mark("%(resource)s")),
        (mark("When"), mark("%(when)s")),
        (mark("Note"), mark("%(reason)s")),
    ),
    people=("by",),
)
