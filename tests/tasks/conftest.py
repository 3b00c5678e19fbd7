"""Workers of the test's own, with handlers of the test's own, in a hurry."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from src.core import outbox
from src.core.db import Database, reading, transaction
from src.core.outbox import Message, State, Topic
from src.core.settings import Settings
from src.tasks import queue
from src.tasks.delivery import Pace
from src.tasks.handlers import Registry
from src.tasks.worker import Worker
from tests.support import servers
from tests.support.databases import Kind

HURRY = Pace(lease=0.6, sweep=0.05, rehint=0.5, rehint_idle=0.1, schedule=0.1, gauges=0.1)
SETTLED = (State.DONE, State.FAILED, State.DEAD, State.DISMISSED)


class Bench:
    """A database with workers: publish, then wait for what becomes of it."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.settings = settings
        self.registry = Registry()
        self.workers: list[Worker] = []
        self.stack = AsyncExitStack()

    async def start(self, *, pace: Pace = HURRY, threads: int = 4) -> Worker:
        """Start a worker with the handlers registered so far; the first one gets the hints."""
        worker = await asyncio.to_thread(
            Worker, self.settings, pace=pace, threads=threads, handlers=self.registry
        )
        worker.start(queue.CLASSES)
        self.workers.append(worker)
        self.stack.push_async_callback(self.stop, worker)
        if len(self.workers) == 1:
            self.database.listeners[outbox.CHANNEL] = lambda hints: queue.send(worker.lanes, hints)
        return worker

    async def stop(self, worker: Worker, grace: float = 0.5) -> int:
        """Stop a worker once; how many jobs it gave back."""
        if worker.is_stopping:
            return 0
        return await asyncio.to_thread(worker.stop, grace)

    async def publish(
        self, topic: Topic, payload: dict[str, Any] | None = None, **more: Any
    ) -> int:
        """Publish one job in a transaction of its own."""
        async with transaction(self.database) as session:
            message_id = await outbox.publish(session, topic, payload or {}, **more)
        assert message_id is not None
        return message_id

    async def job(self, message_id: int) -> Message:
        """The row."""
        async with reading(self.database) as reads:
            found = await reads.get(Message, message_id)
        assert found is not None
        return found

    async def settled(self, message_id: int, *, seconds: float = 60) -> Message:
        """The row, once nothing more will happen to it."""

        async def is_settled() -> bool:
            return (await self.job(message_id)).state in SETTLED

        await eventually(is_settled, seconds=seconds, what=f"the end of job {message_id}")
        return await self.job(message_id)

    async def states(self, ids: Collection[int]) -> list[State]:
        """The states of several rows, by id."""
        async with reading(self.database) as reads:
            rows = await reads.execute(
                select(Message.state).where(Message.id.in_(ids)).order_by(Message.id)
            )
        return [state for (state,) in rows]


async def eventually(
    holds: Callable[[], Awaitable[bool]], *, seconds: float = 60, what: str = "it"
) -> None:
    """Poll until it holds; fail loudly when it does not."""
    try:
        async with asyncio.timeout(seconds):
            while not await holds():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"{what} did not come within {seconds} s") from None


@pytest.fixture
def broker(request: pytest.FixtureRequest, database_kind: Kind) -> dict[str, Any]:
    """Settings of the broker: none beside SQLite, Redis beside PostgreSQL."""
    if database_kind == "sqlite":
        return {}
    space: servers.Redis = request.getfixturevalue("redis_space")
    return {"redis_url": space.url, "redis_prefix": space.prefix}


@pytest.fixture
async def bench(
    database: Database, database_url: str, broker: dict[str, Any], tmp_path: Path
) -> AsyncIterator[Bench]:
    """A bench as for one person (embedded, SQLite) and as in production (Redis, PostgreSQL)."""
    settings = Settings(database_url=database_url, data_dir=tmp_path, **broker)
    made = Bench(database, settings)
    async with made.stack:
        yield made
