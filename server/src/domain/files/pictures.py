"""Pictures are shown drawn anew and small; the worker makes them, while no transaction is open.

load | send | record: `original`, `prepare`, `settle`. What is sent in is held until then. What
cannot be decoded is said to be refused, and its bytes stay for those who keep the object's files.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import cache, clock, events, ids, outbox
from src.core.actor import SYSTEM
from src.core.storage import Storage
from src.domain.files import kinds, metadata, repository, rules, topics
from src.domain.files.errors import PictureTooLarge, PictureUnreadable
from src.domain.files.policy import Subject
from src.domain.files.tables import File, Picture, PictureState, Rendition

if TYPE_CHECKING:
    from src.domain.files import pixels

HEAD = 256 * 1024  # bytes in which most headers end
MOST_BYTES = 30 * kinds.MB  # of a picture that is decoded; larger ones are data
GAVE_UP = "gave-up"


@dataclass(frozen=True, slots=True)
class Original:
    """A picture to be worked on: where its bytes lie, and what is to become of it."""

    file_id: UUID
    key: str
    sha256: str
    size: int
    content_type: str
    is_redrawn: bool
    is_square: bool
    is_stripped: bool


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes that were stored for a picture; `width` in picture points, where it was drawn."""

    key: str
    sha256: str
    size: int
    content_type: str
    width: int = 0


@dataclass(frozen=True, slots=True)
class Prepared:
    """What came of it: the bytes that take the place of the file's own, and the small ones."""

    original: Original
    whole: Part | None = None
    small: tuple[Part, ...] = ()
    width: int | None = None
    height: int | None = None
    fault: str | None = None


def group_of(subject: Subject) -> str:
    """What is cached of the pictures of an object; dropped by the commit that changes them."""
    return f"files.pictures:{subject[0]}:{subject[1]}"


async def examine(storage: Storage, key: str, size: int) -> None:
    """Read the header of a picture that is being sent. Raises `PictureUnreadable`, `PictureTooLarge`."""
    from src.domain.files import pixels  # noqa: PLC0415 - only where a picture is worked on

    opened = await storage.open(key, end=min(size, HEAD))
    head = b"".join([chunk async for chunk in opened.chunks])
    try:
        await asyncio.to_thread(pixels.examine, head)
    except PictureUnreadable:  # some formats have their header anywhere
        if size <= HEAD:
            raise
        whole = await storage.read(key, limit=MOST_BYTES)
        await asyncio.to_thread(pixels.examine, whole)


async def expect(
    session: AsyncSession, file_id: UUID, kind: str, content_type: str, *, is_old: bool = False
) -> Picture | None:
    """Have a file that is a picture prepared; None for what is none."""
    if content_type not in kinds.PICTURES:
        return None
    is_redrawn = kinds.is_redrawn(kind, content_type)
    state = PictureState.WAITING if is_redrawn else PictureState.KEPT
    picture = Picture(file_id=file_id, state=state)
    session.add(picture)
    payload = {"file_id": str(file_id)} | ({"is_old": True} if is_old else {})
    await outbox.publish(session, topics.PREPARE, payload)
    return picture


async def expect_old(session: AsyncSession) -> int:
    """Have pictures prepared that were stored before there was this; at most 500. How many."""
    found = await repository.pictures_from_before(session)
    for file_id, kind, content_type in found:
        await expect(session, file_id, kind, content_type, is_old=True)
    return len(found)


async def original(session: AsyncSession, file_id: UUID, *, is_old: bool) -> Original | None:
    """What is to be prepared; None where that was done, or the file is gone."""
    row = await repository.find(session, file_id)
    if row is None:
        return None
    file, blob, picture = row
    if picture is None or picture.width is not None:
        return None
    kind = kinds.registered.get(file.kind)
    return Original(
        file_id=file_id,
        key=blob.key,
        sha256=blob.sha256,
        size=blob.size,
        content_type=blob.content_type,
        is_redrawn=kinds.is_redrawn(file.kind, blob.content_type),
        is_square=kind is not None and kind.is_square,
        is_stripped=is_old and blob.content_type in metadata.STRIPPED,
    )


async def prepare(storage: Storage, original: Original) -> Prepared:
    """Decode, draw and store. Nothing is open meanwhile; a second time does no harm."""
    from src.domain.files import pixels  # noqa: PLC0415 - only where a picture is worked on

    kept = await _strip(storage, original) if not original.is_redrawn else None
    if original.size > MOST_BYTES:
        return Prepared(original, kept, fault=PictureTooLarge.code)
    content = await storage.read(original.key, limit=MOST_BYTES)
    try:
        drawn = await asyncio.to_thread(pixels.draw, content, is_square=original.is_square)
    except (PictureUnreadable, PictureTooLarge) as refusal:
        return Prepared(original, kept, fault=refusal.code)
    whole = await _store(storage, drawn.whole) if original.is_redrawn else kept
    small = [await _store(storage, made) for made in drawn.small]
    return Prepared(original, whole, tuple(small), drawn.whole.width, drawn.whole.height)


async def _strip(storage: Storage, original: Original) -> Part | None:
    """The same picture points without metadata, where there was any."""
    if not original.is_stripped:
        return None
    key = _new_key(original.sha256)
    opened = await storage.open(original.key)
    stored = await storage.put(key, metadata.stripped(opened.chunks))
    if stored.sha256 == original.sha256:
        await storage.delete([key])
        return None
    return Part(key, stored.sha256, stored.size, original.content_type)


async def _store(storage: Storage, made: pixels.Made) -> Part:
    key = _new_key(hashlib.sha256(made.content).hexdigest())
    stored = await storage.put(key, made.content)
    return Part(key, stored.sha256, stored.size, made.content_type, made.width)


def _new_key(sha256: str) -> str:
    return f"blobs/{sha256[:2]}/{sha256}-{ids.new().hex}"


async def settle(session: AsyncSession, prepared: Prepared) -> PictureState | None:
    """Write down what was prepared, and let it be seen; None where the file is gone by now."""
    file = await repository.locked(session, prepared.original.file_id)
    if file is None or file.sha256 != prepared.original.sha256:
        return None
    picture = await session.get(Picture, file.id)
    if picture is None:
        return None
    spare: list[str] = []
    if prepared.whole is not None:
        await _replace(session, file, prepared.whole, spare)
    for part in prepared.small:
        await _claim(session, part, spare)
        session.add(Rendition(file_id=file.id, width=part.width, sha256=part.sha256))
    if prepared.original.is_redrawn:
        picture.state = PictureState.REFUSED if prepared.fault else PictureState.READY
    picture.width, picture.height = prepared.width, prepared.height
    picture.fault, picture.settled_at = prepared.fault, clock.now()
    _tell(session, file, picture)
    if spare:
        await outbox.publish(session, topics.REMOVE, {"keys": spare})
    return picture.state


async def _replace(session: AsyncSession, file: File, part: Part, spare: list[str]) -> None:
    """Let other bytes be the file's; nobody names the former ones any more."""
    await _claim(session, part, spare)
    file.name = rules.renamed(file.name, part.content_type)
    file.sha256 = part.sha256


async def _claim(session: AsyncSession, part: Part, spare: list[str]) -> None:
    kept = await repository.claim_blob(
        session,
        sha256=part.sha256,
        key=part.key,
        size=part.size,
        content_type=part.content_type,
    )
    if kept != part.key:
        spare.append(part.key)


async def give_up(session: AsyncSession, file_id: UUID) -> None:
    """Write down that the worker could not prepare it, however often it tried."""
    file = await repository.locked(session, file_id)
    picture = await session.get(Picture, file_id)
    if file is None or picture is None or picture.width is not None:
        return
    if picture.state is PictureState.WAITING:
        picture.state = PictureState.REFUSED
    picture.fault, picture.settled_at = GAVE_UP, clock.now()
    _tell(session, file, picture)


def _tell(session: AsyncSession, file: File, picture: Picture) -> None:
    verb = "file.prepared" if picture.fault is None else "file.refused"
    changes = {
        "subject": [file.subject_type, str(file.subject_id)],
        "sha256": file.sha256,
        "fault": picture.fault,
    }
    events.record(session, SYSTEM, verb, ("file", file.id), changes=changes)
    cache.stale(session, group_of((file.subject_type, file.subject_id)))
