"""What an amendment changed, word by word. Rules without I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

_WORD = re.compile(r"\s+|[^\W_]+|.", re.DOTALL)
# Beyond this many words all is shown as changed: comparing grows with the square.
MOST_WORDS = 8000


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that stayed, went or came."""

    kind: Literal["same", "removed", "added"]
    text: str


def of(before: str, after: str) -> tuple[Piece, ...]:
    """The pieces: without the added ones they are `before`, without the removed ones `after`."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    if len(old) + len(new) > MOST_WORDS:
        return _pieces([("removed", before), ("added", after)])
    found: list[tuple[Literal["same", "removed", "added"], str]] = []
    matcher = SequenceMatcher(a=old, b=new, autojunk=False)
    for tag, i, i_end, j, j_end in matcher.get_opcodes():
        if tag == "equal":
            found.append(("same", "".join(old[i:i_end])))
        else:
            found += [("removed", "".join(old[i:i_end])), ("added", "".join(new[j:j_end]))]
    return _pieces(_joined(found))


Raw = list[tuple[Literal["same", "removed", "added"], str]]


def _joined(found: Raw) -> Raw:
    """A single blank between two changes belongs to both: words read better than their crumbs."""
    made: Raw = []
    for place, (kind, text) in enumerate(found):
        is_between = kind == "same" and 0 < place < len(found) - 1
        if is_between and text.isspace() and "\n" not in text:
            made += [("removed", text), ("added", text)]
        else:
            made.append((kind, text))
    return _sorted(made)


def _sorted(found: Raw) -> Raw:
    """Of neighbouring changes what went stands before what came."""
    made: Raw = []
    removed = added = ""
    for kind, text in [*found, ("same", "")]:
        if kind == "removed":
            removed += text
        elif kind == "added":
            added += text
        else:
            made += [("removed", removed), ("added", added), ("same", text)]
            removed = added = ""
    return made


def _pieces(found: Raw) -> tuple[Piece, ...]:
    return tuple(Piece(kind, text) for kind, text in found if text)
