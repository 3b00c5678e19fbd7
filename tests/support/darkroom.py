"""What the worker does with pictures: done at once, or waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import delete, func, select

from src.core.db import Database, create_database, reading, transaction
from src.core.outbox import Message
from src.core.storage import Storage
from src.domain import files
from src.domain.files import PictureState, pixels
from src.domain.files.tables import Picture
from tests.support import servers
from tests.support.application import Lab


async def develop(database: Database, storage: Storage) -> list[PictureState | None]:
    """Prepare the pictures that wait for it; what became of them."""
    async with transaction(database) as session:
        taken = delete(Message).where(Message.topic == files.topics.PREPARE.name)
        payloads = (await session.scalars(taken.returning(Message.payload))).all()
    found: list[PictureState | None] = []
    for payload in payloads:
        async with reading(database) as reads:
            original = await files.pictures.original(
                reads, UUID(payload["file_id"]), is_old=payload.get("is_old", False)
            )
        if original is None:
            continue
        prepared = await files.pictures.prepare(storage, original)
        async with transaction(database) as session:
            found.append(await files.pictures.settle(session, prepared))
    return found


@contextmanager
def closed() -> Iterator[None]:
    """The worker of this process prepares no picture meanwhile."""
    with pixels._one_at_a_time:
        yield


def developed(lab: Lab) -> None:
    """Wait until the worker of a running application has prepared every picture."""

    async def run() -> None:
        database = create_database(lab.settings.database)
        waiting = select(func.count()).select_from(Picture).where(Picture.settled_at.is_(None))
        try:
            async with asyncio.timeout(60):
                while True:
                    async with reading(database) as reads:
                        if not await reads.scalar(waiting):
                            return
                    await asyncio.sleep(0.05)
        finally:
            await database.dispose()

    servers.in_thread(run)
