"""What the services of incidents take and give: plain frozen values, never rows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from src.domain.operations.parties import Named
from src.domain.operations.subjects import Thing
from src.domain.operations.tables import IncidentState, Severity, Visibility
from src.domain.resources.tables import Effect

Subject = tuple[str, UUID]


@dataclass(frozen=True, slots=True)
class On:
    """A resource it concerns, and what it does to it: nothing (None), degraded, down."""

    resource_id: UUID
    effect: Effect | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody has to say of it. None is what its type says.

    `reported_at` only where it was reported elsewhere before (`is_imported`).
    """

    type_id: UUID
    title: str
    description: str = ""
    severity: Severity | None = None
    priority_id: UUID | None = None
    visibility: Visibility | None = None
    team_id: UUID | None = None
    location_id: UUID | None = None
    occurred_at: datetime | None = None
    resources: tuple[On, ...] = ()
    tags: tuple[str, ...] = ()
    links: tuple[Subject, ...] = ()
    recurrence_of: UUID | None = None
    is_near_miss: bool = False
    reported_at: datetime | None = None
    is_imported: bool = False


@dataclass(frozen=True, slots=True)
class ResourceOn:
    """A resource as an incident names it."""

    id: UUID
    name: str
    effect: Effect | None


@dataclass(frozen=True, slots=True)
class TypeRef:
    """The type of an incident, and what it asks for."""

    id: UUID
    code: str
    name: str
    needs_review: bool


@dataclass(frozen=True, slots=True)
class IncidentRef:
    """Another incident, which the reader may know of."""

    id: UUID
    reference: str
    title: str
    state: IncidentState

    @property
    def name(self) -> str:
        """How it is called beside its number."""
        return self.title


@dataclass(frozen=True, slots=True)
class IncidentView:
    """An incident as its reader may know it.

    `allowed`: the states it can go to, by this reader. `links` and what it is related to stand in
    the view of one incident, not in lists.
    """

    id: UUID
    number: int
    reference: str
    type: TypeRef
    title: str
    description: str
    severity: Severity
    severity_rank: int
    priority: Named | None
    state: IncidentState
    visibility: Visibility
    is_near_miss: bool
    team: Named | None
    location: Named | None
    resources: tuple[ResourceOn, ...]
    tags: tuple[str, ...]
    lead: Named | None
    reported_by: Named | None
    is_anonymous: bool
    occurred_at: datetime
    reported_at: datetime
    response_due_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: Named | None
    resolved_at: datetime | None
    closed_at: datetime | None
    next_update_at: datetime | None
    resolution: str
    duplicate_of: IncidentRef | None
    recurrence_of: IncidentRef | None
    duplicates: tuple[IncidentRef, ...]
    recurrences: tuple[IncidentRef, ...]
    links: tuple[Thing, ...]
    linked_from: tuple[Thing, ...]
    allowed: tuple[IncidentState, ...]
    may_manage: bool
    is_imported: bool
    version: int
    created_at: datetime
    updated_at: datetime

    @property
    def is_active(self) -> bool:
        """Whether somebody has to do something still."""
        return self.state in {IncidentState.OPEN, IncidentState.IN_PROGRESS}

    @property
    def to_acknowledge(self) -> timedelta | None:
        """How long it took until somebody answered."""
        return _since(self.reported_at, self.acknowledged_at)

    @property
    def to_resolve(self) -> timedelta | None:
        """How long it took until it was resolved."""
        return _since(self.reported_at, self.resolved_at)

    @property
    def to_close(self) -> timedelta | None:
        """How long it took until it was closed."""
        return _since(self.reported_at, self.closed_at)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which incidents; nothing said is no narrowing. Times are when it happened, [from_, to)."""

    states: Collection[IncidentState] = ()
    severities: Collection[Severity] = ()
    type_ids: Collection[UUID] = ()
    team_ids: Collection[UUID] = ()
    resource_ids: Collection[UUID] = ()
    tag: str | None = None
    q: str | None = None
    is_mine: bool = False
    is_near_miss: bool | None = None
    from_: datetime | None = None
    to: datetime | None = None


@dataclass(frozen=True, slots=True)
class TypeView:
    """A type with what is so of each of its incidents unless said otherwise."""

    id: UUID
    code: str
    name: str
    description: str
    rank: int
    default_severity: Severity
    default_priority: Named | None
    default_visibility: Visibility
    needs_review: bool
    may_be_anonymous: bool
    leads: dict[str, Any]
    tasks: tuple[dict[str, Any], ...]
    is_active: bool
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class PriorityView:
    """How soon somebody answers, and how often those concerned hear of it."""

    id: UUID
    name: str
    rank: int
    response_minutes: int | None
    update_minutes: int | None
    is_active: bool
    version: int
    created_at: datetime
    updated_at: datetime


def _since(begin: datetime, end: datetime | None) -> timedelta | None:
    return max(timedelta(), end - begin) if end is not None else None
