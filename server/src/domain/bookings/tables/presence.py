"""At the instrument: checklists, the tablet beside it, and calendars elsewhere."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from src.core.db import Identified, Table, Versioned, choice


class Moment(StrEnum):
    """When a checklist is filled in."""

    BEFORE = "before"
    AFTER = "after"


class ChecklistEntry(Identified, Table):
    """A checklist as it was filled in; `faults` names the answers outside their limits."""

    __tablename__ = "checklist_entries"
    __table_args__ = (UniqueConstraint("booking_id", "moment"),)

    booking_id: Mapped[UUID] = mapped_column(ForeignKey("bookings.id"))
    moment: Mapped[Moment] = mapped_column(choice(Moment))
    answers: Mapped[dict[str, Any]]
    faults: Mapped[list[str]] = mapped_column(default=list)
    filled_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    filled_at: Mapped[datetime]


class Kiosk(Identified, Versioned, Table):
    """A tablet at instruments, known by a secret address that can be revoked."""

    __tablename__ = "kiosks"

    name: Mapped[str] = mapped_column(String(120), unique=True)
    resource_ids: Mapped[list[str]]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    revoked_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime | None]


class KioskPin(Table):
    """The PIN by which somebody checks in at a kiosk, hashed."""

    __tablename__ = "kiosk_pins"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    pin_hash: Mapped[str] = mapped_column(String(200))
    set_at: Mapped[datetime]
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]


class FeedKind(StrEnum):
    """Whose calendar an address shows."""

    PERSON = "person"
    RESOURCE = "resource"
    TEAM = "team"


class CalendarFeed(Identified, Versioned, Table):
    """A random, revocable address of a calendar for other programs (RFC 5545)."""

    __tablename__ = "calendar_feeds"
    __table_args__ = (Index(None, "owner_id"),)

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(String(120), default="")
    kind: Mapped[FeedKind] = mapped_column(choice(FeedKind))
    subject_id: Mapped[UUID]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    hint: Mapped[str] = mapped_column(String(8))
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
