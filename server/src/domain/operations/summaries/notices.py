"""What people are told of summaries: that there is one, with what it says in the mail.

Arguments: `team` (its name; nothing for everybody's) and `day` (the local date, ISO).
"""

from __future__ import annotations

from src.core.language import mark
from src.domain.notifications import kind

kind(
    "summary.ready",
    title=mark("Morning summary %(day)s %(team)s"),
    body=mark("What is open now, and what happened since last time."),
    action=mark("Read the summary"),
    group="summaries",
)
