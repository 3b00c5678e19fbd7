"""The morning's summary, and what one shift hands to the next."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from src.core.db import Identified, Table, Versioned


class SummarySetting(Versioned, Table):
    """When a team reads its summary, on its own wall clock; `scope` as in `Summary`."""

    __tablename__ = "summary_settings"
    __table_args__ = (CheckConstraint("minute >= 0 AND minute < 1440", name="minute"),)

    scope: Mapped[str] = mapped_column(String(41), primary_key=True)
    minute: Mapped[int] = mapped_column(default=540)  # since midnight
    is_active: Mapped[bool] = mapped_column(default=True)


class Summary(Identified, Versioned, Table):
    """What happened in [starts_at, ends_at), as codes and arguments; one a scope and local date.

    `scope` is `team:<id>` or `all`. `is_late`: written after its morning, from the record. A team
    that is deleted takes its own along; the events they were written from stay.
    """

    __tablename__ = "summaries"
    __table_args__ = (
        UniqueConstraint("scope", "on_date"),
        CheckConstraint("ends_at > starts_at", name="order"),
        Index(None, "on_date"),
    )

    scope: Mapped[str] = mapped_column(String(41))
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    on_date: Mapped[date]
    timezone: Mapped[str] = mapped_column(String(64))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    made_at: Mapped[datetime]
    is_late: Mapped[bool] = mapped_column(default=False)
    content: Mapped[dict[str, Any]]


class Handover(Identified, Versioned, Table):
    """What one shift leaves to the next: what is open, as it stood, and what to watch."""

    __tablename__ = "handovers"
    __table_args__ = (Index(None, "team_id", "id"), Index(None, "to_id"))

    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id"))
    from_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    to_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    given_at: Mapped[datetime]
    watch: Mapped[str] = mapped_column(Text, default="")
    content: Mapped[dict[str, Any]]
    acknowledged_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    acknowledged_at: Mapped[datetime | None]
    remark: Mapped[str] = mapped_column(Text, default="")
