"""The one transaction: what it commits, whom it tells, and how it says busy."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text

from src.core import events, outbox
from src.core.actor import SYSTEM
from src.core.db import Database, announce, database_now, reading, savepoint, transaction
from src.core.errors import DatabaseBusy, DatabaseUnavailable, Forbidden, Unauthenticated
from src.core.gate import WriterGate
from tests.support.databases import on_postgresql

TOPIC = outbox.topic("test.core-db", queue="notifications")


class Kept(Unauthenticated):
    """A refusal that must be written down."""

    code, keeps = "test-kept", True


async def _count(database: Database) -> int:
    async with reading(database) as reads:
        return await reads.scalar(select(func.count()).select_from(events.Event)) or 0


async def test_a_refusal_rolls_back_unless_it_keeps_its_fact(database: Database) -> None:
    with pytest.raises(Forbidden):
        async with transaction(database) as session:
            events.record(session, SYSTEM, "test.refused", ("test", None))
            raise Forbidden("no")
    assert await _count(database) == 0
    with pytest.raises(Kept):
        async with transaction(database) as session:
            events.record(session, SYSTEM, "test.refused", ("test", None))
            raise Kept("no")
    assert await _count(database) == 1


async def test_listeners_hear_after_the_outermost_commit_and_of_nothing_undone(
    database: Database,
) -> None:
    heard: list[object] = []
    database.listeners["here"] = heard.extend
    async with transaction(database) as session:
        announce(session, "here", 1)
        async with savepoint(session):
            announce(session, "here", 2)
        with pytest.raises(RuntimeError):
            async with savepoint(session):
                announce(session, "here", 3)
                raise RuntimeError
        assert heard == []
    assert heard == [1, 2]
    with pytest.raises(RuntimeError):
        async with transaction(database) as session:
            announce(session, "here", 4)
            raise RuntimeError
    assert heard == [1, 2]


async def test_a_rolled_back_job_gives_no_hint_and_once_is_once(database: Database) -> None:
    hints: list[outbox.Hint] = []
    database.listeners[outbox.CHANNEL] = hints.extend
    async with transaction(database) as session:
        first = await outbox.publish(session, TOPIC, {}, once="the one")
        again = await outbox.publish(session, TOPIC, {}, once="the one")
        with pytest.raises(RuntimeError):
            async with savepoint(session):
                await outbox.publish(session, TOPIC, {})
                raise RuntimeError
        later = await outbox.publish(session, TOPIC, {}, delay=60)
    assert again is None
    assert later is not None
    assert [hint.message_id for hint in hints] == [first]


async def test_a_reading_session_cannot_write(database: Database) -> None:
    with pytest.raises(Exception, match=r"read-?only"):
        async with reading(database) as reads:
            await reads.execute(text("DELETE FROM outbox"))


async def test_times_come_back_aware_and_naive_ones_are_refused(database: Database) -> None:
    moment = datetime(2030, 3, 31, 1, 30, 0, 5, UTC)
    async with transaction(database) as session:
        message = await outbox.publish(session, TOPIC, {}, run_after=moment)
    async with reading(database) as reads:
        row = await reads.get_one(outbox.Message, message)
        assert row.run_after == moment
        now = await reads.scalar(select(database_now()))
        later = await reads.scalar(select(database_now(90.5)))
    assert now is not None
    assert later is not None
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=30)
    assert timedelta(seconds=89) < later - now < timedelta(seconds=120)
    with pytest.raises(Exception, match="without zone"):
        async with transaction(database) as session:
            await outbox.publish(session, TOPIC, {}, run_after=moment.replace(tzinfo=None))


async def test_many_writers_at_once_all_get_through(database: Database) -> None:
    async def write() -> None:
        async with transaction(database) as session:
            events.record(session, SYSTEM, "test.wrote", ("test", None))

    await asyncio.gather(*(write() for _ in range(60)))
    assert await _count(database) == 60


@on_postgresql
async def test_a_deadlock_is_busy_and_may_be_repeated(database: Database) -> None:
    async with transaction(database) as session:
        one, two = [await outbox.publish(session, TOPIC, {}) for _ in range(2)]
    met = asyncio.Barrier(2)

    async def lock(first: int | None, second: int | None) -> None:
        async with transaction(database) as session:
            for number in (first, second):
                await session.execute(
                    text("UPDATE outbox SET attempts = 1 WHERE id = :id"), {"id": number}
                )
                if number == first:
                    await met.wait()

    outcomes = await asyncio.gather(lock(one, two), lock(two, one), return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, DatabaseBusy)]
    assert [refusal.retry_after for refusal in refused] == [1]
    assert outcomes.count(None) == 1


async def test_a_database_that_is_away_is_said_so(tmp_path: object) -> None:
    from src.core.db import create_database

    for url in (
        "postgresql+asyncpg://nobody@127.0.0.1:1/none",
        f"sqlite+aiosqlite:///{tmp_path}/no/such/folder/aliquot.db",
    ):
        database = create_database(url)
        with pytest.raises(DatabaseUnavailable):
            async with reading(database):
                pass
        with pytest.raises(DatabaseUnavailable):
            async with transaction(database):
                pass
        await database.dispose()


async def test_the_gate_is_first_in_first_out_across_loops_and_survives_the_impatient() -> None:
    gate = WriterGate()
    order: list[int] = []
    await gate.acquire()

    async def enter(number: int) -> None:
        await gate.acquire()
        order.append(number)
        gate.release()

    mine = asyncio.create_task(enter(1))
    await asyncio.sleep(0)
    impatient = asyncio.create_task(enter(2))
    await asyncio.sleep(0)
    other = threading.Thread(target=lambda: asyncio.run(enter(3)))
    other.start()
    while len(gate._waiting) < 3:
        await asyncio.sleep(0.001)
    impatient.cancel()
    await asyncio.gather(impatient, return_exceptions=True)
    gate.release()
    await mine
    await asyncio.to_thread(other.join, 5)
    assert order == [1, 3]
    await asyncio.wait_for(gate.acquire(), 1)
