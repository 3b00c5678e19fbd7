"""What is booked is told: brokers, servers and workers die, the mail arrives."""

from __future__ import annotations

import random
import signal
from collections import Counter
from uuid import UUID

import pytest
from sqlalchemy import func, select

from src.core import outbox
from src.core.db import Database, reading, transaction
from src.core.outbox import State
from src.domain import accounts, notifications
from src.domain.notifications.tables import Delivery, DeliveryState, Notification
from tests.drills.conftest import FULL
from tests.support import servers
from tests.support.callers import caller, slot
from tests.support.system import Institute, Post, System, eventually

pytestmark = pytest.mark.faults

KILLS = 25 if FULL else 3
JOBS = 500 if FULL else 90
QUICK = 4.0  # seconds; a booking that waited for a silent broker would take five or more
WORKER_MEMORY = 148.0  # megabytes; with bookings and the lab's operations it takes 144


async def deliveries(database: Database) -> dict[UUID, DeliveryState]:
    """What became of every notification's mail."""
    async with reading(database) as reads:
        rows = await reads.execute(select(Delivery.id, Delivery.state))
        return {row.id: row.state for row in rows}


async def all_told(system: System, post: Post, expected: int, *, seconds: float = 20) -> None:
    """Wait until each of `expected` notifications is mailed, and look that none is lost."""
    async with system.database() as database:

        async def is_settled() -> bool:
            states = await deliveries(database)
            return len(states) == expected and set(states.values()) == {DeliveryState.SENT}

        await eventually(is_settled, seconds=seconds, what=f"the last of {expected} mails")
    found = Counter(message_id.partition(".")[0] for message_id in post.message_ids())
    assert len(found) == expected
    assert set(found.values()) == {1}, "one notification went out under several Message-IDs"


async def test_a_dead_broker_delays_mail_and_nothing_else(
    with_own_redis: System, own_redis: servers.OwnRedis, post: Post
) -> None:
    system = with_own_redis
    server, worker = system.start_server(), system.start_worker()
    await system.ready(server, worker)
    resource_id = system.institute.resource_ids[0]
    async with caller(server.url) as member:
        assert (await member.book(resource_id, 0)).status == 201
        await all_told(system, post, 1)
        own_redis.kill()
        answers = [await member.book(resource_id, number) for number in range(1, 11)]
        assert {answer.status for answer in answers} == {201}
        assert max(answer.seconds for answer in answers) < QUICK
        assert (await member.get("/readyz")).status == 200, "a server without broker still serves"
        assert len(post.letters) == 1
    own_redis.start()
    await all_told(system, post, 11)
    assert set(post.message_ids().values()) == {1}


async def test_a_server_killed_between_commit_and_hint_loses_no_mail(
    with_own_redis: System, own_redis: servers.OwnRedis, post: Post
) -> None:
    system = with_own_redis
    server, worker = system.start_server(), system.start_worker()
    await system.ready(server, worker)
    async with caller(server.url) as member:
        own_redis.freeze()
        answer = await member.book(system.institute.resource_ids[0], 0)
        assert answer.status == 201
        assert answer.seconds < QUICK
        server.end(signal.SIGKILL)
    own_redis.thaw()
    await all_told(system, post, 1)
    assert set(post.message_ids().values()) == {1}


@pytest.mark.campaign
async def test_no_notification_is_lost_to_workers_killed_again_and_again(
    deployed: System, post: Post
) -> None:
    random.seed(2118)
    worker = deployed.start_worker()
    async with deployed.database() as database:
        await deployed.ready(worker)
        member_id = await person(database)
        written = 0
        for kill in range(KILLS):
            batch = JOBS // KILLS
            await tell(database, member_id, batch)
            written += batch
            await arrived(post, written - batch + random.randrange(batch))
            worker.end(signal.SIGKILL)
            worker = deployed.start_worker()
            if kill % 2:
                await deployed.ready(worker)
        await all_told(deployed, post, written, seconds=60)
        async with reading(database) as reads:
            counted = await reads.execute(
                select(outbox.Message.state, func.count())
                .where(outbox.Message.topic == notifications.topics.MAIL.name)
                .group_by(outbox.Message.state)
            )
            assert [tuple(row) for row in counted] == [(State.DONE, written)]
            told = await reads.scalar(select(func.count()).select_from(Notification))
            assert told == written


async def test_a_request_is_followed_into_a_worker_that_stays_small(
    deployed: System, post: Post
) -> None:
    server, worker = deployed.start_server(), deployed.start_worker()
    await deployed.ready(server, worker)
    request_id = "drill-0123456789"
    async with caller(server.url) as member:
        headers = {"X-Request-Id": request_id}
        answer = await member.book(deployed.institute.resource_ids[0], 0, headers=headers)
        assert answer.status == 201
        assert answer.headers["x-request-id"] == request_id
    await all_told(deployed, post, 1)

    def is_logged() -> bool:
        return any(
            line.get("request_id") == request_id
            and line.get("topic") == notifications.topics.MAIL.name
            and line["process"] == "worker"
            and line.get("outcome") == "done"
            for line in worker.lines()
        )

    await eventually(is_logged, seconds=30, what="the job's line in the worker's log")
    assert worker.memory < WORKER_MEMORY
    assert any(
        line.get("request_id") == request_id and line["process"] == "server"
        for line in server.lines()
    )


async def person(database: Database) -> UUID:
    """The member's id."""
    email = Institute.email(accounts.RoleName.MEMBER)
    async with reading(database) as reads:
        found = await reads.scalar(select(accounts.User.id).where(accounts.User.email == email))
    assert found is not None
    return found


async def tell(database: Database, user_id: UUID, times: int) -> None:
    """Notify a person `times` times, each in a transaction of its own, as requests do."""
    starts_at, ends_at = slot(0)
    args = {"resource": "Confocal 1", "starts_at": starts_at, "ends_at": ends_at}
    for _ in range(times):
        async with transaction(database) as session:
            await notifications.notify(
                session, user_id=user_id, kind="booking.confirmed", args=args, link=None
            )


async def arrived(post: Post, letters: int) -> None:
    """Wait until so many different letters have come in."""
    await eventually(
        lambda: len(post.message_ids()) >= letters, seconds=60, what=f"letter {letters}"
    )
