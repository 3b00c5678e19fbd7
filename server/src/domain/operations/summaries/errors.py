"""Refusals of summaries."""

from __future__ import annotations

from src.core.errors import Conflict, Invalid, NotFound


class SummaryNotFound(NotFound):
    """There is no such summary, or you may not read it. The list says which there are."""

    code, title = "summary-not-found", "There is no such summary"


class SummaryNotDue(Conflict):
    """The day it is to tell of is not over yet: its window ends at the team's hour."""

    code, title = "summary-not-due", "It is too early for this summary"


class SummaryArchived(Conflict):
    """The events it was written from are in the archive: it stays as it is."""

    code, title = "summary-archived", "The record of that day is archived"


class BadSummarySettings(Invalid):
    """Summaries come at a time of day from 00:00 to 23:59; `errors` says what is wrong."""

    code, title = "bad-summary-settings", "These settings cannot be kept"
