"""Archiving: whole months of the record leave the database for the object store.

A month is due when the longest retention has passed since its end. It is written, read again and
proved, and only then recorded: from there on triggers let its rows go, and no others.
A month that does not prove sound stays where it is.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import archives, chain, clock, events, ids, outbox
from src.core.actor import SYSTEM
from src.core.chain import Fault
from src.core.db import Database, reading
from src.core.errors import Conflict
from src.core.events import Archive, Event, EventDetail, Seal
from src.core.language import mark
from src.core.storage import Storage

FOLDER = "archives/events"
BATCH = 1000
REMOVED_AT_ONCE = 2000
ARCHIVE = outbox.topic("events.archive-month", queue="reports", max_attempts=3, time_limit=3600.0)
REMOVE = outbox.topic("events.remove-archived", queue="maintenance", max_attempts=5)

events.verb(chain.ARCHIVED, mark("A month went to the archive"), kind=events.Kind.ADMINISTRATION)

Progress = Callable[[int, int], Awaitable[None]]


class ArchiveUnsound(Conflict):
    """The month does not prove sound, so that it stays in the database; verify the record."""

    code, title = "archive-unsound", "This month of the record does not prove sound"


@dataclass(frozen=True, slots=True)
class Plan:
    """A stretch of the chain that is due: everything before the first seal of a later month."""

    month: str
    first_seq: int
    last_seq: int
    previous_hash: str
    before_id: UUID

    @property
    def key(self) -> str:
        """Where it is stored. An attempt that failed is written over."""
        return f"{FOLDER}/{self.month}.jsonl.gz"


async def due(reads: AsyncSession, *, before: datetime) -> Plan | None:
    """The oldest month that ended before `before` and is not archived; None where there is none.

    Stragglers, committed after the first event of the next month, go with that one.
    """
    newest = await archives.last(reads)
    seq, previous = await archives.end(reads)
    first = await reads.scalar(select(Seal).where(Seal.seq > seq).order_by(Seal.seq).limit(1))
    if first is None or first.seq != seq + 1:  # what is missing is for `verify` to tell
        return None
    start = month_of(chain.time_of(first.event_id))
    if newest is not None and start <= newest.month:
        start = following(newest.month)
    until = beginning(following(start))
    if until > before:
        return None
    edge = chain.first_id(until)
    beyond = await reads.scalar(
        select(Seal.seq).where(Seal.seq > seq, Seal.event_id >= edge).order_by(Seal.seq).limit(1)
    )
    if beyond is None or beyond == seq + 1:  # the last seal stays: the chain goes on from it
        return None
    return Plan(start, seq + 1, beyond - 1, previous, edge)


async def write(
    database: Database, storage: Storage, plan: Plan, *, progress: Progress | None = None
) -> Archive:
    """Store a month and prove what was stored; nothing is recorded yet.

    Errors: `ArchiveUnsound`, `StorageUnavailable`.
    """
    packed = _Packed(database, plan, progress)
    stored = await storage.put(plan.key, packed.chunks())
    archive = Archive(
        id=ids.new(), month=plan.month, first_seq=plan.first_seq, last_seq=plan.last_seq,
        previous_hash=plan.previous_hash, last_hash=packed.last_hash, before_id=plan.before_id,
        key=plan.key, size=stored.size, sha256=stored.sha256, created_at=clock.now(),
    )  # fmt: skip
    faults = await _faults(database, storage, archive)
    if faults:
        said = "; ".join(f"{fault.seq}: {fault.detail}" for fault in faults[:5])
        raise ArchiveUnsound(f"{plan.month}: {said}")
    return archive


async def keep(session: AsyncSession, archive: Archive) -> None:
    """Record an archive that was proved, and have its rows removed after the commit."""
    session.add(archive)
    subject = ("archive", archive.id)
    events.record(session, SYSTEM, "events.archived", subject, changes=archives.facts(archive))
    await outbox.publish(session, REMOVE, {})


async def remove(session: AsyncSession, *, limit: int = REMOVED_AT_ONCE) -> int:
    """Remove up to `limit` archived events, with what is beside them; how many.

    The triggers check each row once more.
    """
    seq, _ = await archives.end(session)
    rows = (
        await session.execute(
            select(Seal.seq, Seal.event_id).where(Seal.seq <= seq).order_by(Seal.seq).limit(limit)
        )
    ).all()
    if not rows:
        return 0
    gone = [row.event_id for row in rows]
    unsynchronised = {"synchronize_session": False}
    for statement in (
        delete(EventDetail).where(EventDetail.event_id.in_(gone)),
        delete(Seal).where(Seal.seq.between(rows[0].seq, rows[-1].seq)),
        delete(Event).where(Event.id.in_(gone)),
    ):
        await session.execute(statement, execution_options=unsynchronised)
    return len(rows)


def month_of(at: datetime) -> str:
    """The month of a time, in UTC: "2026-11"."""
    return f"{at.astimezone(UTC):%Y-%m}"


def beginning(month: str) -> datetime:
    """When a month begins, in UTC."""
    return datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)


def following(month: str) -> str:
    """The next month."""
    at = beginning(month)
    return f"{at.year + at.month // 12:04}-{at.month % 12 + 1:02}"


@dataclass(slots=True)
class _Packed:
    """A stretch of the chain as compressed lines, read in short steps."""

    database: Database
    plan: Plan
    progress: Progress | None
    last_hash: str = ""
    _packer: Any = field(default_factory=lambda: zlib.compressobj(9, zlib.DEFLATED, 31))

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes of the archive."""
        plan, seq = self.plan, self.plan.first_seq - 1
        yield self._line(archives.head(plan.month, plan.first_seq, plan.previous_hash))
        while seq < plan.last_seq:
            rows = await self._rows(seq)
            if not rows:
                raise ArchiveUnsound(f"{plan.month}: the event of seal {seq + 1} is missing")
            yield b"".join(self._line(archives.line(row, event)) for row, event in rows)
            seq, self.last_hash = rows[-1][0].seq, rows[-1][0].hash
            if self.progress is not None:
                await self.progress(seq - plan.first_seq + 1, plan.last_seq - plan.first_seq + 1)
        yield self._line(archives.foot(seq, self.last_hash)) + self._packer.flush()

    async def _rows(self, after: int) -> list[archives.Row]:
        async with reading(self.database) as reads:
            found = await reads.execute(
                select(Seal, Event)
                .join(Event, Event.id == Seal.event_id)
                .where(Seal.seq > after, Seal.seq <= self.plan.last_seq)
                .order_by(Seal.seq)
                .limit(BATCH)
            )
            return [(row, event) for row, event in found]

    def _line(self, told: dict[str, Any]) -> bytes:
        packed: bytes = self._packer.compress(orjson.dumps(told, default=str) + b"\n")
        return packed


async def _faults(database: Database, storage: Storage, archive: Archive) -> list[Fault]:
    """What of the stored archive does not fit, from the link before it to its last one."""
    walk = chain.Walk(
        seq=archive.first_seq - 1, previous=archive.previous_hash, expected=archive.previous_hash
    )
    await archives.go_through(database, storage, archive, walk)
    return walk.faults
