"""Bytes that nobody names any more: found, and removed after the commit that let them go.

A key of the store is used once, so what no row names can be removed whenever it is found, except
while it is being uploaded: what is younger than a day is left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, outbox
from src.core.storage import Storage
from src.domain.files import repository, topics

KEPT_AFTER_DELETION = timedelta(days=30)
LEFT_ALONE = timedelta(days=1)
FOLDERS = tuple(f"blobs/{number:02x}" for number in range(256))
KEYS_PER_JOB = 100


async def sweep(session: AsyncSession) -> dict[str, int]:
    """Forget files deleted 30 days ago, and the bytes no file names; at most 500 of each."""
    forgotten = await repository.forget_deleted(session, clock.now() - KEPT_AFTER_DELETION)
    keys = await repository.take_unused(session)
    await _remove_later(session, keys)
    return {"files": forgotten, "blobs": len(keys)}


def folders_of(hour: int) -> list[str]:
    """Where to search in that hour of the day: the whole store within a day."""
    return ["incoming", *FOLDERS[hour * 256 // 24 : (hour + 1) * 256 // 24]]


async def search(storage: Storage, folders: Sequence[str]) -> list[str]:
    """The keys in these folders that are older than a day. No transaction is open."""
    before = clock.now() - LEFT_ALONE
    return [
        entry.key
        for folder in folders
        async for entry in storage.list(folder)
        if entry.modified_at < before
    ]


async def remove_unnamed(session: AsyncSession, keys: Sequence[str]) -> int:
    """Have those of `keys` removed that no row names; how many."""
    orphans = await repository.unnamed(session, keys)
    await _remove_later(session, orphans)
    return len(orphans)


async def removable(session: AsyncSession, keys: Sequence[str]) -> list[str]:
    """Those of `keys` that still no row names: asked once more before bytes are destroyed."""
    return await repository.unnamed(session, keys)


async def _remove_later(session: AsyncSession, keys: Sequence[str]) -> None:
    for start in range(0, len(keys), KEYS_PER_JOB):
        part = list(keys[start : start + KEYS_PER_JOB])
        await outbox.publish(session, topics.REMOVE, {"keys": part})
