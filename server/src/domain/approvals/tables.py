"""Who must agree, and who did."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from src.core.db import Identified, JSONValue, Table, Versioned, choice


class ApprovalState(StrEnum):
    """An approval is open until it is decided, withdrawn, or its deadline has passed."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Verdict(StrEnum):
    """What somebody who was asked says."""

    APPROVE = "approve"
    REJECT = "reject"


_OPEN = text("state = 'open'")


class ApprovalRule(Identified, Versioned, Table):
    """Ordered steps, each with whom to ask, how many must agree, and by when.

    A step: `{"approvers": [{"kind": "person" | "role" | "responsible" | "permission", "value": …}],
    "needs": "any" | "all" | k, "deadline_minutes": n | null, "on_deadline": "escalate" | "approve"
    | "expire", "escalate_to": [approvers]}`.
    """

    __tablename__ = "approval_rules"

    name: Mapped[str] = mapped_column(String(120), unique=True)
    description: Mapped[str] = mapped_column(Text, default="")
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSONValue)
    is_active: Mapped[bool] = mapped_column(default=True)


class Approval(Identified, Versioned, Table):
    """Something that waits for a decision, with the steps as they were when it was asked."""

    __tablename__ = "approvals"
    __table_args__ = (
        Index(None, "subject_type", "subject_id"),
        Index(
            "uq_approvals_open",
            "subject_type",
            "subject_id",
            unique=True,
            postgresql_where=_OPEN,
            sqlite_where=_OPEN,
        ),
        Index("ix_approvals_due", "step_due_at", postgresql_where=_OPEN, sqlite_where=_OPEN),
        Index(None, "rule_id"),
        Index(None, "resource_id"),
    )

    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID]
    resource_id: Mapped[UUID | None] = mapped_column(ForeignKey("resources.id"))
    rule_id: Mapped[UUID | None] = mapped_column(ForeignKey("approval_rules.id"))
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSONValue)
    state: Mapped[ApprovalState] = mapped_column(choice(ApprovalState), default=ApprovalState.OPEN)
    step: Mapped[int] = mapped_column(default=0)
    step_started_at: Mapped[datetime]
    step_due_at: Mapped[datetime | None]
    is_escalated: Mapped[bool] = mapped_column(default=False)
    # Whoever holds this permission for the resource may decide, besides those with a seat.
    permission: Mapped[str | None] = mapped_column(String(60))
    requested_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    requested_for: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    # When it lapses by itself the way it stands now: the step's end, or that of what is asked for.
    expires_at: Mapped[datetime | None]
    # When what is asked for ends by itself, whatever the steps say; no step reaches beyond it.
    latest_at: Mapped[datetime | None]
    # What was asked, so that asking for something else is told apart from asking for less.
    asked: Mapped[dict[str, Any]] = mapped_column(default=dict)
    decided_at: Mapped[datetime | None]


class ApprovalSeat(Table):
    """Somebody who is asked in a step."""

    __tablename__ = "approval_seats"
    __table_args__ = (Index(None, "person_id"),)

    approval_id: Mapped[UUID] = mapped_column(ForeignKey("approvals.id"), primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    # It came to them because the others were too late: one word of theirs decides the step.
    is_escalated: Mapped[bool] = mapped_column(default=False)


class ApprovalVote(Identified, Table):
    """What somebody said, for themselves or for whom they stand in."""

    __tablename__ = "approval_votes"
    __table_args__ = (UniqueConstraint("approval_id", "step", "person_id"),)

    approval_id: Mapped[UUID] = mapped_column(ForeignKey("approvals.id"))
    step: Mapped[int]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    decided_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    verdict: Mapped[Verdict] = mapped_column(choice(Verdict))
    note: Mapped[str | None] = mapped_column(Text)
    is_by_link: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime]


class Delegation(Identified, Versioned, Table):
    """Somebody decides in the place of another for a time, everywhere or for one resource."""

    __tablename__ = "delegations"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="order"),
        CheckConstraint("from_id <> to_id", name="two_people"),
        Index(None, "to_id", "ends_at"),
        Index(None, "from_id"),
    )

    from_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    to_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    resource_id: Mapped[UUID | None] = mapped_column(ForeignKey("resources.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(500), default="")
    revoked_at: Mapped[datetime | None]
