"""What people are told of status updates: those who follow their author or their team.

Arguments: `person` (the id of who wrote it) and `title` (its beginning).
"""

from __future__ import annotations

from src.core.language import mark
from src.domain.notifications import kind

kind(
    "update.posted",
    title=mark("%(person)s posted an update"),
    body=mark("%(title)s"),
    action=mark("Read it"),
    people=("person",),
    mail=False,
    group="updates",
)
