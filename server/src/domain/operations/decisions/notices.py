"""What people are told about decisions.

Arguments: `decision` (DEC-7), `title`, `by` (the id of who did it), `reason`, `day` (of review).
"""

from __future__ import annotations

from src.core.language import mark
from src.domain.notifications import kind

_FACTS = ((mark("Decision"), mark("%(decision)s: %(title)s")),)
_WHY = (*_FACTS, (mark("Reason"), mark("%(reason)s")))
_OPEN = mark("Open the decision")

kind(
    "decision.asked",
    title=mark("What do you think: %(title)s"),
    body=mark("%(by)s asks what you think of %(decision)s."),
    action=mark("Say what you think"),
    facts=_FACTS,
    people=("by",),
    group="decisions",
)
kind(
    "decision.unanswered",
    title=mark("Still asked: %(title)s"),
    body=mark("%(decision)s waits for what you think of it."),
    action=mark("Say what you think"),
    facts=_FACTS,
    group="decisions",
)
for _name, _title, _body in (
    ("accepted", mark("Accepted: %(title)s"), mark("%(by)s accepted %(decision)s.")),
    ("rejected", mark("Rejected: %(title)s"), mark("%(by)s rejected %(decision)s.")),
    ("withdrawn", mark("Withdrawn: %(title)s"), mark("%(by)s withdrew %(decision)s.")),
    (
        "superseded",
        mark("Superseded: %(title)s"),
        mark("%(by)s says that another decision takes the place of %(decision)s."),
    ),
    (
        "deprecated",
        mark("No longer holds: %(title)s"),
        mark("%(by)s says that %(decision)s no longer holds."),
    ),
    ("amended", mark("Amended: %(title)s"), mark("%(by)s amended %(decision)s.")),
):
    kind(
        f"decision.{_name}", title=_title, body=_body, action=_OPEN, facts=_WHY, people=("by",),
        group="decisions",
    )  # fmt: skip
kind(
    "decision.review",
    title=mark("To be reviewed: %(title)s"),
    body=mark("%(decision)s was to be looked at again by now. Does it still hold?"),
    action=_OPEN,
    facts=(*_FACTS, (mark("Review on"), mark("%(day)s"))),
    group="decisions",
)
