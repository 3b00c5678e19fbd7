"""How people want to be told: kept, obeyed, waited for, and turned off by the link of a mail."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from pydantic import SecretStr
from sqlalchemy import select, update

from src.core import ids
from src.core.actor import Actor
from src.core.crypto import Keyring
from src.core.errors import PreconditionFailed
from src.core.events import Event
from src.core.language import mark
from src.core.mail import Letter, compose
from src.core.outbox import Message
from src.core.settings import Settings
from src.domain import accounts, notifications
from src.domain.accounts import User, UserState
from src.domain.notifications import (
    BadPreference,
    Channel,
    Delivery,
    DeliveryState,
    Mode,
    Notification,
    UnsubscribeLinkForged,
    UnsubscribeLinkOver,
    digests,
    follows,
    preferences,
    topics,
    unsubscribing,
)
from src.domain.notifications.preferences import Wish
from tests.support.world import World

TITLE = mark("Choose: %(resource)s")
for name, more in {
    "taste.free": {},
    "taste.other": {"group": "taste", "default": {"mail": Mode.DIGEST}},
    "taste.silent": {"mail": False},
    "taste.owed": {"is_owed": True},
    "taste.fire": {"is_safety": True},
}.items():
    notifications.kind(name, title=TITLE, body="", action="Open", **more)  # type: ignore[arg-type]

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
BASE = {"sender": "A <a@lab.example.org>", "base_url": "https://lab.example.org"}
DIGEST, OFF, AT_ONCE = Mode.DIGEST, Mode.OFF, Mode.IMMEDIATE


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """Noon on a Tuesday."""
    accounts.tokens.configure(Settings(secret_key=SecretStr("k" * 32)))
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
async def ada(world: World) -> Actor:
    """Who lives by the clock in Berlin."""
    return await world.person(name="Ada", timezone="Europe/Berlin")


def whose(actor: Actor) -> UUID:
    assert actor.user_id is not None
    return actor.user_id


async def choose(world: World, actor: Actor, kind: str = "", **wanted: object) -> None:
    modes: Any = {Channel(name): mode for name, mode in wanted.items() if name in set(Channel)}
    minutes: Any = {name: value for name, value in wanted.items() if name not in set(Channel)}
    wish = Wish(minutes, {kind: modes} if kind else {})
    async with world.writing() as session:
        await preferences.change(session, actor, wish=wish)


async def tell(world: World, *people: Actor, kind: str = "taste.free", name: str = "Laser") -> None:
    async with world.writing() as session:
        await notifications.notify_all(
            session, user_ids=[whose(one) for one in people], kind=kind, args={"resource": name},
            link="/bookings/1", subject=("booking", ids.new()),
        )  # fmt: skip


async def deliveries(world: World) -> list[Delivery]:
    async with world.reading() as reads:
        return list(await reads.scalars(select(Delivery).order_by(Delivery.id)))


async def jobs(world: World, topic: str = topics.MAIL.name) -> list[Message]:
    async with world.reading() as reads:
        found = select(Message).where(Message.topic == topic).order_by(Message.id)
        return list(await reads.scalars(found))


async def mail(world: World, delivery: Delivery) -> Letter | None:
    async with world.writing() as session:
        return await notifications.letter(session, delivery.id, **BASE)


async def digest(world: World, job: Message) -> Letter | None:
    async with world.writing() as session:
        user_id, slot = UUID(job.payload["user_id"]), datetime.fromisoformat(job.payload["slot"])
        return await digests.letter(session, user_id, slot, **BASE)


async def make(world: World) -> int:
    async with world.writing() as session:
        return await digests.make(session)


async def listed(world: World, actor: Actor) -> int:
    async with world.reading() as reads:
        return len((await notifications.list_for(reads, actor)).items)


def test_a_default_that_its_channel_does_not_know_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="does not know"):
        notifications.kind(
            "taste.wrong", title="", body="", action="", default={"app": Mode.DIGEST}
        )


async def test_what_was_chosen_is_kept_counted_and_recorded(world: World, ada: Actor) -> None:
    async with world.reading() as reads:
        before = await preferences.get(reads, ada)
    assert (before.version, before.quiet_from, before.digest_minute) == (0, None, 480)
    defaults = {one.name: (one.app, one.mail) for one in before.kinds if one.group == "taste"}
    assert defaults == {
        "taste.free": (AT_ONCE, AT_ONCE), "taste.other": (AT_ONCE, DIGEST),
        "taste.silent": (AT_ONCE, OFF), "taste.owed": (AT_ONCE, AT_ONCE),
        "taste.fire": (AT_ONCE, AT_ONCE),
    }  # fmt: skip
    wish = Wish(
        {"quiet_from": 1320, "quiet_to": 420, "digest_minute": 510},
        {"taste.free": {Channel.APP: OFF, Channel.MAIL: DIGEST}},
    )
    async with world.writing() as session:
        made = await preferences.change(session, ada, wish=wish, expected_version=0)
    async with world.reading() as reads:
        after = await preferences.get(reads, ada)
        event = (
            await reads.scalars(select(Event).where(Event.verb == "notifications.chosen"))
        ).one()
    assert after == made
    assert (after.quiet_from, after.quiet_to, after.digest_minute) == (1320, 420, 510)
    assert {one.name: (one.app, one.mail) for one in after.kinds}["taste.free"] == (OFF, DIGEST)
    assert event.changes["taste.free:mail"] == [None, "digest"]
    async with world.writing() as session:
        with pytest.raises(PreconditionFailed):
            await preferences.change(session, ada, wish=Wish(), expected_version=0)
    await choose(world, ada, "taste.free", app=None, mail=None)
    async with world.reading() as reads:
        back = await preferences.get(reads, ada)
    assert {one.name: one.mail for one in back.kinds}["taste.free"] is AT_ONCE
    assert back.version > after.version


@pytest.mark.parametrize(
    ("wish", "fields"),
    [
        (Wish(modes={"taste.owed": {Channel.MAIL: OFF}}), {("kinds", "taste.owed", "mail")}),
        (Wish(modes={"taste.fire": {Channel.APP: OFF}}), {("kinds", "taste.fire", "app")}),
        (Wish(modes={"taste.free": {Channel.APP: DIGEST}}), {("kinds", "taste.free", "app")}),
        (Wish(modes={"no.such": {Channel.MAIL: OFF}}), {("kinds", "no.such")}),
        (Wish({"quiet_from": 60}), {("quiet_to",)}),
        (Wish({"quiet_from": 60, "quiet_to": 60}), {("quiet_to",)}),
        (Wish({"digest_minute": 1440}), {("digest_minute",)}),
    ],
)
async def test_what_cannot_be_chosen_is_refused_at_its_field(
    world: World, ada: Actor, wish: Wish, fields: set[tuple[str, ...]]
) -> None:
    async with world.writing() as session:
        with pytest.raises(BadPreference) as refused:
            await preferences.change(session, ada, wish=wish)
    assert {one.field for one in refused.value.errors} == fields


async def test_each_is_told_in_the_ways_they_chose(world: World, ada: Actor) -> None:
    quiet, bell, post = [await world.person() for _ in range(3)]
    await choose(world, quiet, "taste.free", app=OFF, mail=OFF)
    await choose(world, bell, "taste.free", mail=OFF)
    await choose(world, post, "taste.free", app=OFF, mail=DIGEST)
    await tell(world, ada, quiet, bell, post)
    assert [await listed(world, one) for one in (ada, quiet, bell, post)] == [1, 0, 1, 0]
    async with world.reading() as reads:
        assert await notifications.unread_count(reads, post) == 0
        told = await reads.scalars(select(Notification.user_id))
        assert sorted(told) == sorted(whose(one) for one in (ada, bell, post))
    assert sorted(one.channel for one in await deliveries(world)) == ["digest", "mail"]
    assert len(await jobs(world)) == 1


async def test_what_one_is_owed_comes_whatever_stands_in_the_table(
    world: World, ada: Actor
) -> None:
    async with world.writing() as session:
        await preferences._choose(
            session, whose(ada),
            {"taste.owed": {Channel.APP: OFF, Channel.MAIL: OFF}}, {},
        )  # fmt: skip
    await tell(world, ada, kind="taste.owed")
    (one,) = await deliveries(world)
    letter = await mail(world, one)
    assert letter is not None
    assert letter.unsubscribe == ""
    assert "/me/notification-preferences" in letter.text
    assert await listed(world, ada) == 1


async def test_quiet_hours_hold_back_a_mail_until_they_end_but_not_what_is_about_safety(
    world: World, ada: Actor, clock: time_machine.Traveller
) -> None:
    await choose(world, ada, quiet_from=22 * 60, quiet_to=7 * 60)
    clock.move_to(datetime(2026, 11, 24, 23, 30, tzinfo=UTC))  # half past midnight in Berlin
    await tell(world, ada)
    await tell(world, ada, kind="taste.fire")
    waits, fire = await deliveries(world)
    assert await mail(world, fire) is not None
    assert await mail(world, waits) is None
    job = (await jobs(world))[-1]
    async with world.reading() as reads:
        held = await reads.get_one(Delivery, waits.id)
        assert (held.state, held.detail) == (DeliveryState.WAITING, notifications.QUIET)
        assert held.job_id == job.id
    # Each database rounds its own clock.
    waiting = job.run_after - job.created_at
    assert abs(waiting - timedelta(hours=6, minutes=30)) < timedelta(milliseconds=1)
    clock.move_to(datetime(2026, 11, 25, 6, tzinfo=UTC))
    letter = await mail(world, waits)
    assert letter is not None
    assert letter.subject == "Choose: Laser"


async def test_what_was_turned_off_while_it_waited_is_not_sent(world: World, ada: Actor) -> None:
    await tell(world, ada)
    await choose(world, ada, "taste.free", mail=OFF)
    assert await mail(world, (await deliveries(world))[0]) is None
    (one,) = await deliveries(world)
    assert (one.state, one.detail) == (DeliveryState.SKIPPED, notifications.TURNED_OFF)


async def test_one_letter_lists_what_waited_at_the_persons_minute(
    world: World, ada: Actor, clock: time_machine.Traveller
) -> None:
    await choose(world, ada, "taste.free", mail=DIGEST, digest_minute=9 * 60)
    await tell(world, ada, name="Laser")
    await tell(world, ada, kind="taste.other", name="Pump")
    clock.move_to(datetime(2026, 11, 25, 7, 59, tzinfo=UTC))  # a minute to nine in Berlin
    assert await make(world) == 0
    clock.move_to(datetime(2026, 11, 25, 8, 0, tzinfo=UTC))
    assert (await make(world), await make(world)) == (1, 0)
    (job,) = await jobs(world, topics.DIGEST.name)
    await tell(world, ada, name="Late")
    letter = await digest(world, job)
    assert letter is not None
    assert letter == await digest(world, job)
    assert letter.subject == "2 things to know today"
    assert "Late" not in letter.text
    for said in ("Choose: Laser", "Choose: Pump", "https://lab.example.org/bookings/1"):
        assert said in letter.text
        assert said in letter.html
    assert letter.text.count("https://lab.example.org/bookings/1") == 2
    message = compose(letter, key="job-1")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    slot = datetime.fromisoformat(job.payload["slot"])
    async with world.writing() as session:
        assert await digests.record(session, whose(ada), slot, "<1@lab>") == 2
    assert [one.state for one in await deliveries(world)] == ["sent", "sent", "waiting"]
    assert await digest(world, job) is None
    clock.move_to(datetime(2026, 11, 25, 23, 0, tzinfo=UTC))
    assert await make(world) == 0
    clock.move_to(datetime(2026, 11, 27, 13, 0, tzinfo=UTC))  # no worker for a day: one letter
    assert (await make(world), await make(world)) == (1, 0)


async def test_of_two_that_make_letters_at_once_one_does(
    world: World, ada: Actor, clock: time_machine.Traveller
) -> None:
    people = [ada, *[await world.person() for _ in range(4)]]
    await tell(world, *people, kind="taste.other")
    clock.move_to(NOON + timedelta(days=1))
    made = await asyncio.gather(*[make(world) for _ in range(3)])
    assert sum(made) == len(people)
    found = await jobs(world, topics.DIGEST.name)
    assert sorted(one.payload["user_id"] for one in found) == sorted(str(whose(p)) for p in people)
    by_job = {one.job_id for one in await deliveries(world)}
    assert by_job == {one.id for one in found}


@pytest.mark.parametrize(
    ("zone", "eve", "due"),
    [
        ("Europe/Berlin", "2026-03-28T20:00Z", "2026-03-29T06:00Z"),
        ("Europe/Berlin", "2026-10-24T20:00Z", "2026-10-25T07:00Z"),
        ("America/New_York", "2026-03-07T20:00Z", "2026-03-08T12:00Z"),
        ("America/New_York", "2026-10-31T20:00Z", "2026-11-01T13:00Z"),
    ],
)
async def test_it_comes_at_eight_where_one_is_through_both_changes_of_the_clocks(
    world: World, clock: time_machine.Traveller, zone: str, eve: str, due: str
) -> None:
    bob = await world.person(timezone=zone)
    clock.move_to(datetime.fromisoformat(eve))
    await tell(world, bob, kind="taste.other")
    clock.move_to(datetime.fromisoformat(due) - timedelta(seconds=1))
    assert await make(world) == 0
    clock.move_to(datetime.fromisoformat(due))
    assert await make(world) == 1


async def test_who_was_suspended_gets_no_letter_and_a_given_up_one_can_be_queued_again(
    world: World, ada: Actor, clock: time_machine.Traveller
) -> None:
    await tell(world, ada, kind="taste.other")
    clock.move_to(NOON + timedelta(days=1))
    await make(world)
    (job,) = await jobs(world, topics.DIGEST.name)
    slot = datetime.fromisoformat(job.payload["slot"])
    async with world.writing() as session:
        await digests.give_up(session, whose(ada), slot, "552 too much")
    (failed,) = await deliveries(world)
    assert (failed.state, failed.detail) == (DeliveryState.FAILED, "552 too much")
    assert await digest(world, job) is not None
    async with world.writing() as session:
        suspended = update(User).where(User.id == whose(ada)).values(state=UserState.SUSPENDED)
        await session.execute(suspended)
    assert await digest(world, job) is None
    assert (await deliveries(world))[0].state is DeliveryState.SKIPPED


async def test_the_link_of_a_mail_turns_its_kind_off_and_tells_nothing(
    world: World, ada: Actor, clock: time_machine.Traveller
) -> None:
    await tell(world, ada)
    letter = await mail(world, (await deliveries(world))[0])
    assert letter is not None
    token = letter.unsubscribe.rpartition("/")[2]
    link = unsubscribing.read(token, accounts.tokens.rules().keyring)
    assert (link.user_id, link.what, link.written_at) == (whose(ada), "taste.free", NOON)
    assert str(whose(ada)).replace("-", "")[:12] not in token
    async with world.reading() as reads:
        seen = await unsubscribing.look(reads, token)
    assert (seen.words, seen.is_off) == ("Choose: …", False)
    clock.shift(timedelta(days=700))
    for _ in range(2):
        async with world.writing() as session:
            assert (await unsubscribing.end(session, token)).is_off
    async with world.reading() as reads:
        kept = {one.name: one for one in (await preferences.get(reads, ada)).kinds}
        events = await reads.scalars(select(Event).where(Event.verb == "notifications.chosen"))
        assert [one.actor_id for one in events] == [whose(ada)]
    assert (kept["taste.free"].app, kept["taste.free"].mail) == (AT_ONCE, OFF)
    assert kept["taste.other"].mail is DIGEST
    await choose(world, ada, "taste.free", mail=AT_ONCE)
    async with world.writing() as session:
        with pytest.raises(UnsubscribeLinkOver):
            await unsubscribing.end(session, token)


async def test_the_link_of_the_letter_of_the_day_ends_that_letter(world: World, ada: Actor) -> None:
    await choose(world, ada, "taste.free", mail=DIGEST)
    ways = unsubscribing.ways("", whose(ada), unsubscribing.EVERY_DIGEST)
    token = ways.one_click.rpartition("/")[2]
    async with world.writing() as session:
        await unsubscribing.end(session, token)
    async with world.reading() as reads:
        kept = {one.name: one.mail for one in (await preferences.get(reads, ada)).kinds}
    assert DIGEST not in kept.values()
    assert (kept["taste.free"], kept["taste.other"], kept["taste.owed"]) == (OFF, OFF, AT_ONCE)


async def test_a_link_that_was_altered_or_sealed_elsewhere_is_none_of_ours(
    world: World, ada: Actor
) -> None:
    link = unsubscribing.Link(whose(ada), "taste.free", NOON)
    ours = unsubscribing.sign(link, accounts.tokens.rules().keyring)
    swapped = "B" if ours[20] == "A" else "A"
    altered = [ours[:-1], f"{ours}A", ours[:20] + swapped + ours[21:], "", "ä", "x" * 60]
    for token in (*altered, unsubscribing.sign(link, Keyring("another"))):
        async with world.reading() as reads:
            with pytest.raises(UnsubscribeLinkForged):
                await unsubscribing.look(reads, token)
    later = Keyring("the next secret", old=("k" * 32,))
    assert unsubscribing.read(ours, later) == link


async def test_what_is_concealed_was_never_told_to_others(world: World, ada: Actor) -> None:
    bob = await world.person()
    thing = ("incident", ids.new())
    async with world.writing() as session:
        await notifications.notify_all(
            session, user_ids=[whose(ada), whose(bob)], kind="taste.free",
            args={"resource": "Secret"}, link=None, subject=thing,
        )  # fmt: skip
    sent = {one.notification_id: one for one in await deliveries(world)}
    async with world.writing() as session:
        assert await notifications.conceal(session, thing, keep={whose(ada)}) == 1
    assert (await listed(world, ada), await listed(world, bob)) == (1, 0)
    (left,) = await deliveries(world)
    (gone,) = [one for one in sent.values() if one.id != left.id]
    assert await mail(world, gone) is None
    async with world.writing() as session:
        await notifications.record(session, gone.id, "<on its way>")


async def test_the_log_shows_what_became_of_mails_to_their_readers_and_to_who_keeps_jobs(
    world: World, ada: Actor
) -> None:
    keeper = await world.person(accounts.RoleName.ADMIN)
    await tell(world, ada)
    await tell(world, keeper)
    (job, _other) = await jobs(world)
    async with world.writing() as session:
        row = await session.get_one(Message, job.id)
        row.attempts, row.error = 3, "451 later"
    async with world.reading() as reads:
        (mine,) = (await notifications.deliveries.own(reads, ada)).items
        everybodys = (await notifications.deliveries.every(reads, keeper)).items
        with pytest.raises(Exception, match="jobs:read"):
            await notifications.deliveries.every(reads, ada)
    assert (mine.title, mine.attempts, mine.detail) == ("Choose: Laser", 3, "451 later")
    assert mine.next_at is not None
    assert [one.person and one.person[1] for one in everybodys] == [keeper.name, "Ada"]
    assert {one.title for one in everybodys} == {None}
    assert everybodys[1].job_id == job.id


async def test_what_is_followed_and_muted_is_listed_and_heard_of(world: World, ada: Actor) -> None:
    bob = await world.person()
    things = [("incident", ids.new()), ("resource", ids.new()), ("incident", ids.new())]
    async with world.writing() as session:
        for thing, wanted in zip(things, (True, False, True), strict=True):
            await follows.put(session, whose(ada), thing, follows=wanted)
        await follows.put(session, whose(ada), things[2], follows=None)
    async with world.reading() as reads:
        found = (await follows.list_(reads, ada)).items
        assert {(one.subject, one.is_muted) for one in found} == {
            (things[0], False), (things[1], True)}  # fmt: skip
        muted = (await follows.list_(reads, ada, is_muted=True)).items
        assert [one.subject for one in muted] == [things[1]]
        assert await follows.audience(reads, things[0], {whose(bob)}) == {whose(ada), whose(bob)}
        assert await follows.audience(reads, things[1], {whose(ada)}) == set()
