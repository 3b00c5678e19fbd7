"""Jobs as people see them: masked, requeued, dismissed, by those permitted."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from src.core import jobs, operations, outbox
from src.core.actor import ANONYMOUS, SYSTEM
from src.core.db import Database, reading, transaction
from src.core.errors import Forbidden
from src.core.events import Event
from src.core.jobs import JobNotFound, JobNotSettled
from src.core.operations import Operation, OperationEnded, OperationNotFound, OperationState
from src.core.outbox import Hint, Message, State, Topic
from src.core.paging import Paging

TOPIC = Topic("test.shown", "reports", max_attempts=3)


async def publish(database: Database, **payload: object) -> int:
    async with transaction(database) as session:
        made = await outbox.publish(session, TOPIC, payload)
    assert made is not None
    return made


async def put(database: Database, job: int, **values: object) -> None:
    async with transaction(database) as session:
        await session.execute(update(Message).where(Message.id == job).values(**values))


async def test_jobs_are_listed_newest_first_by_state_and_topic(database: Database) -> None:
    made = [await publish(database, n=n) for n in range(5)]
    await put(database, made[0], state=State.DEAD, attempts=3)
    async with reading(database) as reads:
        first = await jobs.list_(reads, SYSTEM, paging=Paging(limit=3))
        second = await jobs.list_(reads, SYSTEM, paging=Paging(limit=3, cursor=first.next))
        dead = await jobs.list_(reads, SYSTEM, states=[State.DEAD], paging=Paging())
        none = await jobs.list_(reads, SYSTEM, topics=["other"], paging=Paging())
        with pytest.raises(Forbidden):
            await jobs.list_(reads, ANONYMOUS, paging=Paging())
    assert [job.id for job in [*first.items, *second.items]] == made[::-1]
    assert [(job.id, job.allowed) for job in dead.items] == [(made[0], ("requeue", "dismiss"))]
    assert none.items == []


async def test_secrets_of_a_payload_are_masked(database: Database) -> None:
    job = await publish(database, reset_token="abc", n=1)
    async with reading(database) as reads:
        shown = await jobs.get(reads, SYSTEM, job)
    assert shown.payload == {"reset_token": "***", "n": 1}


async def test_a_dead_job_is_queued_again_with_fresh_attempts_and_an_event(
    database: Database,
) -> None:
    job = await publish(database)
    await put(database, job, state=State.DEAD, attempts=3, error="no")
    heard: list[Hint] = []
    database.listeners[outbox.CHANNEL] = heard.extend
    async with transaction(database) as session:
        view = await jobs.requeue(session, SYSTEM, job)
    assert (view.state, view.attempts, view.max_attempts) == (State.QUEUED, 3, 6)
    assert heard == [Hint(job, "reports", 0)]
    async with reading(database) as reads:
        event = await reads.scalar(select(Event))
    assert event is not None
    assert (event.verb, event.changes["job_id"]) == ("job.requeued", job)


async def test_a_failed_job_can_be_dismissed_and_a_queued_one_cannot(database: Database) -> None:
    failed, queued = await publish(database), await publish(database)
    await put(database, failed, state=State.FAILED)
    async with transaction(database) as session:
        assert (await jobs.dismiss(session, SYSTEM, failed)).state is State.DISMISSED
    for change in (jobs.requeue, jobs.dismiss):
        with pytest.raises(JobNotSettled):
            async with transaction(database) as session:
                await change(session, SYSTEM, queued)
        with pytest.raises(JobNotFound):
            async with transaction(database) as session:
                await change(session, SYSTEM, 999_999)
        with pytest.raises(Forbidden):
            async with transaction(database) as session:
                await change(session, ANONYMOUS, failed)


async def start(database: Database) -> Operation:
    async with transaction(database) as session:
        return await operations.start(session, SYSTEM, TOPIC, {}, of=10)


async def test_an_operation_that_waits_is_cancelled_at_once_and_never_runs(
    database: Database,
) -> None:
    operation = await start(database)
    async with transaction(database) as session:
        cancelled = await operations.cancel(session, SYSTEM, operation.id)
    assert cancelled.state is OperationState.CANCELLED
    async with reading(database) as reads:
        [message] = await reads.scalars(select(Message))
        with pytest.raises(OperationNotFound):
            await operations.get(reads, ANONYMOUS, operation.id)
    assert message.state is State.DISMISSED
    with pytest.raises(OperationEnded):
        async with transaction(database) as session:
            await operations.cancel(session, SYSTEM, operation.id)


async def test_an_operation_shows_its_progress_and_opens_again_with_its_job(
    database: Database,
) -> None:
    operation = await start(database)
    async with transaction(database) as session:
        await operations.progress(session, operation.id, done=4, message="reading")
    async with reading(database) as reads:
        shown = await operations.get(reads, SYSTEM, operation.id)
    assert (shown.state, shown.done, shown.of, shown.message) == (
        OperationState.RUNNING, 4, 10, "reading",
    )  # fmt: skip
    assert operation.message_id is not None
    async with transaction(database) as session:
        await operations.fail(session, operation.id, error="no")
    await put(database, operation.message_id, state=State.DEAD)
    async with transaction(database) as session:
        await jobs.requeue(session, SYSTEM, operation.message_id)
    async with reading(database) as reads:
        shown = await operations.get(reads, SYSTEM, operation.id)
    assert (shown.state, shown.error) == (OperationState.QUEUED, None)
