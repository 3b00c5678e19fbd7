"""What the services of problem reports take and give: plain frozen values, never rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from src.domain.maintenance.tables import ProblemState, Severity


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody has to say of a resource. `is_blocking`: nobody can use it."""

    resource_id: UUID
    severity: Severity
    text: str
    is_blocking: bool = False
    booking_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody or something by its name."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class ProblemView:
    """A problem with a resource, and how it was resolved."""

    id: UUID
    resource: Named
    booking_id: UUID | None
    reported_by: Named
    severity: Severity
    severity_rank: int
    text: str
    is_blocking: bool
    state: ProblemState
    resolution: str
    resolved_by: Named | None
    resolved_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime
