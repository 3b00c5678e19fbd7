"""Log-ins: their second step, their devices, their secrets, their number, and what ends them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import func, select

from src.core.actor import SYSTEM, Actor, Permission
from src.core.db import Database, reading, transaction
from src.core.errors import DomainError
from src.core.events import Event
from src.core.outbox import Message
from src.core.vault import Vault
from src.domain import accounts
from src.domain.accounts import Client, Holder, RoleName, UserView, sessions
from src.domain.accounts.factors import totp
from src.domain.accounts.tables import KnownDevice, LoginSession, PendingLogIn, User
from tests.support.statements import counted

PASSWORD = "seventeen green bottles"
NEW = "eighteen purple umbrellas"
STEP = timedelta(seconds=totp.STEP)
HERE = Client("192.0.2.7", "request", "Mozilla/5.0 (X11; Linux) Firefox/140.0")
THERE = Client("198.51.100.9", "request", "curl/8")


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts.secrets, "_vaults", [Vault(["a key"])])


async def begin(
    database: Database, client: Client = HERE, email: str = "ada@example.org"
) -> accounts.Opened | accounts.second_step.Waiting:
    proven = await accounts.login.prove(database, email=email, password=PASSWORD, client=client)
    return await accounts.second_step.go_on(database, proven, client)


async def opened(database: Database, client: Client = HERE) -> accounts.Opened:
    done = await begin(database, client)
    assert isinstance(done, accounts.Opened)
    return done


async def waiting(database: Database, client: Client = HERE) -> str:
    done = await begin(database, client)
    assert isinstance(done, accounts.second_step.Waiting)
    return done.secret


async def with_app(database: Database, user_id: UUID) -> str:
    """The secret of an app that was set up two minutes ago."""
    actor = Actor(user_id)
    with time_machine.travel(datetime.now(UTC) - 4 * STEP, tick=False):
        async with transaction(database) as session:
            secret = (await totp.begin(session, actor)).secret
        async with transaction(database) as session:
            await totp.confirm(session, actor, code=code(secret))
    return secret


def code(secret: str, *, steps: int = 0) -> str:
    return totp.code_at(secret, int(datetime.now(UTC).timestamp()) // totp.STEP + steps)


def wrong(secret: str) -> str:
    right = {code(secret, steps=steps) for steps in (-2, -1, 0, 1, 2)}
    return next(f"{n:06}" for n in range(10) if f"{n:06}" not in right)


async def found(database: Database, secret: str) -> sessions.Found | None:
    async with reading(database) as reads:
        return await sessions.find(reads, secret)


async def verbs(database: Database) -> list[str]:
    async with reading(database) as reads:
        return list(await reads.scalars(select(Event.verb).order_by(Event.id)))


async def mails(database: Database) -> list[str]:
    async with reading(database) as reads:
        rows = await reads.scalars(select(Message.payload).order_by(Message.id))
        return [row["kind"] for row in rows if "kind" in row]


async def test_a_password_alone_opens_nothing_where_there_is_a_second_factor(
    database: Database, admin: UserView
) -> None:
    app = await with_app(database, admin.id)
    secret = await waiting(database)
    async with reading(database) as reads:
        assert not (await reads.scalars(select(LoginSession))).all()
        assert await sessions.find(reads, secret) is None, "it is no log-in yet"
    done = await accounts.second_step.give_code(database, secret, code(app), HERE)
    entered = await found(database, done.secret)
    assert entered is not None
    assert (entered.actor.user_id, entered.has_factor) == (admin.id, True)
    with pytest.raises(accounts.LogInOver):
        await accounts.second_step.give_code(database, secret, code(app, steps=1), HERE)


async def test_no_door_for_programs_leaves_the_factor_out(
    database: Database, admin: UserView
) -> None:
    app = await with_app(database, admin.id)
    with pytest.raises(accounts.SecondFactorRequired):
        await accounts.entering.log_in(
            database, email="ada@example.org", password=PASSWORD, client=HERE
        )
    proven = await accounts.login.prove(
        database, email="ada@example.org", password=PASSWORD, client=HERE
    )
    async with transaction(database) as session:
        with pytest.raises(accounts.SecondFactorRequired):
            await accounts.login.accept(session, proven, HERE)
    with pytest.raises(accounts.CodeRefused):
        await accounts.login.prove_factor(database, proven, wrong(app), HERE)
    assert (await verbs(database))[-1] == "user.factor_refused"
    known = Client("203.0.113.5", "request")
    complete = await accounts.login.prove_factor(database, proven, code(app), known)
    async with transaction(database) as session:
        assert (await accounts.login.accept(session, complete, known)).id == admin.id
    with pytest.raises(accounts.CodeRefused):  # it was used
        await accounts.login.prove_factor(database, proven, code(app), THERE)


async def test_a_stolen_second_step_takes_no_code_of_the_thief(
    database: Database, admin: UserView
) -> None:
    await with_app(database, admin.id)
    secret = await waiting(database)
    made = await accounts.new_hash(PASSWORD)
    async with transaction(database) as session:
        eve = await accounts.create_user(
            session, SYSTEM, email="eve@example.org", name="Eve", password_hash=made
        )
    theirs = await with_app(database, eve.id)
    with pytest.raises(accounts.CodeRefused):
        await accounts.second_step.give_code(database, secret, code(theirs), THERE)


async def test_five_wrong_codes_or_ten_minutes_end_a_second_step(
    database: Database, admin: UserView
) -> None:
    app = await with_app(database, admin.id)
    late = await waiting(database)
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=10.1), tick=False):
        with pytest.raises(accounts.LogInOver):
            await accounts.second_step.give_code(database, late, code(app), HERE)
        async with transaction(database) as session:
            assert await accounts.second_step.sweep(session) == 1
    secret, now = await waiting(database), datetime.now(UTC)
    said: list[type[DomainError]] = []
    for number in range(5):  # each after the delay that the one before has brought
        now += timedelta(minutes=1.5)
        with (
            time_machine.travel(now, tick=False),
            pytest.raises((accounts.CodeRefused, accounts.LogInOver)) as refused,
        ):
            client = replace(HERE, ip=f"192.0.2.{number}")
            await accounts.second_step.give_code(database, secret, wrong(app), client)
        said.append(refused.type)
    assert said == [accounts.CodeRefused] * 4 + [accounts.LogInOver]
    async with reading(database) as reads:
        assert not (await reads.scalars(select(PendingLogIn))).all()


async def test_codes_are_guessed_at_the_pace_of_one_from_everywhere(
    database: Database, admin: UserView
) -> None:
    app = await with_app(database, admin.id)
    proven = await accounts.login.prove(
        database, email="ada@example.org", password=PASSWORD, client=HERE
    )
    said = []
    for number in range(60):
        client = Client(f"203.0.113.{number}", "request")
        with pytest.raises((accounts.CodeRefused, accounts.TooManyAttempts)) as refused:
            await accounts.login.prove_factor(database, proven, wrong(app), client)
        said.append(refused.type)
    assert said[-1] is accounts.TooManyAttempts
    assert said.count(accounts.CodeRefused) < 25


async def test_a_trusted_device_is_asked_for_the_password_alone_for_thirty_days(
    database: Database, admin: UserView
) -> None:
    app = await with_app(database, admin.id)
    done = await accounts.second_step.give_code(
        database, await waiting(database), code(app), HERE, trust=True
    )
    device = replace(HERE, device_secret=done.device_secret)
    again = await opened(database, device)
    entered = await found(database, again.secret)
    assert entered is not None
    assert entered.has_factor, "the device stands for it"
    await waiting(database, THERE)
    async with reading(database) as reads:
        listed = await accounts.log_ins(reads, entered.actor)
        devices = await accounts.devices.list_(reads, entered.actor)
    assert [one.trusted_until is not None for one in listed] == [True, True]
    with time_machine.travel(datetime.now(UTC) + timedelta(days=30.1), tick=False):
        await waiting(database, device)
    async with transaction(database) as session:
        await accounts.devices.forget(session, entered.actor, devices[0].id)
    await waiting(database, device)


async def test_a_new_device_is_mailed_about_and_an_old_one_is_not(
    database: Database, admin: UserView
) -> None:
    first = await opened(database)
    assert "new-device" not in await mails(database), "the very first is theirs"
    await opened(database, replace(HERE, device_secret=first.device_secret))
    assert "new-device" not in await mails(database)
    await opened(database, THERE)
    assert (await mails(database)).count("new-device") == 1
    assert (await verbs(database)).count("user.new_device") == 1


async def test_one_browser_knows_several_people_and_vouches_for_each_alone(
    database: Database, admin: UserView
) -> None:
    made = await accounts.new_hash(PASSWORD)
    async with transaction(database) as session:
        await accounts.create_user(
            session, SYSTEM, email="bob@example.org", name="Bob", password_hash=made
        )
    ada = await opened(database)
    shared = replace(HERE, device_secret=ada.device_secret)
    async with reading(database) as reads:
        knows = accounts.devices.is_known
        assert await knows(reads, "Ada@example.org", ada.device_secret)
        assert not await knows(reads, "bob@example.org", ada.device_secret)
    bob = await begin(database, shared, "bob@example.org")
    assert isinstance(bob, accounts.Opened)
    assert bob.device_secret == ada.device_secret
    async with reading(database) as reads:
        assert await knows(reads, "bob@example.org", ada.device_secret)
        hashes = list(await reads.scalars(select(KnownDevice.token_hash)))
    assert len(set(hashes)) == 2


async def test_of_two_log_ins_racing_at_the_limit_the_newest_stay(
    database: Database, admin: UserView
) -> None:
    async with transaction(database) as session:
        await accounts.facility.update(session, SYSTEM, changes={"max_log_ins": 2})
    oldest = await opened(database)
    raced = await asyncio.gather(*(opened(database, THERE) for _ in range(4)))
    async with reading(database) as reads:
        count = await reads.scalar(select(func.count()).select_from(LoginSession))
    assert count == 2
    assert await found(database, oldest.secret) is None
    valid = [one for one in raced if await found(database, one.secret) is not None]
    assert len(valid) == 2
    assert (await verbs(database)).count("user.log_in_made_room") == 3


async def test_a_renewed_secret_leaves_the_old_one_moments_and_no_proof(
    database: Database, admin: UserView
) -> None:
    old = (await opened(database)).secret
    async with transaction(database) as session:
        new = await sessions.renewed(session, old)
        assert await sessions.renewed(session, old) is None, "of two at once one renews"
    assert new is not None
    before, after = await found(database, old), await found(database, new)
    assert before is not None
    assert after is not None
    assert before.actor.session_id == after.actor.session_id
    assert (before.proven_at, before.is_to_renew) == (None, False)
    assert after.proven_at is not None
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=31), tick=False):
        assert await found(database, old) is None
        assert await found(database, new) is not None


async def test_a_role_given_renews_the_secret_and_one_taken_ends_the_log_ins(
    database: Database, admin: UserView
) -> None:
    made = await accounts.new_hash(PASSWORD)
    async with transaction(database) as session:
        bob = await accounts.create_user(
            session, SYSTEM, email="bob@example.org", name="Bob", password_hash=made
        )
    done = await begin(database, HERE, "bob@example.org")
    entered = await found(database, done.secret)
    assert entered is not None
    assert not entered.is_to_renew
    holder = Holder(user_id=bob.id)
    async with transaction(database) as session:
        await accounts.access.assignments.grant(session, SYSTEM, holder, RoleName.MANAGER)
    entered = await found(database, done.secret)
    assert entered is not None
    assert entered.is_to_renew
    assert entered.actor.may(Permission.BOOKINGS_APPROVE)
    async with transaction(database) as session:
        assert await sessions.renewed(session, done.secret)
        await accounts.access.assignments.take(session, SYSTEM, holder, RoleName.MANAGER)
    assert await found(database, done.secret) is None


async def test_a_new_password_ends_what_the_old_one_opened_and_is_mailed(
    database: Database, admin: UserView
) -> None:
    app = await with_app(database, admin.id)
    here = await accounts.second_step.give_code(
        database, await waiting(database), code(app), HERE, trust=True
    )
    there = await waiting(database, THERE)
    entered = await found(database, here.secret)
    assert entered is not None
    await accounts.change_password(database, entered.actor, current=PASSWORD, new=NEW)
    renewed = await found(database, here.secret)
    assert renewed is not None
    assert renewed.is_to_renew
    with pytest.raises(accounts.LogInOver):
        await accounts.second_step.give_code(database, there, code(app, steps=1), THERE)
    async with reading(database) as reads:
        assert [one.trusted_until for one in await reads.scalars(select(KnownDevice))] == [None]
    assert "password-changed" in await mails(database)
    for former in (PASSWORD, NEW):
        with pytest.raises(accounts.PasswordRefused):
            await accounts.change_password(database, renewed.actor, current=NEW, new=former)


async def test_a_proof_is_recent_for_a_quarter_of_an_hour_and_can_be_given_again(
    database: Database, admin: UserView
) -> None:
    done = await opened(database)
    later = datetime.now(UTC) + timedelta(minutes=15.1)
    entered = await found(database, done.secret)
    assert entered is not None
    accounts.confirming.require_recent(entered.proven_at)
    with time_machine.travel(later, tick=False):
        with pytest.raises(accounts.ConfirmationNeeded):
            accounts.confirming.require_recent(entered.proven_at)
        with pytest.raises(accounts.LogInRefused):
            await accounts.confirming.by_password(database, entered.actor, "wrong", HERE)
        secret = await accounts.confirming.by_password(database, entered.actor, PASSWORD, HERE)
        assert secret != done.secret
        again = await found(database, secret)
        assert again is not None
        accounts.confirming.require_recent(again.proven_at)
    assert (await verbs(database))[-2:] == ["user.confirmation_refused", "user.confirmed"]


async def test_whose_time_to_set_up_a_factor_is_over_is_held_back(
    database: Database, admin: UserView
) -> None:
    done = await opened(database)
    async with transaction(database) as session:
        user = await session.get_one(User, admin.id)
        user.factor_due_at = datetime.now(UTC) + timedelta(minutes=1)
    entered = await found(database, done.secret)
    assert entered is not None
    assert not entered.actor.is_held_back
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=2), tick=False):
        entered = await found(database, done.secret)
        assert entered is not None
        assert entered.actor.is_held_back
        async with transaction(database) as session:
            await sessions.strengthened(session, entered.actor.session_id)
        entered = await found(database, done.secret)
    assert entered is not None
    assert not entered.actor.is_held_back


async def test_others_log_ins_are_ended_by_who_keeps_the_list_and_by_nobody_else(
    database: Database, admin: UserView
) -> None:
    made = await accounts.new_hash(PASSWORD)
    async with transaction(database) as session:
        await accounts.create_user(
            session, SYSTEM, email="bob@example.org", name="Bob", password_hash=made
        )
    ada, bob = await opened(database), await begin(database, HERE, "bob@example.org")
    mine, theirs = await found(database, ada.secret), await found(database, bob.secret)
    assert mine is not None
    assert theirs is not None
    assert mine.actor.session_id is not None
    async with transaction(database) as session:
        with pytest.raises(accounts.LogInNotFound):
            await accounts.end_log_in(session, theirs.actor, mine.actor.session_id)
    with pytest.raises(DomainError):
        async with transaction(database) as session:
            await accounts.end_those_of(session, theirs.actor, admin.id)
    assert await found(database, ada.secret) is not None
    assert theirs.actor.user_id is not None
    async with transaction(database) as session:
        assert await accounts.end_those_of(session, mine.actor, theirs.actor.user_id) == 1
    assert await found(database, bob.secret) is None


async def test_who_one_is_costs_one_statement_and_is_never_remembered_itself(
    database: Database, admin: UserView
) -> None:
    """What holds without a cache, holds in every process."""
    done = await opened(database)
    await found(database, done.secret)
    with counted(database) as said:
        await found(database, done.secret)
    assert len(said) == 1
    async with transaction(database) as session:
        await sessions.end_all(session, admin.id)
    assert await found(database, done.secret) is None


async def test_a_log_in_is_found_by_its_secret_and_not_by_looking_through_all(
    database: Database, admin: UserView
) -> None:
    done = await opened(database)
    with counted(database) as said:
        await found(database, done.secret)
    if not database.is_sqlite:
        pytest.skip("PostgreSQL plans by what the table holds")
    async with database.reading_engine.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        rows = await driver.execute_fetchall("EXPLAIN QUERY PLAN " + said[0], ("",) * 6)
    plan = " ".join(str(row[-1]) for row in rows)
    assert "SCAN login_sessions" not in plan
    assert "expires_at" not in plan
    assert "token_hash=?" in plan
