"""The team's asynchronous day: what was done, what broke, what blocks, what was decided.

Status updates, incidents, blockers, decisions, the summary of each morning and what one shift hands
to the next. Invariants: who may not see a thing learns of it nowhere (`subjects`, each `policy`);
an incident's timeline and a decision's amendments are append-only; a summary is written from the
record of events and covers its window exactly.
"""

from __future__ import annotations

from src.domain.operations import (
    blockers,
    decisions,
    discussion,
    finding,
    handovers,
    imports,
    incidents,
    numbering,
    policy,
    subjects,
    summaries,
    things,
    updates,
)
from src.domain.operations import notice_groups as _notice_groups  # noqa: F401 - names them
from src.domain.operations.subjects import SubjectNotFound
from src.domain.operations.tables import Severity

__all__ = [
    "Severity",
    "SubjectNotFound",
    "blockers",
    "decisions",
    "discussion",
    "finding",
    "handovers",
    "imports",
    "incidents",
    "numbering",
    "policy",
    "subjects",
    "summaries",
    "things",
    "updates",
]
