"""Refusals of problem reports."""

from __future__ import annotations

from src.core.errors import Conflict, Invalid, NotFound


class ProblemNotFound(NotFound):
    """There is no such problem report, or you may not know of it."""

    code, title = "problem-not-found", "No such problem report"


class BadReport(Invalid):
    """The report cannot be kept so; `errors` names every fault."""

    code, title = "bad-report", "The report cannot be kept so"


class ProblemResolved(Conflict):
    """The problem was resolved already. If it is back, report it anew."""

    code, title = "problem-resolved", "The problem is resolved already"
