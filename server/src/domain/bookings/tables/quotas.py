"""How much may be booked, and how much is."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    String,
)
from sqlalchemy.orm import Mapped, mapped_column

from src.core.db import Identified, Table, Versioned, choice
from src.domain.resources.tables import BigId


class Project(Identified, Versioned, Table):
    """What bookings are made for and charged to: a project, a cost centre."""

    __tablename__ = "projects"
    __table_args__ = (Index(None, "team_id"),)

    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id"))
    is_active: Mapped[bool] = mapped_column(default=True)


class HolderKind(StrEnum):
    """Whom an allocation is for. A role and everyone: each of them has it for themselves."""

    PERSON = "person"
    TEAM = "team"
    PROJECT = "project"
    ROLE = "role"
    EVERYONE = "everyone"


class Period(StrEnum):
    """After what an allocation begins anew, in the institute's local time."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class QuotaUnit(StrEnum):
    """What is counted."""

    MINUTES = "minutes"
    COUNT = "count"


class EntryKind(StrEnum):
    """A booking ahead reserves, one that was used commits, what is freed is released."""

    RESERVE = "reserve"
    COMMIT = "commit"
    RELEASE = "release"


class Allocation(Identified, Versioned, Table):
    """So much may be booked in a period, of one resource, one type or everything."""

    __tablename__ = "allocations"
    __table_args__ = (
        CheckConstraint("amount >= 0", name="amount"),
        CheckConstraint("resource_id IS NULL OR type_id IS NULL", name="one_target"),
        Index(None, "resource_id"),
        Index(None, "type_id"),
        Index(None, "holder_id"),
    )

    name: Mapped[str] = mapped_column(String(120))
    holder_kind: Mapped[HolderKind] = mapped_column(choice(HolderKind))
    holder_id: Mapped[UUID | None]
    role: Mapped[str | None] = mapped_column(String(40))
    resource_id: Mapped[UUID | None] = mapped_column(ForeignKey("resources.id"))
    type_id: Mapped[UUID | None] = mapped_column(ForeignKey("resource_types.id"))
    period: Mapped[Period] = mapped_column(choice(Period))
    unit: Mapped[QuotaUnit] = mapped_column(choice(QuotaUnit))
    amount: Mapped[int]
    starts_on: Mapped[date | None] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
    is_active: Mapped[bool] = mapped_column(default=True)


class QuotaBalance(Table):
    """How much of an allocation a holder has taken in a period: the sum of its ledger."""

    __tablename__ = "quota_balances"
    __table_args__ = (CheckConstraint("taken >= 0", name="taken"),)

    allocation_id: Mapped[UUID] = mapped_column(ForeignKey("allocations.id"), primary_key=True)
    holder_id: Mapped[UUID] = mapped_column(primary_key=True)
    period_start: Mapped[date] = mapped_column(Date, primary_key=True)
    taken: Mapped[int] = mapped_column(default=0)


class QuotaEntry(Table):
    """A line of the ledger; lines are added, never changed."""

    __tablename__ = "quota_entries"
    __table_args__ = (
        Index(None, "booking_id"),
        Index(None, "allocation_id", "holder_id", "period_start"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    allocation_id: Mapped[UUID] = mapped_column(ForeignKey("allocations.id"))
    holder_id: Mapped[UUID]
    period_start: Mapped[date] = mapped_column(Date)
    booking_id: Mapped[UUID] = mapped_column(ForeignKey("bookings.id"))
    kind: Mapped[EntryKind] = mapped_column(choice(EntryKind))
    amount: Mapped[int]  # reserved: positive; released: negative; committed: 0, it stays taken
    at: Mapped[datetime]
