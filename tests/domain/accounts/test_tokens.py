from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from pydantic import SecretStr
from sqlalchemy import func, select

from src.core import ids
from src.core.actor import Permission
from src.core.crypto import BadToken
from src.core.db import Database, reading, transaction
from src.core.events import Event
from src.core.outbox import Message
from src.core.settings import Settings
from src.domain import accounts
from src.domain.accounts import Client, UserState, UserView, refresh, tokens
from src.domain.accounts.credentials.errors import (
    BadRefreshToken,
    BadScope,
    RefreshTokenReused,
)
from src.domain.accounts.credentials.tokens import Tokens
from src.domain.accounts.tables import OAuthClient, RefreshToken, TokenFamily
from tests.support import log_ins
from tests.support.statements import counted

PASSWORD = "seventeen green bottles"
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
HERE = Client("192.0.2.7", "req-1", "curl/8")
SECOND = timedelta(seconds=1)


def settings(key: str = "k", old: str = "") -> Settings:
    return Settings(secret_key=SecretStr(key * 32), secret_keys_old=SecretStr(old * 32))


@pytest.fixture(autouse=True)
def keys() -> None:
    tokens.configure(settings())
    accounts.secrets.configure(settings())


async def log_in(database: Database, scope: str = "") -> Tokens:
    made, _user = await accounts.entering.log_in(
        database, email="ada@example.org", password=PASSWORD, client=HERE, scope=scope
    )
    return made


async def speaks(database: Database, token: str) -> bool:
    async with reading(database) as reads:
        try:
            await tokens.actor_of_token(reads, token)
        except BadToken:
            return False
    return True


async def exchanged(database: Database, token: str | None, **more: Any) -> Tokens:
    async with transaction(database) as session:
        return await refresh.exchange(session, token or "", client=HERE, **more)


async def count(database: Database, what: Any) -> int:
    async with reading(database) as reads:
        return await reads.scalar(select(func.count()).select_from(what)) or 0


async def test_an_access_token_speaks_for_its_person_in_two_statements(
    database: Database, admin: UserView
) -> None:
    made = await log_in(database)
    with counted(database) as said:
        async with reading(database) as reads:
            spoken = await tokens.actor_of_token(reads, made.access, ip="192.0.2.7")
    assert len(said) <= 2
    actor = spoken.actor
    assert (actor.user_id, actor.credential_id) == (admin.id, made.family_id)
    assert actor.may(Permission.SETTINGS_MANAGE)
    assert not actor.is_program
    async with reading(database) as reads:
        stored = (await reads.scalars(select(RefreshToken))).one()
    assert made.refresh is not None
    assert made.refresh not in stored.token_hash


async def test_a_token_ends_with_its_time_its_family_and_its_person(
    database: Database, admin: UserView
) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        made = await log_in(database)
        clock.shift(899 * SECOND)
        assert await speaks(database, made.access)
        clock.shift(2 * SECOND)
        assert not await speaks(database, made.access)
        logged_out, suspended = await log_in(database), await log_in(database)
        async with reading(database) as reads:
            actor = (await tokens.actor_of_token(reads, logged_out.access)).actor
        async with transaction(database) as session:
            assert await tokens.end(session, actor, [logged_out.family_id]) == 1
        assert not await speaks(database, logged_out.access)
        with pytest.raises(BadRefreshToken):
            await exchanged(database, logged_out.refresh)
        async with transaction(database) as session:
            (await session.get_one(accounts.User, admin.id)).state = UserState.SUSPENDED
        assert not await speaks(database, suspended.access)
        with pytest.raises(BadRefreshToken):
            await exchanged(database, suspended.refresh)


async def test_a_new_password_ends_the_tokens_from_before(
    database: Database, admin: UserView
) -> None:
    before = await log_in(database)
    entered = await log_ins.log_in(database, email="ada@example.org", password=PASSWORD)
    await accounts.change_password(
        database, entered.actor, current=PASSWORD, new="eighteen blue bottles"
    )
    assert not await speaks(database, before.access)
    with pytest.raises(BadRefreshToken):
        await exchanged(database, before.refresh)


async def test_nobody_ends_the_log_in_of_somebody_else(database: Database, admin: UserView) -> None:
    made = await log_in(database)
    stranger = accounts.login.unknown(HERE)
    async with transaction(database) as session:
        assert await tokens.end(session, stranger, [made.family_id]) == 0
        assert (
            await tokens.end(session, replace(stranger, user_id=ids.new()), [made.family_id]) == 0
        )
    assert await speaks(database, made.access)


async def test_a_refresh_token_is_exchanged_for_the_next(
    database: Database, admin: UserView
) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        first = await log_in(database)
        clock.shift(timedelta(days=13))
        second = await exchanged(database, first.refresh)
        assert second.refresh != first.refresh
        assert second.family_id == first.family_id
        assert await speaks(database, second.access)
        clock.shift(timedelta(days=13))
        third = await exchanged(database, second.refresh)
        clock.shift(timedelta(days=15))
        with pytest.raises(BadRefreshToken) as unused:  # for want of use
            await exchanged(database, third.refresh)
        assert not isinstance(unused.value, RefreshTokenReused)


async def test_a_log_in_of_a_program_ends_at_last_however_much_it_is_used(
    database: Database, admin: UserView
) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        made = await log_in(database)
        for _week in range(12):
            clock.shift(timedelta(days=7))
            made = await exchanged(database, made.refresh)
        clock.shift(timedelta(days=6) - timedelta(minutes=1))
        made = await exchanged(database, made.refresh)
        assert made.expires_in == 60
        clock.shift(timedelta(minutes=2))
        assert not await speaks(database, made.access)
        with pytest.raises(BadRefreshToken):
            await exchanged(database, made.refresh)


async def test_of_two_at_once_both_get_the_same_next_token(
    database: Database, admin: UserView
) -> None:
    first = await log_in(database)
    one, other = await asyncio.gather(
        exchanged(database, first.refresh), exchanged(database, first.refresh)
    )
    assert one.refresh == other.refresh
    assert await count(database, RefreshToken) == 2
    assert await speaks(database, one.access)
    assert await speaks(database, other.access)
    await exchanged(database, one.refresh)


async def test_an_answer_that_was_lost_is_given_again_for_ten_seconds(
    database: Database, admin: UserView
) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        first = await log_in(database)
        lost = await exchanged(database, first.refresh)
        clock.shift(10 * SECOND)
        assert (await exchanged(database, first.refresh)).refresh == lost.refresh
        clock.shift(SECOND)
        with pytest.raises(RefreshTokenReused):
            await exchanged(database, first.refresh)


async def test_a_refresh_token_that_comes_again_ends_its_family_and_the_person_is_mailed(
    database: Database, admin: UserView
) -> None:
    first, other = await log_in(database), await log_in(database)
    second = await exchanged(database, first.refresh)
    third = await exchanged(database, second.refresh)
    with pytest.raises(RefreshTokenReused):  # at once: its successor is in use already
        await exchanged(database, first.refresh)
    assert not await speaks(database, third.access)
    with pytest.raises(BadRefreshToken):
        await exchanged(database, third.refresh)
    assert await speaks(database, other.access)
    async with reading(database) as reads:
        family = await reads.get_one(TokenFamily, first.family_id)
        event = (await reads.scalars(select(Event).where(Event.verb == "token.reused"))).one()
        letters = [row.payload["kind"] for row in await reads.scalars(select(Message))]
    assert (family.revoked_for, event.subject_id) == ("reused", admin.id)
    assert letters.count("refresh-token-reused") == 1


async def test_what_a_refresh_token_is_not(database: Database, admin: UserView) -> None:
    made = await log_in(database)
    for wrong in (made.access, "", "alr_" + "a" * 43, "ü", made.refresh[:-1] + "ü"):  # type: ignore[index]  # there is one
        with pytest.raises(BadRefreshToken):
            await exchanged(database, wrong)
    assert not await speaks(database, made.refresh or "")


async def test_a_token_of_a_narrow_scope_does_no_more(database: Database, admin: UserView) -> None:
    made = await log_in(database, scope="bookings:read users:read")
    async with reading(database) as reads:
        actor = (await tokens.actor_of_token(reads, made.access)).actor
    assert set(actor.granted) == {Permission.BOOKINGS_READ, Permission.USERS_READ}
    assert actor.is_program
    narrower = await exchanged(database, made.refresh, scope=["bookings:read"])
    async with reading(database) as reads:
        actor = (await tokens.actor_of_token(reads, narrower.access)).actor
    assert set(actor.granted) == {Permission.BOOKINGS_READ}
    with pytest.raises(BadScope):
        await exchanged(database, narrower.refresh, scope=["settings:manage"])
    with pytest.raises(BadScope):
        await log_in(database, scope="bookings:read everything")


async def test_the_token_of_a_third_party_ends_with_it_and_is_refreshed_by_it_alone(
    database: Database, admin: UserView
) -> None:
    program = OAuthClient(id=ids.new(), name="Plotter", owner_id=admin.id, client_id="plotter")
    async with transaction(database) as session:
        session.add(program)
        await session.flush()
        made = await tokens.begin(
            session, admin.id, client=HERE, permissions=["bookings:read"], client_id=program.id
        )
    with pytest.raises(BadRefreshToken):
        await exchanged(database, made.refresh)
    made = await exchanged(database, made.refresh, client_id=program.id)
    async with reading(database) as reads:
        spoken = await tokens.actor_of_token(reads, made.access)
    assert (spoken.actor.is_program, spoken.proven_at) == (True, None)
    async with transaction(database) as session:
        (await session.get_one(OAuthClient, program.id)).revoked_at = NOW
    assert not await speaks(database, made.access)


async def test_a_new_signing_key_ends_nobodys_log_in(database: Database, admin: UserView) -> None:
    first = await log_in(database)
    tokens.configure(settings("n", old="k"))
    assert await speaks(database, first.access)
    second = await exchanged(database, first.refresh)
    tokens.configure(settings("n"))
    assert not await speaks(database, first.access)
    assert await speaks(database, second.access)
    await exchanged(database, second.refresh)


async def test_what_counts_no_longer_is_swept(database: Database, admin: UserView) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        await log_in(database)
        kept = await log_in(database)
        clock.shift(timedelta(days=13))
        kept = await exchanged(database, kept.refresh)
        clock.shift(timedelta(days=2))
        async with transaction(database) as session:
            assert await tokens.sweep(session) > 0
        assert await count(database, TokenFamily) == 1
        await exchanged(database, kept.refresh)
