"""What the services of waiting lists take and give: plain frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from src.domain.bookings.tables import OfferState, WaitingState
from src.domain.bookings.views import Person, ResourceRef


@dataclass(frozen=True, slots=True)
class Awaited:
    """What somebody waits for: one resource or any of a type, so long, between two times."""

    earliest_at: datetime
    latest_at: datetime
    min_minutes: int
    max_minutes: int
    resource_id: UUID | None = None
    type_id: UUID | None = None
    title: str = ""
    notes: str = ""
    team_id: UUID | None = None
    project_id: UUID | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OfferView:
    """Freed time that is held for one who waits, until `expires_at`.

    `state` is what counts now: an open offer past its time reads as lapsed before the job has
    been by.
    """

    id: UUID
    entry_id: UUID
    resource: ResourceRef
    unit: int
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime
    state: OfferState
    booking_id: UUID | None
    version: int
    created_at: datetime
    updated_at: datetime
    title: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it can be accepted."""
        return self.state is OfferState.OPEN


@dataclass(frozen=True, slots=True)
class EntryView:
    """Somebody on a waiting list. `ahead` counts the entries served before it.

    `offer` is the one that waits for their answer.
    """

    id: UUID
    person: Person
    resource: ResourceRef | None
    type: Person | None  # by id and name
    earliest_at: datetime
    latest_at: datetime
    min_minutes: int
    max_minutes: int
    rank: int
    title: str
    notes: str
    team_id: UUID | None
    project_id: UUID | None
    answers: Mapping[str, Any]
    state: WaitingState
    lapses: int
    ended_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime
    offer: OfferView | None = None
    ahead: int = 0

    @property
    def is_on(self) -> bool:
        """Whether it still waits."""
        return self.state in {WaitingState.WAITING, WaitingState.OFFERED}

    @property
    def target(self) -> str:
        """The name of what is waited for."""
        found = self.resource or self.type
        return found.name if found else ""


@dataclass(frozen=True, slots=True)
class AlertView:
    """Whom to tell when at least so many minutes become free on a resource."""

    id: UUID
    resource: ResourceRef
    min_minutes: int
    earliest_at: datetime | None
    latest_at: datetime | None
    told_at: datetime | None
    cancelled_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime
