"""Phone numbers are verified by a code that is sent to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from pydantic import SecretStr
from sqlalchemy import func, select

from src.core import outbox
from src.core.actor import SYSTEM, Actor
from src.core.db import Database, reading, transaction
from src.core.errors import DomainError
from src.core.events import Event
from src.core.outbox import Message
from src.core.settings import Settings
from src.core.sms import Sms
from src.domain import accounts
from src.domain.accounts import UserView, phones
from src.domain.accounts.tables import PhoneCode, User

NUMBER = "+4930901820"


@pytest.fixture(autouse=True)
def gateway() -> Iterator[None]:
    """Somebody to send by; nobody answers there."""
    accounts.phones.configure(Settings(sms_url=SecretStr("json://127.0.0.1:9")))
    yield
    accounts.phones.configure(Settings())


async def person(database: Database, name: str = "bob", phone: str | None = NUMBER) -> Actor:
    async with transaction(database) as session:
        made = await accounts.create_user(
            session, SYSTEM, email=f"{name}@example.org", name=name.title(), locale="de"
        )
        await accounts.update_user(session, SYSTEM, made.id, changes={"phone": phone})
    return Actor(made.id)


def own(actor: Actor) -> UUID:
    assert actor.user_id is not None
    return actor.user_id


async def ask(database: Database, actor: Actor) -> dict[str, Any]:
    """The payload of the job that was asked for."""
    async with transaction(database) as session:
        await phones.begin(session, actor)
    async with reading(database) as reads:
        wanted = select(Message.payload).where(Message.topic == phones.CODE.name)
        payload = await reads.scalar(wanted.order_by(Message.id.desc()).limit(1))
    assert payload is not None
    return dict(payload)


async def made(database: Database, payload: dict[str, Any]) -> Sms | None:
    """What the worker would send."""
    async with transaction(database) as session:
        return await phones.message(session, payload)


async def sent(database: Database, actor: Actor) -> str:
    """The code of a message that was asked for just now."""
    message = await made(database, await ask(database, actor))
    return code_in(message)


def code_in(message: Sms | None) -> str:
    assert message is not None
    (code,) = re.findall(r"\b\d{6}\b", message.text)
    return str(code)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


async def give(database: Database, actor: Actor, code: str) -> UserView:
    async with transaction(database) as session:
        return await phones.confirm(session, actor, code=code)


async def refused(database: Database, actor: Actor, code: str) -> str:
    with pytest.raises(DomainError) as refusal:
        await give(database, actor, code)
    return refusal.value.code


async def verified_at(database: Database, actor: Actor) -> datetime | None:
    async with reading(database) as reads:
        return (await reads.get_one(User, actor.user_id)).phone_verified_at


async def test_the_right_code_verifies_the_number_once(database: Database, admin: UserView) -> None:
    bob = await person(database)
    message = await made(database, await ask(database, bob))
    assert message is not None
    assert message.number == NUMBER
    assert "Institute" in message.text
    assert NUMBER not in repr(message)
    code = code_in(message)
    view = await give(database, bob, f"{code[:3]} {code[3:]}")
    assert view.phone_verified_at is not None
    assert await refused(database, bob, code) == "phone-code-over"
    with pytest.raises(accounts.NothingToVerify):
        await ask(database, bob)


async def test_neither_record_nor_jobs_nor_table_tell_code_or_number(
    database: Database, admin: UserView
) -> None:
    bob = await person(database)
    code = await sent(database, bob)
    await give(database, bob, code)
    async with reading(database) as reads:
        about = select(Event).where(Event.verb.like("phone.%")).order_by(Event.id)
        events = (await reads.scalars(about)).all()
        jobs = (await reads.scalars(select(Message.payload))).all()
        row = (await reads.scalars(select(PhoneCode))).one()
    assert [event.verb for event in events] == ["phone.code_asked", "phone.verified"]
    assert NUMBER not in str([event.changes for event in events])
    assert code not in str(jobs)
    assert NUMBER not in str(jobs)
    assert code not in (row.code_hash or "")


async def test_five_wrong_codes_end_it_and_the_fifth_may_still_be_right(
    database: Database, admin: UserView
) -> None:
    bob, eve = await person(database), await person(database, "eve", "+4930901821")
    code, hers = await sent(database, bob), await sent(database, eve)
    for _ in range(4):
        assert await refused(database, bob, wrong(code)) == "phone-code-wrong"
        assert await refused(database, eve, wrong(hers)) == "phone-code-wrong"
    assert (await give(database, bob, code)).phone_verified_at
    assert await refused(database, eve, wrong(hers)) == "phone-code-wrong"
    assert await refused(database, eve, hers) == "phone-code-over"
    assert await verified_at(database, eve) is None


async def test_a_code_works_for_ten_minutes(database: Database, admin: UserView) -> None:
    bob = await person(database)
    now = datetime.now(UTC)
    with time_machine.travel(now, tick=False) as clock:
        payload = await ask(database, bob)
        code = code_in(await made(database, payload))
        clock.move_to(now + phones.LIFETIME)
        assert await refused(database, bob, code) == "phone-code-over"
        assert await made(database, payload) is None  # a job that waited so long sends nothing
        assert await verified_at(database, bob) is None


async def test_a_code_is_void_when_the_number_was_changed(
    database: Database, admin: UserView
) -> None:
    bob = await person(database)
    payload = await ask(database, bob)
    code = code_in(await made(database, payload))
    async with transaction(database) as session:
        await accounts.update_user(session, bob, own(bob), changes={"phone": "+4930901899"})
    assert await refused(database, bob, code) == "phone-code-over"
    assert await made(database, payload) is None
    await give(database, bob, await sent(database, bob))
    async with transaction(database) as session:
        view = await accounts.update_user(session, bob, own(bob), changes={"phone": NUMBER})
    assert view.phone_verified_at is None


async def test_a_code_is_nobody_elses(database: Database, admin: UserView) -> None:
    bob, eve = await person(database), await person(database, "eve")
    code = await sent(database, bob)
    assert await refused(database, eve, code) == "phone-code-over"
    hers = await sent(database, eve)
    if hers != code:
        assert await refused(database, eve, code) == "phone-code-wrong"
    assert (await verified_at(database, bob), await verified_at(database, eve)) == (None, None)


async def test_a_message_that_is_tried_again_carries_a_new_code_and_voids_the_other(
    database: Database, admin: UserView
) -> None:
    bob = await person(database)
    payload = await ask(database, bob)
    first = code_in(await made(database, payload))
    second = first
    while second == first:
        second = code_in(await made(database, payload))
    assert await refused(database, bob, first) == "phone-code-wrong"
    assert (await give(database, bob, second)).phone_verified_at


async def test_asking_again_voids_the_code_before(database: Database, admin: UserView) -> None:
    bob = await person(database)
    old = await ask(database, bob)
    first, second = code_in(await made(database, old)), await sent(database, bob)
    assert await made(database, old) is None
    if first != second:
        assert await refused(database, bob, first) == "phone-code-wrong"
    assert (await give(database, bob, second)).phone_verified_at


async def test_three_messages_an_hour_go_to_a_number_and_for_a_person(
    database: Database, admin: UserView
) -> None:
    bob, eve = await person(database), await person(database, "eve")
    now = datetime.now(UTC)
    with time_machine.travel(now, tick=False) as clock:
        await ask(database, bob)
        await ask(database, bob)
        clock.shift(timedelta(minutes=20))
        await ask(database, eve)
        for one in (bob, eve):
            with pytest.raises(accounts.TooManyCodes) as refusal:
                await ask(database, one)
            assert refusal.value.retry_after == 40 * 60
        async with transaction(database) as session:  # another number is no way around it
            changes = {"phone": "+4930901899"}
            await accounts.update_user(session, bob, own(bob), changes=changes)
        await ask(database, bob)
        with pytest.raises(accounts.TooManyCodes):
            await ask(database, bob)
        clock.shift(timedelta(minutes=40))
        await ask(database, bob)


async def test_everybody_together_gets_a_hundred_messages_an_hour(
    database: Database, admin: UserView
) -> None:
    bob = await person(database)
    now = datetime.now(UTC)
    async with transaction(database) as session:
        session.add_all(
            PhoneCode(
                id=UUID(int=n),
                user_id=admin.id,
                phone=f"+49309018{n:03}",
                created_at=now - timedelta(minutes=n // 2),
                expires_at=now,
                ended_at=now,
            )
            for n in range(1, 101)
        )
    with pytest.raises(accounts.TooManyCodes):
        await ask(database, bob)
    async with reading(database) as reads:
        jobs = select(func.count()).where(outbox.Message.topic == phones.CODE.name)
        assert await reads.scalar(jobs) == 0
    with time_machine.travel(now + timedelta(minutes=11), tick=False):
        await ask(database, bob)


async def test_without_a_gateway_or_a_number_nothing_is_asked_for(
    database: Database, admin: UserView
) -> None:
    nobody = await person(database, phone=None)
    with pytest.raises(accounts.NothingToVerify):
        await ask(database, nobody)
    accounts.phones.configure(Settings())
    with pytest.raises(accounts.SmsClosed):
        await ask(database, await person(database, "eve"))


async def test_who_is_erased_leaves_no_number_behind(database: Database, admin: UserView) -> None:
    bob = await person(database)
    payload = await ask(database, bob)
    async with transaction(database) as session:
        await accounts.leaving.erasure.erase_me(session, bob)
    assert await made(database, payload) is None
    async with reading(database) as reads:
        assert (await reads.scalars(select(PhoneCode))).all() == []
