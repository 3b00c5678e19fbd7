"""What the team decided, why, and what it weighed."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from src.core.db import Identified, Table, Versioned, choice


class DecisionState(StrEnum):
    """proposed -> accepted | rejected | withdrawn; accepted -> superseded | deprecated."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    DEPRECATED = "deprecated"


class Stance(StrEnum):
    """What a participant thinks of it."""

    UNDECIDED = "undecided"
    AGREES = "agrees"
    DISAGREES = "disagrees"
    ABSTAINS = "abstains"


class Decision(Identified, Versioned, Table):
    """A decision, never deleted. Once accepted its text changes only by an amendment."""

    __tablename__ = "decisions"
    __table_args__ = (
        CheckConstraint("superseded_by <> id", name="not_by_itself"),
        CheckConstraint(
            "(state = 'superseded') = (superseded_by IS NOT NULL)", name="superseded_by_one"
        ),
        Index(None, "state_rank", "id"),
        Index(None, "team_id", "state_rank"),
        Index(None, "superseded_by"),
        Index(None, "review_on"),
    )

    number: Mapped[int] = mapped_column(unique=True)
    title: Mapped[str] = mapped_column(String(200))
    context: Mapped[str] = mapped_column(Text, default="")
    outcome: Mapped[str] = mapped_column(Text, default="")
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id"))
    state: Mapped[DecisionState] = mapped_column(choice(DecisionState))
    state_rank: Mapped[int]
    proposed_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    proposed_at: Mapped[datetime]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text, default="")
    superseded_by: Mapped[UUID | None] = mapped_column(ForeignKey("decisions.id"))
    review_on: Mapped[date | None]
    reminded_at: Mapped[datetime | None]


class DecisionOption(Identified, Table):
    """Something that was considered."""

    __tablename__ = "decision_options"
    __table_args__ = (Index(None, "decision_id", "position"),)

    decision_id: Mapped[UUID] = mapped_column(ForeignKey("decisions.id"))
    position: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    is_chosen: Mapped[bool] = mapped_column(default=False)


class DecisionParticipant(Table):
    """Who is asked, and what they think."""

    __tablename__ = "decision_participants"
    __table_args__ = (Index(None, "user_id", "stance"),)

    decision_id: Mapped[UUID] = mapped_column(ForeignKey("decisions.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    stance: Mapped[Stance] = mapped_column(choice(Stance))
    comment: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None]


class DecisionAmendment(Identified, Table):
    """A change of an accepted decision: what it said before and after, and why. Append-only.

    `changes`: `{"title" | "context" | "outcome" | "review_on": [before, after]}`.
    """

    __tablename__ = "decision_amendments"
    __table_args__ = (UniqueConstraint("decision_id", "number"),)

    decision_id: Mapped[UUID] = mapped_column(ForeignKey("decisions.id"))
    number: Mapped[int]
    changes: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(Text)
    amended_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    amended_at: Mapped[datetime]
