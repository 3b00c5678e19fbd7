"""Which allocations a booking would draw on, and how much of them is taken already.

It comes as one JSON column beside the terms of a resource (`column`), so that the rules of a
booking ask without a statement of their own; where there is no allocation it is an empty list.
What was read for a new booking is kept for the ledger (`note`), which writes in the same
transaction.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    case,
    func,
    null,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.db import database_now
from src.core.json_rows import JsonRows
from src.domain import resources
from src.domain.accounts.tables import Institute, RoleAssignment, TeamMember
from src.domain.bookings.quotas import periods
from src.domain.bookings.tables import (
    Allocation,
    HolderKind,
    Period,
    QuotaBalance,
    QuotaEntry,
    QuotaUnit,
)
from src.domain.resources.tables import Resource

Window = resources.hours.Window
# An allocation, on whose account, and the first day of the period.
Account = tuple[UUID, UUID, date]
_DAY = timedelta(days=1)
_NOTED = "quota limits"


@dataclass(frozen=True, slots=True)
class Asked:
    """A booking as it shall be. `booking_id` is its own, also when it is new."""

    booking_id: UUID
    person_id: UUID | None
    window: Window
    team_id: UUID | None = None
    project_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """An allocation for a resource, and what has been taken of it.

    `taken` is by holder and first day of the period, `own` by booking, holder and first day.
    """

    id: UUID
    name: str
    holder_kind: HolderKind
    holder_id: UUID | None
    period: Period
    unit: QuotaUnit
    amount: int
    zone: ZoneInfo
    starts_on: date | None = None
    ends_on: date | None = None
    taken: dict[tuple[UUID, date], int] = dataclasses.field(default_factory=dict)
    own: dict[tuple[UUID, UUID, date], int] = dataclasses.field(default_factory=dict)

    def holder(self, asked: Asked) -> UUID | None:
        """On whose account the booking goes; None when it does not concern it.

        Each holder of a role has it for themselves, and so has everyone.
        """
        if self.holder_kind is HolderKind.TEAM:
            return asked.team_id if asked.team_id == self.holder_id else None
        if self.holder_kind is HolderKind.PROJECT:
            return asked.project_id if asked.project_id == self.holder_id else None
        if self.holder_kind is HolderKind.PERSON and asked.person_id != self.holder_id:
            return None
        return asked.person_id

    def shares(self, window: Window) -> dict[date, int]:
        """What a booking takes of it, by the first day of each period."""
        return periods.shares(
            window,
            period=self.period,
            unit=self.unit,
            zone=self.zone,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a holder stands in one period: `taken` by others of their bookings, `adding` by this.

    `before` is what this booking takes of it now, 0 when it is new.
    """

    allocation_id: UUID
    name: str
    holder_kind: HolderKind
    holder_id: UUID
    unit: QuotaUnit
    period: Period
    period_start: date
    period_end: date
    amount: int
    taken: int
    adding: int
    before: int = 0

    @property
    def account(self) -> Account:
        """What it draws on."""
        return self.allocation_id, self.holder_id, self.period_start

    @property
    def left(self) -> int:
        """What is left after this booking; never below nothing."""
        return max(0, self.amount - self.taken - self.adding)

    @property
    def is_exceeded(self) -> bool:
        """Whether it would take more than there is, and more than it takes now."""
        return self.taken + self.adding > self.amount and self.adding > self.before


def column(
    person_id: UUID | None,
    *,
    around: Window,
    team_ids: Collection[UUID] = (),
    project_ids: Collection[UUID] = (),
    booking_ids: Collection[UUID] = (),
) -> ScalarSelect[Any]:
    """A column for statements over resources: the allocations for a person's bookings there.

    `around` contains the bookings; `booking_ids` are those of them that exist. Read it by `limits`.
    """
    holders = [each for each in (person_id, *team_ids, *project_ids) if each is not None]
    theirs = concerns(person_id, list(team_ids), list(project_ids))
    found = rows(theirs, balances=_balances(holders, around), own=_own(booking_ids))
    return found.correlate(Resource).scalar_subquery()


def rows(
    which: ColumnElement[bool],
    *,
    balances: ScalarSelect[Any] | None = None,
    own: ScalarSelect[Any] | None = None,
) -> Select[Any]:
    """The allocations of a condition as JSON, which `limits` reads; to be correlated."""
    found = JsonRows(
        Allocation.id,
        Allocation.name,
        Allocation.holder_kind,
        Allocation.holder_id,
        Allocation.period,
        Allocation.unit,
        Allocation.amount,
        ZONE,
        Allocation.starts_on,
        Allocation.ends_on,
        null() if balances is None else balances,
        null() if own is None else own,
    )
    return select(found).select_from(Allocation).where(which)


def concerns(person: Any, teams: Sequence[Any], projects: Sequence[Any]) -> ColumnElement[bool]:  # noqa: ANN401 - ids, or columns that hold them
    """Active allocations for a booking of a resource in the same statement, by whom it is for.

    A role counts wherever it is held.
    """
    kind, holder = Allocation.holder_kind, Allocation.holder_id
    teams_of = select(TeamMember.team_id).where(TeamMember.user_id == person)
    role = (
        select(RoleAssignment.id)
        .where(
            RoleAssignment.role == Allocation.role,
            or_(
                RoleAssignment.user_id == person,
                RoleAssignment.team_id.in_(teams_of.correlate_except(TeamMember)),
            ),
            or_(RoleAssignment.expires_at.is_(None), RoleAssignment.expires_at > database_now()),
        )
        .correlate_except(RoleAssignment)  # else it would bring bookings of its own
        .exists()
    )
    return and_(
        Allocation.is_active,
        or_(Allocation.resource_id.is_(None), Allocation.resource_id == Resource.id),
        or_(Allocation.type_id.is_(None), Allocation.type_id == Resource.type_id),
        or_(
            kind == HolderKind.EVERYONE,
            and_(kind == HolderKind.PERSON, holder == person),
            and_(kind == HolderKind.TEAM, holder.in_(teams)),
            and_(kind == HolderKind.PROJECT, holder.in_(projects)),
            and_(kind == HolderKind.ROLE, role),
        ),
    )


def limits(found: Sequence[Sequence[Any]] | str | None) -> list[Limit]:
    """What stands in `column`."""
    return [_limit(*row) for row in rows_of(found)]


def standings(asked: Iterable[tuple[Asked, Sequence[Limit]]]) -> dict[UUID, list[Standing]]:
    """Where everybody would stand, by booking, when all of it is booked in this order.

    What the bookings take now is given back first, so that a change is counted once.
    """
    wanted = list(asked)
    taken: Counter[Account] = Counter()
    before: dict[tuple[UUID, Account], int] = {}
    for _one, known in wanted:
        for limit in known:
            for (holder, start), amount in limit.taken.items():
                taken[limit.id, holder, start] = amount
            for (booking, holder, start), amount in limit.own.items():
                before[booking, (limit.id, holder, start)] = amount
    ids = {one.booking_id for one, _known in wanted}
    for (booking, account), amount in before.items():
        if booking in ids:
            taken[account] -= amount
    found: dict[UUID, list[Standing]] = {}
    for one, known in wanted:
        found[one.booking_id] = [
            each for limit in known for each in _standings(one, limit, taken, before)
        ]
        for each in found[one.booking_id]:
            taken[each.account] += each.adding
    return found


async def standing(
    session: AsyncSession, resource_id: UUID, asked: Asked, *, is_new: bool = True
) -> list[Standing]:
    """Where a person would stand with a booking of a resource, in one statement."""
    found = await session.scalar(
        select(
            column(
                asked.person_id,
                around=asked.window,
                team_ids=[asked.team_id] if asked.team_id else (),
                project_ids=[asked.project_id] if asked.project_id else (),
                booking_ids=() if is_new else [asked.booking_id],
            )
        ).where(Resource.id == resource_id)
    )
    return standings([(asked, limits(found))])[asked.booking_id]


def note(session: AsyncSession, booking_id: UUID, known: Sequence[Limit]) -> None:
    """Keep what was read for a new booking, for the ledger."""
    session.info.setdefault(_NOTED, {})[booking_id] = known


def noted(session: AsyncSession, booking_id: UUID) -> Sequence[Limit] | None:
    """What was kept for a new booking, once."""
    known: Sequence[Limit] | None = session.info.get(_NOTED, {}).pop(booking_id, None)
    return known


def _standings(
    asked: Asked,
    limit: Limit,
    taken: Counter[Account],
    before: dict[tuple[UUID, Account], int],
) -> Iterable[Standing]:
    holder = limit.holder(asked)
    if holder is None:
        return
    for start, adding in limit.shares(asked.window).items():
        yield Standing(
            allocation_id=limit.id,
            name=limit.name,
            holder_kind=limit.holder_kind,
            holder_id=holder,
            unit=limit.unit,
            period=limit.period,
            period_start=start,
            period_end=periods.end_of(start, limit.period),
            amount=limit.amount,
            taken=taken[limit.id, holder, start],
            adding=adding,
            before=before.get((asked.booking_id, (limit.id, holder, start)), 0),
        )


def _balances(holders: Sequence[UUID], around: Window) -> ScalarSelect[Any]:
    first, last = around.starts_at.date() - _DAY, around.ends_at.date() + _DAY
    earliest = case(
        {period.value: first - length for period, length in periods.LONGEST.items()},
        value=Allocation.period,
    )
    return (
        select(JsonRows(QuotaBalance.holder_id, QuotaBalance.period_start, QuotaBalance.taken))
        .where(
            QuotaBalance.allocation_id == Allocation.id,
            QuotaBalance.holder_id.in_(holders),
            QuotaBalance.period_start >= earliest,
            QuotaBalance.period_start <= last,
        )
        .correlate(Allocation)
        .scalar_subquery()
    )


def _own(booking_ids: Collection[UUID]) -> ScalarSelect[Any]:
    each = (QuotaEntry.booking_id, QuotaEntry.holder_id, QuotaEntry.period_start)
    return (
        select(JsonRows(*each, QuotaEntry.amount))
        .where(
            QuotaEntry.allocation_id == Allocation.id,
            QuotaEntry.booking_id.in_(list(booking_ids)),
        )
        .correlate(Allocation)
        .scalar_subquery()
    )


def _limit(  # noqa: PLR0913, PLR0917 - the columns of a row
    id_: str,
    name: str,
    holder_kind: str,
    holder_id: str | None,
    period: str,
    unit: str,
    amount: int,
    zone: str,
    starts_on: str | None,
    ends_on: str | None,
    balances: Any,  # noqa: ANN401 - JSON
    own: Any,  # noqa: ANN401 - JSON
) -> Limit:
    mine: Counter[tuple[UUID, UUID, date]] = Counter()
    for booking, *key, minutes in rows_of(own):
        mine[account(booking, *key)] += minutes
    return Limit(
        UUID(id_),
        name,
        HolderKind(holder_kind),
        UUID(holder_id) if holder_id else None,
        Period(period),
        QuotaUnit(unit),
        amount,
        ZoneInfo(zone),
        date.fromisoformat(starts_on) if starts_on else None,
        date.fromisoformat(ends_on) if ends_on else None,
        {
            (UUID(holder), date.fromisoformat(start)): minutes
            for holder, start, minutes in rows_of(balances)
        },
        dict(mine),
    )


def account(one: str, holder: str, start: str) -> Account:
    """Two ids and a day as they stand in JSON."""
    return UUID(one), UUID(holder), date.fromisoformat(start)


def rows_of(found: Any) -> list[Any]:  # noqa: ANN401 - JSON, which SQLite hands on as its text
    """Rows that came as JSON."""
    if isinstance(found, str):
        found = json.loads(found)
    return found or []


ZONE = func.coalesce(select(Institute.timezone).where(Institute.id == 1).scalar_subquery(), "UTC")
