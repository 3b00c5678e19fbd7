"""Calendars on the wire: rows of resources, and what is on them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from src.domain import bookings
from src.models.bookings import BookingRead, Status
from src.models.common import Fault, Meta, Pagination, Reference, Wire

Actions = list[Literal["edit", "cancel", "check-in", "check-out", "approve", "reject", "restore"]]


class Interval(Wire):
    """[starts_at, ends_at)."""

    starts_at: datetime
    ends_at: datetime


class CalendarRules(Wire):
    """The numbers of a resource's policy that help while one draws a booking; minutes."""

    min_minutes: int | None
    max_minutes: int | None
    earliest_minutes: int | None
    latest_minutes: int | None
    buffer_before_minutes: int
    buffer_after_minutes: int
    is_approval_required: bool


class CalendarResource(Wire):
    """A row of a calendar: a resource, its units, and when it is open in the range."""

    id: UUID
    name: str
    timezone: str
    type_id: UUID
    location_id: UUID
    group_id: UUID | None = Field(description="Which of `groups` it stands under.")
    state: Literal["available", "degraded", "down", "retired"]
    state_reason: str | None
    units: list[int]
    open: list[Interval]
    slot_minutes: int | None
    rules: CalendarRules
    is_bookable: bool = Field(description="You may book it, and its state takes bookings.")
    calendar_version: int


class Entry(Wire):
    """A booking or a block (a closure) on one unit of one resource.

    The fields of an entry are what drawing needs; `booking` is the whole of it. `?fields=` leaves
    others out, so the interface promises none of them.
    """

    model_config = ConfigDict(json_schema_extra=lambda schema: schema.pop("required", None))

    kind: Literal["booking", "block"]
    resource_id: UUID
    unit: int
    starts_at: datetime
    ends_at: datetime
    title: str
    booking: BookingRead | None = None
    closure_id: UUID | None
    booking_id: UUID | None = Field(description="What you may open; null for what is masked.")
    status: Status | None
    version: int | None
    person: str | None = Field(description="For whom it is, where you may read that.")
    buffer_before: int = Field(description="Minutes before it that nobody can book.")
    buffer_after: int
    is_own: bool
    is_masked: bool
    allowed: Actions

    @classmethod
    def of(cls, entry: bookings.Entry, *, is_whole: bool) -> Self:
        """The entry as it goes over the wire; `booking` only where `is_whole`."""
        fields = {name: getattr(entry, name) for name in cls.model_fields if name != "booking"}
        booking = BookingRead.of(entry.booking) if is_whole and entry.booking else None
        return cls.model_validate({**fields, "booking": booking})


FIELDS = frozenset(Entry.model_fields)


class Calendar(Wire):
    """Resources, by group and name, and what is on them in [from, to), by start."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    from_: datetime = Field(alias="from")
    to: datetime
    groups: list[Reference] = Field(description="Types or places, in order, with `group`.")
    resources: list[CalendarResource]
    entries: list[Entry]

    @classmethod
    def of(cls, calendar: bookings.Calendar, *, fields: Collection[str] = FIELDS) -> Self:
        """The calendar as it goes over the wire; what of entries is not wanted is not made."""
        is_whole = "booking" in fields
        return cls(
            from_=calendar.from_,
            to=calendar.to,
            groups=[Reference.model_validate(group) for group in calendar.groups],
            resources=[CalendarResource.model_validate(row) for row in calendar.resources],
            entries=[Entry.of(entry, is_whole=is_whole) for entry in calendar.entries],
        )

    def written(self, fields: Collection[str] = ()) -> bytes:
        """As JSON; `fields` prunes its entries to those named."""
        entries = {"__all__": set(fields)} if fields else True
        include = dict.fromkeys(Calendar.model_fields, True) | {"entries": entries}
        return self.model_dump_json(include=include).encode()


class CalendarMeta(Meta):
    """Adds which part of the resources it is, where `page` was asked for."""

    pagination: Pagination | None = None


class CalendarAnswer(Wire):
    """The envelope of a calendar."""

    data: Calendar
    meta: CalendarMeta
    errors: list[Fault] = Field(default_factory=list)
