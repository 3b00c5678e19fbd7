from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from src.core.actor import SYSTEM, Permission
from src.core.db import Database, reading, transaction
from src.core.events import Event, EventDetail
from src.domain import accounts
from src.domain.accounts import (
    LoginSession,
    User,
    UserState,
    UserView,
    passwords,
    sessions,
    strength,
)
from tests.support import log_ins
from tests.support.statements import counted

PASSWORD = "seventeen green bottles"
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


async def log_in(database: Database, password: str = PASSWORD) -> log_ins.LogIn:
    return await log_ins.log_in(
        database, email=" ADA@example.org ", password=password, device="Firefox", ip="192.0.2.7"
    )


async def verbs(database: Database) -> list[str]:
    async with reading(database) as reads:
        return list(await reads.scalars(select(Event.verb).order_by(Event.id)))


async def test_the_right_password_opens_a_session(database: Database, admin: UserView) -> None:
    entered = await log_in(database)
    async with reading(database) as reads:
        actor = await log_ins.actor_of(reads, entered.token, ip="192.0.2.7")
        stored = (await reads.scalars(select(LoginSession))).one()
    assert actor is not None
    assert (actor.user_id, actor.session_id) == (admin.id, stored.id)
    assert actor.may(Permission.SETTINGS_MANAGE)
    assert entered.token not in (stored.token_hash, str(stored.id))
    assert (await verbs(database))[-1] == "user.logged_in"


async def test_a_refused_log_in_is_an_event(database: Database, admin: UserView) -> None:
    with pytest.raises(accounts.LogInRefused):
        await log_in(database, "wrong")
    async with reading(database) as reads:
        event = (
            await reads.scalars(select(Event).where(Event.verb == "user.log_in_refused"))
        ).one()
        detail = await reads.get_one(EventDetail, event.id)
        assert not (await reads.scalars(select(LoginSession))).all()
    assert (event.subject_id, event.actor_id, event.changes) == (admin.id, None, {})
    assert (detail.personal, detail.ip) == ({"email": "ada@example.org"}, "192.0.2.7")


async def test_a_password_is_verified_for_an_address_nobody_has(
    database: Database, admin: UserView, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str | None] = []
    real = passwords.verify

    async def watched(password_hash: str | None, password: str) -> bool:
        verified.append(password_hash)
        return await real(password_hash, password)

    monkeypatch.setattr(passwords, "verify", watched)
    refusals = []
    for email in ("nobody@example.org", "ada@example.org", "not an\x00 address"):
        with pytest.raises(accounts.LogInRefused) as refused:
            await log_ins.log_in(database, email=email, password="wrong password")
        refusals.append((refused.value.code, refused.value.detail, refused.value.members))
    assert [found is None for found in verified] == [True, False, True]
    assert len(set(map(str, refusals))) == 1


async def test_without_a_hash_the_same_work_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    worked: list[str] = []
    argon2 = passwords._hasher.argon2

    def work(_self: object, _password: str, known: str) -> bool:
        worked.append(known)
        return False

    monkeypatch.setattr(type(argon2), "verify", work)
    assert not await passwords.verify(None, "anything")
    assert not await passwords.verify("$argon2id$of-somebody", "anything")
    assert worked == [passwords._hasher.nobody, "$argon2id$of-somebody"]


async def test_a_suspended_person_is_refused_and_logged_out(
    database: Database, admin: UserView
) -> None:
    password_hash = await accounts.new_hash(PASSWORD)
    async with transaction(database) as session:
        bob = await accounts.create_user(
            session, SYSTEM, email="bob@example.org", name="Bob", password_hash=password_hash
        )
    entered = await log_ins.log_in(database, email="bob@example.org", password=PASSWORD)
    async with transaction(database) as session:
        await accounts.update_user(session, SYSTEM, bob.id, changes={"state": UserState.SUSPENDED})
    async with reading(database) as reads:
        assert await log_ins.actor_of(reads, entered.token) is None
        assert await accounts.actor_of_user(reads, bob.id) is None
        assert not (await reads.scalars(select(LoginSession))).all()
    with pytest.raises(accounts.LogInRefused):
        await log_ins.log_in(database, email="bob@example.org", password=PASSWORD)


async def test_a_log_in_ends_without_use_and_at_the_latest_by_its_age(
    database: Database, admin: UserView
) -> None:
    sessions.configure(idle=3600, absolute=3 * 3600)
    with time_machine.travel(NOW, tick=False):
        token = (await log_in(database)).token

    async def is_valid(at: datetime) -> bool:
        with time_machine.travel(at, tick=False):
            async with reading(database) as reads:
                valid = await log_ins.actor_of(reads, token) is not None
            await accounts.flush_last_seen(database)
            return valid

    hour = timedelta(hours=1)
    assert await is_valid(NOW + 0.9 * hour)
    assert await is_valid(NOW + 1.8 * hour), "use keeps it open"
    assert await is_valid(NOW + 2.7 * hour)
    assert not await is_valid(NOW + 3.01 * hour), "but not beyond the absolute limit"


async def test_an_idle_log_in_is_over_and_swept(database: Database, admin: UserView) -> None:
    sessions.configure(idle=3600, absolute=30 * 3600)
    with time_machine.travel(NOW, tick=False):
        token = (await log_in(database)).token
    with time_machine.travel(NOW + timedelta(hours=1.01), tick=False):
        async with reading(database) as reads:
            assert await log_ins.actor_of(reads, token) is None
        async with transaction(database) as session:
            assert await accounts.sweep_sessions(session) == 1


async def test_log_out_ends_this_log_in_only(database: Database, admin: UserView) -> None:
    here, there = await log_in(database), await log_in(database)
    async with transaction(database) as session:
        await accounts.log_out(session, here.actor)
    async with reading(database) as reads:
        assert await log_ins.actor_of(reads, here.token) is None
        assert await log_ins.actor_of(reads, there.token) is not None
    assert (await verbs(database))[-1] == "user.logged_out"


async def test_an_actor_costs_two_statements_at_most_and_then_one(
    database: Database, admin: UserView
) -> None:
    token = (await log_in(database)).token
    for most in (2, 1):
        async with reading(database) as reads:
            with counted(database) as seen:
                await log_ins.actor_of(reads, token)
        assert 1 <= len(seen) <= most


async def test_an_old_hash_is_renewed_at_log_in(database: Database, admin: UserView) -> None:
    accounts.passwords.configure(memory_kib=16, time_cost=1)
    await log_in(database)
    async with reading(database) as reads:
        user = await reads.get_one(User, admin.id)
    assert user.password_hash is not None
    assert "m=16,t=1" in user.password_hash
    assert user.version == admin.version
    await log_in(database)


async def test_a_changed_password_ends_the_other_log_ins(
    database: Database, admin: UserView
) -> None:
    here, there = await log_in(database), await log_in(database)
    with pytest.raises(accounts.PasswordRefused):
        await accounts.change_password(
            database, here.actor, current="wrong", new="eighteen green bottles"
        )
    await accounts.change_password(
        database, here.actor, current=PASSWORD, new="eighteen green bottles"
    )
    async with reading(database) as reads:
        assert await log_ins.actor_of(reads, here.token) is not None
        assert await log_ins.actor_of(reads, there.token) is None
    with pytest.raises(accounts.LogInRefused):
        await log_in(database)
    await log_in(database, "eighteen green bottles")


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "too-short"),
        ("x" * 1025, "too-long"),
        ("aaaaaaaaaaaaaaaa", "too-common"),
        ("PasswordPassword", "too-common"),
        ("password-123456", "too-common"),
        ("Correct Horse Battery Staple", "too-common"),
        ("ada.admin@example.org", "too-personal"),
        ("Ada Lovelace Admin", "too-personal"),
    ],
)
def test_a_weak_password_is_refused_with_its_reason(password: str, code: str) -> None:
    about = ("Ada Lovelace Admin", "ada.admin@example.org")
    assert strength.fault_of(password, about) == code


async def test_an_endless_password_fits_nothing() -> None:
    long = "ab1!" * 256
    password_hash = await passwords.make_hash(long)
    assert await passwords.verify(password_hash, long)
    assert not await passwords.verify(password_hash, long + "more")


async def test_a_password_is_the_same_from_every_keyboard() -> None:
    composed, decomposed = "grün wie Gräser \u00fc", "gru\u0308n wie Gra\u0308ser u\u0308"
    assert await passwords.verify(await passwords.make_hash(composed), decomposed)
    assert not await passwords.verify(await passwords.make_hash(composed), "\ud800 " + composed)


async def test_no_connection_is_held_while_hashing(
    database: Database, admin: UserView, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[int] = []
    real = passwords._in_thread

    async def watched(work: Callable[[], Any]) -> Any:
        engines = (database.engine, database.reading_engine)
        held.append(sum(engine.sync_engine.pool.checkedout() for engine in engines))  # type: ignore[attr-defined]  # a queue pool
        return await real(work)

    monkeypatch.setattr(passwords, "_in_thread", watched)
    accounts.passwords.configure(memory_kib=16, time_cost=1)
    entered = await log_in(database)
    with pytest.raises(accounts.LogInRefused):
        await log_in(database, "wrong")
    await accounts.change_password(
        database, entered.actor, current=PASSWORD, new="eighteen green bottles"
    )
    assert held == [0] * 5
