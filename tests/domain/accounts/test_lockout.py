"""Who failed too often waits, and nobody can make others wait for good."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import median

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from src.core.db import Database, reading, transaction
from src.core.events import Event, EventDetail
from src.domain import accounts
from src.domain.accounts import UserView, delays, lockout, passwords
from src.domain.accounts.delays import ACCOUNT, ADDRESS, LONGEST, PAIR, Scale, Tally
from src.domain.accounts.lockout import Purpose
from src.domain.accounts.tables import LogInFailure
from tests.support import log_ins
from tests.support.statements import counted

PASSWORD = "seventeen green bottles"
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)
OWNER, ATTACKER = "192.0.2.7", "198.51.100.66"


@dataclass
class House:
    """The tallies of one account under attack, as the service keeps them."""

    now: datetime = NOW
    pairs: dict[str, Tally] = field(default_factory=dict)
    account: Tally | None = None
    addresses: dict[str, Tally] = field(default_factory=dict)

    def wait(self, address: str) -> timedelta:
        """What the next attempt from there waits for; a ticket is taken where one is given."""
        crowds = (self.account, self.addresses.get(address))
        found = delays.wait(self.now, self.pairs.get(address), crowds)
        if found is None:
            return timedelta(0)
        if found.is_new:
            old = self.pairs.get(address) or Tally(0, (), self.now, self.now)
            self.pairs[address] = Tally(old.count, old.others, old.first_at, self.now, found.until)
        return found.until - self.now

    def fail(self, address: str) -> None:
        """A wrong password from there, unless it is too early."""
        if self.wait(address):
            return
        self.account = delays.counted(ACCOUNT, self.account, self.now, address)
        crowd = delays.counted(ADDRESS, self.addresses.get(address), self.now, "the account")
        self.addresses[address] = crowd
        pair = delays.counted(PAIR, self.pairs.get(address), self.now)
        self.pairs[address] = delays.own_wait(pair, (self.account, crowd))


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


steps = (st.floats(0, 3600) | st.floats(0, 5)).map(seconds)


@given(st.sampled_from([PAIR, ACCOUNT, ADDRESS]), st.integers(0, 10**6), st.integers(0, 10**6))
def test_the_delay_grows_with_the_failures_and_has_a_bound(
    scale: Scale, first: int, second: int
) -> None:
    fewer, more = sorted((first, second))
    assert timedelta(0) <= delays.delay(scale, fewer) <= delays.delay(scale, more) <= LONGEST
    assert not delays.delay(scale, scale.free)
    assert delays.delay(scale, 10**6) == LONGEST


@settings(max_examples=40)
@given(st.lists(steps, max_size=300) | st.lists(st.floats(1000, 3600).map(seconds), min_size=40))
def test_one_address_never_makes_the_owner_wait_elsewhere(pauses: list[timedelta]) -> None:
    house = House()
    for pause in pauses:
        house.now += pause
        house.fail(ATTACKER)
        assert not house.wait(OWNER)


@settings(max_examples=40)
@given(st.lists(st.tuples(steps, st.integers(0, 40)), max_size=200), steps)
def test_whoever_waited_as_long_as_they_were_told_gets_in(
    attack: list[tuple[timedelta, int]], more: timedelta
) -> None:
    """However many attack meanwhile, and from wherever: an owner who never failed waits once."""
    house = House()
    for pause, number in attack:
        house.now += pause
        house.fail(f"attacker {number}")
    told = house.wait(OWNER)
    assert told <= LONGEST
    until = house.now + told
    while house.now < until:
        house.now += max(SECOND, min(more, told / 10))
        for number in range(40):
            house.fail(f"attacker {number}")
    if house.now - until < delays.TICKET:
        assert not house.wait(OWNER)


@given(st.lists(st.tuples(steps, st.integers(0, 9)), max_size=100))
def test_nobody_ever_waits_longer_than_a_quarter_of_an_hour(
    attack: list[tuple[timedelta, int]],
) -> None:
    house = House()
    for pause, number in attack:
        house.now += pause
        house.fail(f"attacker {number}")
        for each in (*house.pairs.values(), house.account):
            assert each is None or (each.blocked_until or NOW) - house.now <= LONGEST


Tried = Callable[..., Awaitable[bool]]


@pytest.fixture
def tried(database: Database) -> Tried:
    """An attempt with a wrong password: whether it was let through to be verified."""

    async def attempt(account: str = "ada@example.org", ip: str = ATTACKER, **more: object) -> bool:
        who = {"account": account, "ip": ip, **more}
        try:
            async with transaction(database) as session:
                await lockout.check(session, **who)  # type: ignore[arg-type]
        except accounts.TooManyAttempts:
            return False
        async with transaction(database) as session:
            await lockout.failed(session, **who)  # type: ignore[arg-type]
        return True

    return attempt


async def log_in(database: Database, ip: str, password: str = PASSWORD) -> log_ins.LogIn:
    return await log_ins.log_in(database, email="Ada@example.org", password=password, ip=ip)


async def locked_out(database: Database) -> list[Event]:
    async with reading(database) as reads:
        wanted = select(Event).where(Event.verb == "security.locked_out").order_by(Event.id)
        return list(await reads.scalars(wanted))


async def test_after_a_thousand_failures_from_one_address_the_owner_gets_in_from_elsewhere(
    database: Database, admin: UserView
) -> None:
    verified = 0
    with time_machine.travel(NOW, tick=False) as clock:
        for _ in range(1000):
            try:
                await log_in(database, ATTACKER, "wrong")
            except accounts.LogInRefused:
                verified += 1
            except accounts.TooManyAttempts:
                pass
            clock.shift(0.5)
        assert (await log_in(database, OWNER)).actor.user_id == admin.id
        with pytest.raises(accounts.TooManyAttempts):
            await log_in(database, ATTACKER)
    assert verified < 20, "most were not even looked at"


async def test_a_lock_out_is_recorded_once_and_names_nobody_in_the_open(
    database: Database, admin: UserView
) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        for _ in range(40):
            with pytest.raises((accounts.LogInRefused, accounts.TooManyAttempts)):
                await log_in(database, ATTACKER, "wrong")
            clock.shift(20)
    (event,) = await locked_out(database)
    assert (event.subject_type, event.subject_id) == ("user", admin.id)
    assert event.changes == {"purpose": "log-in", "by": "pair"}
    async with reading(database) as reads:
        detail = await reads.get_one(EventDetail, event.id)
        rows = list(await reads.scalars(select(LogInFailure)))
    assert detail.ip == ATTACKER
    kept = " ".join(f"{row.key} {row.addresses}" for row in rows)
    assert "ada" not in kept
    assert ATTACKER not in kept


async def test_who_failed_a_few_times_and_then_got_in_starts_anew(
    database: Database, admin: UserView
) -> None:
    for _ in range(3):
        for _ in range(4):
            with pytest.raises(accounts.LogInRefused):
                await log_in(database, OWNER, "wrong")
        await log_in(database, OWNER)
    assert not await locked_out(database)


async def test_an_attack_from_many_addresses_slows_new_devices_and_no_known_one(
    database: Database, tried: Tried
) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        let_through = 0
        for number in range(300):
            let_through += await tried(ip=f"203.0.113.{number % 250}")
            clock.shift(1)
        assert let_through < 80
        assert not await tried(ip=OWNER), "a new device waits"
        assert await tried(ip=OWNER, is_known_device=True)
        for number in range(500):  # the attack goes on
            clock.shift(2)
            await tried(ip=f"203.0.113.{number % 250}")
        assert await tried(ip=OWNER), "it has waited, and the attack cannot make it wait again"
    assert [event.changes["by"] for event in await locked_out(database)] == ["account"]


async def test_a_known_device_waits_for_its_own_failures(tried: Tried) -> None:
    with time_machine.travel(NOW, tick=False):
        results = [await tried(is_known_device=True) for _ in range(10)]
        assert results == [True] * 6 + [False] * 4
        assert await tried(), "and for nobody else"


async def test_an_address_that_tries_many_accounts_waits_with_each(
    database: Database, tried: Tried
) -> None:
    with time_machine.travel(NOW, tick=False):
        results = [await tried(f"user{number}@example.org") for number in range(60)]
        assert sum(results) == ADDRESS.free + 1
        assert await tried("user1@example.org", OWNER)
    assert [event.changes["by"] for event in await locked_out(database)] == ["address"]


async def test_addresses_of_one_customer_are_one_and_purposes_are_counted_apart(
    tried: Tried,
) -> None:
    with time_machine.travel(NOW, tick=False):
        results = [await tried(ip=f"2001:db8:1:2::{number:x}") for number in range(1, 9)]
        assert results == [True] * 6 + [False] * 2
        assert await tried(ip="2001:db8:1:3::1")
        assert await tried(ip="2001:db8:1:2::1", purpose=Purpose.RESET)


async def test_codes_are_tried_one_at_a_time_wherever_from(tried: Tried) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        for number in range(500):
            await tried(ip=f"203.0.113.{number % 250}", purpose=Purpose.FACTOR)
            clock.shift(1)
        results = [
            await tried(ip=f"203.0.113.{number}", purpose=Purpose.FACTOR) for number in range(250)
        ]
    assert sum(results) <= 1


async def test_who_guessed_right_among_a_thousand_at_once_is_refused(
    database: Database, admin: UserView, tried: Tried
) -> None:
    """All were let through before the first had failed."""
    who: lockout.Who = {"account": "ada@example.org", "ip": ATTACKER, "is_known_device": False}
    with time_machine.travel(NOW, tick=False):
        for _ in range(8):
            async with transaction(database) as session:
                await lockout.failed(session, **who)
        with pytest.raises(accounts.TooManyAttempts):
            async with transaction(database) as session:
                await lockout.succeeded(session, **who)
        async with transaction(database) as session:
            await lockout.succeeded(session, account=who["account"], ip=OWNER)


async def test_what_is_forgotten_is_swept(database: Database, tried: Tried) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        await tried()
        clock.shift(timedelta(hours=23))
        await tried(ip=OWNER)
        clock.shift(timedelta(hours=2))
        async with transaction(database) as session:
            assert await lockout.sweep(session) == 2, "the pair and the address; the account failed"
            assert await lockout.sweep(session) == 0


async def test_known_and_unknown_addresses_cost_the_same_work(
    database: Database, admin: UserView, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted, not timed: hashes and statements are what an answer waits for."""
    hashed: list[str] = []
    real = passwords._hasher.argon2.verify

    def verify(_hasher: object, password: bytes, known: str) -> bool:
        hashed.append(known)
        return real(password, known)

    monkeypatch.setattr(type(passwords._hasher.argon2), "verify", verify)
    work: dict[str, list[tuple[str, int, list[str]]]] = {}
    with time_machine.travel(NOW, tick=False):
        for email in ("ada@example.org", "nobody@example.org"):
            for _ in range(8):
                hashed.clear()
                with counted(database) as seen:
                    refusal = (accounts.LogInRefused, accounts.TooManyAttempts)
                    with pytest.raises(refusal) as refused:
                        await log_ins.log_in(
                            database, email=email, password="wrong password", ip=OWNER
                        )
                kinds = [statement.split("(")[0].split("WHERE")[0] for statement in seen]
                work.setdefault(email, []).append((str(refused.value), len(hashed), kinds))
    assert work["ada@example.org"] == work["nobody@example.org"]
    assert [count for _, count, _ in work["ada@example.org"]] == [1] * 6 + [0] * 2


@pytest.mark.bench
async def test_bench_of_refusals(database: Database, admin: UserView) -> None:
    """What a stranger with a clock would see, with the hashes of a deployment."""
    passwords.configure(memory_kib=65536, time_cost=3)
    took: dict[str, list[float]] = {"ada@example.org": [], "nobody@example.org": []}
    await passwords.verify(None, "warm")
    for number in range(40):
        for email, seconds in took.items():
            begun = time.perf_counter()
            with pytest.raises(accounts.LogInRefused):
                await log_ins.log_in(
                    database, email=email, password="wrong password", ip=f"203.0.{number}.1"
                )
            seconds.append(time.perf_counter() - begun)
    for email, seconds in took.items():
        print(f"refused {email}: median {median(seconds) * 1000:.1f} ms")
