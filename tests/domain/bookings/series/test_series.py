"""Series: conflicts told and skipped, and what becomes of this one, the following, and all."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from src.core.actor import Actor
from src.core.errors import Forbidden
from src.domain import bookings
from src.domain.bookings import Booking, Status, Wish, series
from src.domain.bookings.series import Part, SeriesView
from src.domain.bookings.tables import BookingSeries
from src.domain.notifications import Notification
from src.domain.resources.tables import Hold
from tests.support.statements import counted
from tests.support.world import HOUR, World, tomorrow

BERLIN = ZoneInfo("Europe/Berlin")
DAY = timedelta(days=1)


def weekly(resource: UUID, hour: int = 9, **more: Any) -> Wish:
    return Wish(resource, tomorrow(hour), tomorrow(hour) + HOUR, title="Course", **more)


async def make(world: World, actor: Actor, wish: Wish, rule: str, **more: Any) -> SeriesView:
    async with world.writing() as session:
        return await series.create(session, actor, wish=wish, rule=rule, **more)


async def change(world: World, actor: Actor, id_: UUID, part: Part, **changes: Any) -> SeriesView:
    skip = changes.pop("skip_conflicts", False)
    async with world.writing() as session:
        return await series.change(
            session, actor, id_, part=part, changes=changes, skip_conflicts=skip
        )


async def starts(world: World, id_: UUID | None = None) -> list[datetime]:
    wanted = select(Booking.starts_at).where(Booking.status == Status.CONFIRMED)
    if id_ is not None:
        wanted = wanted.where(Booking.series_id == id_)
    async with world.reading() as reads:
        return list(await reads.scalars(wanted.order_by(Booking.starts_at)))


async def test_a_series_is_booked_whole_and_told_once(world: World) -> None:
    actor, resource = await world.person(), await world.resource()
    made = await make(world, actor, weekly(resource), "FREQ=WEEKLY;COUNT=5")
    assert await starts(world, made.id) == [tomorrow(9) + n * 7 * DAY for n in range(5)]
    assert (made.count, made.ahead, made.next_at) == (5, 5, tomorrow(9))
    async with world.reading() as reads:
        told = list(await reads.scalars(select(Notification.kind)))
        assert told == ["series.booked"]
        assert len((await reads.scalars(select(Hold))).all()) == 5


async def test_conflicts_refuse_it_all_and_are_skipped_by_choice(world: World) -> None:
    actor, other = await world.person(), await world.person()
    resource = await world.resource()
    for week in (1, 3):
        at = tomorrow(9) + week * 7 * DAY
        async with world.writing() as session:
            await bookings.create(session, other, wish=Wish(resource, at, at + HOUR))
    rule = "FREQ=WEEKLY;COUNT=5"
    async with world.reading() as reads:
        answer = await series.check(reads, actor, wish=weekly(resource), rule=rule)
    assert [each.outcome for each in answer.occurrences] == [
        "confirmed", "taken", "confirmed", "taken", "confirmed",
    ]  # fmt: skip
    assert answer.occurrences[1].conflicts[0].title == "Booked"
    with pytest.raises(series.SeriesOverlaps) as caught:
        await make(world, actor, weekly(resource), rule)
    assert len(caught.value.members["occurrences"]) == 2
    assert len(await starts(world)) == 2
    one = answer.in_the_way[0].local
    with pytest.raises(series.SeriesOverlaps) as caught:
        await make(world, actor, weekly(resource), rule, skip=[one])
    assert len(caught.value.members["occurrences"]) == 1
    made = await make(world, actor, weekly(resource), rule, skip_conflicts=True)
    assert made.count == 3
    assert made.skipped == tuple(each.local for each in answer.in_the_way)


async def test_rules_hold_for_every_occurrence(world: World) -> None:
    actor = await world.person()
    resource = await world.resource(earliest_minutes=10 * 1440)
    with pytest.raises(series.SeriesRefused) as caught:
        await make(world, actor, weekly(resource), "FREQ=WEEKLY;COUNT=4")
    assert [each.code for each in caught.value.errors] == ["too-early"] * 2
    made = await make(world, actor, weekly(resource), "FREQ=WEEKLY;COUNT=4", skip_conflicts=True)
    assert made.count == 2


async def test_a_series_in_its_own_way_says_so(world: World) -> None:
    actor, resource = await world.person(), await world.resource()
    wish = Wish(resource, tomorrow(9), tomorrow(9) + 30 * HOUR)
    with pytest.raises(series.SeriesRefused) as caught:
        await make(world, actor, wish, "FREQ=DAILY;COUNT=3")
    assert [each.code for each in caught.value.errors] == ["overlaps-itself"]


async def test_a_limit_on_what_is_ahead_counts_the_series_itself(world: World) -> None:
    actor, resource = await world.person(), await world.resource(max_upcoming=3)
    with pytest.raises(series.SeriesRefused):
        await make(world, actor, weekly(resource), "FREQ=WEEKLY;COUNT=5")
    made = await make(world, actor, weekly(resource), "FREQ=WEEKLY;COUNT=5", skip_conflicts=True)
    assert made.count == 3


async def test_following_splits_and_all_keeps_together(world: World) -> None:
    actor, resource = await world.person(), await world.resource()
    made = await make(world, actor, weekly(resource), "FREQ=WEEKLY;COUNT=6")
    third = tomorrow(9) + 14 * DAY
    new = await change(
        world, actor, made.id, Part("following", third),
        starts_at=third + 2 * HOUR, ends_at=third + 4 * HOUR, title="Long course",
    )  # fmt: skip
    assert new.id != made.id
    assert await starts(world, made.id) == [tomorrow(9), tomorrow(9) + 7 * DAY]
    assert await starts(world, new.id) == [tomorrow(11) + n * 7 * DAY for n in range(2, 6)]
    assert (new.minutes, new.title) == (120, "Long course")
    moved = await change(
        world, actor, new.id, Part(), starts_at=third - DAY, ends_at=third - DAY + HOUR
    )
    assert moved.id == new.id
    assert await starts(world, new.id) == [tomorrow(9) + (n * 7 - 1) * DAY for n in range(2, 6)]
    one = tomorrow(9) + 7 * DAY
    same = await change(world, actor, made.id, Part("this", one), title="Other")
    assert same.id == made.id
    async with world.reading() as reads:
        titles = set(await reads.scalars(select(Booking.title)))
    assert titles == {"Course", "Other", "Long course"}


async def test_those_that_cannot_follow_stay_by_choice_and_none_moves_without_it(
    world: World,
) -> None:
    actor, other = await world.person(), await world.person()
    resource = await world.resource()
    made = await make(world, actor, weekly(resource), "FREQ=DAILY;COUNT=4")
    blocked = tomorrow(12) + 2 * DAY
    async with world.writing() as session:
        await bookings.create(session, other, wish=Wish(resource, blocked, blocked + HOUR))
    times = {"starts_at": tomorrow(12), "ends_at": tomorrow(13)}
    with pytest.raises(series.SeriesOverlaps) as caught:
        await change(world, actor, made.id, Part("all", tomorrow(9)), **times)
    assert [each.starts_at for each in caught.value.members["occurrences"]] == [blocked]
    await change(world, actor, made.id, Part("all", tomorrow(9)), skip_conflicts=True, **times)
    assert await starts(world, made.id) == [
        tomorrow(12), tomorrow(12) + DAY, tomorrow(9) + 2 * DAY, tomorrow(12) + 3 * DAY,
    ]  # fmt: skip


async def test_cancelling_this_the_following_and_all(world: World) -> None:
    actor, resource = await world.person(), await world.resource()
    made = await make(world, actor, weekly(resource), "FREQ=DAILY;COUNT=6")
    for part, left in (
        (Part("this", tomorrow(9) + DAY), [0, 2, 3, 4, 5]),
        (Part("following", tomorrow(9) + 4 * DAY), [0, 2, 3]),
        (Part(), []),
    ):
        async with world.writing() as session:
            view = await series.cancel(session, actor, made.id, part=part)
        assert await starts(world) == [tomorrow(9) + n * DAY for n in left]
    assert view.cancelled_at is not None
    assert view.allowed == ()
    with pytest.raises(series.SeriesStateConflict):
        async with world.writing() as session:
            await series.cancel(session, actor, made.id, part=Part())


async def test_others_neither_see_nor_change_a_series(world: World) -> None:
    actor, other, resource = await world.person(), await world.person(), await world.resource()
    made = await make(world, actor, weekly(resource), "FREQ=DAILY;COUNT=2")
    with pytest.raises(series.SeriesNotFound):
        await change(world, other, made.id, Part(), title="Mine")
    team = await world.team()
    mate = await world.person(team_ids=[team])
    shared = await make(
        world, await world.person(team_ids=[team]), weekly(resource, 14, team_id=team),
        "FREQ=DAILY;COUNT=2",
    )  # fmt: skip
    with pytest.raises(Forbidden):
        await change(world, mate, shared.id, Part(), title="Mine")


async def test_the_number_of_statements_does_not_grow_with_the_series(world: World) -> None:
    actor, resource = await world.person(), await world.resource()
    numbers = []
    for hour, count in ((9, 3), (14, 60)):
        rule = f"FREQ=DAILY;COUNT={count}"
        async with world.reading() as reads:
            with counted(world.database) as statements:
                await series.check(reads, actor, wish=weekly(resource, hour), rule=rule)
        numbers.append(len(statements))
    assert numbers[0] == numbers[1]


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.data(),
    st.integers(2, 9),
    st.lists(
        st.tuples(
            st.sampled_from(["this", "following", "all"]),
            st.integers(0, 8),
            st.integers(-180, 180),
            st.booleans(),
        ),
        min_size=1,
        max_size=4,
    ),
)
async def test_whatever_is_moved_keeps_the_hour_of_its_wall(
    world: World, data: Any, count: int, moves: list[tuple[str, int, int, bool]]
) -> None:
    """Over a change of the clocks: each series' bookings are at its hour, none is lost."""
    actor = await world.person()
    resource = await world.resource(timezone="Europe/Berlin")
    first = _before_the_clocks_change()
    wish = Wish(resource, first, first + HOUR)
    made = await make(world, actor, wish, f"FREQ=DAILY;COUNT={count}")
    ids = [made.id]
    for scope, place, minutes, is_cancelled in moves:
        async with world.reading() as reads:
            rows = (
                await reads.execute(
                    select(Booking.series_id, Booking.series_at)
                    .where(Booking.resource_id == resource, Booking.status == Status.CONFIRMED)
                    .order_by(Booking.series_at)
                )
            ).all()
        if not rows:
            return
        id_, at = rows[place % len(rows)]
        assert id_ is not None
        assert at is not None
        part = Part(scope, at)  # type: ignore[arg-type]
        if is_cancelled:
            async with world.writing() as session:
                await series.cancel(session, actor, id_, part=part)
            continue
        new = (at.astimezone(BERLIN) + timedelta(minutes=minutes)).astimezone(UTC)
        try:
            view = await change(world, actor, id_, part, starts_at=new, ends_at=new + HOUR)
        except (series.SeriesOverlaps, series.SeriesRefused, bookings.BookingOverlaps):
            continue
        ids.append(view.id)
        if scope == "this":
            continue
        async with world.reading() as reads:
            kept = await reads.get_one(BookingSeries, view.id)
            hour = kept.starts_at.astimezone(BERLIN).time()
            those = await reads.scalars(
                select(Booking).where(
                    Booking.series_id == view.id, Booking.status == Status.CONFIRMED
                )
            )
            assert hour == new.astimezone(BERLIN).time()
            assert {each.starts_at.astimezone(BERLIN).time() for each in those} <= {hour}


def _before_the_clocks_change() -> datetime:
    """Four days before the next change of the clocks in Berlin, at ten."""
    day = datetime.now(UTC).date() + 8 * DAY
    while _offset(day) == _offset(day + DAY):
        day += DAY
    return datetime.combine(day - 4 * DAY, time(10), BERLIN).astimezone(UTC)


def _offset(day: date) -> timedelta | None:
    return datetime.combine(day, time(12), BERLIN).utcoffset()
