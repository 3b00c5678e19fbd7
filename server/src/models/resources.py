"""Types, locations, resources, their rules and closures on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StrictBool

from src.domain import resources
from src.models.common import Line, Moment, Reference, Text, Wire, absent
from src.models.policies import EffectivePolicy, Sheet

Name = Annotated[Line, Field(min_length=1, max_length=120, examples=["Confocal 1"])]
Prose = Annotated[Text, Field(max_length=10_000)]
Zone = Annotated[Line, Field(min_length=1, max_length=64, examples=["Europe/Zurich"])]
Tag = Annotated[Line, Field(min_length=1, max_length=40, examples=["live-cell"])]
Reason = Annotated[Line, Field(min_length=1, max_length=500, examples=["Laser replaced"])]
Custom = Annotated[
    dict[str, Any],
    Field(max_length=50, description="What its type asks for, by the type's `custom_schema`."),
]
State = Literal["available", "degraded", "down", "retired"]


class ResourceTypeCreate(Wire):
    """A new type of resources."""

    name: Name
    description: Prose = ""
    custom_schema: Sheet = Field(default_factory=dict)


class ResourceTypeUpdate(Wire):
    """What may be changed of a type."""

    name: Name = absent()
    description: Prose = absent()
    custom_schema: Sheet = absent()


class ResourceTypeRead(Wire):
    """A type, and how many of it are not retired."""

    id: UUID
    name: str
    description: str
    resource_count: int
    custom_schema: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime


class LocationCreate(Wire):
    """A new place, at the root or below another."""

    name: Name
    parent_id: UUID | None = None


class LocationUpdate(Wire):
    """What may be changed of a place; `parent_id: null` moves it to the root."""

    name: Name = absent()
    parent_id: UUID | None = None


class LocationRead(Wire):
    """A place; `path` holds the names from the root down to its own."""

    id: UUID
    name: str
    parent_id: UUID | None
    path: list[str]
    version: int
    created_at: datetime
    updated_at: datetime


class LocationRef(Reference):
    """Where a resource is."""

    path: list[str]


class ResourceCreate(Wire):
    """A new resource. Without a time zone it takes the institute's."""

    name: Name
    type_id: UUID
    location_id: UUID
    description: Prose = ""
    timezone: Zone | None = None
    contact_id: UUID | None = None
    tags: list[Tag] = Field(default_factory=list, max_length=20)
    units: Annotated[int, Field(strict=True, ge=1, le=200)] = 1
    custom: Custom = Field(default_factory=dict)

    def wish(self) -> resources.ResourceWish:
        """What the service makes it from."""
        return resources.ResourceWish(**{**dict(self), "tags": tuple(self.tags)})


class ResourceUpdate(Wire):
    """What may be changed of a resource; its state has its own addresses."""

    name: Name = absent()
    type_id: UUID = absent()
    location_id: UUID = absent()
    description: Prose = absent()
    timezone: Zone = absent()
    contact_id: UUID | None = None
    tags: Annotated[list[Tag], Field(max_length=20)] = absent()
    custom: Custom = absent()


class ResourceRead(Wire):
    """A resource. `next_free_at` looks two weeks ahead; null while it is free now."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0198c0de-5a7e-7000-8000-000000000002",
                    "name": "Confocal 1",
                    "description": "",
                    "type": {"id": "0198c0de-5a7e-7000-8000-000000000003", "name": "Confocal"},
                    "location": {
                        "id": "0198c0de-5a7e-7000-8000-000000000004",
                        "name": "Room 12",
                        "path": ["North", "Room 12"],
                    },
                    "state": "available",
                    "state_reason": None,
                    "timezone": "Europe/Zurich",
                    "contact": None,
                    "tags": ["live-cell"],
                    "units": [1],
                    "version": 1,
                    "calendar_version": 12,
                    "created_at": "2026-11-21T09:00:00Z",
                    "updated_at": "2026-11-21T09:00:00Z",
                    "is_free_now": True,
                    "next_free_at": None,
                    "photo_id": None,
                    "code": "K7Q2M9XA",
                    "custom": {"objective": "63x"},
                    "policy": None,
                }
            ]
        }
    )

    id: UUID
    name: str
    description: str
    type: Reference
    location: LocationRef
    state: State
    state_reason: str | None
    timezone: str
    contact: Reference | None
    tags: list[str]
    units: list[int]
    version: int
    calendar_version: int
    created_at: datetime
    updated_at: datetime
    is_free_now: bool
    next_free_at: datetime | None
    photo_id: UUID | None = Field(
        description="Its bytes: `/api/v1/files/{id}/content?inline=true`."
    )
    code: str | None = Field(None, description="Stands on its label: the address `/r/{code}`.")
    custom: dict[str, Any] = Field(default_factory=dict)
    policy: EffectivePolicy | None = Field(None, description="With `include=policy` alone.")


class UnitRead(Wire):
    """A unit, and whether it can be booked."""

    number: int
    is_active: bool


class UnitsAdd(Wire):
    """How many units to add."""

    count: Annotated[int, Field(strict=True, ge=1, le=200)] = 1


class UnitUpdate(Wire):
    """Take a unit out of service, or put it back."""

    is_active: StrictBool


class Choice(Wire):
    """What becomes of one booking that is hit: kept, cancelled, or moved to another time."""

    booking_id: UUID
    action: Literal["keep", "move", "cancel"]
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    unit: Annotated[int, Field(strict=True, ge=1, le=10_000)] | None = None
    resource_id: UUID | None = None


class StateChange(Wire):
    """A new state. Every state but `available` needs a reason; down and retired displace."""

    state: State
    reason: Reason | None = None
    until: Moment | None = Field(
        None, description="It is expected back by then: only bookings that begin before are hit."
    )
    choices: list[Choice] = Field(default_factory=list, max_length=500)


class ClosureCreate(Wire):
    """A time in which resources cannot be booked; without `resource_ids` it closes everything."""

    starts_at: Moment
    ends_at: Moment
    reason: Reason
    resource_ids: list[UUID] | None = Field(None, min_length=1, max_length=500)
    choices: list[Choice] = Field(default_factory=list, max_length=500)

    def wish(self) -> resources.closures.ClosureWish:
        """What the service makes it from."""
        ids = None if self.resource_ids is None else tuple(self.resource_ids)
        return resources.closures.ClosureWish(ids, self.starts_at, self.ends_at, self.reason)


class ClosureCheck(Wire):
    """Asks which bookings would be hit."""

    starts_at: Moment
    ends_at: Moment | None = None
    resource_ids: list[UUID] | None = Field(None, min_length=1, max_length=500)


class ClosureRead(Wire):
    """A closure; `resource_ids` is empty when it closes everything."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    reason: str
    is_everything: bool
    resource_ids: list[UUID]
    cancelled_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime
