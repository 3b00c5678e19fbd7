"""Archives of the record: a month of events in the object store, as compressed JSON Lines.

The first line tells where the chain comes from, the last one where it goes on; between them stands
one event a line with its number and hash, so that an archive is proved like the rows it replaced.
It holds nothing personal (`core.retention` deletes that before), so that erasure need not touch it.
`core.archiving` writes archives.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events
from src.core.actor import ActorKind
from src.core.chain import GENESIS, Fault, FaultKind, Walk
from src.core.db import Database, reading
from src.core.events import Archive, Event, Seal
from src.core.storage import ObjectMissing, Storage

FORMAT = "aliquot-events"
_GZIP = 31  # zlib's number for a gzip header and 15 bits
_LONGEST = 64 * 1024 * 1024  # bytes of a line; what is longer is no archive
# The sealer needs a minute; what nobody tells of after a day was not written by Aliquot.
_SEALED_BY_THEN = timedelta(days=1)

Row = tuple[Seal, Event]


class BadArchive(ValueError):
    """The stored bytes are not the archive that was written."""


def head(month: str, first_seq: int, previous_hash: str) -> dict[str, Any]:
    """The first line."""
    return {
        "format": FORMAT, "version": 1, "month": month,
        "first_seq": first_seq, "previous_hash": previous_hash,
    }  # fmt: skip


def foot(last_seq: int, last_hash: str) -> dict[str, Any]:
    """The last line."""
    return {"last_seq": last_seq, "last_hash": last_hash}


def line(row: Seal, event: Event) -> dict[str, Any]:
    """An event as it stands in an archive."""
    told = {column.key: getattr(event, column.key) for column in Event.__table__.columns}
    at = event.at.isoformat(timespec="microseconds")
    return {"seq": row.seq, "hash": row.hash, **told, "at": at}


def of_line(told: dict[str, Any]) -> Row:
    """The seal and the event of a line, bound to no session. Errors: `BadArchive`."""
    try:
        fields = dict(told)
        row = Seal(
            seq=int(fields.pop("seq")), hash=str(fields.pop("hash")), event_id=UUID(fields["id"])
        )
        for name in ("id", "actor_id", "subject_id"):
            fields[name] = UUID(fields[name]) if fields[name] is not None else None
        fields["at"] = datetime.fromisoformat(fields["at"])
        fields["actor_kind"] = ActorKind(fields["actor_kind"])
        return row, Event(**fields)
    except (KeyError, TypeError, ValueError) as error:
        raise BadArchive("a line is no event") from error


async def list_(reads: AsyncSession) -> list[Archive]:
    """Every archive, the newest first."""
    return list(await reads.scalars(select(Archive).order_by(Archive.first_seq.desc())))


async def holding(reads: AsyncSession, seq: int) -> Archive | None:
    """The archive in which the seal of that number is."""
    wanted = select(Archive).where(Archive.first_seq <= seq, Archive.last_seq >= seq)
    return await reads.scalar(wanted.limit(1))


async def last(reads: AsyncSession) -> Archive | None:
    """The newest archive."""
    return await reads.scalar(select(Archive).order_by(Archive.last_seq.desc()).limit(1))


async def end(reads: AsyncSession) -> tuple[int, str]:
    """The number and hash of the last seal that is archived; the chain's beginning before any."""
    found = await last(reads)
    return (found.last_seq, found.last_hash) if found is not None else (0, GENESIS)


async def rows(storage: Storage, archive: Archive, *, after: int = 0) -> AsyncIterator[list[Row]]:
    """What an archive holds, from the one after seal number `after`, in short steps.

    The bytes, the first and the last line are compared with what is known of the archive.
    Errors: `BadArchive`, `ObjectMissing`, `StorageUnavailable`.
    """
    async for found in _events(storage, archive):
        part = [of_line(each) for each in found if each.get("seq", 0) > after]
        if part:
            yield part


async def go_through(
    database: Database, storage: Storage | None, archive: Archive, walk: Walk
) -> None:
    """Let `walk` take the steps of an archive, and go on behind it whatever was found.

    Rows that are still, or again, in the database are compared with it.
    """
    if storage is None:
        raise RuntimeError("there are archives: say where objects are stored")
    before = len(walk.faults)
    said = None
    try:
        async for part in rows(storage, archive, after=walk.seq):
            for row, event in part:
                walk.step(row, event, None)
            walk.faults += await _differing(database, part)
        if (walk.seq, walk.previous) != (archive.last_seq, archive.last_hash):
            said = f"archive {archive.month}: it does not end as was recorded"
    except ObjectMissing:
        walk.found(
            FaultKind.ARCHIVE_MISSING, walk.seq + 1, None, f"archive {archive.month}: it is gone"
        )
    except BadArchive as error:
        said = f"archive {archive.month}: {error}"
    if said is not None and len(walk.faults) == before:
        walk.found(FaultKind.ARCHIVE_EDITED, archive.first_seq, None, said)
    walk.seq, walk.previous, walk.expected = archive.last_seq, archive.last_hash, archive.last_hash


async def untold(reads: AsyncSession, walk: Walk) -> list[Fault]:
    """Archives that the record itself, read to its end, tells nothing or something else of."""
    faults = []
    for archive in reversed(await list_(reads)):
        told = walk.told_archives.get(archive.id)
        if told is None and clock.now() - archive.created_at < _SEALED_BY_THEN:
            continue
        if told is None or told != facts(archive):
            said = "no event tells of it" if told is None else "its event tells otherwise"
            kind = FaultKind.ARCHIVE_EDITED
            faults.append(Fault(kind, archive.first_seq, None, f"archive {archive.month}: {said}"))
    return faults


def facts(archive: Archive) -> dict[str, Any]:
    """What the event of an archive tells of it."""
    names = (
        "month",
        "first_seq",
        "last_seq",
        "previous_hash",
        "last_hash",
        "key",
        "size",
        "sha256",
    )
    return {name: getattr(archive, name) for name in names}


async def _differing(database: Database, part: Iterable[Row]) -> list[Fault]:
    """Rows of the database that say something else than the archive."""
    kept = {row.seq: (row, event) for row, event in part}
    async with reading(database) as reads:
        found = await reads.execute(
            select(Seal, Event)
            .outerjoin(Event, Event.id == Seal.event_id)
            .where(Seal.seq.between(min(kept), max(kept)))
        )
        live: list[tuple[Seal, Event | None]] = [(row, event) for row, event in found]
    faults = []
    for row, event in live:
        true = kept.get(row.seq)
        if true is None or row.hash != true[0].hash or row.event_id != true[1].id:
            faults.append(Fault(FaultKind.SEAL_EDITED, row.seq, row.event_id, "archived otherwise"))
        elif event is not None and events.digest(event) != true[1].digest:
            faults.append(Fault(FaultKind.EDITED, row.seq, event.id, "archived otherwise"))
    return faults


async def _events(storage: Storage, archive: Archive) -> AsyncIterator[list[dict[str, Any]]]:
    digest = hashlib.sha256()
    first = head(archive.month, archive.first_seq, archive.previous_hash)
    is_begun, told = False, None
    async for lines in _lines(storage, archive.key, digest.update):
        found = [_decoded(raw) for raw in lines]
        if found and not is_begun:
            if found.pop(0) != first:
                raise BadArchive("its first line is another's")
            is_begun = True
        if found and "digest" not in found[-1]:
            told = found.pop()
        yield found
    if told != foot(archive.last_seq, archive.last_hash):
        raise BadArchive("its last line is another's")
    if digest.hexdigest() != archive.sha256:
        raise BadArchive("its bytes are not those that were stored")


async def _lines(
    storage: Storage, key: str, read: Callable[[bytes], object]
) -> AsyncIterator[list[bytes]]:
    opened = await storage.open(key)
    unpacked, tail = zlib.decompressobj(_GZIP), b""
    async for chunk in opened.chunks:
        read(chunk)
        try:
            *whole, tail = (tail + unpacked.decompress(chunk)).split(b"\n")
        except zlib.error as error:
            raise BadArchive("it cannot be unpacked") from error
        if len(tail) > _LONGEST:
            raise BadArchive("a line does not end")
        yield whole
    if not unpacked.eof or tail:
        raise BadArchive("it breaks off")


def _decoded(raw: bytes) -> dict[str, Any]:
    try:
        told = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise BadArchive("a line cannot be read") from error
    if not isinstance(told, dict):
        raise BadArchive("a line is no object")
    return told
