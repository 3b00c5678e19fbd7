"""What keeps the team from going on."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from src.core.db import Identified, Table, Versioned, choice
from src.domain.operations.tables.ranks import Severity


class BlockerState(StrEnum):
    """active -> resolved -> active."""

    ACTIVE = "active"
    RESOLVED = "resolved"


class WaitingOn(StrEnum):
    """Whom it waits for."""

    PERSON = "person"
    VENDOR = "vendor"
    EHS = "ehs"
    FUNDING = "funding"
    OTHER = "other"


class Blocker(Identified, Versioned, Table):
    """Something that somebody waits for. Archived only once resolved; read-only from then on."""

    __tablename__ = "blockers"
    __table_args__ = (
        CheckConstraint("archived_at IS NULL OR state = 'resolved'", name="archived_when_resolved"),
        Index("ix_blockers_order", "state_rank", "impact_rank", "id"),
        Index(None, "team_id", "state_rank"),
        Index(None, "owner_id", "state"),
        Index(None, "waiting_on_id"),
    )

    number: Mapped[int] = mapped_column(unique=True)
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id"))
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    waiting_on: Mapped[WaitingOn] = mapped_column(choice(WaitingOn))
    waiting_on_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    waiting_on_name: Mapped[str] = mapped_column(String(200), default="")
    impact: Mapped[Severity] = mapped_column(choice(Severity))
    impact_rank: Mapped[int]
    impact_text: Mapped[str] = mapped_column(Text, default="")
    needed_by: Mapped[date | None]
    state: Mapped[BlockerState] = mapped_column(choice(BlockerState))
    state_rank: Mapped[int]
    raised_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    raised_at: Mapped[datetime]
    resolution: Mapped[str] = mapped_column(Text, default="")
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    archived_at: Mapped[datetime | None]
    nudged_at: Mapped[datetime | None]
