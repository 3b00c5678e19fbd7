"""Refusals of decisions."""

from __future__ import annotations

from src.core.errors import Conflict, Invalid, NotFound


class DecisionNotFound(NotFound):
    """There is no such decision, or you may not know of it."""

    code, title = "decision-not-found", "No such decision"


class BadDecision(Invalid):
    """The decision cannot be kept so; `errors` names every fault."""

    code, title = "bad-decision", "The decision cannot be kept so"


class OptionNotFound(NotFound):
    """The decision has no such option."""

    code, title = "option-not-found", "No such option"


class DecisionStateConflict(Conflict):
    """The decision's state does not allow this; `allowed` lists the states it may go to.

    What is proposed becomes accepted, rejected or withdrawn; what is accepted becomes superseded
    by another accepted decision, or deprecated. Nothing follows the others. Only a proposal's text
    is changed; what is accepted says something else by an amendment.
    """

    code, title = "decision-state", "The decision's state does not allow this"
