"""Seals: the place of every event in commit order, chained by hashes; and proving them.

Ids are given before the commit, so only the order of seals is the order in which events became
visible. A seal's hash covers its number, the hash before it and the event's digest: what is edited,
removed or slipped in later no longer fits, and `verify` says which.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import archives, clock, events, outbox
from src.core.chain import Fault, FaultKind, Report, Walk, first_id, link, time_of
from src.core.db import Database, reading
from src.core.events import Archive, Event, EventDetail, Seal
from src.core.language import mark
from src.core.storage import Storage

__all__ = ["BATCH", "VERIFY", "Fault", "FaultKind", "Report", "read", "seal", "time_of", "verify"]

# A transaction ends within a minute and the sealer runs every minute, so what is older than this
# and unsealed was not written by Aliquot. Longer than any clock should ever be off.
WINDOW = timedelta(days=1)
BATCH = 2000
VERIFY = outbox.topic("events.verify", queue="reports", max_attempts=3, time_limit=1800.0)
_LOCK = 0x616C6971  # "aliq"
_ZERO = UUID(int=0)

events.verb("events.verified", mark("The record was verified"), kind=events.Kind.ADMINISTRATION)


async def seal(session: AsyncSession, *, limit: int = BATCH) -> int:
    """Seal up to `limit` committed events; how many. 0 also while another sealer is at work."""
    if not await _is_alone(session):
        return 0
    last = await _last(session)
    waiting = await _unsealed(session, since=_edge(last), limit=limit)
    seq, previous = (last.seq, last.hash) if last is not None else await archives.end(session)
    made: list[dict[str, Any]] = []
    for event_id, digest in waiting:
        seq += 1
        previous = link(previous, seq, event_id, digest)
        made.append({"seq": seq, "event_id": event_id, "hash": previous})
    if made:
        await session.execute(insert(Seal), made)
    return len(made)


Progress = Callable[[int, int], Awaitable[None]]


async def verify(
    database: Database, *, storage: Storage | None = None, progress: Progress | None = None
) -> Report:
    """Read the whole chain and every event on it, in short steps; what does not fit, row by row.

    The chain begins in the archives, where there are some: they are read from `storage`.
    `progress` is told between the steps, outside any transaction, how many seals were read and
    how many there are; what it raises ends the reading. Errors: `StorageUnavailable`.
    """
    walk = Walk()
    async with reading(database) as reads:
        of, _ = await archives.end(reads)
        of += await reads.scalar(select(func.count()).where(Seal.seq > of)) or 0
    while True:
        async with reading(database) as reads:
            archive, rows = await _onward(reads, after=walk.seq)
            if archive is None and not rows:
                walk.faults += await _never_sealed(reads)
                walk.faults += await archives.untold(reads, walk)
                break
        if archive is not None:
            await archives.go_through(database, storage, archive, walk)
        for row, event, detail in rows:
            walk.step(row, event, detail)
        if progress is not None:
            await progress(walk.checked, max(of, walk.checked))
    return Report(walk.checked, walk.seq, walk.previous, tuple(walk.faults))


async def _onward(
    reads: AsyncSession, *, after: int
) -> tuple[Archive | None, list[tuple[Seal, Event | None, EventDetail | None]]]:
    """The archive that holds the next seal, else the next rows."""
    archive = await archives.holding(reads, after + 1)
    rows = [] if archive is not None else await _stretch(reads, after=after)
    if rows and rows[0][0].seq != after + 1:
        # Archived and removed between the two questions, or removed by somebody else.
        archive = await archives.holding(reads, after + 1)
        rows = [] if archive is not None else rows
    return archive, rows


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
    return first_id(since)


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
