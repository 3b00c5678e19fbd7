"""What the services take and give: plain frozen values, never rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, Protocol
from uuid import UUID

from src.core.language import mark
from src.domain import resources
from src.domain.bookings.tables import QuotaUnit, Status

Outcome = Literal["confirmed", "requested", "refused"]
Action = Literal["edit", "cancel", "check-in", "check-out", "approve", "reject", "restore"]

MASKED_TITLE = mark("Booked")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, as far as others need to know."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class ResourceRef:
    """A resource by its name; `timezone` is where its opening hours are meant."""

    id: UUID
    name: str
    timezone: str


@dataclass(frozen=True, slots=True)
class BookingView:
    """A booking as one reader may see it. Masked, it tells that the time is taken and no more.

    `status` is what counts now: a request past its deadline reads as expired before the job has
    been by. `allowed` lists what this reader may do with it at this moment; `restorable_until` is
    when a cancellation can no longer be taken back (`restore`), by anybody.
    """

    id: UUID
    resource: ResourceRef
    unit: int
    starts_at: datetime
    ends_at: datetime
    title: str
    notes: str
    status: Status
    booked_by: Person | None
    booked_for: Person | None
    team_id: UUID | None
    version: int
    created_at: datetime
    updated_at: datetime
    request_expires_at: datetime | None = None
    checked_in_at: datetime | None = None
    checked_out_at: datetime | None = None
    planned_ends_at: datetime | None = None
    decision_note: str | None = None
    override_reason: str | None = None
    is_cancelled_late: bool = False
    restorable_until: datetime | None = None
    buffer_before: int = 0
    buffer_after: int = 0
    series_id: UUID | None = None
    series_at: datetime | None = None
    group_id: UUID | None = None
    project_id: UUID | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)
    sequence: int = 0
    is_rival: bool = False
    allowed: tuple[Action, ...] = ()
    is_masked: bool = False


@dataclass(frozen=True, slots=True)
class Cancelling:
    """What cancelling a booking would do: whether it counts as late, and who is told of it."""

    booking: BookingView
    is_late: bool
    notice_minutes: int
    told: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody would like to book. `unit` is the number of a unit; None takes any.

    `answers` are those to the resource's questions; `slot_id` is a time they keep already.

    `override_reason` asks to pass over the rules that may be passed over (`bookings:override`).
    """

    resource_id: UUID
    starts_at: datetime
    ends_at: datetime
    title: str = ""
    notes: str = ""
    unit: int | None = None
    team_id: UUID | None = None
    booked_for: UUID | None = None
    override_reason: str | None = None
    attendees: tuple[UUID, ...] = ()
    answers: Mapping[str, Any] | None = None
    project_id: UUID | None = None
    slot_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One of several changes made together. `fields` as in `bookings.change`."""

    booking_id: UUID
    fields: dict[str, Any]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """What stands in the way, buffers included, as far as the reader may see."""

    resource_id: UUID
    unit: int
    starts_at: datetime
    ends_at: datetime
    kind: Literal["booking", "block"]
    title: str
    booking_id: UUID | None = None
    booked_for: Person | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A window that is free and fits all rules."""

    kind: Literal["unit", "resource", "earlier", "later", "shorter"]
    resource: ResourceRef
    unit: int
    starts_at: datetime
    ends_at: datetime


class Forecast(Protocol):
    """Where a holder of a quota would stand in one period: `taken` by others, `adding` by this.

    `unit` is minutes or count; `left` is what would be left after it, never below nothing.
    """

    @property
    def allocation_id(self) -> UUID: ...
    @property
    def name(self) -> str: ...
    @property
    def unit(self) -> QuotaUnit: ...
    @property
    def period_start(self) -> date: ...
    @property
    def period_end(self) -> date: ...
    @property
    def amount(self) -> int: ...
    @property
    def taken(self) -> int: ...
    @property
    def adding(self) -> int: ...
    @property
    def left(self) -> int: ...
    @property
    def is_exceeded(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What would happen: confirmed, requested (somebody must approve) or refused, and why.

    `contact` is whom to ask about the resource, `request_expires_at` until when a request would
    hold its time. `warnings` stand in nobody's way; `quotas` is where one would stand with it.
    """

    outcome: Outcome
    violations: tuple[resources.rules.Violation, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    contact: resources.Contact | None = None
    request_expires_at: datetime | None = None
    warnings: tuple[resources.rules.Violation, ...] = ()
    quotas: tuple[Forecast, ...] = ()
