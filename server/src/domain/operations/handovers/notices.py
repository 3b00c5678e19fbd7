"""What people are told about hand-overs.

Arguments: `person` (the id of who gave it), `team` (its name), `watch` (the beginning of what to
watch), `by` (the id of who took it), `remark`.
"""

from __future__ import annotations

from src.core.language import mark
from src.domain.notifications import kind

kind(
    "handover.given",
    title=mark("Hand-over from %(person)s"),
    body=mark("%(person)s hands the shift over. Read what is open, and say that you have it."),
    action=mark("Open the hand-over"),
    facts=((mark("Team"), mark("%(team)s")), (mark("To watch"), mark("%(watch)s"))),
    people=("person",),
    group="handovers",
)
kind(
    "handover.acknowledged",
    title=mark("%(by)s has taken over"),
    body=mark("%(by)s has read your hand-over and takes it from here."),
    action=mark("Open the hand-over"),
    facts=((mark("Remark"), mark("%(remark)s")),),
    people=("by",),
    group="handovers",
)
