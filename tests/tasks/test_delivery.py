"""From a published job to its effects: workers in this process, embedded and with Redis."""

from __future__ import annotations

import asyncio
import pickle
import time
from typing import Any

import pytest
import structlog
from sqlalchemy import func, insert, select, update

from src.core import clock, events, operations, schedule, sweep
from src.core.actor import SYSTEM
from src.core.db import reading, transaction
from src.core.errors import Conflict, Unavailable
from src.core.events import Event
from src.core.outbox import Message, State, Topic
from src.tasks import queue
from src.tasks.handlers import Inside, Job, Outside, current_job
from tests.support.databases import on_postgresql, on_sqlite
from tests.tasks.conftest import HURRY, Bench, eventually

QUICK = {"backoff_base": 0.05, "backoff_cap": 0.1}
EFFECT = Topic("test.effect", "maintenance", max_attempts=3, **QUICK)  # type: ignore[arg-type]
CALL = Topic("test.call", "notifications", max_attempts=3, **QUICK)  # type: ignore[arg-type]


async def effect(session: Any, payload: dict[str, Any], job: Job) -> dict[str, Any]:
    """Leaves a row behind, then fails as often as it was told."""
    events.record(session, job.actor, "test.effect", ("job", None), changes={"job": job.id})
    if job.attempt <= payload.get("failures", 0):
        raise RuntimeError("not yet")
    return {"attempt": job.attempt}


async def effects(bench: Bench) -> int:
    async with reading(bench.database) as reads:
        return await reads.scalar(select(func.count()).where(Event.verb != "job.died")) or 0


async def deaths(bench: Bench) -> list[Any]:
    async with reading(bench.database) as reads:
        return list(await reads.scalars(select(Event.changes).where(Event.verb == "job.died")))


class Outsider:
    """Something outside that is spoken to; it remembers what it was told."""

    def __init__(self, seconds: float = 0) -> None:
        self.seconds = seconds
        self.keys: list[str] = []
        self.failures = 0

    async def load(self, _session: Any, payload: dict[str, Any]) -> dict[str, Any] | None:
        return None if payload.get("obsolete") else payload

    async def send(self, _thing: dict[str, Any], *, key: str) -> str:
        self.keys.append(key)
        await asyncio.sleep(self.seconds)
        if len(self.keys) <= self.failures:
            raise Unavailable("The outside does not answer.")
        return "sent"

    async def record(self, session: Any, payload: dict[str, Any], sent: str) -> dict[str, Any]:
        events.record(session, SYSTEM, "test.sent", ("job", None))
        return {"said": sent}

    def handler(self, topic: Topic = CALL) -> Outside:
        return Outside(topic, self.load, self.send, self.record)


async def test_a_published_job_is_done_and_its_effect_happens_once(bench: Bench) -> None:
    bench.registry.add(Inside(EFFECT, effect))
    await bench.start()
    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        job = await bench.publish(EFFECT, {"failures": 2})
    done = await bench.settled(job)
    assert (done.state, done.attempts, done.result) == (State.DONE, 3, {"attempt": 3})
    assert await effects(bench) == 1  # those of the failed attempts are undone
    async with reading(bench.database) as reads:
        assert await reads.scalar(select(Event.request_id)) == "r-1"


@on_sqlite
async def test_a_refusal_of_the_domain_fails_for_good_and_says_why(bench: Bench) -> None:
    async def refuse(_session: Any, _payload: dict[str, Any], _job: Job) -> None:
        raise Conflict("It was cancelled in the meantime.")

    bench.registry.add(Inside(EFFECT, refuse))
    await bench.start()
    failed = await bench.settled(await bench.publish(EFFECT))
    assert (failed.state, failed.attempts) == (State.FAILED, 1)
    assert failed.error == "Conflict: It was cancelled in the meantime."


@on_sqlite
async def test_what_always_fails_is_dead_after_its_attempts(bench: Bench) -> None:
    bench.registry.add(Inside(EFFECT, effect))
    await bench.start()
    dead = await bench.settled(await bench.publish(EFFECT, {"failures": 99}))
    assert (dead.state, dead.attempts) == (State.DEAD, 3)
    assert dead.error == "RuntimeError: not yet"
    assert await effects(bench) == 0
    assert await deaths(bench) == [{"job_id": dead.id, "topic": EFFECT.name}]


async def test_the_outside_is_told_with_the_same_key_on_every_attempt(bench: Bench) -> None:
    outsider = Outsider()
    outsider.failures = 2
    bench.registry.add(outsider.handler())
    await bench.start()
    job = await bench.publish(CALL)
    done = await bench.settled(job)
    assert (done.state, done.result) == (State.DONE, {"said": "sent"})
    assert outsider.keys == [f"job-{job}-send"] * 3
    assert await effects(bench) == 1


@on_sqlite
async def test_what_is_no_longer_needed_is_not_sent(bench: Bench) -> None:
    outsider = Outsider()
    bench.registry.add(outsider.handler())
    await bench.start()
    done = await bench.settled(await bench.publish(CALL, {"obsolete": True}))
    assert (done.state, done.result) == (State.DONE, {"skipped": True})
    assert outsider.keys == []


async def test_a_handler_three_leases_long_is_not_stolen(bench: Bench) -> None:
    outsider = Outsider(seconds=3 * HURRY.lease)
    bench.registry.add(outsider.handler())
    await bench.start()
    await bench.start()
    done = await bench.settled(await bench.publish(CALL))
    assert (done.state, done.attempts) == (State.DONE, 1)
    assert len(outsider.keys) == 1


@on_sqlite
async def test_an_attempt_ends_at_its_time_limit(bench: Bench) -> None:
    limited = Topic("test.limited", "reports", max_attempts=1, time_limit=0.2)
    bench.registry.add(Outsider(seconds=30).handler(limited))
    await bench.start()
    dead = await bench.settled(await bench.publish(limited))
    assert dead.state is State.DEAD
    assert dead.error == "TimeoutError: it took longer than 0.2 s"


async def test_a_worker_that_ends_gives_its_jobs_back_for_another(bench: Bench) -> None:
    outsider = Outsider(seconds=30)
    bench.registry.add(outsider.handler())
    worker = await bench.start()
    job = await bench.publish(CALL)

    async def is_running() -> bool:
        return bool(outsider.keys)

    await eventually(is_running)
    began = time.monotonic()
    assert await bench.stop(worker, grace=0.2) == 1
    assert time.monotonic() - began < 20
    back = await bench.job(job)
    assert (back.state, back.attempts) == (State.QUEUED, 0)
    outsider.seconds = 0
    await bench.start()
    assert (await bench.settled(job)).attempts == 1


async def test_a_worker_that_ends_lets_a_short_job_finish(bench: Bench) -> None:
    outsider = Outsider(seconds=0.5)
    bench.registry.add(outsider.handler())
    worker = await bench.start()
    job = await bench.publish(CALL)

    async def is_running() -> bool:
        return bool(outsider.keys)

    await eventually(is_running)
    assert await bench.stop(worker, grace=10) == 0
    assert (await bench.job(job)).state is State.DONE


async def test_jobs_of_one_key_keep_their_order_under_retries(bench: Bench) -> None:
    seen: list[int] = []

    async def ordered(_session: Any, payload: dict[str, Any], job: Job) -> None:
        if job.attempt <= payload["failures"]:
            raise RuntimeError("again")
        seen.append(payload["n"])

    bench.registry.add(Inside(EFFECT, ordered))
    await bench.start()
    jobs = [await bench.publish(EFFECT, {"n": n, "failures": n % 3}, key="one") for n in range(8)]
    await bench.settled(jobs[-1])
    assert seen == list(range(8))


async def test_hints_that_are_lost_are_repeated(bench: Bench) -> None:
    bench.registry.add(Inside(EFFECT, effect))
    await bench.start()
    bench.database.listeners.clear()  # as if the server had died after its commit
    jobs = [await bench.publish(EFFECT) for _ in range(20)]
    for job in jobs:
        await bench.settled(job)
    assert await effects(bench) == 20


async def test_a_backlog_of_thousands_keeps_the_queue_bounded(bench: Bench) -> None:
    blocked = asyncio.Event()
    loop = asyncio.get_running_loop()
    seen = 0

    async def wait(_session: Any, _payload: dict[str, Any], _job: Job) -> None:
        nonlocal seen
        if not blocked.is_set():
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(blocked.wait(), loop))
        seen += 1

    slow = Topic("test.slow", "reports")
    bench.registry.add(Inside(slow, wait))
    if bench.database.is_sqlite:  # one writer: a handler that waits inside would stop everybody
        blocked.set()
    row = {
        "topic": slow.name, "queue": slow.queue, "payload": {}, "max_attempts": 1,
        "state": State.QUEUED, "run_after": clock.now(), "created_at": clock.now(),
    }  # fmt: skip
    async with transaction(bench.database) as session:
        await session.execute(insert(Message), [row] * 5000)
    worker = await bench.start()
    longest = 0
    for _ in range(30):
        longest = max(longest, worker.lanes["reports"].waiting())
        await asyncio.sleep(0.02)
    assert 0 < longest <= queue.WINDOW
    blocked.set()

    async def moves_on() -> bool:
        return seen > queue.WINDOW + 20

    await eventually(moves_on, what="work past the first window")


@on_postgresql
async def test_a_message_without_our_signature_is_refused(bench: Bench) -> None:
    bench.registry.add(Inside(EFFECT, effect))
    worker = await bench.start()
    lane = worker.lanes[EFFECT.queue]
    touched = bench.settings.data_dir / "touched"

    class Forged:
        def __reduce__(self) -> tuple[Any, ...]:
            return (touched.touch, ())

    lane.storage.enqueue(pickle.dumps(Forged()), 9)
    lane.storage.enqueue(b"rubbish:" + b"0" * 40, 9)
    done = await bench.settled(await bench.publish(EFFECT))
    assert done.state is State.DONE
    assert not touched.exists()


@on_sqlite
async def test_the_more_urgent_job_goes_first_in_a_full_queue(bench: Bench) -> None:
    seen: list[str] = []

    async def note(_session: Any, payload: dict[str, Any], _job: Job) -> None:
        seen.append(payload["name"])

    bench.registry.add(Inside(EFFECT, note))
    for n in range(10):
        await bench.publish(EFFECT, {"name": f"plain {n}"})
    last = await bench.publish(EFFECT, {"name": "urgent"}, priority=5)
    await asyncio.sleep(0.2)  # their hints count as lost by then
    await bench.start(threads=1)
    await bench.settled(last)
    assert seen[0] == "urgent"


@on_sqlite
async def test_an_operation_reports_ends_and_can_be_cancelled(bench: Bench) -> None:
    started = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def send(_thing: dict[str, Any], *, key: str) -> str:
        job = current_job()
        for done in range(1, 1000):
            await job.progress(done=done, of=1000, message="at it")
            loop.call_soon_threadsafe(started.set)
            await asyncio.sleep(0.02)
        return key

    outsider = Outsider()
    bench.registry.add(Outside(CALL, outsider.load, send, outsider.record))
    await bench.start()
    async with transaction(bench.database) as session:
        operation = await operations.start(session, SYSTEM, CALL, {}, of=1000)
    await started.wait()
    async with transaction(bench.database) as session:
        asked = await operations.cancel(session, SYSTEM, operation.id)
    assert asked.state is operations.OperationState.RUNNING
    assert asked.done > 0
    assert operation.message_id is not None
    ended = await bench.settled(operation.message_id)
    assert ended.result == {"cancelled": True}
    async with reading(bench.database) as reads:
        found = await operations.get(reads, SYSTEM, operation.id)
    assert found.state is operations.OperationState.CANCELLED
    assert found.finished_at is not None
    assert await effects(bench) == 1  # that it was cancelled


@on_sqlite
async def test_an_operation_fails_with_its_job_and_is_done_with_it(bench: Bench) -> None:
    bench.registry.add(Inside(EFFECT, effect))
    await bench.start()
    made = []
    for failures in (0, 99):
        async with transaction(bench.database) as session:
            made.append(await operations.start(session, SYSTEM, EFFECT, {"failures": failures}))
    for operation in made:
        assert operation.message_id is not None
        await bench.settled(operation.message_id)
    async with reading(bench.database) as reads:
        done, failed = [await operations.get(reads, SYSTEM, each.id) for each in made]
    assert (done.state, done.result) == (operations.OperationState.DONE, {"attempt": 1})
    assert (failed.state, failed.error) == (
        operations.OperationState.FAILED,
        "RuntimeError: not yet",
    )


async def test_two_workers_on_one_database_do_nothing_twice(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What other tests have imported declares periodic work, which both would schedule beside.
    monkeypatch.setattr(schedule, "declared", {})
    bench.registry.add(Inside(EFFECT, effect))
    await bench.start()
    await bench.start()
    jobs = [await bench.publish(EFFECT, {"failures": n % 2}) for n in range(20)]
    for job in jobs:
        await bench.settled(job)
    assert set(await bench.states(jobs)) == {State.DONE}
    assert await effects(bench) == 20
    async with reading(bench.database) as reads:
        assert await sweep.counts(reads) == {}
        assert await reads.scalar(select(func.count()).select_from(Message)) == 20


@on_sqlite
async def test_an_operation_cancelled_between_two_attempts_does_not_run_again(
    bench: Bench,
) -> None:
    bench.registry.add(Inside(EFFECT, effect))
    async with transaction(bench.database) as session:
        operation = await operations.start(session, SYSTEM, EFFECT, {})
        await session.execute(update(operations.Operation).values(cancel_requested_at=clock.now()))
    await bench.start()
    assert operation.message_id is not None
    ended = await bench.settled(operation.message_id)
    assert (ended.state, ended.result) == (State.DONE, {"cancelled": True})
    assert await effects(bench) == 0
    async with reading(bench.database) as reads:
        found = await operations.get(reads, SYSTEM, operation.id)
    assert found.state is operations.OperationState.CANCELLED
