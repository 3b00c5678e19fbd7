"""The worker as a process: signals, health, freezing, servers that go away, and exit codes."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from src.core.db import Database, create_database
from src.core.outbox import State
from tests.support import servers
from tests.support.databases import create_schema, on_postgresql, on_sqlite
from tests.tasks.conftest import eventually
from tests.tasks.processes import Yard, parsed, yard
from tests.tasks.worker_of_ours import INSIDE, LONG, PACE

pytestmark = pytest.mark.faults


@pytest.fixture
def ours(
    database: Database, database_url: str, redis_space: servers.Redis, tmp_path: Path
) -> Iterator[Yard]:
    """A yard on the run's Redis."""
    with yard(
        database,
        tmp_path,
        database_url=database_url,
        redis_url=redis_space.url,
        redis_prefix=redis_space.prefix,
    ) as made:
        yield made


async def ready(ours: Yard, *, grace: int = 5) -> None:
    """Start a worker and wait until it says that it is ready."""
    process = ours.worker(grace=grace)

    async def is_ready() -> bool:
        return await asyncio.to_thread(process.is_ready)

    await eventually(is_ready, seconds=90, what="the worker's start")


async def running(ours: Yard, number: int = 1) -> None:
    """Wait until the outside has been told so often."""

    async def is_told() -> bool:
        return sum(ours.told().values()) >= number

    await eventually(is_told, seconds=60, what="what the outside is told")


async def done(ours: Yard, job: int, *, seconds: float = 60) -> None:
    async def is_done() -> bool:
        return (await ours.job(job)).state is State.DONE

    await eventually(is_done, seconds=seconds, what=f"the end of job {job}")


@on_postgresql
async def test_at_sigterm_a_short_job_ends_and_a_long_one_is_given_back(ours: Yard) -> None:
    await ready(ours, grace=6)  # that long it can be seen ending, however slow the machine is
    [process] = ours.processes
    assert parsed(process.get("/healthz")[1]) == {"status": "ok"}
    assert "aliquot_jobs_in_flight" in process.get("/metrics")[1]
    short = await ours.publish(LONG, n=1, seconds=1.0)
    long = await ours.publish(LONG, n=2, seconds=60)
    await running(ours, 2)
    process.running.send_signal(signal.SIGTERM)

    seen: list[tuple[int, str]] = []

    async def is_not_ready() -> bool:
        assert process.running.poll() is None, f"it ended unseen: {seen[-5:]} {process.said()}"
        status, body = await asyncio.to_thread(process.get, "/readyz")
        seen.append((status, body))
        return status == 503 and list(parsed(body)["parts"]) == ["process"]

    try:
        await eventually(is_not_ready)
    except AssertionError as error:
        raise AssertionError(f"{error}: {seen[-5:]} {process.said()}") from error
    assert process.get("/healthz")[0] == 200
    assert await asyncio.to_thread(process.running.wait, 60) == 0
    finished, returned = await ours.job(short), await ours.job(long)
    assert (finished.state, finished.attempts) == (State.DONE, 1)
    assert (returned.state, returned.attempts) == (State.QUEUED, 0)
    assert await ours.effects() == {1: 1}


@on_sqlite
async def test_a_signal_that_another_thread_takes_is_noticed_too(ours: Yard) -> None:
    await ready(ours)
    await done(ours, await ours.publish(INSIDE, n=1))
    [process] = ours.processes
    threads = [int(task.name) for task in Path(f"/proc/{process.running.pid}/task").iterdir()]
    os.kill(max(threads), signal.SIGTERM)  # Linux gives it to that thread, the main one sleeps on
    assert await asyncio.to_thread(process.running.wait, 60) == 0


@on_postgresql
async def test_a_worker_frozen_past_its_lease_changes_nothing_when_it_wakes(ours: Yard) -> None:
    await ready(ours)
    [frozen] = ours.processes
    job = await ours.publish(LONG, n=1, seconds=1.0)
    await running(ours)
    frozen.freeze()
    await ready(ours)
    await done(ours, job)
    frozen.thaw()
    settled = await ours.job(job)
    assert settled.attempts == 2
    await asyncio.sleep(PACE.lease)  # it has every chance to do harm
    assert await ours.effects() == {1: 1}
    again = await ours.job(job)
    assert (again.attempts, again.finished_at) == (settled.attempts, settled.finished_at)
    assert ours.told() == {f"job-{job}-send": 2}
    assert await asyncio.to_thread(frozen.terminate) == 0


async def test_a_database_that_restarts_is_waited_for(
    redis_space: servers.Redis, tmp_path: Path
) -> None:
    try:
        postgres = servers.OwnPostgres()
    except servers.NoServerError as error:
        servers.missing("postgresql", error)
    with postgres:
        url = postgres.url()
        create_schema(url)
        database = create_database(url)
        with yard(
            database,
            tmp_path,
            database_url=url,
            redis_url=redis_space.url,
            redis_prefix=redis_space.prefix,
        ) as ours:
            await ready(ours)
            job = await ours.publish(LONG, n=1, seconds=1.0)
            await running(ours)
            await asyncio.to_thread(postgres.kill)
            [process] = ours.processes
            status, body = await asyncio.to_thread(process.get, "/readyz")
            parts = parsed(body)["parts"]
            assert status == 503
            assert [name for name, part in parts.items() if not part["ok"]] == ["database"]
            assert process.get("/healthz")[0] == 200
            await asyncio.to_thread(postgres.start)
            await done(ours, job)
            assert await ours.effects() == {1: 1}
        await database.dispose()


@on_sqlite
async def test_a_locked_sqlite_file_is_waited_for(ours: Yard) -> None:
    await ready(ours)
    jobs = [await ours.publish(INSIDE, n=n) for n in range(1, 5)]
    path = ours.settings.database.partition("///")[2]
    locker = sqlite3.connect(path, isolation_level=None)
    locker.execute("BEGIN IMMEDIATE")
    await asyncio.sleep(6)  # longer than anybody's busy_timeout
    locker.execute("COMMIT")
    locker.close()
    for job in jobs:
        await done(ours, job)
    assert await ours.effects() == dict.fromkeys(range(1, 5), 1)


@pytest.mark.parametrize(
    ("environment", "code", "sentence"),
    [
        ({"REDIS_URL": ""}, 2, "set REDIS_URL"),
        ({"ALIQUOT_QUEUES": "reports,mails"}, 2, "ALIQUOT_QUEUES names mails"),
        ({"PORT": "many"}, 2, "the settings are not right"),
        ({"DATABASE_URL": "postgresql://x@127.0.0.1:1/x"}, 3, "the database does not answer"),
        ({"REDIS_URL": "redis://127.0.0.1:1/0"}, 4, "Redis does not answer"),
    ],
)
@on_sqlite
def test_a_worker_that_cannot_start_says_why(
    ours: Yard, environment: dict[str, str], code: int, sentence: str
) -> None:
    process = ours.worker(patience=0, environment=environment)
    assert process.running.wait(60) == code
    assert sentence in process.said()
    assert "Traceback" not in process.said()


@on_sqlite
async def test_a_taken_health_port_is_named(ours: Yard) -> None:
    await ready(ours)
    taken = {"ALIQUOT_WORKER_HEALTH_PORT": str(ours.processes[0].port)}
    second = ours.worker(environment=taken)
    assert await asyncio.to_thread(second.running.wait, 60) == 5
    assert f"127.0.0.1:{second.port} cannot be opened" in second.said()


@on_sqlite
async def test_a_second_signal_does_not_wait(ours: Yard) -> None:
    await ready(ours, grace=60)
    job = await ours.publish(LONG, n=1, seconds=60)
    await running(ours)
    [process] = ours.processes
    began = time.monotonic()
    for _ in range(2):
        process.running.send_signal(signal.SIGINT)
        await asyncio.sleep(0.3)
    assert await asyncio.to_thread(process.running.wait, 50) == 0
    assert time.monotonic() - began < 40, "it waited for its job's sixty seconds"
    assert (await ours.job(job)).state is State.QUEUED
