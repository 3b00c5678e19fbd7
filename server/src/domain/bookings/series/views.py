"""What the services of series take and give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from src.domain import resources
from src.domain.bookings.plans import Violation
from src.domain.bookings.views import Conflict, Person, ResourceRef

Scope = Literal["this", "following", "all"]
Coming = Literal["confirmed", "requested", "refused", "taken", "skipped-hour"]
LOCAL = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a series: `from_` is a start its rule gives, needed but for `all`."""

    scope: Scope = "all"
    from_: datetime | None = None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time of a series and what would become of it.

    `local` is its start on the wall, by which it is skipped. `skipped-hour`: the clocks go forward
    over it, so that it is left out. `refused` by rules, `taken` by others; both stand in the way
    unless they are skipped.
    """

    local: str
    starts_at: datetime | None
    ends_at: datetime | None
    outcome: Coming
    violations: tuple[Violation, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    is_skipped: bool = False

    @property
    def is_in_the_way(self) -> bool:
        """Whether it keeps the others from being booked."""
        return self.outcome in {"refused", "taken"} and not self.is_skipped


@dataclass(frozen=True, slots=True)
class SeriesAnswer:
    """What would happen to a series: every occurrence, judged like any booking."""

    rule: str
    timezone: str
    occurrences: tuple[Occurrence, ...]
    contact: resources.Contact | None = None

    @property
    def in_the_way(self) -> tuple[Occurrence, ...]:
        """Those that keep it from being booked."""
        return tuple(each for each in self.occurrences if each.is_in_the_way)


@dataclass(frozen=True, slots=True)
class SeriesView:
    """A series. `ahead` of its `count` bookings lie ahead, the `next_at` of them first.

    `skipped` are local starts without a booking, by choice. `allowed` is what its reader may do.
    """

    id: UUID
    resource: ResourceRef
    rule: str
    starts_at: datetime
    timezone: str
    minutes: int
    skipped: tuple[str, ...]
    title: str
    notes: str
    unit: int | None
    booked_by: Person
    booked_for: Person
    team_id: UUID | None
    project_id: UUID | None
    count: int
    ahead: int
    next_at: datetime | None
    cancelled_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime
    answers: Mapping[str, Any] = field(default_factory=dict)
    allowed: tuple[Literal["edit", "cancel"], ...] = ()
