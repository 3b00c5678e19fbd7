"""What a calendar is: rows of resources, and what is on them, as one reader may see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from src.domain.bookings.tables import Status
from src.domain.bookings.views import Action, BookingView


@dataclass(frozen=True, slots=True)
class Interval:
    """[starts_at, ends_at), UTC."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class CalendarRules:
    """The numbers of a resource's policy that help while one draws a booking. Minutes."""

    min_minutes: int | None = None
    max_minutes: int | None = None
    earliest_minutes: int | None = None
    latest_minutes: int | None = None
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    is_approval_required: bool = False


@dataclass(frozen=True, slots=True)
class CalendarResource:
    """A row of a calendar: a resource, its units' numbers, and when it is open in the range.

    `is_bookable`: the reader may book it, and its state takes bookings.
    """

    id: UUID
    name: str
    timezone: str
    type_id: UUID
    location_id: UUID
    state: str
    state_reason: str | None
    units: tuple[int, ...]
    open: tuple[Interval, ...]
    slot_minutes: int | None
    calendar_version: int
    group_id: UUID | None = None
    is_bookable: bool = False
    rules: CalendarRules = CalendarRules()


@dataclass(frozen=True, slots=True)
class CalendarGroup:
    """What rows stand together under: a type, or a place by the way to it."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A booking or a block (a closure) on one unit of one resource.

    What drawing needs stands here; `booking` is the whole of it, `booking_id` what there is to open
    or to do something with. Buffers are those it was made with, in minutes, and told of masked
    bookings too: they are time that nobody can book.
    """

    kind: Literal["booking", "block"]
    resource_id: UUID
    unit: int
    starts_at: datetime
    ends_at: datetime
    title: str
    booking: BookingView | None = None
    closure_id: UUID | None = None
    booking_id: UUID | None = None
    status: Status | None = None
    version: int | None = None
    person: str | None = None
    buffer_before: int = 0
    buffer_after: int = 0
    is_own: bool = False
    is_masked: bool = False
    allowed: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class Calendar:
    """Resources, by group and name, and what is on them in [from_, to), by start.

    `total` counts the resources of all pages, where pages were asked for.
    """

    from_: datetime
    to: datetime
    resources: tuple[CalendarResource, ...] = ()
    entries: tuple[Entry, ...] = field(default=())
    groups: tuple[CalendarGroup, ...] = ()
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Occupancy:
    """How much of a span a resource was open, closed and booked, over all its units. Minutes."""

    open: int = 0
    booked: int = 0
    bookings: int = 0
    is_closed: bool = False
