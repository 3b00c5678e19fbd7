"""What people did, will do, and need."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from src.core.db import Identified, Table, Versioned


class StatusUpdate(Identified, Versioned, Table):
    """One person's word to a team (None: to everybody). Markdown."""

    __tablename__ = "status_updates"
    __table_args__ = (
        Index(None, "posted_at", "id"),
        Index(None, "team_id", "posted_at", "id"),
        Index(None, "author_id", "posted_at", "id"),
    )

    author_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id"))
    done: Mapped[str] = mapped_column(Text, default="")
    next: Mapped[str] = mapped_column(Text, default="")
    needs: Mapped[str] = mapped_column(Text, default="")
    # When it was said; what is imported was said before it was stored.
    posted_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
