"""What is wrong with a resource."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from src.core.db import Identified, Table, Versioned, choice


class Severity(StrEnum):
    """How bad it is; ordered by `severity_rank`, never by this text."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class ProblemState(StrEnum):
    """A problem is open until somebody has resolved it."""

    OPEN = "open"
    RESOLVED = "resolved"


class ProblemReport(Identified, Versioned, Table):
    """Somebody says what is wrong with a resource; one that blocks use takes it down."""

    __tablename__ = "problem_reports"
    __table_args__ = (
        Index(None, "resource_id", "state"),
        Index(None, "state", "severity_rank"),
        Index(None, "reported_by"),
        Index(None, "booking_id"),
    )

    resource_id: Mapped[UUID] = mapped_column(ForeignKey("resources.id"))
    booking_id: Mapped[UUID | None] = mapped_column(ForeignKey("bookings.id"))
    reported_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    severity: Mapped[Severity] = mapped_column(choice(Severity))
    severity_rank: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    is_blocking: Mapped[bool] = mapped_column(default=False)
    state: Mapped[ProblemState] = mapped_column(choice(ProblemState), default=ProblemState.OPEN)
    resolution: Mapped[str] = mapped_column(String(2000), default="")
    resolved_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    resolved_at: Mapped[datetime | None]
