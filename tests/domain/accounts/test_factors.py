"""Second factors: what they accept, once, and who must have one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pyotp
import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import events, outbox
from src.core.actor import EVERYWHERE, Actor, ActorKind, Permission
from src.core.db import transaction
from src.core.errors import Forbidden, Unauthenticated
from src.core.vault import KeyLost, Vault
from src.domain import accounts
from src.domain.accounts import factors
from src.domain.accounts.factors import attestation, backup_codes, passkeys, totp
from src.domain.accounts.tables import BackupCode, Institute, RoleName, Totp, User
from tests.support.authenticator import ORIGIN, Authenticator
from tests.support.world import World

RP = factors.RelyingParty("localhost", "Institute", (ORIGIN,))
# RFC 6238, appendix B: SHA-1, of which the last six digits count here.
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
RFC_CODES = {
    59: "287082",
    1111111109: "081804",
    1111111111: "050471",
    1234567890: "005924",
    2000000000: "279037",
    20000000000: "353130",
}


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> list[Vault]:
    """A vault of one key."""
    vaults = [Vault(["first key"])]
    monkeypatch.setattr(accounts.secrets, "_vaults", vaults)
    return vaults


async def with_totp(world: World, person: Actor) -> pyotp.TOTP:
    """Set up an app; its confirming code is two steps old afterwards."""
    async with world.writing() as session:
        made = await totp.begin(session, person)
    app = pyotp.TOTP(made.secret)
    with time_machine.travel(datetime.now(UTC) - timedelta(seconds=90), tick=False):
        async with world.writing() as session:
            await totp.confirm(session, person, code=app.at(datetime.now(UTC)))
    return app


def of(person: Actor) -> UUID:
    assert person.user_id is not None
    return person.user_id


async def verified(world: World, person: Actor, code: str) -> bool:
    assert person.user_id
    async with world.writing() as session:
        return await totp.verify(session, person.user_id, code)


@pytest.mark.parametrize(("at", "code"), RFC_CODES.items())
def test_codes_are_those_of_the_rfc(at: int, code: str) -> None:
    assert totp.code_at(RFC_SECRET, at // totp.STEP) == code


@pytest.mark.parametrize(
    ("steps", "is_taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
async def test_a_clock_may_be_one_step_off(world: World, steps: int, is_taken: bool) -> None:
    person = await world.person()
    app = await with_totp(world, person)
    now = datetime.now(UTC)
    with time_machine.travel(now, tick=False):
        code = app.at(now + timedelta(seconds=totp.STEP * steps))
        assert await verified(world, person, code) is is_taken


async def test_a_code_works_once_and_none_from_before_it(world: World) -> None:
    person = await world.person()
    app = await with_totp(world, person)
    now = datetime.now(UTC)
    with time_machine.travel(now, tick=False):
        assert await verified(world, person, app.at(now))
        assert not await verified(world, person, app.at(now))
        assert not await verified(world, person, app.at(now - timedelta(seconds=totp.STEP)))
        assert await verified(world, person, app.at(now + timedelta(seconds=totp.STEP)))


async def test_of_two_at_once_with_one_code_one_passes(world: World) -> None:
    person = await world.person()
    app = await with_totp(world, person)
    code = app.now()
    passed = await asyncio.gather(*(verified(world, person, code) for _ in range(6)))
    assert sum(passed) == 1


@given(
    st.characters(categories=["Nd", "No"]).filter(lambda digit: not digit.isascii()),
    st.integers(0, 5),
)
def test_only_plain_digits_make_a_code(digit: str, place: int) -> None:
    right = totp.code_at(RFC_SECRET, 1)
    with time_machine.travel(datetime.fromtimestamp(59, UTC), tick=False):
        assert totp.step_of(RFC_SECRET, f" {right[:3]} {right[3:]} ", after=None) == 1
        typed = right[:place] + digit + right[place + 1 :]
        assert totp.step_of(RFC_SECRET, typed, after=None) is None
        assert totp.step_of(RFC_SECRET, right + right[0], after=None) is None


async def test_a_new_app_counts_once_confirmed_and_the_old_one_until_then(world: World) -> None:
    person = await world.person()
    old = await with_totp(world, person)
    async with world.writing() as session:
        new = pyotp.TOTP((await totp.begin(session, person)).secret)
    assert not await verified(world, person, new.now())
    with pytest.raises(factors.WrongCode):
        async with world.writing() as session:
            await totp.confirm(session, person, code=wrong(new))
    assert await verified(world, person, old.now())
    async with world.writing() as session:
        await totp.confirm(session, person, code=new.now())
        assert await totp.begun(session, person) is None
    assert not await verified(world, person, new.now()), "the confirming code is spent"
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=90), tick=False):
        assert not await verified(world, person, old.now())
        assert await verified(world, person, new.now())


def wrong(app: pyotp.TOTP) -> str:
    now = datetime.now(UTC)
    near = {app.at(now + timedelta(seconds=30 * step)) for step in range(-2, 3)}
    return next(code for code in (f"{n:06}" for n in range(10)) if code not in near)


async def test_a_set_up_that_was_left_alone_cannot_be_confirmed_later(world: World) -> None:
    person = await world.person()
    async with world.writing() as session:
        app = pyotp.TOTP((await totp.begin(session, person)).secret)
    later = datetime.now(UTC) + totp.SET_UP + timedelta(seconds=1)
    with time_machine.travel(later, tick=False), pytest.raises(factors.SetUpNotBegun):
        async with world.writing() as session:
            await totp.confirm(session, person, code=app.now())


async def test_an_exchanged_key_is_not_noticed_and_a_lost_one_is_told(
    world: World, keys: list[Vault]
) -> None:
    person = await world.person()
    app = await with_totp(world, person)
    keys[:] = [Vault(["second key", "first key"])]
    assert await verified(world, person, app.now())
    keys[:] = [Vault(["second key"])]  # what was used since is encrypted anew
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=60), tick=False):
        assert await verified(world, person, app.now())
        keys[:] = [Vault(["third key"])]
        with pytest.raises(KeyLost):
            await verified(world, person, app.now())


async def test_what_is_stored_of_a_secret_does_not_open_another_account(world: World) -> None:
    one, other = await world.person(), await world.person()
    await with_totp(world, one)
    app = await with_totp(world, other)
    async with world.writing() as session:
        theirs = await session.get_one(Totp, other.user_id)
        (await session.get_one(Totp, one.user_id)).secret = theirs.secret
    with pytest.raises(KeyLost):
        await verified(world, one, app.now())


async def backup(world: World, person: Actor) -> list[str]:
    async with world.writing() as session:
        return await backup_codes.renew(session, person)


async def used(world: World, person: Actor, code: str) -> bool:
    assert person.user_id
    async with world.writing() as session:
        return await backup_codes.verify(session, person.user_id, code)


async def topics(world: World) -> list[dict[str, Any]]:
    async with world.reading() as reads:
        return [
            message.payload
            for message in await reads.scalars(select(outbox.Message).order_by(outbox.Message.id))
            if message.topic == "accounts.letter"
        ]


async def test_a_backup_code_works_once_however_it_is_typed(world: World) -> None:
    person, other = await world.person(), await world.person()
    await with_totp(world, person)
    await with_totp(world, other)
    codes = await backup(world, person)
    assert len(set(codes)) == 10
    assert not await used(world, other, codes[0])
    assert await used(world, person, f" {codes[0].upper().replace('-', ' ').replace('0', 'O')} ")
    assert not await used(world, person, codes[0])
    assert sum(await asyncio.gather(*(used(world, person, codes[1]) for _ in range(6)))) == 1
    async with world.reading() as reads:
        assert await backup_codes.left(reads, of(person)) == 8
        stored = set(await reads.scalars(select(BackupCode.code_hash)))
    assert not stored & set(codes)


async def test_new_backup_codes_replace_all_and_need_something_to_stand_in_for(
    world: World,
) -> None:
    person = await world.person()
    with pytest.raises(factors.NothingToBackUp):
        await backup(world, person)
    await with_totp(world, person)
    old = await backup(world, person)
    new = await backup(world, person)
    assert not await used(world, person, old[0])
    assert await used(world, person, new[0])


async def test_who_uses_backup_codes_is_mailed_and_warned_when_few_are_left(world: World) -> None:
    person = await world.person()
    await with_totp(world, person)
    for code in (await backup(world, person))[:7]:
        assert await used(world, person, code)
    kinds = [letter["kind"] for letter in await topics(world)]
    assert kinds == [
        "factor-added-totp",
        "backup-codes-made",
        *["backup-code-used"] * 6,
        "few-backup-codes",
    ]


@given(st.text(max_size=200))
def test_any_text_may_be_typed_for_a_backup_code(typed: str) -> None:
    assert backup_codes.normal(typed) == backup_codes.normal(backup_codes.normal(typed))


async def registered(
    world: World, person: Actor, device: Authenticator, *, rp: factors.RelyingParty = RP
) -> UUID:
    async with world.writing() as session:
        options, token = await passkeys.begin_registration(session, person, rp=rp)
    async with world.writing() as session:
        return await passkeys.finish_registration(
            session,
            person,
            pending_token=token,
            credential_json=device.register(options),
            name="Phone",
            rp=rp,
        )


async def logged_in(
    world: World, device: Authenticator, *, user_id: UUID | None = None, answer: str | None = None
) -> UUID:
    async with world.writing() as session:
        options, token = await passkeys.begin_authentication(session, user_id=user_id, rp=RP)
    credential = answer or device.answer(options)
    async with world.writing() as session:
        return await passkeys.finish_authentication(
            session, pending_token=token, credential_json=credential, rp=RP
        )


@pytest.mark.parametrize("counter", [1, None])
async def test_a_passkey_says_who_it_is_again_and_again(world: World, counter: int | None) -> None:
    person, device = await world.person(), Authenticator(counter=counter)
    await registered(world, person, device)
    for user_id in (None, person.user_id, None):
        assert await logged_in(world, device, user_id=user_id) == person.user_id


async def test_passkeys_of_others_and_of_nobody_are_refused(world: World) -> None:
    person, other = await world.person(), await world.person()
    mine, theirs, unknown = Authenticator(), Authenticator(), Authenticator()
    await registered(world, person, mine)
    await registered(world, other, theirs)
    unknown.user_handle = person.user_id.bytes if person.user_id else b""
    for device, asked in ((theirs, person.user_id), (unknown, None), (unknown, person.user_id)):
        with pytest.raises(factors.PasskeyRefused):
            await logged_in(world, device, user_id=asked)
    theirs.user_handle = mine.user_handle
    with pytest.raises(factors.PasskeyRefused):
        await logged_in(world, theirs)
    theirs.credential_id = mine.credential_id  # signed with another key
    with pytest.raises(factors.PasskeyRefused):
        await logged_in(world, theirs)


LIES: dict[str, dict[str, Any]] = {
    "another origin": {"origin": "https://evil.example"},
    "another port": {"origin": "http://localhost:9999"},
    "another site": {"rp_id": "evil.example"},
    "nobody was checked": {"is_verifying": False},
}


@pytest.mark.parametrize("lie", LIES)
async def test_answers_for_another_site_are_refused(world: World, lie: str) -> None:
    person = await world.person()
    with pytest.raises(factors.PasskeyNotTaken):
        await registered(world, person, Authenticator(**LIES[lie]))
    device = Authenticator()
    await registered(world, person, device)
    for name, value in LIES[lie].items():
        setattr(device, name, value)
    with pytest.raises(factors.PasskeyRefused):
        await logged_in(world, device)


async def test_a_challenge_is_answered_once_in_time_and_by_its_own_answer(world: World) -> None:
    person, device = await world.person(), Authenticator(counter=None)
    await registered(world, person, device)
    async with world.writing() as session:
        options, token = await passkeys.begin_authentication(session, user_id=None, rp=RP)
    answer = device.answer(options)
    for is_first in (True, False):
        async with transaction(world.database) as session:
            if is_first:
                await finished(session, token, answer)
            else:
                with pytest.raises(factors.PasskeyRefused):
                    await finished(session, token, answer)
    with pytest.raises(factors.PasskeyRefused):
        await logged_in(world, device, answer=answer)
    async with world.writing() as session:
        options, token = await passkeys.begin_authentication(session, user_id=None, rp=RP)
    later = datetime.now(UTC) + timedelta(minutes=5, seconds=1)
    with time_machine.travel(later, tick=False), pytest.raises(factors.PasskeyRefused):
        async with world.writing() as session:
            await finished(session, token, device.answer(options))


async def finished(session: AsyncSession, token: str, answer: str) -> UUID:
    return await passkeys.finish_authentication(
        session, pending_token=token, credential_json=answer, rp=RP
    )


async def test_a_counter_that_goes_back_is_refused_and_kept_as_a_security_event(
    world: World,
) -> None:
    person, device = await world.person(), Authenticator(counter=7)
    await registered(world, person, device)
    assert await logged_in(world, device) == person.user_id
    device.counter = 3
    with pytest.raises(factors.PasskeyRefused):
        await logged_in(world, device)
    device.counter = None  # nor does it stop counting
    with pytest.raises(factors.PasskeyRefused):
        await logged_in(world, device)
    async with world.reading() as reads:
        found = await events.of_subject(reads, ("user", person.user_id))
    assert [each.verb for each in found[:2]] == ["security.passkey_copied"] * 2


async def test_an_unsigned_counter_raises_no_suspicion(world: World) -> None:
    person, device = await world.person(), Authenticator(counter=7)
    await registered(world, person, device)
    forged = Authenticator(
        counter=1, credential_id=device.credential_id, user_handle=device.user_handle
    )
    with pytest.raises(factors.PasskeyRefused):
        await logged_in(world, forged)
    async with world.reading() as reads:
        found = await events.of_subject(reads, ("user", person.user_id))
    assert "security.passkey_copied" not in [each.verb for each in found]


@given(st.text(max_size=300) | st.dictionaries(st.text(max_size=8), st.integers()).map(json.dumps))
def test_any_nonsense_is_a_refusal(answer: str) -> None:
    with pytest.raises(factors.PasskeyRefused):
        attestation.verified_authentication(answer, challenge=b"c", rp=RP, public_key="AAAA")
    with pytest.raises(factors.PasskeyNotTaken):
        attestation.verified_registration(answer, challenge=b"c", rp=RP)


async def test_a_passkey_belongs_to_one_person_once(world: World) -> None:
    person, other, device = await world.person(), await world.person(), Authenticator()
    await registered(world, person, device)
    for taker in (person, other):
        with pytest.raises(factors.PasskeyTaken):
            await registered(world, taker, device)


async def test_others_passkeys_are_neither_renamed_nor_removed(world: World) -> None:
    person, other = await world.person(), await world.person()
    theirs = await registered(world, other, Authenticator())
    with pytest.raises(factors.NoSuchFactor):
        async with world.writing() as session:
            await passkeys.rename(session, person, theirs, name="Mine")
    with pytest.raises(factors.NoSuchFactor):
        async with world.writing() as session:
            await passkeys.remove(session, person, theirs)


async def test_programs_change_no_factors(world: World) -> None:
    person = replace(await world.person(), kind=ActorKind.API_KEY)
    with pytest.raises(Unauthenticated):
        async with world.writing() as session:
            await totp.begin(session, person)


async def decide(world: World, admin: Actor, **changes: Any) -> None:
    async with world.writing() as session:
        if await session.get(Institute, 1) is None:
            session.add(Institute(id=1, name="Institute", timezone="UTC", currency="EUR"))
            await session.flush()
        await accounts.facility.update(session, admin, changes=changes)


async def due(world: World, person: Actor) -> datetime | None:
    async with world.reading() as reads:
        return (await reads.get_one(User, person.user_id)).factor_due_at


async def test_a_role_that_wants_a_factor_gives_days_from_when_it_was_asked_for(
    world: World,
) -> None:
    admin, manager = await world.person(RoleName.ADMIN), await world.manager()
    member = await world.person()
    now = datetime(2026, 11, 21, 9, tzinfo=UTC)
    with time_machine.travel(now, tick=False):
        await decide(world, admin, factor_roles=["manager"], factor_grace_days=10)
    assert await due(world, manager) == now + timedelta(days=10)
    assert await due(world, member) is None
    with time_machine.travel(now + timedelta(days=3), tick=False):
        async with world.writing() as session:
            await factors.enforcement.renew(session)
            await accounts.access.assignments.grant(
                session, admin, accounts.Holder(member.user_id), "manager"
            )
        assert await due(world, manager) == now + timedelta(days=10), "asked once"
        assert await due(world, member) == now + timedelta(days=13)
        await decide(world, admin, factor_grace_days=2)
        assert await due(world, manager) == now + timedelta(days=2)
        assert await due(world, member) == now + timedelta(days=5)
        async with world.writing() as session:
            await accounts.access.assignments.take(
                session, admin, accounts.Holder(member.user_id), "manager"
            )
        assert await due(world, member) is None
        await decide(world, admin, factor_roles=[])
        assert await due(world, manager) is None


async def test_a_role_held_by_a_team_or_until_a_day_counts_while_it_is_held(world: World) -> None:
    admin, team_id = await world.person(RoleName.ADMIN), await world.team()
    member = await world.person(team_ids=[team_id])
    await decide(world, admin, factor_roles=["technician"])
    until = datetime.now(UTC) + timedelta(days=1)
    async with world.writing() as session:
        holder = accounts.Holder(team_id=team_id)
        await accounts.access.assignments.grant(
            session, admin, holder, "technician", expires_at=until
        )
    assert await due(world, member) is not None
    late = await world.person()
    async with world.writing() as session:
        await accounts.add_member(session, admin, team_id, of(late))
    assert await due(world, late) is not None
    async with world.writing() as session:
        await accounts.remove_member(session, admin, team_id, of(late))
    assert await due(world, late) is None
    with time_machine.travel(until + timedelta(seconds=1), tick=False):
        async with world.writing() as session:
            assert await factors.enforcement.renew(session) == 1
    assert await due(world, member) is None


async def test_who_sets_up_a_factor_owes_none_and_keeps_the_last_one(world: World) -> None:
    admin, manager, device = (
        await world.person(RoleName.ADMIN),
        await world.manager(),
        Authenticator(),
    )
    await decide(world, admin, factor_roles=["manager"])
    await with_totp(world, manager)
    assert await due(world, manager) is None
    with pytest.raises(factors.FactorNeeded):
        async with world.writing() as session:
            await totp.remove(session, manager)
    passkey_id = await registered(world, manager, device)
    async with world.writing() as session:
        await totp.remove(session, manager)
    with pytest.raises(factors.FactorNeeded):
        async with world.writing() as session:
            await passkeys.remove(session, manager, passkey_id)
    assert await logged_in(world, device) == manager.user_id


async def test_of_two_factors_removed_at_once_the_needed_one_stays(world: World) -> None:
    admin, manager = await world.person(RoleName.ADMIN), await world.manager()
    await decide(world, admin, factor_roles=["manager"])
    await with_totp(world, manager)
    passkey_id = await registered(world, manager, Authenticator())

    async def remove(change: Callable[[AsyncSession], Awaitable[None]]) -> bool:
        try:
            async with world.writing() as session:
                await change(session)
        except factors.FactorNeeded:
            return False
        return True

    done = await asyncio.gather(
        remove(lambda session: totp.remove(session, manager)),
        remove(lambda session: passkeys.remove(session, manager, passkey_id)),
    )
    assert sorted(done) == [False, True]


async def test_without_an_app_or_passkey_backup_codes_are_gone(world: World) -> None:
    person = await world.person()
    await with_totp(world, person)
    (code, *_rest) = await backup(world, person)
    async with world.reading() as reads:
        assert await factors.methods_of(reads, of(person)) == {"totp", "backup"}
    async with world.writing() as session:
        await totp.remove(session, person)
    assert not await used(world, person, code)
    async with world.reading() as reads:
        assert await factors.methods_of(reads, of(person)) == frozenset()


async def test_an_administrator_resets_what_was_lost_and_its_owner_is_told(world: World) -> None:
    admin, manager = await world.person(RoleName.ADMIN), await world.manager()
    await decide(world, admin, factor_roles=["manager"])
    app, device = await with_totp(world, manager), Authenticator()
    await registered(world, manager, device)
    codes = await backup(world, manager)
    async with world.writing() as session:
        await factors.reset(session, admin, of(manager))
    assert not await verified(world, manager, app.now())
    assert not await used(world, manager, codes[0])
    with pytest.raises(factors.PasskeyRefused):
        await logged_in(world, device)
    assert await due(world, manager) is not None
    assert (await topics(world))[-1]["kind"] == "factors-reset"
    async with world.reading() as reads:
        latest, *_rest = await events.of_subject(reads, ("user", manager.user_id))
    assert (latest.verb, latest.actor_id) == ("factor.reset", admin.user_id)


async def test_nobody_resets_who_may_do_more_nor_themselves(world: World) -> None:
    admin, member = await world.person(RoleName.ADMIN), await world.person()
    helper = replace(member, granted=member.granted | {Permission.USERS_MANAGE: EVERYWHERE})
    refusals = ((helper, admin, accounts.MayNotDecide), (admin, admin, factors.MayNotReset))
    for actor, victim, refusal in refusals:
        await with_totp(world, victim)
        with pytest.raises(refusal):
            async with world.writing() as session:
                await factors.reset(session, actor, of(victim))
    with pytest.raises(Forbidden):
        async with world.writing() as session:
            await factors.reset(session, member, of(admin))


async def test_neither_events_nor_the_outbox_hold_a_secret(world: World) -> None:
    person = await world.person()
    async with world.writing() as session:
        secret = (await totp.begin(session, person)).secret
        await totp.confirm(session, person, code=pyotp.TOTP(secret).now())
    codes = await backup(world, person)
    async with world.reading() as reads:
        kept = [
            *await reads.scalars(select(outbox.Message.payload)),
            *await reads.scalars(select(events.Event.changes)),
            *await reads.scalars(select(Totp.secret)),
        ]
    said = json.dumps(kept)
    assert not [one for one in (secret, *codes) if one in said or backup_codes.normal(one) in said]
