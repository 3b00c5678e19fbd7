"""Calendars that are brought in: every event is told, and those chosen are booked or none is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from src.core.actor import Actor
from src.domain import bookings
from src.domain.bookings import Wish, feeds
from src.domain.bookings.feeds import bringing
from src.domain.bookings.feeds.bringing import Plan
from src.domain.resources.tables import Resource
from tests.support.statements import counted
from tests.support.world import HOUR, World

NOW = datetime(2026, 10, 20, 8, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
UNKNOWN = "no-resource"


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    """Before the clocks go back."""
    with time_machine.travel(NOW, tick=True):
        yield


def calendar(*events: str) -> bytes:
    """A file; an event is its lines, parted by |."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Other//EN"]
    for number, event in enumerate(events):
        lines += ["BEGIN:VEVENT", f"UID:{number}@example.org", "DTSTAMP:20261001T000000Z"]
        lines += [*event.split("|"), "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def starts(content: bytes) -> list[str]:
    return [f"{one.starts_at:%m-%d %H:%M}" for one in bringing.read(content) if one.starts_at]


def faults(content: bytes) -> list[str]:
    return [fault.code for one in bringing.read(content) for fault in one.faults]


def test_what_repeats_is_told_by_the_wall_clock_one_by_one() -> None:
    berlin = "DTSTART;TZID=Europe/Berlin:20261023T090000|DTEND;TZID=Europe/Berlin:20261023T100000"
    weekly = f"{berlin}|RRULE:FREQ=WEEKLY;COUNT=4|EXDATE;TZID=Europe/Berlin:20261030T090000"
    moved = (
        "RECURRENCE-ID;TZID=Europe/Berlin:20261106T090000|DTSTART;TZID=Europe/Berlin:20261107T1100"
        "00|DTEND;TZID=Europe/Berlin:20261107T120000"
    )
    content = calendar(weekly, moved).replace(b"UID:1@", b"UID:0@")
    told = bringing.read(content)
    assert [one.key for one in told] == ["1.1", "1.2", "2"]
    assert starts(content) == ["10-23 09:00", "11-13 09:00", "11-07 11:00"]
    hours = [one.starts_at.astimezone(UTC).hour for one in told if one.starts_at]
    assert hours == [7, 8, 10]  # the clocks went back in between
    utc = "DTSTART:20261023T090000Z|DTEND:20261023T100000Z|RRULE:FREQ=DAILY;UNTIL=20261025T090000Z"
    assert starts(calendar(utc)) == ["10-23 09:00", "10-24 09:00", "10-25 09:00"]
    naive = "DTSTART:20261023T090000|DURATION:PT90M|RDATE:20261101T100000"
    (one, other) = bringing.read(calendar(naive))
    assert (one.starts_at, one.ends_at) == (
        datetime(2026, 10, 23, 9), datetime(2026, 10, 23, 10, 30))  # fmt: skip  # noqa: DTZ001
    assert other.starts_at == datetime(2026, 11, 1, 10)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("FREQ=MINUTELY", "bad-rule"),
        ("FREQ=DAILY;BYHOUR=1,2,3;BYSECOND=0,1,2", "bad-rule"),
        ("FREQ=DAILY;UNTIL=20261001T000000Z", "never"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "never"),
    ],
)
def test_a_rule_that_leads_nowhere_is_told_with_its_event(rule: str, code: str) -> None:
    event = f"DTSTART:20260923T090000Z|DTEND:20260923T100000Z|RRULE:{rule}"
    assert faults(calendar(event)) == [code]


def test_too_much_at_once_is_refused_whole() -> None:
    endless = "DTSTART:20261023T090000Z|DTEND:20261023T100000Z|RRULE:FREQ=DAILY"
    with pytest.raises(feeds.CalendarUnreadable, match="At most 200 times"):
        bringing.read(calendar(endless))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no calendar",
        b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        b"\xff\xfe",
        b"BEGIN:VEVENT\r\n",
    ],
)
def test_what_is_no_calendar_is_refused(content: bytes) -> None:
    with pytest.raises(feeds.CalendarUnreadable):
        bringing.read(content)


def test_an_event_that_cannot_be_read_is_listed_with_its_line() -> None:
    good = "DTSTART:20261023T090000Z|DTEND:20261023T100000Z|SUMMARY:Good"
    bad = "DTSTART:2026-10-23|SUMMARY:Bad"
    one, other, last = bringing.read(calendar(good, bad, f"{good}|STATUS:CANCELLED"))
    assert (one.faults, one.line) == ((), 4)
    assert ([fault.code for fault in other.faults], other.title) == (["unreadable-times"], "Bad")
    assert other.line == 11
    assert [fault.code for fault in last.faults] == ["cancelled"]


@given(st.binary(max_size=200) | st.text(max_size=200).map(calendar))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    with time_machine.travel(NOW), suppress(feeds.CalendarUnreadable):
        bringing.read(content)


async def previewed(world: World, actor: Actor, content: bytes, **more: Any) -> Plan:
    async with world.reading() as reads:
        return await bringing.preview(reads, actor, bringing.read(content), **more)


def day(number: int, hour: int = 9, *, place: str = "", title: str = "Slides") -> str:
    start = datetime(2026, 11, number, hour)  # noqa: DTZ001
    return (
        f"DTSTART:{start:%Y%m%dT%H%M%S}|DTEND:{start + HOUR:%Y%m%dT%H%M%S}|SUMMARY:{title}"
        f"|LOCATION:{place}"
    )


async def test_each_event_is_told_what_would_come_of_it(world: World) -> None:
    member, other = await world.person(), await world.person()
    on = await world.resource(timezone="Europe/Berlin")
    asking = await world.resource(is_approval_required=True)
    async with world.writing() as session:
        name = (await session.get_one(Resource, on)).name
        other_name = (await session.get_one(Resource, asking)).name
        start = datetime(2026, 11, 3, 9, tzinfo=BERLIN)
        taken = await bookings.create(session, other, wish=Wish(on, start, start + HOUR))
    content = calendar(
        day(2, place=f"{name.upper()}\\, Building 3"),
        day(3, place=name),
        day(2, place=name),
        day(4, place=other_name),
        day(5, place="The moon"),
        "DTSTART;VALUE=DATE:20261110|SUMMARY:Whole day|LOCATION:" + name,
        "DTSTART:20260901T090000Z|DTEND:20260901T100000Z|LOCATION:" + name,
    )
    plan = await previewed(world, member, content)
    assert [line.outcome for line in plan.lines] == [
        "confirmed", "refused", "refused", "requested", "refused", "confirmed", "refused"]  # fmt: skip
    told = [[fault.code for fault in line.faults] for line in plan.lines]
    assert told[1] == ["booking-overlaps"]
    assert told[4] == [UNKNOWN]
    assert told[6] == ["in-the-past"]
    assert [one.title for one in plan.lines[1].conflicts] == ["Booked"]
    assert plan.lines[0].window is not None
    assert plan.lines[0].window.starts_at == datetime(2026, 11, 2, 8, tzinfo=UTC)
    assert plan.lines[5].window is not None
    assert plan.lines[5].window.minutes == 24 * 60
    assert taken.title == ""
    chosen = await previewed(world, member, content, resource_id=asking, choices={"5": on})
    assert {line.resource.id for line in chosen.lines if line.resource} == {on, asking}


async def test_all_that_was_chosen_is_booked_or_nothing_is(world: World) -> None:
    member = await world.person()
    on = await world.resource()
    content = calendar(day(2), day(2), day(4), day(5))
    with pytest.raises(feeds.ImportRefused) as refused:
        async with world.writing() as session:
            await bringing.take(session, member, bringing.read(content), resource_id=on)
    assert refused.value.errors[0].field == ("events", 1)
    async with world.reading() as reads:
        assert (await bookings.list_(reads, member)).items == []
    async with world.writing() as session:
        done = await bringing.take(
            session, member, bringing.read(content), resource_id=on, only={"1", "2", "4"},
            only_good=True,
        )  # fmt: skip
    assert [one.starts_at.day for one in done.bookings] == [2, 5]
    assert [line.outcome for line in done.plan.lines] == ["confirmed", "refused", "confirmed"]


async def test_what_came_from_here_is_not_booked_twice(world: World) -> None:
    member, on = await world.person(), await world.resource()
    async with world.writing() as session:
        start = datetime(2026, 11, 3, 9, tzinfo=UTC)
        made = await bookings.create(session, member, wish=Wish(on, start, start + HOUR))
    async with world.reading() as reads:
        content = await feeds.file(reads, member, made.id, base_url="https://lab.example.org")
    (line,) = (await previewed(world, member, content)).lines
    assert [fault.code for fault in line.faults] == ["already-here"]


async def test_many_events_cost_as_many_statements_as_one(world: World) -> None:
    member, on = await world.person(), await world.resource()
    costs = []
    for content in (calendar(day(2)), calendar(*(day(n) for n in range(2, 28)))):
        with counted(world.database) as said:
            await previewed(world, member, content, resource_id=on)
        costs.append(len(said))
    assert costs[0] == costs[1] <= 8
