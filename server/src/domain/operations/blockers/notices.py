"""What people are told about blockers.

Arguments: `blocker` (BLK-3), `title`, `by` (the id of who did it), `note` (what resolved it),
`needed_by` (a day).
"""

from __future__ import annotations

from src.core.language import mark
from src.domain.notifications import kind

_FACTS = (
    (mark("Blocker"), mark("%(blocker)s: %(title)s")),
    (mark("Needed by"), mark("%(needed_by)s")),
)

kind(
    "blocker.owned",
    title=mark("Yours to clear: %(title)s"),
    body=mark("%(by)s made you the owner of %(blocker)s."),
    action=mark("Open the blocker"),
    facts=_FACTS,
    people=("by",),
    group="blockers",
)
kind(
    "blocker.waiting",
    title=mark("Somebody waits for you: %(title)s"),
    body=mark("%(by)s says that %(blocker)s waits for you."),
    action=mark("Open the blocker"),
    facts=_FACTS,
    people=("by",),
    group="blockers",
)
kind(
    "blocker.resolved",
    title=mark("Resolved: %(title)s"),
    body=mark("%(by)s resolved %(blocker)s."),
    action=mark("Open the blocker"),
    facts=(*_FACTS, (mark("What resolved it"), mark("%(note)s"))),
    people=("by",),
    group="blockers",
)
kind(
    "blocker.reopened",
    title=mark("Back again: %(title)s"),
    body=mark("%(by)s says that %(blocker)s is back."),
    action=mark("Open the blocker"),
    facts=_FACTS,
    people=("by",),
    group="blockers",
)
kind(
    "blocker.quiet",
    title=mark("Nothing has moved: %(title)s"),
    body=mark("%(blocker)s is still active, and nothing was said about it for a while."),
    action=mark("Say where it stands"),
    facts=_FACTS,
    group="blockers",
)
kind(
    "blocker.late",
    title=mark("Needed by now: %(title)s"),
    body=mark("%(blocker)s is still active, and the day it was needed by is over."),
    action=mark("Say where it stands"),
    facts=_FACTS,
    group="blockers",
)
