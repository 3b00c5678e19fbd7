"""Tables that somebody brings along when a team moves in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from src.core.db import Identified, Table, choice


class ImportKind(StrEnum):
    """What the rows are."""

    STATUS_UPDATES = "status_updates"
    INCIDENTS = "incidents"
    BLOCKERS = "blockers"
    DECISIONS = "decisions"


class ImportFormat(StrEnum):
    """How the rows are written."""

    CSV = "csv"
    JSON = "json"


class OperationsImport(Identified, Table):
    """What was sent, until a week after; what came of it, row by row."""

    __tablename__ = "operations_imports"
    __table_args__ = (Index(None, "created_by", "id"), Index(None, "created_at"))

    kind: Mapped[ImportKind] = mapped_column(choice(ImportKind))
    format: Mapped[ImportFormat] = mapped_column(choice(ImportFormat))
    name: Mapped[str] = mapped_column(String(200), default="")
    content: Mapped[str] = mapped_column(Text)
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id"))
    is_preview: Mapped[bool] = mapped_column(default=True)
    operation_id: Mapped[UUID | None]
    result: Mapped[dict[str, Any] | None]
    created_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class ImportedRow(Table):
    """A row that was taken over, by what named it where it came from: it is taken over once.

    `scope` as in `Summary`: `team:<id>` or `all`.
    """

    __tablename__ = "imported_rows"
    __table_args__ = (UniqueConstraint("subject_id"), Index(None, "import_id"))

    kind: Mapped[ImportKind] = mapped_column(choice(ImportKind), primary_key=True)
    scope: Mapped[str] = mapped_column(String(41), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    subject_id: Mapped[UUID]
    import_id: Mapped[UUID] = mapped_column(ForeignKey("operations_imports.id"))
