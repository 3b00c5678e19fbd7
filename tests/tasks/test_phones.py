"""Codes for phones, from the asking to a gateway that really gets a request."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from src.core.actor import SYSTEM, Actor
from src.core.db import Database, reading, transaction
from src.core.outbox import Message, State
from src.core.settings import Settings
from src.domain import accounts
from src.tasks import handlers
from src.tasks import phones as _phones  # noqa: F401 - registers its handler
from tests.support import servers
from tests.support.databases import on_postgresql
from tests.support.gateway import Gateway, receiving
from tests.tasks.conftest import Bench, eventually
from tests.tasks.processes import yard

NUMBER = "+493090182012"


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    """A gateway that this process knows of."""
    with receiving() as made:
        yield made


async def asked(database: Database) -> tuple[Actor, int]:
    """Somebody who asked for a code, and the job."""
    async with transaction(database) as session:
        await accounts.set_up(
            session, name="Institut für Licht", timezone="UTC", currency="EUR", mail_from=None,
            admin_name="Ann", admin_email="ann@example.org", password_hash="-",
        )  # fmt: skip
        person = await accounts.create_user(session, SYSTEM, email="bob@example.org", name="Bob")
        await accounts.update_user(session, SYSTEM, person.id, changes={"phone": NUMBER})
        actor = Actor(person.id)
        await accounts.phones.begin(session, actor)
    return actor, await job_of(database)


async def job_of(database: Database) -> int:
    async with reading(database) as reads:
        wanted = select(Message.id).where(Message.topic == accounts.phones.CODE.name)
        found = await reads.scalar(wanted.order_by(Message.id.desc()).limit(1))
    assert found is not None
    return found


def handle(bench: Bench) -> None:
    bench.registry.add(handlers.registry.by_topic[accounts.phones.CODE.name])


async def test_the_gateway_is_told_number_and_text_and_the_code_fits(
    bench: Bench, gateway: Gateway
) -> None:
    handle(bench)
    await bench.start()
    actor, job = await asked(bench.database)
    assert (await bench.settled(job)).state is State.DONE
    (told,) = gateway.told
    assert told["to"] == NUMBER
    assert "Institut für Licht" in told["message"]
    async with transaction(bench.database) as session:
        view = await accounts.phones.confirm(session, actor, code=gateway.codes[0])
    assert view.phone_verified_at is not None


async def test_after_an_outage_a_new_code_comes_and_the_one_before_is_void(
    bench: Bench, gateway: Gateway
) -> None:
    gateway.answer = 503
    handle(bench)
    await bench.start()
    actor, job = await asked(bench.database)

    async def tried() -> bool:
        row = await bench.job(job)
        return row.state is State.QUEUED and row.attempts == 1

    await eventually(tried, what="the first try")
    assert "SmsUnavailable: The gateway answered 503" in ((await bench.job(job)).error or "")
    gateway.answer = 200
    assert (await bench.settled(job)).state is State.DONE
    first, second = gateway.codes
    async with transaction(bench.database) as session:
        if first != second:
            with pytest.raises(accounts.PhoneCodeWrong):
                await accounts.phones.confirm(session, actor, code=first)
        view = await accounts.phones.confirm(session, actor, code=second)
    assert view.phone_verified_at is not None


@pytest.mark.parametrize(("answer", "state"), [(401, State.FAILED), (307, State.QUEUED)])
async def test_a_refusal_is_told_once_and_nobody_is_sent_elsewhere(
    bench: Bench, gateway: Gateway, answer: int, state: State
) -> None:
    gateway.answer = answer
    handle(bench)
    await bench.start()
    _, job = await asked(bench.database)

    async def tried() -> bool:
        return (await bench.job(job)).error is not None

    await eventually(tried, what="the refusal")
    row = await bench.job(job)
    assert (row.state, len(gateway.told)) == (state, 1)
    assert f"answered {answer}" in (row.error or "")
    assert NUMBER not in (row.error or "")


async def test_a_gateway_that_is_gone_is_tried_again(bench: Bench) -> None:
    port = servers.free_port()
    url = SecretStr(f"json://127.0.0.1:{port}")
    accounts.phones.configure(Settings(sms_url=url))
    handle(bench)
    await bench.start()
    _, job = await asked(bench.database)

    async def tried() -> bool:
        return (await bench.job(job)).error is not None

    await eventually(tried, what="the first try")
    row = await bench.job(job)
    assert row.state is State.QUEUED
    assert "SmsUnavailable: It does not answer" in (row.error or "")


@on_postgresql
@pytest.mark.faults
async def test_a_worker_of_its_own_sends_and_logs_neither_number_nor_code(
    database: Database,
    database_url: str,
    redis_space: servers.Redis,
    tmp_path: Path,
    gateway: Gateway,
) -> None:
    redis = {"redis_url": redis_space.url, "redis_prefix": redis_space.prefix}
    with yard(database, tmp_path, database_url=database_url, **redis) as ours:
        loud = {"ALIQUOT_SMS_URL": gateway.url, "LOG_LEVEL": "DEBUG"}
        process = ours.worker(environment=loud)

        async def is_ready() -> bool:
            return await asyncio.to_thread(process.is_ready)

        await eventually(is_ready, seconds=40)
        gateway.answer = 503
        _, job = await asked(database)

        async def tried() -> bool:
            return (await ours.job(job)).attempts == 1 and bool(gateway.told)

        await eventually(tried)
        gateway.answer = 200

        async def is_done() -> bool:
            return (await ours.job(job)).state is State.DONE

        await eventually(is_done)
        said = process.said()
        assert accounts.phones.CODE.name in said
        for secret in (NUMBER.removeprefix("+"), "secret", *gateway.codes):
            assert secret not in said
