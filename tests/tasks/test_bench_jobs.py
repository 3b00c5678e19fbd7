"""How long a job takes to start: printed, not asserted. `make bench`."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Any

import pytest

from src.core.db import Database, transaction
from src.core.outbox import Topic, publish
from src.core.settings import Settings
from src.tasks.delivery import Pace
from src.tasks.handlers import Inside, Job
from tests.support import servers
from tests.support.databases import Kind
from tests.tasks.conftest import Bench

pytestmark = pytest.mark.bench

TOPIC = Topic("bench.job", "notifications")
TIMES = 200


def told(name: str, seconds: list[float]) -> None:
    """Median and 95th percentile in milliseconds."""
    ordered = sorted(seconds)
    p50, p95 = statistics.median(ordered), ordered[int(len(ordered) * 0.95)]
    print(f"\n{name}: p50 {p50 * 1000:.1f} ms, p95 {p95 * 1000:.1f} ms ({len(ordered)} jobs)")


@pytest.mark.parametrize("with_redis", [False, True], ids=["embedded", "redis"])
async def test_from_commit_to_start_when_idle(
    with_redis: bool,
    database: Database,
    database_url: str,
    database_kind: Kind,
    redis_space: servers.Redis,
    tmp_path: Path,
) -> None:
    broker: dict[str, Any] = {}
    if with_redis:
        broker = {"redis_url": redis_space.url, "redis_prefix": redis_space.prefix}
    settings = Settings(database_url=database_url, data_dir=tmp_path, **broker)
    bench = Bench(database, settings)
    started: dict[int, float] = {}

    async def note(_session: Any, payload: dict[str, Any], _job: Job) -> None:
        started[payload["n"]] = time.perf_counter()

    bench.registry.add(Inside(TOPIC, note))
    waits = []
    async with bench.stack:
        await bench.start(pace=Pace())
        for n in range(TIMES):
            async with transaction(database) as session:
                job = await publish(session, TOPIC, {"n": n})
            committed = time.perf_counter()
            assert job is not None
            await bench.settled(job)
            waits.append(started[n] - committed)
    broker_name = "Redis" if with_redis else "embedded"
    told(f"commit to handler, {broker_name}, {database_kind}", waits)


async def test_a_backlog_is_worked_off(
    database: Database,
    database_url: str,
    database_kind: Kind,
    redis_space: servers.Redis,
    tmp_path: Path,
) -> None:
    settings = Settings(
        database_url=database_url,
        data_dir=tmp_path,
        redis_url=redis_space.url,
        redis_prefix=redis_space.prefix,
    )
    bench = Bench(database, settings)
    done = 0

    async def count(_session: Any, _payload: dict[str, Any], _job: Job) -> None:
        nonlocal done
        done += 1

    bench.registry.add(Inside(TOPIC, count))
    async with transaction(database) as session:
        jobs = [await publish(session, TOPIC, {}) for _ in range(1000)]
    async with bench.stack:
        began = time.perf_counter()
        await bench.start(pace=Pace())
        assert jobs[-1] is not None
        await bench.settled(jobs[-1], seconds=120)
        took = time.perf_counter() - began
    print(f"\na backlog of {len(jobs)}, Redis, {database_kind}: {done / took:.0f} jobs a second")
