"""Refusals of shift hand-overs."""

from __future__ import annotations

from src.core.errors import Conflict, Invalid, NotFound


class HandoverNotFound(NotFound):
    """There is no such hand-over, or you may not know of it."""

    code, title = "handover-not-found", "There is no such hand-over"


class BadHandover(Invalid):
    """The hand-over cannot be kept so; `errors` names every fault."""

    code, title = "bad-handover", "The hand-over cannot be kept so"


class HandoverTaken(Conflict):
    """Somebody has taken it over already; what is new goes into another hand-over."""

    code, title = "handover-taken", "It was taken over already"
