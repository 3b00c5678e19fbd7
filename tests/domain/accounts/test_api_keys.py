from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from pydantic import SecretStr
from sqlalchemy import select, text

from src.core import ids
from src.core.actor import SYSTEM, Actor, ActorKind, Permission, team_scope
from src.core.crypto import BadToken
from src.core.db import Database, reading, transaction
from src.core.events import Event
from src.core.outbox import Message
from src.core.settings import Settings
from src.domain import accounts
from src.domain.accounts import RoleName, UserState, UserView, api_keys, key_use, reencryption
from src.domain.accounts.credentials.errors import (
    ApiKeyEnded,
    ApiKeyNotFound,
    BadApiKey,
    BadScope,
    NotFromHere,
    PersonOnly,
)
from src.domain.accounts.credentials.key_views import KeyWish, NewKey
from src.domain.accounts.tables import ApiKey, Totp
from tests.support.statements import counted

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
FIRST, SECOND = "f" * 32, "s" * 32


def settings(*keys: str) -> Settings:
    return Settings(secret_key=SecretStr(FIRST), encryption_keys=SecretStr(",".join(keys)))


@pytest.fixture(autouse=True)
def keys() -> None:
    accounts.tokens.configure(settings())
    accounts.secrets.configure(settings())


@pytest.fixture
async def ada(database: Database, admin: UserView) -> Actor:
    return await actor_of(database, admin.id)


@pytest.fixture
async def max_(database: Database, admin: UserView) -> Actor:
    async with transaction(database) as session:
        made = await accounts.create_user(
            session, SYSTEM, email="max@example.org", name="Max", roles=(RoleName.MEMBER,)
        )
    return await actor_of(database, made.id)


async def actor_of(database: Database, user_id: UUID) -> Actor:
    async with reading(database) as reads:
        found = await accounts.actor_of_user(reads, user_id, ip="192.0.2.7")
    assert found is not None
    return found


async def made(database: Database, actor: Actor, **wish: Any) -> NewKey:
    async with transaction(database) as session:
        return await api_keys.create(session, actor, wish=KeyWish(**{"name": "Export", **wish}))


async def used(database: Database, key: str, ip: str = "192.0.2.7") -> Actor:
    return await key_use.actor_of_key(database, key, ip=ip)


async def verbs(database: Database) -> list[str]:
    async with reading(database) as reads:
        return list(await reads.scalars(select(Event.verb).order_by(Event.id)))


async def letters(database: Database) -> list[str]:
    async with reading(database) as reads:
        return [row.payload["kind"] for row in await reads.scalars(select(Message))]


async def test_a_key_acts_for_its_person_in_two_statements(database: Database, ada: Actor) -> None:
    new = await made(database, ada)
    await used(database, new.key)
    with counted(database) as said:
        actor = await used(database, new.key)
    assert len(said) <= 2
    assert (actor.user_id, actor.kind, actor.credential_id) == (
        ada.user_id,
        ActorKind.API_KEY,
        new.view.id,
    )
    assert actor.granted == ada.granted
    assert new.key.startswith(f"{new.view.prefix}_")


async def test_the_secret_of_a_key_is_kept_nowhere(database: Database, ada: Actor) -> None:
    new = await made(database, ada, signing="allowed")
    secret = new.key.rpartition("_")[2]
    assert new.signing_secret is not None
    async with reading(database) as reads:
        row = (await reads.execute(text("SELECT * FROM api_keys"))).mappings().one()
        events = (await reads.execute(text("SELECT * FROM events"))).all()
        outbox = (await reads.execute(text("SELECT * FROM outbox"))).all()
    for kept in (str(dict(row)), str(events), str(outbox)):
        assert secret not in kept
        assert new.signing_secret not in kept


async def test_a_key_may_less_than_its_person_and_never_more(
    database: Database, max_: Actor, ada: Actor
) -> None:
    async with transaction(database) as session:
        made_team = await accounts.create_team(session, ada, name="Imaging")
    team = team_scope(made_team.id)
    new = await made(
        database, max_, permissions=["bookings:read", "bookings:create"], scopes=[team]
    )
    actor = await used(database, new.key)
    assert set(actor.granted) == {Permission.BOOKINGS_READ, Permission.BOOKINGS_CREATE}
    assert actor.may(Permission.BOOKINGS_CREATE, team)
    assert not actor.may(Permission.BOOKINGS_CREATE, team_scope(ids.new()))
    assert not actor.may(Permission.BOOKINGS_READ)
    whole = await made(database, max_)
    async with transaction(database) as session:
        holder = accounts.Holder(user_id=max_.user_id)
        await accounts.access.assignments.take(session, ada, holder=holder, role=RoleName.MEMBER)
    for key in (new.key, whole.key):
        assert (await used(database, key)).granted == {}


@pytest.mark.parametrize(
    ("wish", "refusal", "code"),
    [
        ({"permissions": ["settings:manage"]}, BadScope, "permission-not-held"),
        ({"permissions": ["everything"]}, BadScope, "unknown-permission"),
        ({"scopes": ["team:nowhere"]}, BadScope, "unknown-scope"),
        ({"scopes": []}, BadScope, "bad-number"),
        ({"name": " "}, BadApiKey, "bad-name"),
        ({"addresses": ["192.0.2.300"]}, BadApiKey, "bad-address"),
        ({"expires_at": NOW - timedelta(days=1000)}, BadApiKey, "bad-expiry"),
        ({"expires_at": NOW + timedelta(days=36500)}, BadApiKey, "bad-expiry"),
    ],
)
async def test_what_no_key_can_be(
    database: Database, max_: Actor, wish: dict[str, Any], refusal: type[Exception], code: str
) -> None:
    with pytest.raises(refusal) as refused:
        await made(database, max_, **wish)
    assert [fault.code for fault in refused.value.errors] == [code]  # type: ignore[attr-defined]


async def test_somebody_elses_key_does_not_exist(
    database: Database, ada: Actor, max_: Actor
) -> None:
    new = await made(database, ada)
    async with transaction(database) as session:
        assert await api_keys.list_(session, max_) == []
    for attempt in (
        lambda tx: api_keys.get(tx, max_, new.view.id),
        lambda tx: api_keys.update(tx, max_, new.view.id, changes={"name": "Mine"}),
        lambda tx: api_keys.rotate(tx, max_, new.view.id),
        lambda tx: api_keys.revoke(tx, max_, new.view.id),
    ):
        with pytest.raises(ApiKeyNotFound):
            async with transaction(database) as session:
                await attempt(session)
    assert (await used(database, new.key)).user_id == ada.user_id


async def test_no_program_makes_or_changes_keys(database: Database, ada: Actor) -> None:
    new = await made(database, ada)
    program = await used(database, new.key)
    third_party = replace(ada, is_narrowed=True)
    for actor in (program, third_party):
        for attempt in (
            lambda tx, by=actor: api_keys.create(tx, by, wish=KeyWish("More")),
            lambda tx, by=actor: api_keys.update(tx, by, new.view.id, changes={"scopes": None}),
            lambda tx, by=actor: api_keys.rotate(tx, by, new.view.id),
            lambda tx, by=actor: api_keys.revoke(tx, by, new.view.id),
        ):
            with pytest.raises(PersonOnly):
                async with transaction(database) as session:
                    await attempt(session)


async def test_a_key_ends_by_time_by_hand_and_with_its_person(
    database: Database, max_: Actor, ada: Actor
) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        short = await made(database, max_, expires_at=NOW + timedelta(hours=1))
        revoked, whole = await made(database, max_), await made(database, max_)
        async with transaction(database) as session:
            await api_keys.revoke(session, max_, revoked.view.id)
        await used(database, short.key)
        clock.shift(timedelta(hours=1))
        for ended in (short, revoked):
            with pytest.raises(BadToken):
                await used(database, ended.key)
            with pytest.raises(ApiKeyEnded):
                async with transaction(database) as session:
                    await api_keys.rotate(session, max_, ended.view.id)
        await used(database, whole.key)
        async with transaction(database) as session:
            await accounts.update_user(
                session, ada, max_.user_id or ids.new(), changes={"state": UserState.SUSPENDED}
            )
        with pytest.raises(BadToken):
            await used(database, whole.key)


async def test_what_only_looks_like_a_key_is_refused(database: Database, ada: Actor) -> None:
    new = await made(database, ada)
    other = await made(database, ada)
    crossed = new.key[:15] + other.key[15:]
    for wrong in (new.key + "a", new.key[:-1], crossed, new.view.prefix, "alq_", new.key.upper()):
        with pytest.raises(BadToken):
            await used(database, wrong)


async def test_a_replaced_key_goes_on_for_the_overlap(database: Database, ada: Actor) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        old = await made(
            database, ada, permissions=["users:read"], expires_at=NOW + timedelta(days=90)
        )
        clock.shift(timedelta(days=80))
        async with transaction(database) as session:
            new = await api_keys.rotate(session, ada, old.view.id, overlap_hours=24)
        assert new.view.replaces_id == old.view.id
        assert new.view.permissions == ("users:read",)
        assert new.view.expires_at == NOW + timedelta(days=170)
        clock.shift(timedelta(hours=23))
        await used(database, old.key)
        clock.shift(timedelta(hours=2))
        with pytest.raises(BadToken):
            await used(database, old.key)
        await used(database, new.key)
    assert "api_key.rotated" in await verbs(database)
    assert "api-key-replaced" in await letters(database)


async def test_a_key_is_refused_from_elsewhere_and_that_is_recorded(
    database: Database, ada: Actor
) -> None:
    new = await made(database, ada, addresses=["192.0.2.0/24", "2001:db8::/32"])
    assert new.view.addresses == ("192.0.2.0/24", "2001:db8::/32")
    await used(database, new.key, "192.0.2.9")
    await used(database, new.key, "2001:db8::5")
    for ip in ("198.51.100.1", "2001:db9::1"):
        with pytest.raises(NotFromHere):
            await used(database, new.key, ip)
    assert (await verbs(database)).count("api_key.refused") == 2


async def test_a_new_address_is_recorded_each_time_and_mailed_once_a_day(
    database: Database, ada: Actor
) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        new = await made(database, ada)
        for ip in ("192.0.2.7", "192.0.2.7", "198.51.100.1", "192.0.2.7"):
            await used(database, new.key, ip)
        assert (await verbs(database)).count("api_key.new_address") == 2
        assert (await letters(database)).count("api-key-new-address") == 1
        clock.shift(timedelta(days=1))
        await used(database, new.key, "203.0.113.1")
        assert (await letters(database)).count("api-key-new-address") == 2
    async with reading(database) as reads:
        assert (await api_keys.get(reads, ada, new.view.id)).version == new.view.version


async def test_the_last_use_is_written_once_a_minute(database: Database, ada: Actor) -> None:
    await key_use.flush_used(database)  # of other tests' keys
    with time_machine.travel(NOW, tick=False) as clock:
        new = await made(database, ada)
        await used(database, new.key)
        assert await key_use.flush_used(database) == 1
        clock.shift(timedelta(seconds=59))
        await used(database, new.key)
        assert await key_use.flush_used(database) == 0
        clock.shift(timedelta(seconds=2))
        await used(database, new.key, "198.51.100.1")
        assert await key_use.flush_used(database) == 1
        async with reading(database) as reads:
            seen = await api_keys.get(reads, ada, new.view.id)
    assert (seen.last_used_at, seen.last_used_ip) == (NOW + timedelta(seconds=61), "198.51.100.1")


async def test_stored_secrets_move_to_a_new_key_in_batches(database: Database, ada: Actor) -> None:
    accounts.secrets.configure(settings(FIRST))
    made_keys = [await made(database, ada, signing="allowed") for _each in range(5)]
    async with transaction(database) as session:
        purpose = f"totp:{ada.user_id}"
        secret = accounts.secrets.vault().encrypt(purpose, "SEED")
        session.add(Totp(user_id=ada.user_id, secret=secret, created_at=NOW))
    accounts.secrets.configure(settings(SECOND, FIRST))
    renewed = {one.name: one.renewed for one in await reencryption.renew(database, batch=2)}
    assert (renewed["api_keys.signing_secret"], renewed["totp_factors.secret"]) == (5, 1)
    again = await reencryption.renew(database, batch=2)
    assert [one.renewed + one.lost for one in again] == [0] * len(again)
    accounts.secrets.configure(settings(SECOND))
    async with reading(database) as reads:
        for row in await reads.scalars(select(ApiKey)):
            found = accounts.secrets.vault().decrypt(
                accounts.key_material.signing_purpose(row.id), row.signing_secret or ""
            )
            assert found in {one.signing_secret for one in made_keys}
        totp = (await reads.scalars(select(Totp.secret))).one() or ""
    assert accounts.secrets.vault().decrypt(purpose, totp) == "SEED"
    assert (await verbs(database)).count("secrets.encrypted") == 1
    accounts.secrets.configure(settings("t" * 32))
    assert sum(one.lost for one in await reencryption.renew(database)) == 6


async def test_each_secret_that_is_stored_is_reached_by_a_new_key() -> None:
    names = {one.name for one in accounts.secrets.sealed()}
    assert {"api_keys.signing_secret", "totp_factors.secret", "totp_factors.candidate"} <= names
