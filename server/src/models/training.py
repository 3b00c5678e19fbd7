"""Qualifications, who has them, and requests for access, on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictBool

from src.domain.training import AccessState
from src.models.common import Line, Moment, Reference, Text, Wire, absent

Name = Annotated[Line, Field(min_length=1, max_length=120, examples=["Laser safety"])]
Prose = Annotated[Text, Field(max_length=10_000)]
Days = Annotated[
    int,
    Field(
        strict=True, ge=1, le=36_500, description="How long one holds when nothing else is said."
    ),
]
Note = Annotated[Text, Field(max_length=500)]
Why = Annotated[Text, Field(min_length=1, max_length=2000, examples=["Sections for my thesis"])]


class QualificationCreate(Wire):
    """A new qualification. Without `valid_days` it holds for good."""

    name: Name
    description: Prose = ""
    valid_days: Days | None = None


class QualificationUpdate(Wire):
    """What may be changed of a qualification; what is not in use is given to nobody any more."""

    name: Name = absent()
    description: Prose = absent()
    valid_days: Days | None = None
    is_active: StrictBool = absent()


class QualificationRead(Wire):
    """A qualification, and how many people hold it now."""

    id: UUID
    name: str
    description: str
    valid_days: int | None
    is_active: bool
    holder_count: int
    version: int
    created_at: datetime
    updated_at: datetime


class GrantCreate(Wire):
    """Somebody is qualified; without `expires_at` for as long as such a one holds."""

    person_id: UUID
    expires_at: Moment | None = None
    note: Note = ""


class GrantRevoke(Wire):
    """Why it is taken away."""

    reason: Annotated[Text, Field(min_length=1, max_length=500, examples=["Left the group"])]


class GrantRead(Wire):
    """Somebody was given a qualification. `is_current`: it counts at this moment."""

    id: UUID
    qualification: Reference
    person: Reference
    granted_by: Reference | None
    granted_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    note: str
    is_current: bool


class AccessRequestCreate(Wire):
    """Ask for what a resource requires and you do not hold."""

    resource_id: UUID
    reason: Why


class AccessDecision(Wire):
    """Grant, until a day or as long as such a qualification holds, or refuse."""

    verdict: Literal["approve", "reject"]
    until: Moment | None = None
    note: Annotated[Text, Field(max_length=2000)] | None = None


class AccessRequestRead(Wire):
    """A request for access, and the qualifications it is about."""

    id: UUID
    person: Reference
    resource: Reference
    reason: str
    qualifications: list[Reference]
    state: AccessState
    granted_until: datetime | None
    expires_at: datetime
    decision_note: str | None
    decided_by: Reference | None
    decided_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime
