"""From a notification to a mail, through the worker: server away, refused, suspended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP
from sqlalchemy import select, update

from src.core import clock, ids, jobs, mailbox, outbox
from src.core.actor import SYSTEM
from src.core.db import reading, transaction
from src.core.outbox import Message, State
from src.domain import accounts, notifications
from src.domain.accounts import UserView
from src.domain.bookings import notices as _notices  # noqa: F401 - registers its kinds
from src.domain.notifications import Delivery, DeliveryState, Mode
from src.tasks import handlers
from src.tasks import notifications as _mailing  # noqa: F401 - registers its handler
from tests.support.databases import on_sqlite
from tests.tasks.conftest import Bench, eventually


class Mailbox:
    """An SMTP server's memory."""

    def __init__(self) -> None:
        self.answer = "250 OK"
        self.ids: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        lines = envelope.content.decode("ascii", "replace").splitlines()
        self.ids += [line for line in lines if line.lower().startswith("message-id:")]
        return self.answer


@pytest.fixture
async def smtp() -> AsyncIterator[tuple[Mailbox, int]]:
    """A mail server of the test's own, and its port."""
    box = Mailbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box, hostname="localhost"), "127.0.0.1", 0)
    yield box, server.sockets[0].getsockname()[1]
    server.close()


@pytest.fixture
async def person(bench: Bench) -> UserView:
    """Somebody who is told things."""
    async with transaction(bench.database) as session:
        return await accounts.create_user(
            session, SYSTEM, email="ada@example.org", name="Ada Ångström"
        )


async def tell(bench: Bench, person: UserView) -> int:
    """Tell them that something begins soon; the job's id."""
    async with transaction(bench.database) as session:
        await notifications.notify(
            session, user_id=person.id, kind="booking.reminder", args={"resource": "Confocal"},
            link="/bookings/1", subject=("booking", ids.new()),
        )  # fmt: skip
    async with reading(bench.database) as reads:
        found = await reads.scalar(select(Message.id).order_by(Message.id.desc()).limit(1))
    assert found is not None
    return found


async def delivery(bench: Bench) -> Delivery:
    async with reading(bench.database) as reads:
        return (await reads.scalars(select(Delivery))).one()


notifications.kind(
    "test.daily", title="%(resource)s waits", body="", action="Open", default={"mail": Mode.DIGEST}
)


async def wait_for_letter(bench: Bench, person: UserView, name: str) -> None:
    """Tell them something yesterday that they hear of once a day."""
    async with transaction(bench.database) as session:
        await notifications.notify(
            session, user_id=person.id, kind="test.daily", args={"resource": name}, link="/x"
        )
        yesterday = clock.now() - timedelta(days=1)
        await session.execute(update(Delivery).values(created_at=yesterday))


async def test_two_workers_send_one_letter_of_the_day_and_the_next_holds_what_came_since(
    bench: Bench, person: UserView
) -> None:
    handle_mail(bench)
    for topic in (notifications.topics.DIGEST.name, "notifications.digests"):
        bench.registry.add(handlers.registry.by_topic[topic])
    for name in ("Laser", "Pump"):
        await wait_for_letter(bench, person, name)
    for _ in range(2):
        await bench.start()
    run = outbox.Topic("notifications.digests", "notifications")
    runs = [await bench.publish(run, {"slot": str(number)}) for number in range(4)]
    made = [(await bench.settled(one)).result for one in runs]
    assert sorted(one["letters"] for one in made if one) == [0, 0, 0, 1]

    async def is_sent() -> bool:
        async with reading(bench.database) as reads:
            states = set(await reads.scalars(select(Delivery.state)))
        return states == {DeliveryState.SENT}

    await eventually(is_sent, what="the letter of the day")
    folder = mailbox.folder_of(bench.settings.data_dir)
    (arrived,) = mailbox.list_(folder)
    assert arrived.subject == "2 things to know today"
    await wait_for_letter(bench, person, "Late")
    assert (await bench.settled(await bench.publish(run))).result == {"letters": 0}
    assert len(mailbox.list_(folder)) == 1


def handle_mail(bench: Bench, **settings: str) -> None:
    accounts.post.configure(bench.settings.model_copy(update=settings))
    accounts.tokens.configure(bench.settings)
    bench.registry.add(handlers.registry.by_topic[notifications.topics.MAIL.name])


async def test_the_worker_mails_what_people_are_told(bench: Bench, person: UserView) -> None:
    handle_mail(bench)
    await bench.start()
    job = await bench.settled(await tell(bench, person))
    assert job.state is State.DONE
    (arrived,) = mailbox.list_(mailbox.folder_of(bench.settings.data_dir))
    assert arrived.to == "Ada Ångström <ada@example.org>"
    assert arrived.subject == "Soon: Confocal"
    done = await delivery(bench)
    assert done.state is DeliveryState.SENT
    assert job.result == {"message_id": done.message_id}


async def test_a_server_that_is_busy_gets_the_same_message_again(
    bench: Bench, person: UserView, smtp: tuple[Mailbox, int]
) -> None:
    box, port = smtp
    box.answer = "451 later"
    handle_mail(bench, mail_url=f"smtp://127.0.0.1:{port}?tls=none")
    await bench.start()
    job_id = await tell(bench, person)

    async def tried() -> bool:
        job = await bench.job(job_id)
        return job.state is State.QUEUED and job.attempts == 1

    await eventually(tried, what="the first refusal")
    assert (await delivery(bench)).state is DeliveryState.WAITING
    box.answer = "250 OK"
    async with transaction(bench.database) as session:
        job = await session.get_one(Message, job_id)
        job.run_after = job.created_at
    assert (await bench.settled(job_id)).state is State.DONE
    assert len(box.ids) == 2
    assert len(set(box.ids)) == 1


async def test_a_refused_mail_fails_with_the_servers_words(
    bench: Bench, person: UserView, smtp: tuple[Mailbox, int]
) -> None:
    box, port = smtp
    box.answer = "552 too much"
    handle_mail(bench, mail_url=f"smtp://127.0.0.1:{port}?tls=none")
    await bench.start()
    job = await bench.settled(await tell(bench, person))
    assert job.state is State.FAILED
    assert "552 too much" in (job.error or "")
    assert len(box.ids) == 1
    refused = await delivery(bench)
    assert refused.state is DeliveryState.FAILED
    assert "552 too much" in (refused.detail or "")
    box.answer = "250 OK"
    async with transaction(bench.database) as session:
        await jobs.requeue(session, SYSTEM, job.id)
    assert (await bench.settled(job.id)).state is State.DONE
    sent = await delivery(bench)
    assert (sent.state, sent.detail) == (DeliveryState.SENT, None)


@on_sqlite
async def test_mail_that_is_turned_off_is_skipped_and_told(bench: Bench, person: UserView) -> None:
    handle_mail(bench, mail_url="none")
    await bench.start()
    job = await bench.settled(await tell(bench, person))
    assert (job.state, job.result) == (State.DONE, {"skipped": True})
    skipped = await delivery(bench)
    assert (skipped.state, skipped.detail) == (DeliveryState.SKIPPED, "ALIQUOT_MAIL_URL is none")


@on_sqlite
async def test_a_mail_lost_with_its_last_worker_is_given_up(bench: Bench, person: UserView) -> None:
    handle_mail(bench)
    job_id = await tell(bench, person)
    async with transaction(bench.database) as session:
        job = await session.get_one(Message, job_id)
        job.state, job.attempts = State.RUNNING, job.max_attempts
        job.token, job.lease_until = "lost", job.created_at
    await bench.start()
    assert (await bench.settled(job_id)).state is State.DEAD
    lost = await delivery(bench)
    assert lost.state is DeliveryState.FAILED
    assert "was lost" in (lost.detail or "")
