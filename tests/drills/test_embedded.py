"""The worker inside the server: two processes on one file, and an end in the middle of a job."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import pytest
from sqlalchemy import select

from src.core import outbox
from src.core.db import reading
from src.core.outbox import State
from src.domain import notifications
from tests.drills.test_delivery import all_told
from tests.support.callers import caller
from tests.support.system import Post, System, eventually

pytestmark = pytest.mark.faults

ENDS_WITHIN = 2.0  # seconds, Ctrl-C to the prompt
TRIES = 3
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
    jobs = await mail_jobs(embedded)
    assert [(job.state, job.attempts) for job in jobs] == [(State.DONE, 1)] * BOOKINGS


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["server", "make-run"])
async def test_a_signal_ends_the_server_and_gives_its_job_back(
    embedded: System, post: Post, number: signal.Signals
) -> None:
    taken: list[float] = []
    # Slow once may be the machine; slow every time is us.
    while len(taken) < TRIES and min(taken, default=ENDS_WITHIN) >= ENDS_WITHIN:
        post.hold()
        server = embedded.start_server(is_runner=number == signal.SIGINT)
        await embedded.ready(server)
        handed_over = post.held
        async with caller(server.url) as member:
            answer = await member.book(embedded.institute.resource_ids[0], len(taken))
            assert answer.status == 201
            await eventually(lambda: post.held > handed_over, what="a job in flight")  # noqa: B023
            began = time.monotonic()
            code = await asyncio.to_thread(server.end, number)
            # Where more wants to run than there are processors, everything takes as much longer.
            crowding = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
            taken.append((time.monotonic() - began) / crowding)
        # Uvicorn raises the signal again at the end, as a process that was asked to end should.
        assert code in (0, -number)
        assert "Traceback" not in server.said()
        jobs = await mail_jobs(embedded)
        assert {(job.state, job.attempts, job.token) for job in jobs} == {(State.QUEUED, 0, None)}
        post.release()
    assert min(taken) < ENDS_WITHIN, taken
    again = embedded.start_server()
    await embedded.ready(again)
    await all_told(embedded, post, len(taken))


async def mail_jobs(system: System) -> list[outbox.Message]:
    """The jobs that mail."""
    mails = select(outbox.Message).where(outbox.Message.topic == notifications.topics.MAIL.name)
    async with system.database() as database, reading(database) as reads:
        return list(await reads.scalars(mails))
