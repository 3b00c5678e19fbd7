"""What went wrong, who looks after it, and what is learned from it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from src.core.db import Identified, JSONValue, Table, Versioned, choice
from src.domain.operations.tables.ranks import Severity
from src.domain.resources.tables import Effect


class IncidentState(StrEnum):
    """open -> in_progress -> resolved -> closed; reopened with a reason."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"
    CLOSED = "closed"


# The greater comes first: what goes on stands together, and the most severe of it on top.
STATE_RANKS = {
    IncidentState.OPEN: 2,
    IncidentState.IN_PROGRESS: 2,
    IncidentState.RESOLVED: 1,
    IncidentState.CLOSED: 0,
}


class Visibility(StrEnum):
    """Who may know of it: whoever reads operations, or those concerned alone."""

    OPEN = "open"
    RESTRICTED = "restricted"


class IncidentRole(StrEnum):
    """What somebody does in an incident. There is one lead at a time, and one liaison, one scribe."""

    LEAD = "lead"
    EHS_LIAISON = "ehs_liaison"
    SCRIBE = "scribe"
    RESPONDER = "responder"


class EntryKind(StrEnum):
    """What stands in a timeline: `note` and `update` are written by people, the rest by itself."""

    NOTE = "note"
    UPDATE = "update"
    STATE = "state"
    CHANGE = "change"
    ROLE = "role"
    TASK = "task"
    REVIEW = "review"
    RESOURCE = "resource"
    LINK = "link"


class TaskPhase(StrEnum):
    """To respond now, to correct what happened, or to prevent that it happens again."""

    RESPONSE = "response"
    CORRECTIVE = "corrective"
    PREVENTIVE = "preventive"


class TaskState(StrEnum):
    """open -> done | dropped; both can be taken back."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class IncidentPriority(Identified, Versioned, Table):
    """How soon somebody answers, and how often those concerned hear of it. 1 is the most urgent."""

    __tablename__ = "incident_priorities"
    __table_args__ = (
        CheckConstraint("response_minutes IS NULL OR response_minutes > 0", name="response"),
        CheckConstraint("update_minutes IS NULL OR update_minutes > 0", name="cadence"),
    )

    name: Mapped[str] = mapped_column(String(60), unique=True)
    rank: Mapped[int] = mapped_column(unique=True)
    response_minutes: Mapped[int | None]
    update_minutes: Mapped[int | None]
    is_active: Mapped[bool] = mapped_column(default=True)


class IncidentType(Identified, Versioned, Table):
    """A kind of incidents with what is so of each unless said otherwise.

    `leads`: `{"kind": "reporter" | "responsible" | "role" | "person" | "nobody", "value": …}`.
    `tasks`: `[{"title", "is_mandatory", "phase", "due_minutes"}]`, set when one is reported.
    """

    __tablename__ = "incident_types"

    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    description: Mapped[str] = mapped_column(Text, default="")
    rank: Mapped[int] = mapped_column(default=100)
    default_severity: Mapped[Severity] = mapped_column(choice(Severity))
    default_priority_id: Mapped[UUID | None] = mapped_column(ForeignKey("incident_priorities.id"))
    default_visibility: Mapped[Visibility] = mapped_column(choice(Visibility))
    needs_review: Mapped[bool] = mapped_column(default=False)
    may_be_anonymous: Mapped[bool] = mapped_column(default=False)
    leads: Mapped[dict[str, Any]] = mapped_column(default=dict)
    tasks: Mapped[list[dict[str, Any]]] = mapped_column(JSONValue, default=list)
    is_active: Mapped[bool] = mapped_column(default=True)


class Incident(Identified, Versioned, Table):
    """Something that went wrong, or nearly. Never deleted.

    `reported_by` is None where nobody shall know. `next_update_at`: when those concerned shall hear
    of it again, by the priority's cadence, while it is not resolved.
    """

    __tablename__ = "incidents"
    __table_args__ = (
        Index("ix_incidents_order", "state_rank", "severity_rank", "id"),
        Index(None, "team_id", "state_rank"),
        Index(None, "occurred_at", "id"),
        Index(None, "type_id"),
        Index(None, "duplicate_of"),
        Index(None, "recurrence_of"),
        Index(None, "reported_by"),
        Index(
            "ix_incidents_next_update",
            "next_update_at",
            postgresql_where=text("next_update_at IS NOT NULL"),
            sqlite_where=text("next_update_at IS NOT NULL"),
        ),
        CheckConstraint("duplicate_of <> id", name="not_its_own_duplicate"),
        CheckConstraint("recurrence_of <> id", name="not_its_own_recurrence"),
    )

    number: Mapped[int] = mapped_column(unique=True)
    type_id: Mapped[UUID] = mapped_column(ForeignKey("incident_types.id"))
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    severity: Mapped[Severity] = mapped_column(choice(Severity))
    severity_rank: Mapped[int]
    priority_id: Mapped[UUID | None] = mapped_column(ForeignKey("incident_priorities.id"))
    state: Mapped[IncidentState] = mapped_column(choice(IncidentState))
    state_rank: Mapped[int]
    visibility: Mapped[Visibility] = mapped_column(choice(Visibility))
    is_near_miss: Mapped[bool] = mapped_column(default=False)
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id"))
    location_id: Mapped[UUID | None] = mapped_column(ForeignKey("locations.id"))
    reported_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    occurred_at: Mapped[datetime]
    reported_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    resolved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    resolution: Mapped[str] = mapped_column(Text, default="")
    duplicate_of: Mapped[UUID | None] = mapped_column(ForeignKey("incidents.id"))
    recurrence_of: Mapped[UUID | None] = mapped_column(ForeignKey("incidents.id"))
    # By when somebody shall have acknowledged it; whom it was told to who are late.
    response_due_at: Mapped[datetime | None]
    next_update_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    is_imported: Mapped[bool] = mapped_column(default=False)


class IncidentResource(Table):
    """A resource it concerns, and what it does to it: nothing, degraded, or down."""

    __tablename__ = "incident_resources"
    __table_args__ = (Index(None, "resource_id"),)

    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incidents.id"), primary_key=True)
    resource_id: Mapped[UUID] = mapped_column(ForeignKey("resources.id"), primary_key=True)
    effect: Mapped[Effect | None] = mapped_column(choice(Effect))


class IncidentAssignment(Identified, Table):
    """Who had which role in it, from when until when."""

    __tablename__ = "incident_assignments"
    __table_args__ = (
        Index(None, "incident_id"),
        Index(
            "ix_incident_assignments_now",
            "user_id",
            postgresql_where=text("until_at IS NULL"),
            sqlite_where=text("until_at IS NULL"),
        ),
        Index(
            "uq_incident_assignments_one",
            "incident_id",
            "role",
            unique=True,
            postgresql_where=text("until_at IS NULL AND role <> 'responder'"),
            sqlite_where=text("until_at IS NULL AND role <> 'responder'"),
        ),
    )

    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incidents.id"))
    role: Mapped[IncidentRole] = mapped_column(choice(IncidentRole))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    since_at: Mapped[datetime]
    until_at: Mapped[datetime | None]
    given_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    note: Mapped[str] = mapped_column(Text, default="")


class IncidentEntry(Identified, Table):
    """A line of the timeline. Append-only: triggers refuse change and removal.

    `at` is when it happened, `created_at` when it was written. `details` of an update:
    `{"conditions", "actions", "needs"}`; of what is written by itself: a code and its arguments.
    """

    __tablename__ = "incident_entries"
    __table_args__ = (Index(None, "incident_id", "at", "id"),)

    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incidents.id"))
    kind: Mapped[EntryKind] = mapped_column(choice(EntryKind))
    at: Mapped[datetime]
    created_at: Mapped[datetime]
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    text: Mapped[str] = mapped_column(Text, default="")
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    is_backdated: Mapped[bool] = mapped_column(default=False)


class IncidentPin(Table):
    """An entry that stands on top."""

    __tablename__ = "incident_pins"

    entry_id: Mapped[UUID] = mapped_column(ForeignKey("incident_entries.id"), primary_key=True)
    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incidents.id"), index=True)
    pinned_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    pinned_at: Mapped[datetime]


class IncidentTask(Identified, Versioned, Table):
    """What is to be done about it; it goes on after the incident is closed."""

    __tablename__ = "incident_tasks"
    __table_args__ = (
        Index(None, "incident_id"),
        Index(None, "owner_id", "state"),
        Index(
            "ix_incident_tasks_due",
            "due_at",
            postgresql_where=text("state = 'open'"),
            sqlite_where=text("state = 'open'"),
        ),
    )

    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incidents.id"))
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    phase: Mapped[TaskPhase] = mapped_column(choice(TaskPhase))
    state: Mapped[TaskState] = mapped_column(choice(TaskState))
    is_mandatory: Mapped[bool] = mapped_column(default=False)
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    due_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    done_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    outcome: Mapped[str] = mapped_column(Text, default="")
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    reminded_at: Mapped[datetime | None]


class IncidentReview(Versioned, Table):
    """What is learned; closing waits for its signature where the type says so."""

    __tablename__ = "incident_reviews"

    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incidents.id"), primary_key=True)
    what_happened: Mapped[str] = mapped_column(Text, default="")
    impact: Mapped[str] = mapped_column(Text, default="")
    root_cause: Mapped[str] = mapped_column(Text, default="")
    lessons: Mapped[str] = mapped_column(Text, default="")
    begun_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    signed_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    signed_at: Mapped[datetime | None]


class IncidentSubscription(Identified, Versioned, Table):
    """Somebody wants to hear of incidents that fit a filter, as it was saved.

    `filter`: `{"type_ids", "team_ids", "resource_ids", "tags", "least_severity"}`, each optional.
    """

    __tablename__ = "incident_subscriptions"
    __table_args__ = (Index(None, "user_id"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(String(120))
    filter: Mapped[dict[str, Any]] = mapped_column(default=dict)
    is_active: Mapped[bool] = mapped_column(default=True)
