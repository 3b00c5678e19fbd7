"""Bookings that belong together, and those who take part in them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from src.core.db import Identified, Table, Versioned, choice


class BookingSeries(Identified, Versioned, Table):
    """A rule of RFC 5545 in the resource's local time: the hour survives daylight saving."""

    __tablename__ = "booking_series"
    __table_args__ = (
        CheckConstraint("minutes > 0", name="length"),
        Index(None, "resource_id"),
        Index(None, "booked_for"),
    )

    resource_id: Mapped[UUID] = mapped_column(ForeignKey("resources.id"))
    rule: Mapped[str] = mapped_column(String(500))
    starts_at: Mapped[datetime]  # the first occurrence; its local time is every one's
    timezone: Mapped[str] = mapped_column(String(64))
    minutes: Mapped[int]  # by the clock on the wall
    # Local starts that were left out or called off, YYYY-MM-DDTHH:MM.
    skipped: Mapped[list[str]] = mapped_column(default=list)
    title: Mapped[str] = mapped_column(String(200), default="")
    notes: Mapped[str] = mapped_column(Text, default="")
    unit: Mapped[int | None]
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    booked_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    booked_for: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id"))
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("projects.id"))
    cancelled_at: Mapped[datetime | None]


class Response(StrEnum):
    """What somebody invited says."""

    INVITED = "invited"
    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"


class Attendee(Table):
    """Somebody takes part in a booking."""

    __tablename__ = "booking_attendees"
    __table_args__ = (Index(None, "user_id"),)

    booking_id: Mapped[UUID] = mapped_column(ForeignKey("bookings.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    response: Mapped[Response] = mapped_column(choice(Response), default=Response.INVITED)
    added_at: Mapped[datetime]
    responded_at: Mapped[datetime | None]


class BookingTemplate(Identified, Versioned, Table):
    """A booking somebody makes often; shared with a team, its members use it too."""

    __tablename__ = "booking_templates"
    __table_args__ = (
        CheckConstraint("minutes > 0", name="length"),
        UniqueConstraint("owner_id", "name"),
        Index(None, "team_id"),
        Index(None, "resource_id"),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id"))
    name: Mapped[str] = mapped_column(String(120))
    resource_id: Mapped[UUID] = mapped_column(ForeignKey("resources.id"))
    unit: Mapped[int | None]
    minutes: Mapped[int]
    title: Mapped[str] = mapped_column(String(200), default="")
    notes: Mapped[str] = mapped_column(Text, default="")
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("projects.id"))
    attendees: Mapped[list[str]] = mapped_column(default=list)
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)


class TransferState(StrEnum):
    """A transfer waits for its receiver, until the booking begins at the latest."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


_OPEN = text("state = 'open'")


class Transfer(Identified, Versioned, Table):
    """A booking is offered to somebody else; the rules are asked anew when they take it."""

    __tablename__ = "booking_transfers"
    __table_args__ = (
        Index(
            "uq_booking_transfers_open",
            "booking_id",
            unique=True,
            postgresql_where=_OPEN,
            sqlite_where=_OPEN,
        ),
        Index(None, "to_id", "state"),
        Index(None, "from_id"),
    )

    booking_id: Mapped[UUID] = mapped_column(ForeignKey("bookings.id"))
    from_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    to_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    state: Mapped[TransferState] = mapped_column(choice(TransferState), default=TransferState.OPEN)
    note: Mapped[str] = mapped_column(String(1000), default="")
    expires_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    # What the receiver has instead, once it was accepted.
    new_booking_id: Mapped[UUID | None] = mapped_column(ForeignKey("bookings.id"))
