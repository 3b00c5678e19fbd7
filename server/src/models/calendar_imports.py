"""Calendars that are brought in, on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import Field

from src.domain.bookings.feeds.bringing import Done, Line, Plan
from src.models.common import Reference, Wire


class EventFault(Wire):
    """Why an event cannot be booked."""

    code: str
    detail: str


class EventConflict(Wire):
    """What holds its time, as far as you may see."""

    starts_at: datetime
    ends_at: datetime
    title: str


class EventLine(Wire):
    """One time of an event, and what comes of it."""

    key: str = Field(description="Names it in the file: its number, and of what repeats which.")
    line: int = Field(description="Where in the file the event begins.")
    uid: str
    title: str
    place: str = Field(description="Its LOCATION, by which a resource is found.")
    starts_at: datetime | None
    ends_at: datetime | None
    resource: Reference | None
    outcome: Literal["confirmed", "requested", "refused"]
    faults: list[EventFault]
    conflicts: list[EventConflict]

    @classmethod
    def of(cls, line: Line) -> Self:
        """The line as it goes over the wire."""
        event, resource, window = line.event, line.resource, line.window
        return cls(
            key=event.key,
            line=event.line,
            uid=event.uid,
            title=event.title,
            place=event.location,
            starts_at=window.starts_at if window else None,
            ends_at=window.ends_at if window else None,
            resource=Reference(id=resource.id, name=resource.name) if resource else None,
            outcome=line.outcome,
            faults=[EventFault(code=one.code, detail=one.message) for one in line.faults],
            conflicts=[
                EventConflict(starts_at=one.starts_at, ends_at=one.ends_at, title=one.title)
                for one in line.conflicts
            ],
        )


class CalendarImportRead(Wire):
    """What a calendar brings, or would bring with `dry_run`."""

    is_done: bool
    confirmed: int
    requested: int
    refused: int
    events: list[EventLine]
    booking_ids: list[UUID] = Field(description="The bookings that were made.")

    @classmethod
    def of(cls, plan: Plan, done: Done | None = None) -> Self:
        """The plan as it goes over the wire."""
        return cls(
            is_done=done is not None,
            confirmed=plan.count("confirmed"),
            requested=plan.count("requested"),
            refused=plan.count("refused"),
            events=[EventLine.of(line) for line in plan.lines],
            booking_ids=[one.id for one in done.bookings] if done else [],
        )
