"""Seals: the place of every event in commit order, chained by hashes; and proving them.

Ids are given before the commit, so only the order of seals is the order in which events became
visible. A seal's hash covers its number, the hash before it and the event's digest: what is edited,
removed or slipped in later no longer fits, and `verify` says which.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, outbox
from src.core.db import Database, reading
from src.core.events import Event, EventDetail, Seal

GENESIS = "0" * 64
# A transaction ends within a minute and the sealer runs every minute, so what is older than this
# and unsealed was not written by Aliquot. Longer than any clock should ever be off.
WINDOW = timedelta(days=1)
# Sealed so long after events that are younger: inserted with an old id, or a clock was wrong.
LATE = timedelta(minutes=30)
BATCH = 2000
VERIFY = outbox.topic("events.verify", queue="reports", max_attempts=3, time_limit=1800.0)
_LOCK = 0x616C6971  # "aliq"
_ZERO = UUID(int=0)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class FaultKind(StrEnum):
    """What is wrong with a row."""

    EDITED = "edited"
    REMOVED = "removed"
    INSERTED = "inserted"
    SEAL_EDITED = "seal-edited"
    SEAL_REMOVED = "seal-removed"
    DETAIL_EDITED = "detail-edited"
    DETAIL_INSERTED = "detail-inserted"


@dataclass(frozen=True, slots=True)
class Fault:
    """One row that does not fit. `seq` is None for what was never sealed."""

    kind: FaultKind
    seq: int | None
    event_id: UUID | None
    detail: str


@dataclass(frozen=True, slots=True)
class Report:
    """What `verify` found: how many seals it read, the chain's last link, and every fault."""

    checked: int
    last_seq: int
    last_hash: str
    faults: tuple[Fault, ...]

    @property
    def is_sound(self) -> bool:
        """Whether everything fits."""
        return not self.faults


async def seal(session: AsyncSession, *, limit: int = BATCH) -> int:
    """Seal up to `limit` committed events; how many. 0 also while another sealer is at work."""
    if not await _is_alone(session):
        return 0
    last = await _last(session)
    waiting = await _unsealed(session, since=_edge(last), limit=limit)
    seq, previous = (0, GENESIS) if last is None else (last.seq, last.hash)
    made: list[dict[str, Any]] = []
    for event_id, digest in waiting:
        seq += 1
        previous = link(previous, seq, event_id, digest)
        made.append({"seq": seq, "event_id": event_id, "hash": previous})
    if made:
        await session.execute(insert(Seal), made)
    return len(made)


def link(previous: str, seq: int, event_id: UUID, digest: str) -> str:
    """The hash of a seal."""
    return hashlib.sha256(f"{previous}:{seq}:{event_id}:{digest}".encode()).hexdigest()


Progress = Callable[[int, int], Awaitable[None]]


async def verify(database: Database, *, progress: Progress | None = None) -> Report:
    """Read the whole chain and every event on it, in short steps; what does not fit, row by row.

    `progress` is told between the steps, outside any transaction, how many seals were read and
    how many there are; what it raises ends the reading.
    """
    walk = _Walk()
    async with reading(database) as reads:
        of = await reads.scalar(select(func.count()).select_from(Seal)) or 0
    while True:
        async with reading(database) as reads:
            rows = await _stretch(reads, after=walk.seq)
            if not rows:
                walk.faults += await _never_sealed(reads)
                break
        for row, event, detail in rows:
            walk.step(row, event, detail)
        if progress is not None:
            await progress(walk.checked, max(of, walk.checked))
    return Report(walk.checked, walk.seq, walk.previous, tuple(walk.faults))


async def read(session: AsyncSession, *, after: int, limit: int = 500) -> list[tuple[int, Event]]:
    """Events in commit order, from the one after the seal numbered `after`."""
    rows = await session.execute(
        select(Seal.seq, Event)
        .join(Event, Event.id == Seal.event_id)
        .where(Seal.seq > after)
        .order_by(Seal.seq)
        .limit(limit)
    )
    return [(seq, event) for seq, event in rows]


def time_of(event_id: UUID) -> datetime:
    """When a UUIDv7 was made, to the millisecond."""
    return datetime.fromtimestamp((event_id.int >> 80) / 1000, UTC)


@dataclass(slots=True)
class _Walk:
    """Going along the chain. `expected` is what the last seal's hash should have been."""

    checked: int = 0
    seq: int = 0
    previous: str = GENESIS
    expected: str = GENESIS
    is_broken: bool = False  # seals are missing before the next one
    youngest: datetime = _LONG_AGO
    faults: list[Fault] = field(default_factory=list)

    def step(self, row: Seal, event: Event | None, detail: EventDetail | None) -> None:
        """Take the next seal in order."""
        self.checked += 1
        self.is_broken = row.seq != self.seq + 1
        if self.is_broken:
            missing = f"seals {self.seq + 1} to {row.seq - 1} are missing"
            self._found(FaultKind.SEAL_REMOVED, self.seq + 1, None, missing)
        expected = row.hash
        if event is None:
            self._found(FaultKind.REMOVED, row.seq, row.event_id, "the event is gone")
        else:
            expected = self._link(row, event)
            self._look_at(row.seq, event, detail)
        self.youngest = max(self.youngest, time_of(row.event_id))
        self.seq, self.previous, self.expected = row.seq, row.hash, expected

    def _link(self, row: Seal, event: Event) -> str:
        """The hash the seal should have; notes where it has another."""
        right = link(self.previous, row.seq, row.event_id, event.digest)
        if self.is_broken or right == row.hash:
            return row.hash
        if link(self.expected, row.seq, row.event_id, event.digest) == row.hash:
            # This seal was made after the right one: it is the one before that was changed.
            before = self.faults.pop()
            self._found(FaultKind.SEAL_EDITED, before.seq, before.event_id, "its hash was edited")
            return row.hash
        self._found(FaultKind.EDITED, row.seq, event.id, "its seal does not fit it")
        return right

    def _look_at(self, seq: int, event: Event, detail: EventDetail | None) -> None:
        told = self.faults[-1].seq if self.faults else None
        if events.digest(event) != event.digest and told != seq:
            self._found(FaultKind.EDITED, seq, event.id, "its digest does not fit it")
        if detail is not None and event.personal_digest is None:
            self._found(FaultKind.DETAIL_INSERTED, seq, event.id, "it had no detail")
        elif detail is not None and events.personal_digest(detail) != event.personal_digest:
            self._found(FaultKind.DETAIL_EDITED, seq, event.id, "its detail was edited")
        if self.youngest - time_of(event.id) > LATE:
            self._found(FaultKind.INSERTED, seq, event.id, _late(event, self.youngest))

    def _found(self, kind: FaultKind, seq: int | None, event_id: UUID | None, said: str) -> None:
        self.faults.append(Fault(kind, seq, event_id, said))


def _late(event: Event, youngest: datetime) -> str:
    return f"made at {time_of(event.id):%F %T} but sealed after events of {youngest:%F %T} (UTC)"


async def _never_sealed(session: AsyncSession) -> list[Fault]:
    """Events from before the sealer's window that have no seal."""
    edge = _edge(await _last(session))
    rows = await session.execute(
        select(Event.id)
        .outerjoin(Seal, Seal.event_id == Event.id)
        .where(Seal.seq.is_(None), Event.id < edge)
        .order_by(Event.id)
        .limit(BATCH)
    )
    told = "it was never sealed: inserted after the fact"
    return [Fault(FaultKind.INSERTED, None, event_id, told) for (event_id,) in rows]


async def _stretch(
    session: AsyncSession, *, after: int
) -> list[tuple[Seal, Event | None, EventDetail | None]]:
    """The next seals, each with its event and the event's detail where they still exist."""
    rows = await session.execute(
        select(Seal, Event, EventDetail)
        .outerjoin(Event, Event.id == Seal.event_id)
        .outerjoin(EventDetail, EventDetail.event_id == Event.id)
        .where(Seal.seq > after)
        .order_by(Seal.seq)
        .limit(BATCH)
    )
    return [(row, event, detail) for row, event, detail in rows]


async def _last(session: AsyncSession) -> Seal | None:
    return await session.scalar(select(Seal).order_by(Seal.seq.desc()).limit(1))


def _edge(last: Seal | None) -> UUID:
    """The smallest id an event may have that is still to be sealed."""
    if last is None:
        return _ZERO
    # Not by a clock that runs ahead: what others write would fall out of the window.
    since = min(time_of(last.event_id), clock.now()) - WINDOW
    return UUID(int=max(int(since.timestamp() * 1000), 0) << 80)


async def _unsealed(
    session: AsyncSession, *, since: UUID, limit: int
) -> Sequence[tuple[UUID, str]]:
    rows = await session.execute(
        select(Event.id, Event.digest)
        .outerjoin(Seal, Seal.event_id == Event.id)
        .where(Seal.seq.is_(None), Event.id >= since)
        .order_by(Event.id)
        .limit(limit)
    )
    return [(event_id, digest) for event_id, digest in rows]


async def _is_alone(session: AsyncSession) -> bool:
    """Keep other sealers out until the transaction ends; SQLite has one writer anyway."""
    if session.get_bind().dialect.name != "postgresql":
        return True
    return bool(await session.scalar(select(func.pg_try_advisory_xact_lock(_LOCK))))
