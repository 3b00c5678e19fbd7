"""The states of a decision: what follows what, and what must be said with each step.

proposed -> accepted | rejected | withdrawn; accepted -> superseded (by an accepted one) |
deprecated. No decision supersedes what leads to itself: whatever supersedes is accepted, so
nothing has superseded it yet, and a chain always ends.
"""

from __future__ import annotations

from dataclasses import dataclass

from src.core import language
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.core.language import mark
from src.domain.operations.decisions.errors import BadDecision, DecisionStateConflict
from src.domain.operations.tables import DecisionState

LONGEST_REASON = 10_000
RANKS = {
    DecisionState.PROPOSED: 1,
    DecisionState.ACCEPTED: 2,
    DecisionState.SUPERSEDED: 3,
    DecisionState.DEPRECATED: 3,
    DecisionState.REJECTED: 3,
    DecisionState.WITHDRAWN: 3,
}


@dataclass(frozen=True, slots=True)
class Step:
    """A way to a state; `asks` is the reason that must be given, if any must."""

    asks: str = ""


STEPS: dict[tuple[DecisionState, DecisionState], Step] = {
    (DecisionState.PROPOSED, DecisionState.ACCEPTED): Step(),
    (DecisionState.PROPOSED, DecisionState.REJECTED): Step(mark("Say why it is rejected.")),
    (DecisionState.PROPOSED, DecisionState.WITHDRAWN): Step(mark("Say why it is withdrawn.")),
    (DecisionState.ACCEPTED, DecisionState.SUPERSEDED): Step(
        mark("Say why another takes its place.")
    ),
    (DecisionState.ACCEPTED, DecisionState.DEPRECATED): Step(mark("Say why it no longer holds.")),
}
VERBS = {
    DecisionState.ACCEPTED: "decision.accepted",
    DecisionState.REJECTED: "decision.rejected",
    DecisionState.WITHDRAWN: "decision.withdrawn",
    DecisionState.SUPERSEDED: "decision.superseded",
    DecisionState.DEPRECATED: "decision.deprecated",
}
_WORDS = {
    DecisionState.PROPOSED: mark("proposed"),
    DecisionState.ACCEPTED: mark("accepted"),
    DecisionState.REJECTED: mark("rejected"),
    DecisionState.WITHDRAWN: mark("withdrawn"),
    DecisionState.SUPERSEDED: mark("superseded"),
    DecisionState.DEPRECATED: mark("deprecated"),
}


def word(state: DecisionState) -> str:
    """A state as it stands in the middle of a sentence."""
    return _(_WORDS[state])


def targets(state: DecisionState) -> list[DecisionState]:
    """Where it may go from there."""
    return [to for from_, to in STEPS if from_ is state]


def step(state: DecisionState, to: DecisionState, reason: str) -> Step:
    """The way there. Raises `DecisionStateConflict`, `BadDecision` without the reason it needs."""
    found = STEPS.get((state, to))
    if found is None:
        raise conflict(state)
    if found.asks and not reason.strip():
        raise BadDecision(
            _(found.asks), errors=(FieldError(("reason",), "missing", _(found.asks)),)
        )
    if len(reason) > LONGEST_REASON:
        detail = _("At most %(most)s characters.", most=LONGEST_REASON)
        raise BadDecision(detail, errors=(FieldError(("reason",), "too-long", detail),))
    return found


def require_proposed(state: DecisionState) -> None:
    """Raise `DecisionStateConflict` unless it is still talked about."""
    if state is DecisionState.ACCEPTED:
        raise conflict(state, _("It is accepted: amend it, with the reason, instead."))
    if state is not DecisionState.PROPOSED:
        raise conflict(
            state, _("It is %(state)s, and stays as it was. Propose a new one.", state=word(state))
        )


def require_accepted(state: DecisionState) -> None:
    """Raise `DecisionStateConflict` unless it holds."""
    if state is DecisionState.PROPOSED:
        raise conflict(state, _("It is only proposed: change it as it is."))
    if state is not DecisionState.ACCEPTED:
        raise conflict(state)


def conflict(state: DecisionState, detail: str = "") -> DecisionStateConflict:
    """The refusal, with the states it may go to."""
    ways = targets(state)
    said = detail or _("The decision is %(state)s. Nothing follows that.", state=word(state))
    if ways and not detail:
        words = language.format_list([word(way) for way in ways], "or")
        said = _(
            "The decision is %(state)s. It may become %(ways)s.", state=word(state), ways=words
        )
    return DecisionStateConflict(said, state=state.value, allowed=[way.value for way in ways])
