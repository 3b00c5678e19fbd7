"""What the catalogue's services take and give: plain frozen values, never rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from src.domain import files
from src.domain.resources.tables import Duty, ResourceState


@dataclass(frozen=True, slots=True)
class Reference:
    """Something by its name."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class LocationRef:
    """Where it is: the location and the names from the root of the tree down to it."""

    id: UUID
    name: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TypeView:
    """A type of resources, and how many of it are not retired."""

    id: UUID
    name: str
    description: str
    version: int
    created_at: datetime
    updated_at: datetime
    resource_count: int = 0
    custom_schema: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LocationView:
    """A place in the tree; `path` ends with its own name."""

    id: UUID
    name: str
    parent_id: UUID | None
    path: tuple[str, ...]
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ResourceView:
    """A resource as a list shows it. `units` are the numbers of the active ones.

    `is_free_now` and `next_free_at` count the shortest booking its policy allows, within its
    opening hours and up to two weeks ahead; None: it is free now, not in that time, or takes no
    bookings.
    """

    id: UUID
    name: str
    description: str
    type: Reference
    location: LocationRef
    state: ResourceState
    state_reason: str | None
    timezone: str
    contact: Reference | None
    tags: tuple[str, ...]
    units: tuple[int, ...]
    version: int
    calendar_version: int
    created_at: datetime
    updated_at: datetime
    is_free_now: bool
    next_free_at: datetime | None
    photo_id: UUID | None = None
    photo: files.PictureView | None = None
    code: str | None = None
    # What its type asks for (`custom_schema`), as it was told.
    custom: Mapping[str, Any] = field(default_factory=dict)
    custom_schema: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to ask about a resource: the person first responsible for it."""

    id: UUID
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class ResponsiblePerson:
    """Whom to ask about a resource, and where to reach them."""

    role: Literal["primary"] | Duty
    id: UUID
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class ResourceSetView:
    """Resources a person looks at together; what they may no longer see is left out."""

    id: UUID
    name: str
    resource_ids: tuple[UUID, ...]
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ResourceWish:
    """A resource to be made. Without `timezone` it takes the institute's."""

    name: str
    type_id: UUID
    location_id: UUID
    description: str = ""
    timezone: str | None = None
    contact_id: UUID | None = None
    tags: tuple[str, ...] = ()
    units: int = 1
    custom: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UnitView:
    """A unit, and whether it can be booked."""

    id: int
    number: int
    is_active: bool


@dataclass(frozen=True, slots=True)
class Level:
    """Where a policy stands: for the whole site, for a type, or for one resource."""

    kind: Literal["site", "type", "resource"]
    id: UUID | None = None

    @property
    def key(self) -> str:
        """As it is stored: unique, also for the site."""
        return self.kind if self.id is None else f"{self.kind}:{self.id}"


SITE = Level("site")


@dataclass(frozen=True, slots=True)
class PolicyView:
    """What one level says; None is left to the level above. Version 0: nothing stored yet."""

    level: Level
    version: int
    updated_at: datetime | None
    slot_minutes: int | None = None
    min_minutes: int | None = None
    max_minutes: int | None = None
    earliest_minutes: int | None = None
    latest_minutes: int | None = None
    buffer_before_minutes: int | None = None
    buffer_after_minutes: int | None = None
    cancel_notice_minutes: int | None = None
    is_check_in_required: bool | None = None
    check_in_grace_minutes: int | None = None
    is_approval_required: bool | None = None
    request_hold_minutes: int | None = None
    max_upcoming: int | None = None
    max_per_day: int | None = None
    max_minutes_per_day: int | None = None
    max_minutes_per_week: int | None = None
    is_parallel_refused: bool | None = None
    are_rivals_allowed: bool | None = None
    approval_rule_id: UUID | None = None
    offer_minutes: int | None = None
    required_qualifications: list[str] | None = None
    questions: dict[str, Any] | None = None
    checklist_before: dict[str, Any] | None = None
    checklist_after: dict[str, Any] | None = None
    own_rules: dict[str, Any] | None = None
