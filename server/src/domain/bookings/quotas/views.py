"""What is told of quotas."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from src.domain.bookings.tables import EntryKind, HolderKind, Period, QuotaUnit


@dataclass(frozen=True, slots=True)
class QuotaWish:
    """An allocation as it shall be. Of the holder, `holder_id` for a person, team or project."""

    name: str
    holder_kind: HolderKind
    period: Period
    unit: QuotaUnit
    amount: int
    holder_id: UUID | None = None
    role: str | None = None
    resource_id: UUID | None = None
    type_id: UUID | None = None
    starts_on: date | None = None
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class QuotaView:
    """An allocation, with the names around it.

    `taken` is what its reader has taken in the period that runs, where it is theirs
    (`is_mine`); the period is [period_start, period_end).
    """

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
    version: int
    created_at: datetime
    updated_at: datetime
    period_start: date
    period_end: date
    is_mine: bool = False
    taken: int = 0

    @property
    def last_day(self) -> date:
        """The last day of the period that runs."""
        return self.period_end - timedelta(days=1)

    @property
    def left(self) -> int:
        """What its reader may still take in this period."""
        return max(0, self.amount - self.taken)


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A line of the ledger, newest first."""

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


@dataclass(frozen=True, slots=True)
class Balance:
    """What a holder has taken in a period."""

    holder_id: UUID
    holder_name: str
    taken: int


@dataclass(frozen=True, slots=True)
class ProjectView:
    """What bookings are made for and charged to."""

    id: UUID
    code: str
    name: str
    team_id: UUID | None
    team_name: str | None
    is_active: bool
    version: int
    created_at: datetime
    updated_at: datetime
