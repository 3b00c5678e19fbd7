"""The morning's summary: what needs attention now, and what happened since the last one.

Invariants: one for each scope (a team, or everybody) and local date, by the database; it covers
exactly [end of the one before, the team's hour), from the record of events; it is stored as ids
and codes, and whoever reads it sees of those what they may know of, in no line and in no number
more.
"""

from __future__ import annotations

from src.domain.operations.summaries import (
    attention,
    instruments,
    kind,
    making,
    notices,
    reading,
    rendering,
    scopes,
    sections,
    settings,
    since,
    telling,
    topics,
    verbs,
    windows,
)
from src.domain.operations.summaries.errors import (
    BadSummarySettings,
    SummaryArchived,
    SummaryNotDue,
    SummaryNotFound,
)
from src.domain.operations.summaries.sections import Section, section
from src.domain.operations.summaries.views import SettingView, SummaryHead, SummaryView

__all__ = [
    "BadSummarySettings",
    "Section",
    "SettingView",
    "SummaryArchived",
    "SummaryHead",
    "SummaryNotDue",
    "SummaryNotFound",
    "SummaryView",
    "attention",
    "instruments",
    "kind",
    "making",
    "notices",
    "reading",
    "rendering",
    "scopes",
    "section",
    "sections",
    "settings",
    "since",
    "telling",
    "topics",
    "verbs",
    "windows",
]
