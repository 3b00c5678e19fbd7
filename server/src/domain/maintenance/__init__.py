"""What is wrong with resources. A problem that blocks use takes its resource down.

Invariants: a blocking problem that is open has an open outage, and no other problem has; who may
see the resource sees its problems; bookings are never changed by a report, only by those who
decide about them (`bookings.displacement`).
"""

from __future__ import annotations

from src.domain.maintenance import (
    attachments,
    leaving,
    notices,
    policy,
    problems,
    telling,
    topics,
    verbs,
)
from src.domain.maintenance.errors import BadReport, ProblemNotFound, ProblemResolved
from src.domain.maintenance.tables import ProblemState, Severity
from src.domain.maintenance.views import ProblemView, Report

__all__ = [
    "BadReport",
    "ProblemNotFound",
    "ProblemResolved",
    "ProblemState",
    "ProblemView",
    "Report",
    "Severity",
    "attachments",
    "leaving",
    "notices",
    "policy",
    "problems",
    "telling",
    "topics",
    "verbs",
]
