"""What the services around a booking take and give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from src.domain.bookings.tables import Response, TransferState
from src.domain.bookings.views import Person, ResourceRef


@dataclass(frozen=True, slots=True)
class AttendeeView:
    """Somebody invited, and what they say. `is_busy`: they have another booking at that time."""

    person: Person
    response: Response
    added_at: datetime
    responded_at: datetime | None
    is_busy: bool = False


@dataclass(frozen=True, slots=True)
class TemplateView:
    """A booking somebody makes often. `is_own`: the reader's; else a team shares it with them."""

    id: UUID
    owner: Person
    team_id: UUID | None
    name: str
    resource: ResourceRef
    unit: int | None
    minutes: int
    title: str
    notes: str
    project_id: UUID | None
    attendees: tuple[UUID, ...]
    version: int
    created_at: datetime
    updated_at: datetime
    answers: Mapping[str, Any] = field(default_factory=dict)
    is_own: bool = True


@dataclass(frozen=True, slots=True)
class TransferView:
    """A booking that is offered to somebody, as both sides see it.

    `state` is what counts now: at the start of the booking an open one has lapsed.
    `new_booking_id` is what the receiver has instead; `allowed` what the reader may do.
    """

    id: UUID
    booking_id: UUID
    resource: ResourceRef
    starts_at: datetime
    ends_at: datetime
    title: str
    from_person: Person
    to_person: Person
    state: TransferState
    note: str
    expires_at: datetime
    decided_at: datetime | None
    new_booking_id: UUID | None
    version: int
    created_at: datetime
    updated_at: datetime
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupItem:
    """One of several resources booked at once."""

    resource_id: UUID
    unit: int | None = None
    answers: Mapping[str, Any] | None = None
