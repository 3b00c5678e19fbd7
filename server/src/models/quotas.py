"""Quotas and projects on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from src.domain.bookings.quotas import QuotaWish, allocations
from src.domain.bookings.tables import EntryKind, HolderKind, Period, QuotaUnit
from src.models.common import Line, Wire, absent

Name = Annotated[Line, Field(min_length=1, max_length=120, examples=["Ten hours a week"])]
Amount = Annotated[
    int,
    Field(strict=True, ge=0, le=allocations.MOST, description="Minutes or bookings, by `unit`."),
]
Code = Annotated[Line, Field(min_length=1, max_length=40, examples=["ERC-1"])]
Title = Annotated[Line, Field(min_length=1, max_length=200, examples=["Cells under stress"])]
Role = Annotated[Line, Field(max_length=40, examples=["member"])]


class QuotaCreate(Wire):
    """How much somebody may book in each period, of one resource, one type or everything.

    `holder_id` names a person, a team or a project; of a role and of everyone each has it alone.
    """

    name: Name
    holder_kind: HolderKind
    holder_id: UUID | None = None
    role: Role | None = None
    resource_id: UUID | None = None
    type_id: UUID | None = None
    period: Period
    unit: QuotaUnit
    amount: Amount
    starts_on: date | None = None
    ends_on: date | None = None

    def wish(self) -> QuotaWish:
        """As the service takes it."""
        return QuotaWish(**dict(self))


class QuotaUpdate(Wire):
    """What may be changed of a quota; with `is_active` false it limits nobody any more."""

    name: Name = absent()
    amount: Amount = absent()
    ends_on: date | None = absent()
    is_active: bool = absent()


class QuotaRead(Wire):
    """A quota. `taken` and `left` are the reader's in the period that runs, where `is_mine`."""

    id: UUID
    name: str
    holder_kind: HolderKind
    holder_id: UUID | None
    holder_name: str | None
    role: str | None
    resource_id: UUID | None
    resource_name: str | None
    type_id: UUID | None
    type_name: str | None
    period: Period
    unit: QuotaUnit
    amount: int
    starts_on: date | None
    ends_on: date | None
    is_active: bool
    period_start: date
    period_end: date
    is_mine: bool
    taken: int
    left: int
    version: int
    created_at: datetime
    updated_at: datetime


class LedgerLineRead(Wire):
    """A line of the ledger: reserved is positive, released negative, committed stays taken."""

    id: int
    at: datetime
    kind: EntryKind
    amount: int
    holder_id: UUID
    holder_name: str
    period_start: date
    booking_id: UUID
    resource_name: str
    starts_at: datetime


class ProjectCreate(Wire):
    """What bookings are made for and charged to."""

    code: Code
    name: Title
    team_id: UUID | None = None


class ProjectUpdate(Wire):
    """What may be changed of a project."""

    code: Code = absent()
    name: Title = absent()
    team_id: UUID | None = absent()
    is_active: bool = absent()


class ProjectRead(Wire):
    """A project; one that is not active is not offered any more."""

    id: UUID
    code: str
    name: str
    team_id: UUID | None
    team_name: str | None
    is_active: bool
    version: int
    created_at: datetime
    updated_at: datetime
