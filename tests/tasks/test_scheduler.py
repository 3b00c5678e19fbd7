"""Three schedulers at once, one of them killed, and a gap: no slot is missing, none is double."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from src.core import schedule
from src.core.actor import SYSTEM
from src.core.db import Database, reading, transaction
from src.core.outbox import Message, State, Topic
from src.core.schedule import Declaration, Times
from src.tasks.handlers import Inside, Job
from src.tasks.schedule import Scheduler
from tests.support.databases import on_sqlite
from tests.tasks.conftest import Bench, eventually

NAME = "test.secondly"
SECONDLY = Declaration(
    Topic(NAME, "maintenance", max_attempts=2, backoff_base=0.05), Times(interval=1), "A test."
)


@pytest.fixture(autouse=True)
def _declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "declared", {NAME: SECONDLY})


async def utc(_database: Database) -> ZoneInfo:
    return ZoneInfo("UTC")


async def slots(database: Database) -> list[datetime]:
    async with reading(database) as reads:
        payloads = await reads.scalars(select(Message.payload).order_by(Message.id))
        return [datetime.fromisoformat(payload["slot"]) for payload in payloads]


async def run_until(database: Database, number: int, schedulers: int) -> None:
    """Let so many schedulers run until there are `number` slots; the first one is killed early."""

    async def enough() -> bool:
        async with transaction(database) as session:  # somebody does the jobs
            await session.execute(update(Message).values(state=State.DONE))
        if len(await slots(database)) > 1:
            running[0].cancel()
        return len(await slots(database)) >= number

    async with AsyncExitStack() as stack:
        running = [
            asyncio.create_task(Scheduler(database, utc, 0.05).run()) for _ in range(schedulers)
        ]
        stack.callback(lambda: [task.cancel() for task in running])
        await eventually(enough)
    await asyncio.gather(*running, return_exceptions=True)


async def test_three_schedulers_and_a_gap_make_no_double_and_no_missing_run(
    database: Database,
) -> None:
    await run_until(database, 4, schedulers=3)
    found = await slots(database)
    assert {b - a for a, b in pairwise(found)} == {timedelta(seconds=1)}
    await asyncio.sleep(2.1)  # nobody schedules: of these slots the latest is made up for
    await run_until(database, len(found) + 2, schedulers=2)
    after = (await slots(database))[len(found) :]
    assert after[0] - found[-1] >= timedelta(seconds=2)
    assert {b - a for a, b in pairwise(after)} == {timedelta(seconds=1)}


@on_sqlite
async def test_periodic_work_runs_and_shows_how_it_went(bench: Bench) -> None:
    async def work(_session: Any, payload: dict[str, Any], job: Job) -> dict[str, Any]:
        if job.attempt == 1:
            raise RuntimeError("the first attempt")
        return {"slot": payload["slot"]}

    bench.registry.add(Inside(SECONDLY.topic, work))
    await bench.start()

    async def has_succeeded() -> bool:
        async with reading(bench.database) as reads:
            shown = await schedule.list_(reads, SYSTEM)
        return bool(shown) and shown[0].last_success_at is not None

    await eventually(has_succeeded)
    async with reading(bench.database) as reads:
        [shown] = await schedule.list_(reads, SYSTEM)
    assert shown.last_result is not None
    assert shown.last_started_at is not None
    assert shown.last_duration is not None
    assert shown.name == NAME
