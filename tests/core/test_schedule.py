"""Periodic work: the times on the wall clock, and one run per slot whatever the schedulers do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from src.core import schedule
from src.core.actor import ANONYMOUS, SYSTEM
from src.core.db import Database, database_now, reading, transaction
from src.core.errors import Forbidden
from src.core.events import Event
from src.core.outbox import Message, Topic
from src.core.schedule import BadTimes, Declaration, Due, Schedule, ScheduleNotFound, Times

VIENNA = ZoneInfo("Europe/Vienna")
UTC_ZONE = ZoneInfo("UTC")
NAME = "test.minutely"
DECLARED = Declaration(
    Topic(NAME, "maintenance", max_attempts=3), schedule.times(crontab="* * * * *"), "A test."
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def slots(times: Times, since: str, number: int, zone: ZoneInfo = VIENNA) -> list[str]:
    found, now = [], at(since)
    for _ in range(number):
        now = times.following(now, zone)
        found.append(now.astimezone(zone).isoformat(timespec="minutes"))
    return found


def test_a_daily_time_that_does_not_exist_in_spring_runs_once_an_hour_later() -> None:
    daily = schedule.times(crontab="30 2 * * *")
    assert slots(daily, "2026-03-28T00:00+00:00", 3) == [
        "2026-03-28T02:30+01:00",
        "2026-03-29T03:00+02:00",
        "2026-03-30T02:30+02:00",
    ]


def test_a_daily_time_that_exists_twice_in_autumn_runs_once() -> None:
    daily = schedule.times(crontab="30 2 * * *")
    assert slots(daily, "2026-10-24T12:00+00:00", 2) == [
        "2026-10-25T02:30+02:00",
        "2026-10-26T02:30+01:00",
    ]


def test_every_twenty_minutes_goes_on_through_the_doubled_hour() -> None:
    often = schedule.times(crontab="*/20 * * * *")
    since = "2026-10-25T00:10+00:00"
    assert len(set(slots(often, since, 9))) == 9
    ends = [at(slot) for slot in slots(often, since, 9)]
    assert {b - a for a, b in pairwise(ends)} == {timedelta(minutes=20)}


@pytest.mark.parametrize(
    ("times", "now", "latest", "following"),
    [
        (Times(crontab="0 6 * * *"), "2026-11-21T06:00", "2026-11-21T06:00", "2026-11-22T06:00"),
        (Times(crontab="0 6 * * 1"), "2026-11-21T12:00", "2026-11-16T06:00", "2026-11-23T06:00"),
        (Times(interval=300), "2026-11-21T06:04", "2026-11-21T06:00", "2026-11-21T06:05"),
    ],
)
def test_the_latest_slot_is_inclusive_and_the_following_one_is_not(
    times: Times, now: str, latest: str, following: str
) -> None:
    moment = at(now).replace(tzinfo=UTC)
    assert times.latest(moment, UTC_ZONE) == at(latest).replace(tzinfo=UTC)
    assert times.following(moment, UTC_ZONE) == at(following).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "given",
    [
        {"crontab": "61 * * * *"},
        {"crontab": "* * * *"},
        {"crontab": "* * * * * *"},
        {"crontab": "0 0 30 2 *"},
        {"crontab": ""},
        {"interval": 9},
        {"crontab": "* * * * *", "interval": 60},
        {},
    ],
)
def test_times_that_cannot_be_read_are_refused(given: dict[str, str | int]) -> None:
    with pytest.raises(BadTimes):
        schedule.times(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize("crontab", ["61 * * * *", "* 25 * * *", "* * * *", "* * * * frday"])
def test_whoever_writes_no_crontab_hears_what_one_looks_like(crontab: str) -> None:
    with pytest.raises(BadTimes) as refused:
        schedule.times(crontab=crontab)
    (fault,) = refused.value.errors
    assert fault.field == ("crontab",)
    assert "minute hour day month weekday" in fault.detail
    assert "*/10 7-19 * * 1-5" in fault.detail


@pytest.fixture
async def declared(database: Database) -> Database:
    """A database that knows one schedule, which has run an hour ago."""
    async with transaction(database) as session:
        await schedule.register(session, [DECLARED])
    await rewind(database, 3600)
    return database


async def rewind(database: Database, seconds: float) -> None:
    async with transaction(database) as session:
        await session.execute(update(Schedule).values(last_slot=database_now(-seconds)))


async def due(database: Database) -> list[Due]:
    async with reading(database) as reads:
        return await schedule.find_due(reads, {NAME}, UTC_ZONE)


async def publish(database: Database, found: list[Due]) -> int:
    published = 0
    for each in found:
        async with transaction(database) as session:
            published += await schedule.publish_due(session, each)
    return published


async def runs(database: Database) -> list[Message]:
    async with reading(database) as reads:
        return list(await reads.scalars(select(Message).order_by(Message.id)))


async def test_new_work_waits_for_its_next_slot(database: Database) -> None:
    daily = replace(DECLARED, times=schedule.times(crontab="0 4 * * *"))
    async with transaction(database) as session:
        await schedule.register(session, [daily])
    assert await due(database) == []


async def test_of_three_schedulers_one_publishes_and_a_gap_makes_one_run(
    declared: Database,
) -> None:
    seen = [await due(declared) for _ in range(3)]  # sixty slots were missed
    assert [len(found) for found in seen] == [1, 1, 1]
    published = await asyncio.gather(*(publish(declared, found) for found in seen))
    assert sorted(published) == [0, 0, 1]
    [run] = await runs(declared)
    assert run.once == f"{NAME}@{run.payload['slot']}"
    assert run.key == f"schedule:{NAME}"
    assert await due(declared) == []


async def test_a_run_that_has_not_begun_is_not_joined_by_another(declared: Database) -> None:
    assert await publish(declared, await due(declared)) == 1
    await rewind(declared, 120)
    async with transaction(declared) as session:
        await session.execute(update(Message).values(once="of an earlier slot"))
    assert await publish(declared, await due(declared)) == 0
    assert await due(declared) == []
    assert len(await runs(declared)) == 1


async def test_a_paused_schedule_rests_and_makes_up_for_nothing(declared: Database) -> None:
    async with transaction(declared) as session:
        await schedule.pause(session, SYSTEM, NAME)
    assert await due(declared) == []
    async with transaction(declared) as session:
        job = await schedule.run_now(session, SYSTEM, NAME)
    assert [run.id for run in await runs(declared)] == [job]
    async with transaction(declared) as session:
        await schedule.resume(session, SYSTEM, NAME)
    async with reading(declared) as reads:
        shown = await schedule.get(reads, SYSTEM, NAME)
        verbs = list(await reads.scalars(select(Event.verb).order_by(Event.id)))
        last_slot, now = (await reads.execute(select(Schedule.last_slot, database_now()))).one()
    assert shown.state == "active"
    assert now - last_slot < timedelta(minutes=1)
    assert verbs == ["schedule.paused", "schedule.run", "schedule.resumed"]


async def test_other_times_can_be_put_over_the_declared_ones_and_taken_away(
    declared: Database,
) -> None:
    async with transaction(declared) as session:
        await schedule.override(session, SYSTEM, NAME, crontab="0 4 * * 1")
    assert await due(declared) == []
    async with transaction(declared) as session:
        await schedule.register(session, [DECLARED])  # a worker starts: the override stays
    async with reading(declared) as reads:
        shown = await schedule.get(reads, SYSTEM, NAME)
    assert shown.is_overridden
    assert (shown.times.crontab, shown.declared.crontab) == ("0 4 * * 1", "* * * * *")
    assert shown.version == 2
    async with transaction(declared) as session:
        await schedule.override(session, SYSTEM, NAME)
    async with reading(declared) as reads:
        [shown] = await schedule.list_(reads, SYSTEM)
    assert not shown.is_overridden
    with pytest.raises(BadTimes):
        async with transaction(declared) as session:
            await schedule.override(session, SYSTEM, NAME, crontab="nonsense")


async def test_how_it_went_is_kept_and_late_work_is_called_late(declared: Database) -> None:
    async with transaction(declared) as session:
        await schedule.note_start(session, NAME)
        await schedule.note_success(session, NAME, duration=0.5, result={"n": 3})
    async with reading(declared) as reads:
        shown = await schedule.get(reads, SYSTEM, NAME)
    assert (shown.state, shown.last_duration, shown.last_result) == ("active", 0.5, {"n": 3})
    async with transaction(declared) as session:
        await schedule.note_failure(session, NAME, "RuntimeError: no")
        await session.execute(update(Schedule).values(last_success_at=database_now(-121)))
    async with reading(declared) as reads:
        shown = await schedule.get(reads, SYSTEM, NAME)
    assert (shown.state, shown.last_error, shown.version) == ("late", "RuntimeError: no", 1)


async def test_only_those_permitted_touch_schedules(declared: Database) -> None:
    async with reading(declared) as reads:
        with pytest.raises(Forbidden):
            await schedule.list_(reads, ANONYMOUS)
        with pytest.raises(ScheduleNotFound):
            await schedule.get(reads, SYSTEM, "no such")
    for change in (schedule.pause, schedule.resume, schedule.run_now, schedule.override):
        with pytest.raises(Forbidden):
            async with transaction(declared) as session:
                await change(session, ANONYMOUS, NAME)


async def test_what_no_worker_declares_any_more_is_forgotten_after_a_week(
    declared: Database,
) -> None:
    async with transaction(declared) as session:
        await schedule.register(session, [])
    async with reading(declared) as reads:
        assert len(await schedule.list_(reads, SYSTEM)) == 1
    async with transaction(declared) as session:
        await session.execute(update(Schedule).values(declared_at=database_now(-8 * 86400)))
        await schedule.register(session, [])
    async with reading(declared) as reads:
        assert await schedule.list_(reads, SYSTEM) == []


@pytest.fixture(autouse=True)
def _listeners_of_others() -> Iterator[None]:
    before = dict(schedule.declared)
    yield
    assert schedule.declared == before
