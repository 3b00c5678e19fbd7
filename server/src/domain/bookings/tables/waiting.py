"""Time that is wanted but not there yet, or held for a moment."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from src.core.db import Identified, Table, Versioned, choice


class SlotHold(Identified, Table):
    """A free time somebody keeps for five minutes while they fill the form (hold kind slot)."""

    __tablename__ = "slot_holds"
    __table_args__ = (Index(None, "expires_at"), Index(None, "person_id"))

    person_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    resource_id: Mapped[UUID] = mapped_column(ForeignKey("resources.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime]


class WaitingState(StrEnum):
    """An entry waits, has an offer, or is over."""

    WAITING = "waiting"
    OFFERED = "offered"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class WaitingEntry(Identified, Versioned, Table):
    """Somebody would take `min_minutes` to `max_minutes` between `earliest_at` and `latest_at`.

    On one resource or on any of a type. Served by rank (lowest first), then those who have let
    fewer offers lapse, then by time.
    """

    __tablename__ = "waiting_entries"
    __table_args__ = (
        CheckConstraint("latest_at > earliest_at", name="order"),
        CheckConstraint("min_minutes > 0 AND max_minutes >= min_minutes", name="length"),
        CheckConstraint("(resource_id IS NULL) <> (type_id IS NULL)", name="one_target"),
        Index(None, "resource_id", "state"),
        Index(None, "type_id", "state"),
        Index(None, "person_id", "state"),
        Index(None, "state", "latest_at"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id"))
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("projects.id"))
    resource_id: Mapped[UUID | None] = mapped_column(ForeignKey("resources.id"))
    type_id: Mapped[UUID | None] = mapped_column(ForeignKey("resource_types.id"))
    earliest_at: Mapped[datetime]
    latest_at: Mapped[datetime]
    min_minutes: Mapped[int]
    max_minutes: Mapped[int]
    rank: Mapped[int] = mapped_column(default=100)
    title: Mapped[str] = mapped_column(String(200), default="")
    notes: Mapped[str] = mapped_column(Text, default="")
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[WaitingState] = mapped_column(choice(WaitingState), default=WaitingState.WAITING)
    lapses: Mapped[int] = mapped_column(default=0)  # offers that ran out unanswered
    ended_at: Mapped[datetime | None]


class OfferState(StrEnum):
    """An offer holds its time until it is answered or lapses."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


_OPEN = text("state = 'open'")


class Offer(Identified, Versioned, Table):
    """Freed time, held for one who waits (hold kind offer)."""

    __tablename__ = "waiting_offers"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="order"),
        Index(
            "uq_waiting_offers_open",
            "entry_id",
            unique=True,
            postgresql_where=_OPEN,
            sqlite_where=_OPEN,
        ),
        Index(None, "entry_id"),
        Index(None, "state", "expires_at"),
        Index(None, "resource_id"),
    )

    entry_id: Mapped[UUID] = mapped_column(ForeignKey("waiting_entries.id"))
    resource_id: Mapped[UUID] = mapped_column(ForeignKey("resources.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    state: Mapped[OfferState] = mapped_column(choice(OfferState), default=OfferState.OPEN)
    booking_id: Mapped[UUID | None] = mapped_column(ForeignKey("bookings.id"))
    decided_at: Mapped[datetime | None]


class FreeAlert(Identified, Versioned, Table):
    """Somebody wants to hear when at least so many minutes become free on a resource."""

    __tablename__ = "free_alerts"
    __table_args__ = (
        CheckConstraint("min_minutes > 0", name="length"),
        Index(None, "resource_id"),
        Index(None, "person_id"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    resource_id: Mapped[UUID] = mapped_column(ForeignKey("resources.id"))
    min_minutes: Mapped[int]
    earliest_at: Mapped[datetime | None]
    latest_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
