"""What the services of training take and give: plain frozen values, never rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from src.domain.training.tables import AccessState


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody or something by its name."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class QualificationView:
    """A qualification, and how many hold it now."""

    id: UUID
    name: str
    description: str
    valid_days: int | None
    is_active: bool
    holder_count: int
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class GrantView:
    """Somebody was given a qualification. `is_current`: it counts at this moment."""

    id: UUID
    qualification: Named
    person: Named
    granted_by: Named | None
    granted_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    note: str
    is_current: bool
    version: int


@dataclass(frozen=True, slots=True)
class AccessView:
    """A request for access, and the qualifications it is about."""

    id: UUID
    person: Named
    resource: Named
    reason: str
    qualifications: tuple[Named, ...]
    state: AccessState
    granted_until: datetime | None
    expires_at: datetime
    decision_note: str | None
    decided_by: Named | None
    decided_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime
