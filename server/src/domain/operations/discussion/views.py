"""What discussions take and give: plain frozen values, never rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from src.domain.operations.parties import Named

__all__ = ["AcknowledgementView", "CommentView", "Named", "RevisionView"]


@dataclass(frozen=True, slots=True)
class CommentView:
    """What somebody said. Deleted, it has no text; `edited_at` is when it was last changed."""

    id: UUID
    subject_type: str
    subject_id: UUID
    author: Named
    text: str
    edited_at: datetime | None
    deleted_at: datetime | None
    may_change: bool
    may_remove: bool
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class AcknowledgementView:
    """Who has read it, and when they said so."""

    person: Named
    at: datetime


@dataclass(frozen=True, slots=True)
class RevisionView:
    """What it said as its `number`-th version, until somebody changed it at `changed_at`."""

    number: int
    content: Mapping[str, Any]
    changed_by: Named | None
    changed_at: datetime
