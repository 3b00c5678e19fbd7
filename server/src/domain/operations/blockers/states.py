"""The states of a blocker: what follows what, and which step needs which word.

active -> resolved (with what was done) -> active (with why it is back). The archive is no state:
a resolved blocker enters it, and nothing about it changes until it leaves it again.
"""

from __future__ import annotations

from dataclasses import dataclass

from src.core import language
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.core.language import mark
from src.domain.operations.blockers.errors import BadBlocker, BlockerStateConflict
from src.domain.operations.tables import BlockerState

LONGEST_NOTE = 10_000
RANKS = {BlockerState.ACTIVE: 1, BlockerState.RESOLVED: 2}


@dataclass(frozen=True, slots=True)
class Step:
    """A way from one state to another; `asks` is what must be said with it."""

    asks: str


STEPS: dict[tuple[BlockerState, BlockerState], Step] = {
    (BlockerState.ACTIVE, BlockerState.RESOLVED): Step(mark("Say what resolved it.")),
    (BlockerState.RESOLVED, BlockerState.ACTIVE): Step(mark("Say why it is back.")),
}
VERBS = {BlockerState.RESOLVED: "blocker.resolved", BlockerState.ACTIVE: "blocker.reopened"}
_WORDS = {BlockerState.ACTIVE: mark("active"), BlockerState.RESOLVED: mark("resolved")}


def targets(state: BlockerState) -> list[BlockerState]:
    """Where it may go from there."""
    return [to for from_, to in STEPS if from_ is state]


def step(state: BlockerState, to: BlockerState, note: str) -> Step:
    """The way there. Raises `BlockerStateConflict`, `BadBlocker` without the word it needs."""
    found = STEPS.get((state, to))
    if found is None:
        raise conflict(state)
    if not note.strip():
        raise BadBlocker(_(found.asks), errors=(FieldError(("note",), "missing", _(found.asks)),))
    if len(note) > LONGEST_NOTE:
        detail = _("At most %(most)s characters.", most=LONGEST_NOTE)
        raise BadBlocker(detail, errors=(FieldError(("note",), "too-long", detail),))
    return found


def require_archivable(state: BlockerState) -> None:
    """Raise `BlockerStateConflict` unless it is resolved."""
    if state is not BlockerState.RESOLVED:
        raise conflict(state, _("Only what is resolved is archived: resolve it first."))


def conflict(state: BlockerState, detail: str = "") -> BlockerStateConflict:
    """The refusal, with the states it may go to."""
    ways = targets(state)
    words = language.format_list([_(_WORDS[way]) for way in ways], "or")
    said = detail or _(
        "The blocker is %(state)s. It may become %(ways)s.", state=_(_WORDS[state]), ways=words
    )
    return BlockerStateConflict(said, state=state.value, allowed=[way.value for way in ways])
