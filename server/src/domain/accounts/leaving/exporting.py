"""Everything that is stored of a person, in one ZIP of JSON and files, made in the worker.

    exporting.source("bookings", read)      read(session, user_id) -> what goes into bookings.json
    exporting.files("files", find)          find(session, user_id) -> files to put beside it

Each domain registers its own, beside itself; each is read in a short transaction of its own.
"""

from __future__ import annotations

import asyncio
import tempfile
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import events, operations, outbox
from src.core.actor import Actor
from src.core.db import Database, reading
from src.core.errors import Unauthenticated
from src.core.language import gettext as _
from src.core.operations import Operation
from src.core.storage import ObjectMissing, Storage

EXPORT = outbox.topic("accounts.export-own", queue="reports", max_attempts=3, time_limit=600.0)
CHUNK = 256 * 1024
IN_MEMORY = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of theirs: its name in the ZIP, and where its bytes are."""

    name: str
    key: str


Read = Callable[[AsyncSession, UUID], Awaitable[Any]]
Find = Callable[[AsyncSession, UUID], Awaitable[Sequence[StoredFile]]]
Progress = Callable[[int, int], Awaitable[None]]

_sources: dict[str, Read] = {}
_files: dict[str, Find] = {}


def source(name: str, read: Read) -> None:
    """Register what a domain holds of a person: it becomes `<name>.json`."""
    if name in _sources:
        raise ValueError(f"{name!r} is registered twice")
    _sources[name] = read


def files(name: str, find: Find) -> None:
    """Register files of a person: they go into the folder `<name>`."""
    if name in _files:
        raise ValueError(f"{name!r} is registered twice")
    _files[name] = find


def sources() -> Mapping[str, Read]:
    """What is registered, for a test that nothing is forgotten."""
    return _sources


async def start(session: AsyncSession, actor: Actor) -> Operation:
    """Have one's own data collected; the file is for oneself alone, for a week."""
    if actor.user_id is None:
        raise Unauthenticated(_("Log in as a person."))
    payload = {"user_id": str(actor.user_id)}
    operation = await operations.start(session, actor, EXPORT, payload, of=len(_sources) + 1)
    events.record(session, actor, "user.data_exported", ("user", actor.user_id))
    return operation


async def chunks(
    database: Database, storage: Storage, user_id: UUID, progress: Progress
) -> AsyncIterator[bytes]:
    """The bytes of the ZIP. What is large waits on the disk, not in memory."""
    of = len(_sources) + 1
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as spool:
        with zipfile.ZipFile(spool, "w", zipfile.ZIP_DEFLATED) as archive:
            for done, (name, read) in enumerate(_sources.items(), start=1):
                async with reading(database) as reads:
                    found = await read(reads, user_id)
                # Compressing is work for a thread: the loop belongs to all jobs.
                await asyncio.to_thread(archive.writestr, f"{name}.json", _json(found))
                await progress(done, of)
            for folder, find in _files.items():
                async with reading(database) as reads:
                    wanted = await find(reads, user_id)
                await _add(archive, storage, folder, wanted)
        await progress(of, of)
        spool.seek(0)
        while piece := spool.read(CHUNK):
            yield piece


async def _add(
    archive: zipfile.ZipFile, storage: Storage, folder: str, wanted: Sequence[StoredFile]
) -> None:
    for number, one in enumerate(wanted, start=1):
        try:
            opened = await storage.open(one.key)
        except ObjectMissing:
            continue  # it was swept meanwhile
        # Two files may have one name.
        target: IO[bytes]
        with archive.open(f"{folder}/{number:04}-{one.name}", "w") as target:
            async for piece in opened.chunks:
                await asyncio.to_thread(target.write, piece)


def _json(found: Any) -> bytes:  # noqa: ANN401 - whatever JSON can say
    return orjson.dumps(found, default=str, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z)
