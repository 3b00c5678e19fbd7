"""What a worker says about itself: alive, ready, and its numbers."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import text

from src.core import migrations
from src.core.db import transaction
from src.core.outbox import State, Topic
from src.models.health import Readiness
from src.tasks.delivery import Pace
from src.tasks.handlers import Inside, Job
from src.tasks.health import Health
from src.tasks.worker import Worker
from tests.support import servers
from tests.support.databases import on_postgresql, on_sqlite
from tests.tasks.conftest import Bench, eventually

SLOW = Pace(lease=30, sweep=0.1, rehint_idle=0.1, schedule=0.1, gauges=0.1)
TOPIC = Topic("test.hang", "maintenance")


class Hang:
    """Blocks the loop, which a handler must never do."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.began = threading.Event()

    async def __call__(self, _session: Any, _payload: dict[str, Any], _job: Job) -> None:
        self.began.set()
        self.release.wait(30)


@pytest.fixture
def hang() -> Iterator[Hang]:
    """Released at the end at the latest."""
    made = Hang()
    yield made
    made.release.set()


@contextmanager
def port_of(worker: Worker) -> Iterator[int]:
    """Its health port."""
    port = servers.free_port()
    health = Health(worker, "127.0.0.1", port).start()
    try:
        yield port
    finally:
        health.stop()


def ask(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@on_sqlite
async def test_a_loop_that_hangs_is_reported_as_ill(
    bench: Bench, hang: Hang, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("src.tasks.worker.STUCK", 0.6)
    bench.registry.add(Inside(TOPIC, hang))
    worker = await bench.start(pace=SLOW)

    async def is_well() -> bool:
        return worker.illness() == []

    async def is_ill() -> bool:
        return any("the loop" in fault for fault in worker.illness())

    with port_of(worker) as port:
        await eventually(is_well)
        job = await bench.publish(TOPIC)
        await eventually(is_ill)
        status, body = ask(port, "/healthz")
        assert (status, json.loads(body)["status"]) == (503, "ill")
        hang.release.set()
        await bench.settled(job)
        await eventually(is_well)
        assert ask(port, "/healthz")[0] == 200


@on_sqlite
async def test_a_worker_whose_loop_hangs_ends_all_the_same(
    bench: Bench, hang: Hang, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("src.tasks.worker.LOOP_PATIENCE", 0.3)
    bench.registry.add(Inside(TOPIC, hang))
    worker = await bench.start(pace=SLOW)
    await bench.publish(TOPIC)

    async def hangs() -> bool:
        return hang.began.is_set()

    await eventually(hangs)
    began = time.monotonic()
    assert await bench.stop(worker, grace=0.1) == 0
    assert time.monotonic() - began < 15


@on_sqlite
async def test_an_older_schema_is_not_ready_and_a_newer_one_is(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = await bench.start()
    known = migrations.head()
    async with transaction(bench.database) as session:
        await session.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        await session.execute(text(f"INSERT INTO alembic_version VALUES ('{known}')"))
    with port_of(worker) as port:
        status, body = ask(port, "/readyz")
        ready = Readiness.model_validate_json(body)
        assert (status, ready.ready, set(ready.parts)) == (200, True, {"database", "broker"})
        monkeypatch.setattr(migrations, "head", lambda: "9999_later")
        status, body = ask(port, "/readyz")
        assert status == 503
        told = Readiness.model_validate_json(body)
        assert (told.ready, told.parts["database"].ok, told.parts["broker"].ok) == (
            False,
            False,
            True,
        )
        assert "aliquot migrate" in (told.parts["database"].detail or "")
        async with transaction(bench.database) as session:
            await session.execute(text("UPDATE alembic_version SET version_num = 'fffff'"))
        assert ask(port, "/readyz")[0] == 200


@on_postgresql
async def test_the_numbers_tell_what_needs_a_person(bench: Bench) -> None:
    async def refuse(_session: Any, _payload: dict[str, Any], _job: Job) -> None:
        raise RuntimeError("never")

    doomed = Topic("test.doomed", "reports", max_attempts=1)
    bench.registry.add(Inside(doomed, refuse))
    worker = await bench.start(pace=SLOW)
    assert (await bench.settled(await bench.publish(doomed))).state is State.DEAD
    wanted = 'aliquot_jobs{state="dead",topic="test.doomed"} 1.0'

    with port_of(worker) as port:

        async def is_told() -> bool:
            return wanted in ask(port, "/metrics")[1]

        await eventually(is_told)
        said = ask(port, "/metrics")[1]
        assert 'aliquot_job_attempts_total{outcome="dead",topic="test.doomed"}' in said
        assert ask(port, "/other")[0] == 404
