"""What people are told of what is said.

Arguments: `person` (the id of who said it), `title` (of what it is about) and `text` (its
beginning); of what not everybody may know, neither title nor text.
"""

from __future__ import annotations

from src.core.language import mark
from src.domain.notifications import kind

_FACTS = ((mark("About"), mark("%(title)s")), (mark("Text"), mark("%(text)s")))

kind(
    "discussion.mentioned",
    title=mark("%(person)s mentioned you"),
    body=mark("%(person)s mentioned you. %(text)s"),
    action=mark("Read it"),
    facts=_FACTS,
    people=("person",),
    group="updates",
)
kind(
    "discussion.commented",
    title=mark("%(person)s commented"),
    body=mark("%(person)s commented on something you have to do with. %(text)s"),
    action=mark("Read the comment"),
    facts=_FACTS,
    people=("person",),
    group="updates",
)
