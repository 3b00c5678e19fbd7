"""The tables of operations, one module for each noun."""

from __future__ import annotations

from src.domain.operations.tables.blockers import Blocker, BlockerState, WaitingOn
from src.domain.operations.tables.decisions import (
    Decision,
    DecisionAmendment,
    DecisionOption,
    DecisionParticipant,
    DecisionState,
    Stance,
)
from src.domain.operations.tables.discussion import (
    Acknowledgement,
    Comment,
    Counter,
    ObjectLink,
    Revision,
    Tagged,
)
from src.domain.operations.tables.imports import (
    ImportedRow,
    ImportFormat,
    ImportKind,
    OperationsImport,
)
from src.domain.operations.tables.incidents import (
    STATE_RANKS,
    EntryKind,
    Incident,
    IncidentAssignment,
    IncidentEntry,
    IncidentPin,
    IncidentPriority,
    IncidentResource,
    IncidentReview,
    IncidentRole,
    IncidentState,
    IncidentSubscription,
    IncidentTask,
    IncidentType,
    TaskPhase,
    TaskState,
    Visibility,
)
from src.domain.operations.tables.ranks import SEVERITY_RANKS, Severity
from src.domain.operations.tables.summaries import Handover, Summary, SummarySetting
from src.domain.operations.tables.updates import StatusUpdate

__all__ = [
    "SEVERITY_RANKS",
    "STATE_RANKS",
    "Acknowledgement",
    "Blocker",
    "BlockerState",
    "Comment",
    "Counter",
    "Decision",
    "DecisionAmendment",
    "DecisionOption",
    "DecisionParticipant",
    "DecisionState",
    "EntryKind",
    "Handover",
    "ImportFormat",
    "ImportKind",
    "ImportedRow",
    "Incident",
    "IncidentAssignment",
    "IncidentEntry",
    "IncidentPin",
    "IncidentPriority",
    "IncidentResource",
    "IncidentReview",
    "IncidentRole",
    "IncidentState",
    "IncidentSubscription",
    "IncidentTask",
    "IncidentType",
    "ObjectLink",
    "OperationsImport",
    "Revision",
    "Severity",
    "Stance",
    "StatusUpdate",
    "Summary",
    "SummarySetting",
    "Tagged",
    "TaskPhase",
    "TaskState",
    "Visibility",
    "WaitingOn",
]
