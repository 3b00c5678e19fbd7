"""Who has which resource, and when."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, event, inspect, text
from sqlalchemy.orm import Mapped, mapped_column

from src.core.db import Identified, Table, Versioned, choice


class Status(StrEnum):
    """A hold exists in requested (until its deadline), confirmed and in_use."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    IN_USE = "in_use"
    COMPLETED = "completed"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


_OPEN = text("status IN ('requested', 'confirmed', 'in_use')")

# What calendars elsewhere show of a booking; of its state only whether it stands, is asked for
# or is off.
_SHOWN = ("starts_at", "ends_at", "resource_id", "unit_id", "booked_for", "title", "notes")
_STANDS = frozenset({Status.CONFIRMED, Status.IN_USE, Status.COMPLETED})


class Booking(Identified, Versioned, Table):
    """A person has a unit of a resource in [starts_at, ends_at); its hold adds the buffers."""

    __tablename__ = "bookings"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="order"),
        Index(None, "resource_id", "ends_at"),
        Index(None, "booked_for", "ends_at"),
        Index(None, "team_id", "ends_at"),
        Index(None, "starts_at", "id"),
        Index(None, "series_id"),
        Index(None, "group_id"),
        Index(None, "project_id"),
        Index(
            "ix_bookings_open",
            "status",
            "ends_at",
            postgresql_where=_OPEN,
            sqlite_where=_OPEN,
        ),
    )

    resource_id: Mapped[UUID] = mapped_column(ForeignKey("resources.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    # Minutes that were added to the hold when it was made; neighbouring buffers add up.
    buffer_before: Mapped[int] = mapped_column(default=0)
    buffer_after: Mapped[int] = mapped_column(default=0)
    title: Mapped[str] = mapped_column(String(200), default="")
    notes: Mapped[str] = mapped_column(Text, default="")
    status: Mapped[Status] = mapped_column(choice(Status))
    booked_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    booked_for: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id"))
    request_expires_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    decision_note: Mapped[str | None] = mapped_column(Text)
    override_reason: Mapped[str | None] = mapped_column(Text)
    is_cancelled_late: Mapped[bool] = mapped_column(default=False)
    checked_in_at: Mapped[datetime | None]
    checked_out_at: Mapped[datetime | None]
    planned_ends_at: Mapped[datetime | None]  # the end before it was ended early
    reminded_for: Mapped[datetime | None]  # the start its people were reminded of
    # The occurrence of a series it is, by the start the series gives it; RECURRENCE-ID of feeds.
    series_id: Mapped[UUID | None] = mapped_column(ForeignKey("booking_series.id"))
    series_at: Mapped[datetime | None]
    # Bookings of several resources that were made together share it.
    group_id: Mapped[UUID | None]
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("projects.id"))
    # What the resource asks for at booking, by its schema.
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # Who is invited (`Attendee`): beside the booking, so that whoever has it knows who may see it.
    attendee_ids: Mapped[list[str]] = mapped_column(default=list)
    # Grows with every change that calendars must show; SEQUENCE of RFC 5545.
    sequence: Mapped[int] = mapped_column(default=0)
    # Asks for a time another request holds: it has no hold of its own.
    is_rival: Mapped[bool] = mapped_column(default=False)


def _kind_of(status: Status | None) -> str | None:
    if status is None or status is Status.REQUESTED:
        return status
    return "stands" if status in _STANDS else "off"


@event.listens_for(Booking, "before_update")
def _count_change(_mapper: object, _connection: object, booking: Booking) -> None:
    """Let the sequence grow once for each change that is written and that calendars show.

    Here, so that no way of changing a booking can forget it: a calendar elsewhere takes a
    change with the same number for one it knows already.
    """
    now = inspect(booking).attrs
    status = now["status"].history
    was = _kind_of(status.deleted[0]) if status.deleted else None
    is_other = bool(status.added) and was != _kind_of(booking.status)
    if is_other or any(now[name].history.has_changes() for name in _SHOWN):
        booking.sequence += 1
