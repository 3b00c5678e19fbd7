"""The worker inside the server: two processes on one file, and an end in the middle of a job."""

from __future__ import annotations

import asyncio
import signal
import time

import pytest
from sqlalchemy import func, select

from src.core import outbox
from src.core.db import reading
from src.core.outbox import State
from src.domain import notifications
from tests.drills.test_delivery import all_told
from tests.support.system import Post, System, caller, eventually

pytestmark = pytest.mark.faults

ENDS_WITHIN = 2.0 + 1.0  # seconds, Ctrl-C to the prompt; and what a busy machine may add
BOOKINGS = 30


async def test_two_processes_on_one_file_do_no_job_twice(embedded: System, post: Post) -> None:
    one, other = embedded.start_server(), embedded.start_server()
    await embedded.ready(one, other)
    async with caller(one.url) as here, caller(other.url) as there:
        resource_ids = embedded.institute.resource_ids
        answers = await asyncio.gather(
            *(
                (here, there)[number % 2].book(resource_ids[number % 3], number)
                for number in range(BOOKINGS)
            )
        )
    assert {answer.status for answer in answers} == {201}
    await all_told(embedded, post, BOOKINGS)
    assert set(post.message_ids().values()) == {1}
    assert len(post.letters) == BOOKINGS
    async with embedded.database() as database, reading(database) as reads:
        attempts = await reads.execute(
            select(outbox.Message.state, outbox.Message.attempts, func.count())
            .where(outbox.Message.topic == notifications.topics.MAIL.name)
            .group_by(outbox.Message.state, outbox.Message.attempts)
        )
        assert [tuple(row) for row in attempts] == [(State.DONE, 1, BOOKINGS)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["sigterm", "sigint"])
async def test_a_signal_ends_the_server_and_gives_its_job_back(
    embedded: System, post: Post, number: signal.Signals
) -> None:
    server = embedded.start_server()
    await embedded.ready(server)
    post.hold()
    async with caller(server.url) as member:
        assert (await member.book(embedded.institute.resource_ids[0], 0)).status == 201
        await eventually(lambda: post.held == 1, what="a job in flight")
        began = time.monotonic()
        code = await asyncio.to_thread(server.end, number)
        taken = time.monotonic() - began
    # Uvicorn raises the signal again at the end, as a process that was asked to end should.
    assert code in (0, -number)
    assert taken < ENDS_WITHIN
    async with embedded.database() as database, reading(database) as reads:
        job = (
            await reads.scalars(
                select(outbox.Message).where(outbox.Message.topic == notifications.topics.MAIL.name)
            )
        ).one()
        assert (job.state, job.attempts, job.token) == (State.QUEUED, 0, None)
    post.release()
    again = embedded.start_server()
    await embedded.ready(again)
    await all_told(embedded, post, 1)
