"""Codes of third parties where two come at once, and what ends with them, on both databases."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from dataclasses import replace

import pytest
from pydantic import SecretStr
from sqlalchemy import select, update

from src.core import clock, ids
from src.core.actor import Actor
from src.core.crypto import BadToken
from src.core.db import Database, reading, transaction
from src.core.settings import Settings
from src.domain import accounts
from src.domain.accounts import Client, UserView, oauth_apps, oauth_clients, oauth_codes, tokens
from src.domain.accounts.credentials.oauth_client_views import ClientWish, NewClient
from src.domain.accounts.credentials.oauth_codes import Question
from src.domain.accounts.credentials.oauth_errors import AppNotFound, BadCode, CodeReused
from src.domain.accounts.credentials.tokens import Tokens
from src.domain.accounts.tables import LoginSession, OAuthCode
from tests.support import log_ins

HERE = Client("192.0.2.7", "req-1", "reader/2")
BACK = "https://reader.example.org/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode()[:43]


@pytest.fixture(autouse=True)
def keys() -> None:
    tokens.configure(Settings(secret_key=SecretStr("k" * 32)))


async def at_a_browser(database: Database, person: UserView) -> Actor:
    async with transaction(database) as session:
        secret = accounts.sessions.begin(session, person.id, device="Firefox", ip="192.0.2.1")
    async with reading(database) as reads:
        actor = await log_ins.actor_of(reads, secret)
    assert actor is not None
    return actor


async def register(database: Database, actor: Actor) -> NewClient:
    wish = ClientWish("Reader", ["bookings:read"], redirect_uris=[BACK])
    async with transaction(database) as session:
        return await oauth_clients.create(session, actor, wish=wish)


async def allowed(database: Database, actor: Actor, made: NewClient) -> str:
    question = Question(made.view.client_id, BACK, "code", "", CHALLENGE, "S256")
    async with transaction(database) as session:
        program = await oauth_codes.program_of(session, question)
        asked = await oauth_codes.ask(session, actor, question, program)
        return await oauth_codes.allow(session, actor, asked, seen=["bookings:read"])


async def exchanged(database: Database, made: NewClient, code: str) -> Tokens:
    async with transaction(database) as session:
        program = await oauth_clients.proved(session, made.view.client_id, made.secret or "")
        return await oauth_codes.exchange(
            session, code, program=program, redirect_uri=BACK, verifier=VERIFIER, client=HERE
        )


async def speaks(database: Database, token: str) -> bool:
    async with reading(database) as reads:
        try:
            await tokens.actor_of_token(reads, token)
        except BadToken:
            return False
    return True


async def test_of_two_exchanges_at_once_one_gets_tokens_and_they_end(
    database: Database, admin: UserView
) -> None:
    actor = await at_a_browser(database, admin)
    made = await register(database, actor)
    code = await allowed(database, actor, made)
    results = await asyncio.gather(
        *(exchanged(database, made, code) for _each in range(4)), return_exceptions=True
    )
    given = [one for one in results if isinstance(one, Tokens)]
    assert len(given) == 1
    assert all(isinstance(one, Tokens | CodeReused) for one in results)
    assert not await speaks(database, given[0].access)


async def test_a_password_that_changed_since_makes_the_code_worthless(
    database: Database, admin: UserView
) -> None:
    actor = await at_a_browser(database, admin)
    made = await register(database, actor)
    code = await allowed(database, actor, made)
    async with transaction(database) as session:
        user = await session.get_one(accounts.User, admin.id)
        user.password_changed_at = clock.now()
    with pytest.raises(BadCode):
        await exchanged(database, made, code)


async def test_a_second_factor_given_in_the_browser_counts_for_the_app(
    database: Database, admin: UserView
) -> None:
    actor = await at_a_browser(database, admin)
    made = await register(database, actor)
    async with transaction(database) as session:
        (await session.get_one(LoginSession, actor.session_id)).has_factor = True
    async with transaction(database) as session:
        (await session.get_one(accounts.User, admin.id)).factor_due_at = clock.now()
    given = await exchanged(database, made, await allowed(database, actor, made))
    async with reading(database) as reads:
        spoken = await tokens.actor_of_token(reads, given.access)
    assert (spoken.actor.is_program, spoken.actor.is_held_back) == (True, False)
    assert spoken.proven_at is None


async def test_other_peoples_apps_are_not_there(database: Database, admin: UserView) -> None:
    actor = await at_a_browser(database, admin)
    made = await register(database, actor)
    given = await exchanged(database, made, await allowed(database, actor, made))
    stranger = replace(actor, user_id=ids.new())
    async with reading(database) as reads:
        assert await oauth_apps.list_(reads, stranger) == []
    for app_id in (made.view.id, given.family_id):
        with pytest.raises(AppNotFound):
            async with transaction(database) as session:
                await oauth_apps.disconnect(session, stranger, app_id)
    assert await speaks(database, given.access)


async def test_codes_are_swept_a_day_after_they_ended(database: Database, admin: UserView) -> None:
    actor = await at_a_browser(database, admin)
    made = await register(database, actor)
    await allowed(database, actor, made)
    for past, left in ((tokens.KEPT / 2, 1), (tokens.KEPT * 2, 0)):
        async with transaction(database) as session:
            await session.execute(update(OAuthCode).values(expires_at=clock.now() - past))
            await tokens.sweep(session)
        async with reading(database) as reads:
            assert len((await reads.scalars(select(OAuthCode))).all()) == left
