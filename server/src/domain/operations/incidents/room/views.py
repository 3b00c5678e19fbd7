"""What the services of an incident's room take and give: plain frozen values, never rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from src.domain.operations.incidents.views import IncidentRef
from src.domain.operations.parties import Named
from src.domain.operations.tables import EntryKind, IncidentRole, TaskPhase, TaskState

__all__ = [
    "EntryView",
    "IncidentRef",
    "Named",
    "ReviewView",
    "RoleView",
    "SubscriptionView",
    "TaskView",
    "TaskWish",
]


@dataclass(frozen=True, slots=True)
class RoleView:
    """Who has or had which role, from when until when; `until_at` None: still."""

    id: UUID
    role: IncidentRole
    person: Named
    since_at: datetime
    until_at: datetime | None
    given_by: Named | None
    note: str


@dataclass(frozen=True, slots=True)
class EntryView:
    """A line of the timeline. `words` is what was written by itself, in the reader's language.

    `at` is when it happened, `written_at` when it was written down. The three fields of an update
    are empty elsewhere.
    """

    id: UUID
    kind: EntryKind
    code: str
    at: datetime
    written_at: datetime
    author: Named | None
    words: str
    text: str
    conditions: str
    actions: str
    needs: str
    is_backdated: bool
    is_pinned: bool


@dataclass(frozen=True, slots=True)
class TaskWish:
    """What is to be done."""

    title: str
    description: str = ""
    phase: TaskPhase = TaskPhase.RESPONSE
    is_mandatory: bool = False
    owner_id: UUID | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TaskView:
    """What is to be done about an incident. `allowed`: where it goes from here, for the reader."""

    id: UUID
    incident: IncidentRef
    title: str
    description: str
    phase: TaskPhase
    state: TaskState
    is_mandatory: bool
    owner: Named | None
    due_at: datetime | None
    is_overdue: bool
    done_at: datetime | None
    done_by: Named | None
    outcome: str
    allowed: tuple[TaskState, ...]
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ReviewView:
    """What is learned from an incident. `authors`: everybody who wrote in it.

    `may_write`, `may_sign`, `may_reopen`: what the reader may do now; `why_not` says why they do
    not sign it, where others may.
    """

    incident_id: UUID
    what_happened: str
    impact: str
    root_cause: str
    lessons: str
    authors: tuple[Named, ...]
    signed_by: Named | None
    signed_at: datetime | None
    may_write: bool
    may_sign: bool
    may_reopen: bool
    why_not: str
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class SubscriptionView:
    """A filter somebody saved, with the names of what it asks for."""

    id: UUID
    name: str
    filter: dict[str, Any]
    is_active: bool
    version: int
    created_at: datetime
    updated_at: datetime
    types: tuple[Named, ...] = field(default=())
    teams: tuple[Named, ...] = field(default=())
    resources: tuple[Named, ...] = field(default=())
