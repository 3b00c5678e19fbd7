"""What the services of calendars give: plain frozen values, never rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from src.domain.bookings.tables import FeedKind


@dataclass(frozen=True, slots=True)
class FeedView:
    """An address of a calendar as its owner sees it; the address itself is told once.

    `hint` are the last characters of it. `subject` is the name of what it shows; None: it shows
    nothing any more, because that is gone or its owner may not see it.
    """

    id: UUID
    name: str
    kind: FeedKind
    subject_id: UUID
    subject: str | None
    hint: str
    version: int
    created_at: datetime
    updated_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewFeed:
    """An address that was just made; `token` is the secret part of it."""

    view: FeedView
    token: str


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody at an event. `status` is a PARTSTAT of RFC 5545."""

    id: UUID
    name: str
    status: str = "ACCEPTED"


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """A booking or a closure as calendars elsewhere show it.

    `status` is TENTATIVE, CONFIRMED or CANCELLED. Times are shown in `timezone`.
    """

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    timezone: str
    summary: str
    status: str
    created_at: datetime
    changed_at: datetime
    description: str = ""
    location: str = ""
    url: str | None = None
    organizer: Party | None = None
    attendees: tuple[Party, ...] = ()
    related: str | None = None
