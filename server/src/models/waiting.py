"""Finding times, keeping them, and waiting for them, on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from src.domain.bookings import slots, waiting
from src.models.bookings import Notes, ResourceRef, Title, Unit
from src.models.common import Moment, Reference, Wire, absent

Minutes = Annotated[int, Field(strict=True, ge=1, le=527_040)]
Rank = Annotated[
    int, Field(strict=True, ge=1, le=999, description="The lowest is served first; for managers.")
]
_RESOURCE = "0198c0de-5a7e-7000-8000-000000000002"
_WINDOW = {"starts_at": "2026-11-23T09:00:00Z", "ends_at": "2026-11-23T11:00:00Z"}


class SlotRead(Wire):
    """A time that is free and within all rules for you.

    `free_from` and `free_until` bound the free stretch around it. `disturbance` is 0 (fills a gap
    between two bookings) to 4 (breaks up free time). `missing` names qualifications you lack, with
    `qualified_for_me=false` alone.
    """

    resource: ResourceRef
    unit: int
    starts_at: datetime
    ends_at: datetime
    free_from: datetime
    free_until: datetime
    disturbance: int
    outcome: Literal["confirmed", "requested", "refused"]
    missing: list[str]

    @classmethod
    def of(cls, found: slots.Found) -> Self:
        """A found time as it goes over the wire."""
        return cls.model_validate({name: getattr(found, name) for name in cls.model_fields})


class SlotHoldCreate(Wire):
    """A time to be kept for five minutes."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"resource_id": _RESOURCE, **_WINDOW}]}
    )

    resource_id: UUID
    starts_at: Moment
    ends_at: Moment
    unit: Unit | None = None


class SlotHoldRead(Wire):
    """A time that is kept for you. Book it with `slot_id` before `expires_at`."""

    id: UUID
    resource: ResourceRef
    unit: int
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime
    created_at: datetime


class WaitingCreate(Wire):
    """What you wait for: one resource, or any of a type; so long, between two times."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "resource_id": _RESOURCE,
                    "earliest_at": "2026-11-23T08:00:00Z",
                    "latest_at": "2026-11-25T18:00:00Z",
                    "min_minutes": 60,
                    "max_minutes": 120,
                }
            ]
        }
    )

    resource_id: UUID | None = None
    type_id: UUID | None = None
    earliest_at: Moment
    latest_at: Moment
    min_minutes: Minutes
    max_minutes: Minutes
    title: Title = ""
    notes: Notes = ""
    team_id: UUID | None = None
    project_id: UUID | None = None
    answers: dict[str, Any] = Field(default_factory=dict)

    def awaited(self) -> waiting.Awaited:
        """What the service is asked for."""
        return waiting.Awaited(**{name: getattr(self, name) for name in type(self).model_fields})


class WaitingUpdate(Wire):
    """What may be changed of an entry; what is absent stays."""

    earliest_at: Moment = absent()
    latest_at: Moment = absent()
    min_minutes: Minutes = absent()
    max_minutes: Minutes = absent()
    title: Title = absent()
    notes: Notes = absent()
    answers: dict[str, Any] = absent()
    rank: Rank = absent()

    def changes(self) -> dict[str, Any]:
        """What was said, and no more."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class OfferRead(Wire):
    """Freed time that is held for whoever waits, until `expires_at`."""

    id: UUID
    entry_id: UUID
    resource: ResourceRef
    unit: int
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime
    state: Literal["open", "accepted", "declined", "lapsed", "withdrawn"]
    booking_id: UUID | None
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, view: waiting.OfferView) -> Self:
        """An offer as it goes over the wire."""
        return cls.model_validate({name: getattr(view, name) for name in cls.model_fields})


class WaitingRead(Wire):
    """Somebody on a waiting list. `ahead` counts those who are served before."""

    id: UUID
    person: Reference
    resource: ResourceRef | None
    type: Reference | None
    earliest_at: datetime
    latest_at: datetime
    min_minutes: int
    max_minutes: int
    rank: int
    title: str
    notes: str
    team_id: UUID | None
    project_id: UUID | None
    answers: dict[str, Any]
    state: Literal["waiting", "offered", "fulfilled", "cancelled", "expired"]
    lapses: int
    ahead: int
    ended_at: datetime | None
    offer: OfferRead | None
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, view: waiting.EntryView) -> Self:
        """An entry as it goes over the wire."""
        fields = {name: getattr(view, name) for name in cls.model_fields}
        fields["offer"] = OfferRead.of(view.offer) if view.offer else None
        return cls.model_validate(fields)


class OfferAccept(Wire):
    """What the booking is to say, in the place of what the entry says."""

    title: Title | None = None
    notes: Notes | None = None
    answers: dict[str, Any] | None = None


class FreeAlertCreate(Wire):
    """Be told when at least so many minutes become free on a resource, in a time if one is named."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"resource_id": _RESOURCE, "min_minutes": 120}]}
    )

    resource_id: UUID
    min_minutes: Minutes
    earliest_at: Moment | None = None
    latest_at: Moment | None = None


class FreeAlertRead(Wire):
    """An alert. `told_at` is when you were told last."""

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
