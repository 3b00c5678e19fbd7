"""The protocol in SQL: one winner, void tokens, order by key, dead after the last attempt."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, ledger, outbox, sweep
from src.core.db import Database, create_database, database_now, reading, savepoint, transaction
from src.core.ledger import Claim
from src.core.outbox import Hint, Message, State, Topic

TOPIC = Topic("test.topic", "maintenance", max_attempts=3)
KNOWN = {TOPIC.name}


async def publish(database: Database, **more: object) -> int:
    async with transaction(database) as session:
        made = await outbox.publish(session, TOPIC, {"n": 1}, **more)  # type: ignore[arg-type]
    assert made is not None
    return made


async def claim(
    database: Database, message_id: int, *, token: str = "mine", lease: float = 30
) -> Claim | None:
    async with transaction(database) as session:
        return await ledger.claim(
            session, message_id, topics=KNOWN, token=token, lease=lease, worker="me"
        )


async def claimed(database: Database, message_id: int, token: str = "mine") -> Claim:
    taken = await claim(database, message_id, token=token)
    assert taken is not None
    return taken


async def row(database: Database, message_id: int) -> Message:
    async with reading(database) as reads:
        found = await reads.get(Message, message_id)
    assert found is not None
    return found


async def lapse(database: Database, message_id: int) -> None:
    """Let the lease run out without waiting for it."""
    async with transaction(database) as session:
        await session.execute(
            update(Message).where(Message.id == message_id).values(lease_until=database_now(-1))
        )


async def expire(database: Database) -> list[sweep.Lapsed]:
    async with transaction(database) as session:
        return await sweep.expire(session)


async def test_of_eight_threads_that_claim_one_job_one_wins(
    database: Database, database_url: str
) -> None:
    job = await publish(database)

    async def try_it(number: int) -> str | None:
        own = create_database(database_url, pool_size=1)
        try:
            taken = await claim(own, job, token=f"token-{number}")
        finally:
            await own.dispose()
        return taken.token if taken else None

    with ThreadPoolExecutor(8) as pool:
        tokens = await asyncio.to_thread(
            lambda: list(pool.map(lambda number: asyncio.run(try_it(number)), range(8)))
        )
    winners = [token for token in tokens if token]
    assert len(winners) == 1
    settled = await row(database, job)
    assert (settled.state, settled.attempts, settled.token) == (State.RUNNING, 1, winners[0])


async def test_a_job_of_an_unknown_topic_waits_for_a_newer_worker(database: Database) -> None:
    job = await publish(database)
    async with transaction(database) as session:
        taken = await ledger.claim(
            session, job, topics={"another"}, token="t", lease=9, worker="old"
        )
        hints = await sweep.due(session, TOPIC.queue, topics={"another"}, unhinted_for=-5, limit=10)
    assert taken is None
    assert hints == []
    assert (await row(database, job)).state is State.QUEUED


async def test_a_job_is_not_claimed_before_its_time(database: Database) -> None:
    assert await claim(database, await publish(database, delay=60)) is None


async def test_what_a_worker_with_a_void_token_does_changes_nothing(database: Database) -> None:
    job = await publish(database)
    frozen = await claimed(database, job, token="frozen")
    await lapse(database, job)
    [lost] = await expire(database)
    assert (lost.id, lost.state) == (job, State.QUEUED)
    await claimed(database, job, token="other")
    async with transaction(database) as session:
        assert await ledger.renew(session, {"frozen"}, lease=30) == set()
        assert not await ledger.finish(session, job, "frozen")
        assert await ledger.release(session, {"frozen"}) == 0
        assert (await ledger.fail(session, frozen, error="late", permanent=True, delay=0)) is None
    now = await row(database, job)
    assert (now.state, now.token, now.attempts) == (State.RUNNING, "other", 2)


async def test_a_renewed_lease_does_not_expire(database: Database) -> None:
    job = await publish(database)
    await claimed(database, job)
    await lapse(database, job)
    async with transaction(database) as session:
        assert await ledger.renew(session, {"mine", "gone"}, lease=30) == {"mine"}
    assert await expire(database) == []


async def test_a_worker_whose_clock_is_an_hour_ahead_takes_nothing_from_others(
    database: Database,
) -> None:
    job, later = await publish(database), await publish(database, delay=60)
    await claimed(database, job)
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        assert await expire(database) == []
        assert await claim(database, later) is None
        other = await publish(database)
    assert await claim(database, other, token="other") is not None


async def test_a_job_whose_worker_is_lost_every_time_is_dead_with_its_reason(
    database: Database,
) -> None:
    job = await publish(database)
    for _ in range(TOPIC.max_attempts):
        await claimed(database, job)
        await lapse(database, job)
        await expire(database)
    dead = await row(database, job)
    assert dead.state is State.DEAD
    assert dead.error == "me was lost during attempt 3"
    assert dead.finished_at is not None


async def test_a_job_given_back_has_its_attempt_restored(database: Database) -> None:
    job = await publish(database)
    await claimed(database, job)
    async with transaction(database) as session:
        assert await ledger.release(session, {"mine"}) == 1
    back = await row(database, job)
    assert (back.state, back.attempts, back.token) == (State.QUEUED, 0, None)
    assert await claim(database, job) is not None


async def test_failures_are_retried_then_dead_and_permanent_ones_fail_at_once(
    database: Database,
) -> None:
    job = await publish(database)
    for expected in (State.QUEUED, State.QUEUED, State.DEAD):
        taken = await claimed(database, job)
        async with transaction(database) as session:
            state = await ledger.fail(session, taken, error="no", permanent=False, delay=0)
        assert state is expected
    other = await claimed(database, await publish(database))
    async with transaction(database) as session:
        state = await ledger.fail(session, other, error="never", permanent=True, delay=0)
    assert state is State.FAILED
    assert (await row(database, other.id)).error == "never"


async def test_a_failed_attempt_waits_for_its_delay(database: Database) -> None:
    job = await publish(database)
    taken = await claimed(database, job)
    async with transaction(database) as session:
        await ledger.fail(session, taken, error="no", permanent=False, delay=60)
    assert await claim(database, job) is None


async def test_jobs_of_one_key_run_in_order_and_one_at_a_time(database: Database) -> None:
    first, second = await publish(database, key="k"), await publish(database, key="k")
    stranger = await publish(database, key="another")
    assert await claim(database, second, token="2") is None
    taken = await claimed(database, first, token="1")
    assert await claim(database, second, token="2") is None
    async with transaction(database) as session:
        await ledger.fail(session, taken, error="no", permanent=False, delay=60)
        hints = await sweep.due(session, TOPIC.queue, topics=KNOWN, unhinted_for=-5, limit=10)
    assert await claim(database, second, token="2") is None  # it waits for the retry too
    assert [hint.message_id for hint in hints] == [stranger]
    async with transaction(database) as session:
        await session.execute(update(Message).values(run_after=database_now()))
    await claimed(database, first, token="1")
    heard: list[Hint] = []
    database.listeners[outbox.CHANNEL] = heard.extend
    async with transaction(database) as session:
        assert await ledger.finish(session, first, "1")
        await ledger.hint_next(session, "k")
    assert heard == [Hint(second, TOPIC.queue, 0)]
    assert await claim(database, second, token="2") is not None


async def test_once_publishes_once(database: Database) -> None:
    await publish(database, once="x")
    async with transaction(database) as session:
        assert await outbox.publish(session, TOPIC, {}, once="x") is None


async def test_a_rollback_sends_no_hint_and_a_savepoint_only_what_is_left(
    database: Database,
) -> None:
    heard: list[Hint] = []
    database.listeners[outbox.CHANNEL] = heard.extend

    async def undone(session: AsyncSession) -> None:
        async with savepoint(session):
            await outbox.publish(session, TOPIC, {"n": "undone"})
            raise LookupError

    async with transaction(database) as session:
        kept = await outbox.publish(session, TOPIC, {"n": "kept"})
        with pytest.raises(LookupError):
            await undone(session)
        assert heard == []
    assert [hint.message_id for hint in heard] == [kept]
    with pytest.raises(LookupError):
        async with transaction(database) as session:
            await outbox.publish(session, TOPIC, {})
            raise LookupError
    assert len(heard) == 1


async def test_due_jobs_are_hinted_by_priority_and_not_again_at_once(database: Database) -> None:
    low = await publish(database)
    high = await publish(database, priority=9)
    await publish(database, delay=60)
    async with transaction(database) as session:
        assert await sweep.due(session, TOPIC.queue, topics=KNOWN, unhinted_for=30, limit=9) == []
        hints = await sweep.due(session, TOPIC.queue, topics=KNOWN, unhinted_for=-5, limit=9)
        again = await sweep.due(session, TOPIC.queue, topics=KNOWN, unhinted_for=30, limit=9)
    assert [hint.message_id for hint in hints] == [high, low]
    assert again == []


async def test_a_sweep_hints_no_more_than_its_limit(database: Database) -> None:
    for _ in range(7):
        await publish(database)
    async with transaction(database) as session:
        hints = await sweep.due(session, TOPIC.queue, topics=KNOWN, unhinted_for=-5, limit=4)
    assert len(hints) == 4


async def test_old_settled_jobs_are_deleted_in_batches_and_dead_ones_kept(
    database: Database,
) -> None:
    async with transaction(database) as session:
        for state in (State.DONE, State.DONE, State.DISMISSED, State.DEAD, State.QUEUED):
            job = await outbox.publish(session, TOPIC, {})
            await session.execute(
                update(Message)
                .where(Message.id == job)
                .values(state=state, finished_at=database_now(-20 * sweep.DAY))
            )
        recent = await outbox.publish(session, TOPIC, {})
        await session.execute(
            update(Message)
            .where(Message.id == recent)
            .values(state=State.DONE, finished_at=database_now())
        )
    async with transaction(database) as session:
        assert await sweep.delete_settled(session, older_than_days=14, limit=2) == 2
        assert await sweep.delete_settled(session, older_than_days=14, limit=2) == 1
        assert await sweep.delete_settled(session, older_than_days=14, limit=2) == 0
    async with reading(database) as reads:
        assert await sweep.counts(reads) == {
            (TOPIC.name, "dead"): 1,
            (TOPIC.name, "queued"): 1,
        }
        assert 0 <= (await sweep.oldest_due(reads))[TOPIC.queue] < 60


@pytest.mark.parametrize("attempt", [1, 2, 5, 30, 4000])
def test_backoff_doubles_within_its_bounds(attempt: int) -> None:
    topic = replace(TOPIC, backoff_base=2.0, backoff_cap=900.0)
    longest = min(900.0, 2.0 * 2 ** min(attempt - 1, 100))
    found = [ledger.backoff(topic, attempt) for _ in range(200)]
    assert longest / 2 <= min(found) < longest * 0.6
    assert longest * 0.9 < max(found) <= longest


async def test_sweep_and_claim_use_the_indexes(database: Database) -> None:
    async with transaction(database) as session:
        for n in range(300):
            await outbox.publish(session, TOPIC, {}, key=f"k{n}" if n % 2 else None)
        await session.execute(update(Message).where(Message.id % 30 != 0).values(state=State.DONE))
        await session.execute(text("ANALYZE outbox" if not database.is_sqlite else "ANALYZE"))
    lapsed = "SELECT id FROM outbox WHERE state = 'running' AND lease_until < '2020-01-01'"
    due = (
        "SELECT id FROM outbox WHERE state = 'queued' AND run_after <= '2030-01-01'"
        " ORDER BY priority DESC, run_after, id LIMIT 200"
    )
    assert "ix_outbox_leased" in await plan(database, lapsed)
    assert "ix_outbox_due" in await plan(database, due)


async def plan(database: Database, statement: str) -> str:
    async with reading(database) as reads:
        if database.is_sqlite:
            rows = await reads.execute(text(f"EXPLAIN QUERY PLAN {statement}"))
        else:
            await reads.execute(text("SET LOCAL enable_seqscan = off"))
            rows = await reads.execute(text(f"EXPLAIN {statement}"))
        return "\n".join(str(line) for line in rows)
