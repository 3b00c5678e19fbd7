"""Notifications on the wire."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from src.models.common import Wire


class NotificationRead(Wire):
    """One thing you were told, in your language."""

    id: UUID
    kind: str
    title: str
    body: str
    link: str | None
    created_at: datetime
    read_at: datetime | None


class NotificationsSeen(Wire):
    """Which were read; without `ids`, all."""

    ids: list[UUID] | None = Field(None, min_length=1, max_length=500)


class Unread(Wire):
    """How many are unread now."""

    unread: int
