"""The ledger: what each booking takes of which allocation, written in the booking's transaction.

What a booking takes follows from its state. Asked for, ahead and in use it reserves its whole time;
completed it has used the time until it ended. One that nobody came to, and one cancelled later than
the notice, count as used: their time was kept from others. Everything else is given back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, exists, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import Actor
from src.core.errors import FieldError
from src.core.json_rows import JsonRows
from src.domain.bookings import aftermath, rules
from src.domain.bookings.errors import BookingRefused
from src.domain.bookings.quotas import facts, periods, rule
from src.domain.bookings.quotas.facts import Account, Limit, Standing
from src.domain.bookings.repository import Whole
from src.domain.bookings.tables import (
    Allocation,
    Booking,
    EntryKind,
    QuotaBalance,
    QuotaEntry,
    Status,
)
from src.domain.resources.tables import Resource

SETTLED = frozenset({Status.COMPLETED, Status.NO_SHOW, Status.CANCELLED})


@dataclass(frozen=True, slots=True)
class Line:
    """What the ledger is given for a booking."""

    booking_id: UUID
    account: Account
    kind: EntryKind
    amount: int = 0


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the ledger says of a booking so far."""

    taken: Mapping[Account, int] = field(default_factory=dict)
    committed: frozenset[Account] = frozenset()


async def settle(session: AsyncSession, actor: Actor, changed: Sequence[Whole]) -> None:  # noqa: ARG001 - the signature of a hook
    """Bring the ledger of bookings to what their states say; nothing happens the second time.

    Raises `BookingRefused` where that takes more than there is: of two at once the later one. What
    is in use or over is never refused because of a quota it had nothing to do with before.
    """
    known, recorded = await _known(session, [whole.booking for whole in changed])
    lines = [
        line
        for whole in changed
        for line in lines_of(
            whole.booking,
            due(whole.booking, known.get(whole.booking.id, ())),
            recorded.get(whole.booking.id, Recorded()),
        )
    ]
    if lines:
        taken = await _balance(session, lines)
        those = [whole.booking for whole in changed]
        asking = [line for line in lines if _is_asked(line, those, recorded)]
        _require_enough(those, known, asking, taken)
        await write(session, lines)


def _is_asked(line: Line, bookings: Sequence[Booking], recorded: Mapping[UUID, Recorded]) -> bool:
    """Whether more is asked for: not by what ends, nor by what began before there was a limit."""
    status = next(each.status for each in bookings if each.id == line.booking_id)
    if status is Status.IN_USE:
        return line.account in recorded.get(line.booking_id, Recorded()).taken
    return status not in SETTLED


def takes(booking: Booking) -> bool:
    """Whether a booking counts at all."""
    if booking.status is Status.CANCELLED:
        return booking.is_cancelled_late
    return booking.status in rules.HELD or booking.status in SETTLED


def due(booking: Booking, limits: Iterable[Limit]) -> dict[Account, int]:
    """What a booking takes of each allocation by its state and its time."""
    if not takes(booking):
        return {}
    asked = facts.Asked(
        booking.id,
        booking.booked_for,
        facts.Window(booking.starts_at, booking.ends_at),
        booking.team_id,
        booking.project_id,
    )
    return {
        (limit.id, holder, start): amount
        for limit in limits
        if (holder := limit.holder(asked)) is not None
        for start, amount in limit.shares(asked.window).items()
    }


def lines_of(booking: Booking, wanted: Mapping[Account, int], recorded: Recorded) -> list[Line]:
    """What the ledger is missing so that it says what it should."""
    found = []
    for account in sorted(wanted.keys() | recorded.taken.keys(), key=_order):
        more = wanted.get(account, 0) - recorded.taken.get(account, 0)
        if more:
            kind = EntryKind.RESERVE if more > 0 else EntryKind.RELEASE
            found.append(Line(booking.id, account, kind, more))
        is_final = booking.status in SETTLED and account not in recorded.committed
        if is_final and wanted.get(account):
            found.append(Line(booking.id, account, EntryKind.COMMIT))
    return found


async def write(session: AsyncSession, lines: Sequence[Line]) -> None:
    """Add lines to the ledger."""
    now = clock.now()
    await session.execute(
        insert(QuotaEntry),
        [
            {
                "allocation_id": line.account[0],
                "holder_id": line.account[1],
                "period_start": line.account[2],
                "booking_id": line.booking_id,
                "kind": line.kind,
                "amount": line.amount,
                "at": now,
            }
            for line in lines
        ],
    )


async def fill(session: AsyncSession, allocation: Allocation, limit: Limit) -> int:
    """Write down what bookings take that were there before the allocation; how many those are.

    From the period that runs now on. More than the amount may be taken then: nothing that was
    booked is refused afterwards.
    """
    today = periods.local_day(clock.now(), limit.zone)
    since = periods.midnight(periods.start_of(today, limit.period), limit.zone)
    theirs = exists().where(
        QuotaEntry.booking_id == Booking.id, QuotaEntry.allocation_id == allocation.id
    )
    found = await session.scalars(
        select(Booking)
        .join(Resource, Resource.id == Booking.resource_id)
        .join(Allocation, Allocation.id == allocation.id)
        .where(Booking.ends_at > since, _concerns(), ~theirs)
        .order_by(Booking.id)
    )
    first = periods.start_of(today, limit.period)
    lines = [
        line
        for booking in found.all()
        for line in lines_of(booking, due(booking, [limit]), Recorded())
        if line.account[2] >= first
    ]
    if lines:
        await _balance(session, lines)
        await write(session, lines)
    return len({line.booking_id for line in lines})


async def _known(
    session: AsyncSession, bookings: Sequence[Booking]
) -> tuple[dict[UUID, Sequence[Limit]], dict[UUID, Recorded]]:
    """The allocations for each booking, and what is recorded; at most one statement."""
    known: dict[UUID, Sequence[Limit]] = {}
    for booking in bookings:
        noted = facts.noted(session, booking.id)
        if noted is not None:
            known[booking.id] = noted
    unknown = [booking.id for booking in bookings if booking.id not in known]
    if not unknown:
        return known, {}
    rows = await session.execute(
        select(Booking.id, _LIMITS, _RECORDED)
        .join(Resource, Resource.id == Booking.resource_id)
        .where(Booking.id.in_(unknown))
    )
    recorded = {}
    for booking_id, limits, entries in rows:
        known[booking_id] = facts.limits(limits)
        recorded[booking_id] = _recorded(entries)
    return known, recorded


def _recorded(found: Any) -> Recorded:  # noqa: ANN401 - JSON
    taken: Counter[Account] = Counter()
    committed = set()
    for allocation, holder, start, kind, amount in facts.rows_of(found):
        account = facts.account(allocation, holder, start)
        taken[account] += amount
        if kind == EntryKind.COMMIT:
            committed.add(account)
    return Recorded({each: left for each, left in taken.items() if left}, frozenset(committed))


async def _balance(session: AsyncSession, lines: Sequence[Line]) -> dict[Account, int]:
    """Add to the balances, locked in order; how much is taken of each then."""
    changes: Counter[Account] = Counter()
    for line in lines:
        changes[line.account] += line.amount
    ordered = sorted(
        (each for each in changes.items() if each[1]), key=lambda each: _order(each[0])
    )
    if not ordered:
        return {}
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    upsert = (postgresql.insert if is_postgresql else sqlite.insert)(QuotaBalance).values(
        [
            {
                "allocation_id": allocation,
                "holder_id": holder,
                "period_start": start,
                # A row is checked before the one that is there is found.
                "taken": max(0, more),
            }
            for (allocation, holder, start), more in ordered
        ]
    )
    less = [(_is(account), -more) for account, more in ordered if more < 0]
    grown = QuotaBalance.taken + upsert.excluded.taken
    rows = await session.execute(
        upsert.on_conflict_do_update(
            index_elements=["allocation_id", "holder_id", "period_start"],
            set_={"taken": grown - case(*less, else_=0) if less else grown},
        ).returning(
            QuotaBalance.allocation_id,
            QuotaBalance.holder_id,
            QuotaBalance.period_start,
            QuotaBalance.taken,
        )
    )
    return {(row[0], row[1], row[2]): row[3] for row in rows}


def _require_enough(
    bookings: Sequence[Booking],
    known: Mapping[UUID, Sequence[Limit]],
    lines: Sequence[Line],
    taken: Mapping[Account, int],
) -> None:
    """Raise `BookingRefused` unless it was enough, or somebody passed over that with a reason."""
    limits = {limit.id: limit for each in known.values() for limit in each}
    excused = {each.id for each in bookings if each.override_reason is not None}
    for line in lines:
        limit = limits.get(line.account[0])
        if limit is None or line.amount <= 0 or line.booking_id in excused:
            continue
        if taken[line.account] > limit.amount:
            raise _refused(_short(limit, line, taken[line.account]))


def _short(limit: Limit, line: Line, taken: int) -> Standing:
    _allocation, holder, start = line.account
    return Standing(
        allocation_id=limit.id,
        name=limit.name,
        holder_kind=limit.holder_kind,
        holder_id=holder,
        unit=limit.unit,
        period=limit.period,
        period_start=start,
        period_end=periods.end_of(start, limit.period),
        amount=limit.amount,
        taken=taken - line.amount,
        adding=line.amount,
    )


def _refused(standing: Standing) -> BookingRefused:
    said = rule.violation(standing)
    return BookingRefused(
        said.message,
        errors=(FieldError(("starts_at",), said.code, said.message, said.overridable),),
        violations=[said],
        conflicts=[],
        suggestions=[],
        contact=None,
    )


def _is(account: Account) -> ColumnElement[bool]:
    allocation, holder, start = account
    return and_(
        QuotaBalance.allocation_id == allocation,
        QuotaBalance.holder_id == holder,
        QuotaBalance.period_start == start,
    )


def _order(account: Account) -> tuple[str, str, str]:
    allocation, holder, start = account
    return allocation.hex, holder.hex, start.isoformat()


def _concerns() -> ColumnElement[bool]:
    """Which allocations a booking in the same statement draws on, ended ones apart."""
    return facts.concerns(Booking.booked_for, [Booking.team_id], [Booking.project_id])


_LIMITS = (
    facts.rows(_concerns(), balances=None, own=None).correlate(Resource, Booking).scalar_subquery()
)
_RECORDED = (
    select(
        JsonRows(
            QuotaEntry.allocation_id,
            QuotaEntry.holder_id,
            QuotaEntry.period_start,
            QuotaEntry.kind,
            QuotaEntry.amount,
        )
    )
    .where(QuotaEntry.booking_id == Booking.id)
    .correlate(Booking)
    .scalar_subquery()
)

aftermath.on_changed(settle)
