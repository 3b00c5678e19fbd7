"""Calendars elsewhere: what an address shows to whom, in a form that strict readers take."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import icalendar
import pytest
import time_machine
from ical.calendar_stream import IcsCalendarStream
from ical.event import Event as StrictEvent
from sqlalchemy import func, select, update

from src.core import clock, ids
from src.core.actor import Actor
from src.domain import accounts, bookings
from src.domain.accounts.tables import RoleName, TeamMember, User, UserState
from src.domain.bookings import Booking, BookingView, Wish, feeds
from src.domain.bookings.feeds import FeedKind, FeedWish, NewFeed
from src.domain.bookings.tables import Attendee, CalendarFeed, Response
from tests.support.statements import counted
from tests.support.world import HOUR, World, tomorrow

BASE = "https://lab.example.org"


async def book(world: World, actor: Actor, on: UUID, start: datetime, **more: Any) -> BookingView:
    async with world.writing() as session:
        return await bookings.create(session, actor, wish=Wish(on, start, start + HOUR, **more))


async def address(
    world: World, actor: Actor, kind: FeedKind = FeedKind.PERSON, subject_id: UUID | None = None
) -> NewFeed:
    async with world.writing() as session:
        return await feeds.create(session, actor, wish=FeedWish(kind, subject_id))


async def fetched(world: World, token: str) -> bytes:
    async with world.reading() as reads:
        return await feeds.text(reads, await feeds.open_(reads, token, base_url=BASE))


def read(content: bytes) -> dict[str, StrictEvent]:
    """The events by UID, as a strict reader sees them; another one must see the same times."""
    assert b"\r\n" in content
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    found = {
        str(one.uid): one for one in IcsCalendarStream.calendar_from_ics(content.decode()).events
    }
    for one in icalendar.Calendar.from_ical(content).walk("VEVENT"):
        same = found[str(one["uid"])]
        assert one.decoded("dtstart") == same.dtstart
        assert one.decoded("dtend") == same.dtend
        assert one.decoded("last-modified").tzinfo is not None
    return found


def event(content: bytes, booking: BookingView) -> StrictEvent:
    return read(content)[f"{booking.id}@aliquot"]


async def test_a_persons_calendar_tells_what_and_where_and_escapes_it(world: World) -> None:
    member = await world.person()
    on = await world.resource(timezone="Europe/Berlin")
    title = "Slides; 7, \\ “Grüße” & mehr, die eine Zeile von 75 Oktetten gewiß überschreiten"
    made = await book(world, member, on, tomorrow(9), title=title, notes="first\nsecond; line")
    await book(world, await world.person(), on, tomorrow(12), title="Secret")
    content = await fetched(world, (await address(world, member)).token)
    assert len(read(content)) == 1
    found = event(content, made)
    assert found.summary == f"{made.resource.name}: {title}"
    assert found.description == "first\nsecond; line"
    assert found.location is not None
    assert found.location.startswith(made.resource.name)
    assert found.url == f"{BASE}/bookings/{made.id}"
    assert (found.status, found.sequence) == ("CONFIRMED", 0)
    assert found.dtstart.astimezone(UTC) == made.starts_at  # type: ignore[union-attr]
    assert [one.common_name for one in found.attendees] == [member.name]
    assert b"BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin" in content


@pytest.mark.parametrize(
    ("starts", "wall"),
    [
        ("2027-03-28T00:30Z", "DTSTART;TZID=Europe/Berlin:20270328T013000"),  # before the leap
        ("2027-03-28T01:00Z", "DTSTART;TZID=Europe/Berlin:20270328T030000"),
        ("2026-10-25T00:30Z", "DTSTART;TZID=Europe/Berlin:20261025T023000"),  # the first 2:30
        ("2026-10-25T01:30Z", "DTSTART:20261025T013000Z"),  # the second, which no wall clock tells
    ],
)
async def test_across_a_change_of_clocks_both_readers_see_the_same_instants(
    world: World, starts: str, wall: str
) -> None:
    on = await world.resource(timezone="Europe/Berlin")
    start = datetime.fromisoformat(starts)
    with time_machine.travel(start - timedelta(days=3), tick=True):
        member = await world.person()
        async with world.writing() as session:
            wish = Wish(on, start, start + 2 * HOUR)
            made = await bookings.create(session, member, wish=wish)
        content = await fetched(world, (await address(world, member)).token)
    assert wall.encode() in content
    found = event(content, made)
    assert found.dtstart.astimezone(UTC) == start  # type: ignore[union-attr]
    assert found.dtend.astimezone(UTC) == start + 2 * HOUR  # type: ignore[union-attr]


async def test_a_resources_calendar_masks_what_its_owner_may_not_read(world: World) -> None:
    mine, other = await world.person(), await world.person()
    manager = await world.manager()
    on = await world.resource()
    own = await book(world, mine, on, tomorrow(9), title="Mine")
    theirs = await book(world, other, on, tomorrow(12), title="Secret")
    seen = read(await fetched(world, (await address(world, mine, FeedKind.RESOURCE, on)).token))
    assert seen[f"{own.id}@aliquot"].summary == f"{mine.name}: Mine"
    masked = seen[f"{theirs.id}@aliquot"]
    assert (masked.summary, masked.attendees, masked.organizer, masked.url) == (
        "Booked", [], None, None)  # fmt: skip
    all_ = await address(world, manager, FeedKind.RESOURCE, on)
    told = event(await fetched(world, all_.token), theirs)
    assert told.summary == f"{other.name}: Secret"


async def test_a_team_sees_its_bookings_and_somebody_invited_those_they_attend(
    world: World,
) -> None:
    team = await world.team()
    lead, mate, guest = [await world.person(team_ids=[team]) for _ in range(2)] + [
        await world.person()
    ]
    on = await world.resource()
    made = await book(world, lead, on, tomorrow(9), title="Ours", team_id=team)
    await book(world, lead, on, tomorrow(12), title="Own")
    async with world.writing() as session:
        session.add(
            Attendee(
                booking_id=made.id,
                user_id=guest.user_id,
                added_at=clock.now(),
                response=Response.TENTATIVE,
            )
        )
    shared = read(await fetched(world, (await address(world, mate, FeedKind.TEAM, team)).token))
    assert [one.summary for one in shared.values()] == [f"{made.resource.name}: Ours ({lead.name})"]
    attended = event(await fetched(world, (await address(world, guest)).token), made)
    assert [(one.common_name, one.status) for one in attended.attendees] == [
        (lead.name, "ACCEPTED"), (guest.name, "TENTATIVE")]  # fmt: skip
    async with world.writing() as session:
        await session.execute(update(Attendee).values(response=Response.DECLINED))
    assert read(await fetched(world, (await address(world, guest)).token)) == {}


async def test_each_change_has_a_number_and_what_was_called_off_is_told(world: World) -> None:
    member, manager = await world.person(), await world.manager()
    on = await world.resource(is_approval_required=True)
    made = await book(world, member, on, tomorrow(9))
    token = (await address(world, member)).token
    told = [event(await fetched(world, token), made)]
    steps: tuple[Any, ...] = (
        lambda session: bookings.approve(session, manager, made.id),
        lambda session: bookings.change(session, member, made.id, changes={"title": "Now"}),
        lambda session: bookings.cancel(session, member, made.id),
    )
    for step in steps:
        async with world.writing() as session:
            await step(session)
        told.append(event(await fetched(world, token), made))
    assert [(one.status, one.sequence) for one in told] == [
        ("TENTATIVE", 0), ("CONFIRMED", 1), ("CONFIRMED", 2), ("CANCELLED", 3)]  # fmt: skip
    assert told[0].summary == f"Requested: {made.resource.name}"
    assert told[3].summary == f"Cancelled: {made.resource.name}: Now"
    with time_machine.travel(clock.now() + timedelta(days=31)):
        assert read(await fetched(world, token)) == {}


async def test_coming_and_going_is_no_change_and_ending_early_is(world: World) -> None:
    member = await world.person()
    on = await world.resource()
    made = await book(world, member, on, tomorrow(9))
    sequences = []
    for at, step in (
        (tomorrow(9), bookings.check_in),
        (tomorrow(9, 30), bookings.check_out),
    ):
        with time_machine.travel(at):
            async with world.writing() as session:
                sequences.append((await step(session, member, made.id)).sequence)
    assert sequences == [0, 1]


async def test_a_stale_address_leads_nowhere(world: World) -> None:
    member, on = await world.person(), await world.resource()
    feed = await address(world, member)
    watching = await address(world, member, FeedKind.RESOURCE, on)
    async with world.writing() as session:
        renewed = await feeds.renew(session, member, feed.view.id)
    assert renewed.token != feed.token
    await fetched(world, renewed.token)
    for token in (feed.token, "nonsense", ""):
        with pytest.raises(feeds.FeedNotFound):
            await fetched(world, token)
    async with world.writing() as session:
        await feeds.revoke(session, member, feed.view.id)
    with pytest.raises(feeds.FeedNotFound):
        await fetched(world, renewed.token)
    await fetched(world, watching.token)
    async with world.writing() as session:
        user = await session.get_one(User, member.user_id)
        user.state = UserState.SUSPENDED
    with pytest.raises(feeds.FeedNotFound):
        await fetched(world, watching.token)


async def test_when_it_was_read_last_is_written_in_bulk_and_is_no_change(world: World) -> None:
    member = await world.person()
    feed = await address(world, member)
    await feeds.use.flush(world.database)  # what other tests read
    await fetched(world, feed.token)
    assert await feeds.use.flush(world.database) == 1
    async with world.reading() as reads:
        (listed,) = await feeds.list_(reads, member)
    assert listed.last_used_at is not None
    assert (listed.version, listed.updated_at) == (feed.view.version, feed.view.updated_at)


async def test_who_left_the_team_reads_its_calendar_no_more(world: World) -> None:
    team = await world.team()
    member = await world.person(RoleName.MEMBER, team_ids=[team])
    feed = await address(world, member, FeedKind.TEAM, team)
    await fetched(world, feed.token)
    async with world.writing() as session:
        await session.execute(
            TeamMember.__table__.delete().where(TeamMember.user_id == member.user_id)  # type: ignore[attr-defined]
        )
        user = await session.get_one(User, member.user_id)
        user.access_version += 1
    with pytest.raises(feeds.FeedNotFound):
        await fetched(world, feed.token)
    async with world.reading() as reads:
        (listed,) = await feeds.list_(reads, (await _again(world, member)))
    assert listed.subject is None


async def _again(world: World, member: Actor) -> Actor:
    async with world.reading() as reads:
        assert member.user_id is not None
        found = await accounts.actor_of_user(reads, member.user_id)
    assert found is not None
    return found


async def test_nobody_makes_an_address_of_what_they_may_not_see(world: World) -> None:
    member, team = await world.person(), await world.team()
    for kind, subject in (
        (FeedKind.TEAM, team),
        (FeedKind.RESOURCE, ids.new()),
        (FeedKind.RESOURCE, None),
        (FeedKind.PERSON, ids.new()),
    ):
        with pytest.raises(feeds.BadFeed):
            await address(world, member, kind, subject)
    async with world.reading() as reads:
        assert await reads.scalar(select(func.count()).select_from(CalendarFeed)) == 0
    theirs = await address(world, member)
    stranger = await world.person()
    with pytest.raises(feeds.FeedNotFound):
        async with world.writing() as session:
            await feeds.revoke(session, stranger, theirs.view.id)


async def test_the_version_follows_every_change_and_costs_three_statements(world: World) -> None:
    member, on = await world.person(), await world.resource()
    token = (await address(world, member)).token
    made = await book(world, member, on, tomorrow(9))
    seen = set()
    async with world.reading() as reads:
        opened = await feeds.open_(reads, token, base_url=BASE)
        seen.add(await feeds.version(reads, opened))
    changes: tuple[Any, ...] = (
        lambda session: bookings.change(session, member, made.id, changes={"title": "Now"}),
        lambda session: session.execute(update(User).values(name="Renamed")),
        lambda session: bookings.cancel(session, member, made.id),
        lambda session: session.execute(update(Booking).values(status="confirmed")),
    )
    for place, change in enumerate(changes):
        async with world.writing() as session:
            await change(session)
        with counted(world.database) as said:
            async with world.reading() as reads:
                opened = await feeds.open_(reads, token, base_url=BASE)
                seen.add(await feeds.version(reads, opened))
        assert len(seen) == place + 2
        assert len(said) <= 4, "\n\n".join(said)


async def test_many_bookings_cost_as_many_statements_as_one(world: World) -> None:
    member, on = await world.person(), await world.resource()
    token = (await address(world, member, FeedKind.RESOURCE, on)).token
    await fetched(world, token)  # what the owner may do is remembered
    costs = []
    for number in range(2):
        for hour in range(1 + 5 * number):
            await book(world, member, on, tomorrow(hour, days=1 + number))
        with counted(world.database) as said:
            await fetched(world, token)
        costs.append(len(said))
    assert costs[0] == costs[1] <= 6
