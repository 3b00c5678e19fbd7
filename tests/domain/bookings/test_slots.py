"""Finding a time over many resources, and keeping one for a moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import insert, select

from src.core import clock, ids
from src.core.actor import Actor
from src.domain import bookings
from src.domain.bookings import BookingOverlaps, BookingRefused, BookingView, Wish, slots
from src.domain.bookings.slots import BadSearch, Found, SlotNotFound, SlotView, Sought, TooManySlots
from src.domain.bookings.tables import SlotHold
from src.domain.resources.tables import Hold, HoldKind, Location, Resource, ResourceState, Unit
from tests.support.statements import counted
from tests.support.world import HOUR, MINUTE, World, tomorrow

EVERY_DAY = [(weekday, 8 * 60, 18 * 60) for weekday in range(7)]
# A Monday to come, so that weekends lie where one expects them.
MONDAY = tomorrow(0) + timedelta(days=(7 - tomorrow(0).weekday()) % 7)
At = Callable[[datetime], None]


@pytest.fixture(autouse=True)
async def at() -> AsyncIterator[At]:
    """It is Sunday evening, and goes on from there."""
    with time_machine.travel(MONDAY - 4 * HOUR, tick=True) as traveller:
        yield traveller.move_to


def on(day: int, hour: float) -> datetime:
    return MONDAY + timedelta(days=day, hours=hour)


async def book(world: World, actor: Actor, resource: UUID, starts: datetime, hours: float,
               **more: Any) -> BookingView:  # fmt: skip
    wish = Wish(resource, starts, starts + hours * HOUR, **more)
    async with world.writing() as session:
        return await bookings.create(session, actor, wish=wish)


async def find(world: World, actor: Actor, minutes: int = 120, **more: Any) -> list[Found]:
    sought = replace(Sought(minutes, on(0, 0), on(5, 0)), **more)
    async with world.reading() as reads:
        return await slots.find(reads, actor, sought)


async def keep(world: World, actor: Actor, resource: UUID, starts: datetime,
               hours: float = 1) -> SlotView:  # fmt: skip
    async with world.writing() as session:
        return await slots.hold(
            session, actor, resource_id=resource, starts_at=starts, ends_at=starts + hours * HOUR
        )


async def slot_holds(world: World) -> list[UUID]:
    async with world.reading() as reads:
        found = select(Hold.holder_id).where(Hold.kind == HoldKind.SLOT)
        return list(await reads.scalars(found))


def times(found: list[Found]) -> list[tuple[datetime, datetime]]:
    return [(each.starts_at, each.ends_at) for each in found]


async def test_the_earliest_of_each_free_stretch_comes_first(world: World) -> None:
    ada = await world.person()
    one = await world.resource(hours=EVERY_DAY, slot_minutes=30)
    other = await world.resource(hours=EVERY_DAY)
    await book(world, ada, one, on(0, 9), 3)
    found = await find(world, ada, to=on(1, 0))
    assert [(each.resource.id, each.starts_at) for each in found] == [
        (other, on(0, 8)),
        (one, on(0, 12)),
    ]
    assert (found[1].free_from, found[1].free_until) == (on(0, 12), on(0, 18))


async def test_buffers_grid_and_length_hold(world: World) -> None:
    ada = await world.person()
    resource = await world.resource(
        hours=EVERY_DAY, slot_minutes=30, buffer_before_minutes=10, buffer_after_minutes=10
    )
    await book(world, ada, resource, on(0, 8), 1)
    found = await find(world, ada, 50, to=on(1, 0))
    # An hour, as the grid is; buffers of both stand between them.
    assert times(found) == [(on(0, 9.5), on(0, 10.5))]
    async with world.writing() as session:
        wish = Wish(resource, found[0].starts_at, found[0].ends_at)
        await bookings.create(session, ada, wish=wish)


@pytest.mark.parametrize(
    ("asked", "starts"),
    [
        ({"nights": False}, [on(0, 6), on(1, 6), on(2, 6), on(3, 6), on(4, 6)]),
        ({"between": (time(9), time(18)), "to": on(2, 0)}, [on(0, 9), on(1, 9)]),
        ({"between": (time(22), time(6)), "to": on(2, 0)}, [on(0, 22), on(1, 22)]),
        ({"weekends": True, "from_": on(4, 12), "to": on(7, 0)}, [on(4, 12), on(5, 6), on(6, 6)]),
        ({"weekends": False, "from_": on(4, 12), "to": on(8, 0)}, [on(4, 12), on(7, 6)]),
    ],
)
async def test_days_nights_and_weekends(
    world: World, asked: dict[str, Any], starts: list[datetime]
) -> None:
    ada = await world.person()
    await world.resource()
    found = await find(world, ada, **asked)
    assert [each.starts_at for each in found] == starts


async def test_the_least_disturbing_lies_against_what_is_booked(world: World) -> None:
    ada = await world.person()
    gap, edge, empty = [await world.resource(hours=EVERY_DAY) for _ in range(3)]
    for start, length in ((8, 3), (13, 5)):
        await book(world, ada, gap, on(0, start), length)
    await book(world, ada, edge, on(0, 8), 4)
    found = await find(world, ada, order="disturbance", to=on(1, 0))
    assert [(each.resource.id, each.disturbance, each.starts_at) for each in found] == [
        (gap, 0, on(0, 11)),
        (edge, 2, on(0, 12)),
        (edge, 3, on(0, 16)),
        (empty, 3, on(0, 8)),
        (empty, 3, on(0, 16)),
    ]


async def test_only_what_one_could_book_is_found(world: World) -> None:
    ada = await world.person()
    await world.resource(hours=EVERY_DAY, state=ResourceState.DOWN)
    full = await world.resource(hours=EVERY_DAY, max_upcoming=1)
    await world.resource(hours=EVERY_DAY, max_minutes=60)
    await world.resource(hours=EVERY_DAY, earliest_minutes=60)
    fits = await world.resource(hours=EVERY_DAY, is_approval_required=True)
    await book(world, ada, full, on(0, 8), 1)
    found = await find(world, ada, to=on(1, 0))
    assert [(each.resource.id, each.outcome) for each in found] == [(fits, "requested")]


async def test_filters_narrow(world: World) -> None:
    ada, type_id = await world.person(), await world.type()
    plain, typed = await world.resource(), await world.resource(type_id=type_id)
    async with world.writing() as session:
        row = await session.get_one(Resource, plain)
        row.tags = ["Live cells"]
        place = Location(id=ids.new(), name="Annexe", parent_id=world.location_id)
        session.add(place)
        await session.flush()
        row.location_id = place.id
    for asked, expected in (
        ({"type_ids": [type_id]}, {typed}),
        ({"tags": ["live cells"]}, {plain}),
        ({"location_ids": [place.id]}, {plain}),
        ({"location_ids": [world.location_id]}, {plain, typed}),
        ({"resource_ids": [typed]}, {typed}),
    ):
        found = await find(world, ada, **asked)
        assert {each.resource.id for each in found} == expected


async def test_a_search_that_cannot_be_says_why(world: World) -> None:
    ada = await world.person()
    for asked in ({"to": on(-1, 0)}, {"to": on(90, 0)}, {"length_minutes": 0}):
        with pytest.raises(BadSearch):
            await find(world, ada, **asked)


async def test_every_window_that_is_found_can_be_booked(world: World) -> None:
    ada, ben = await world.person(), await world.person()
    for number in range(4):
        resource = await world.resource(
            units=2, hours=EVERY_DAY, slot_minutes=15, buffer_after_minutes=5 * number,
            max_per_day=2, latest_minutes=30,
        )  # fmt: skip
        for day in range(4):
            await book(world, ben, resource, on(day, 9 + day / 2), 2)
            await book(world, ben, resource, on(day, 13 + day / 4), 1.5)
    for order in ("earliest", "disturbance"):
        for each in await find(world, ada, 105, order=order, limit=100):
            async with world.reading() as reads:
                wish = Wish(each.resource.id, each.starts_at, each.ends_at, unit=each.unit)
                answer = await bookings.check(reads, ada, wish=wish)
            assert answer.outcome == each.outcome, (each, answer.violations)


async def many(world: World, count: int, *, weeks: int = 4) -> None:
    """So many resources with six bookings' worth of holds on each day."""
    async with world.writing() as session:
        made = [
            {"id": ids.new(), "name": f"Many {count:03} {number:03}", "type_id": world.type_id,
             "location_id": world.location_id, "timezone": "Europe/Berlin", "tags": [],
             "description": "", "state": ResourceState.AVAILABLE, "calendar_version": 0,
             "custom": {}, "version": 1, "created_at": clock.now(), "updated_at": clock.now()}
            for number in range(count)
        ]  # fmt: skip
        await session.execute(insert(Resource), made)
        await session.execute(
            insert(Unit),
            [{"resource_id": each["id"], "number": 1, "is_active": True} for each in made],
        )
        names = [each["id"] for each in made]
        units = list(await session.scalars(select(Unit.id).where(Unit.resource_id.in_(names))))
        holds = [
            {"unit_id": unit, "starts_at": on(day, 2 * slot + 7), "ends_at": on(day, 2 * slot + 8.5),
             "kind": HoldKind.BOOKING, "holder_id": ids.new()}
            for unit in units
            for day in range(7 * weeks)
            for slot in range(6)
        ]  # fmt: skip
        await session.execute(insert(Hold), holds)


async def test_however_many_resources_it_is_the_same_three_statements(world: World) -> None:
    ada = await world.person()
    costs = []
    for count in (2, 30):
        await many(world, count, weeks=2)
        with counted(world.database) as said:
            found = await find(world, ada, 60, to=on(28, 0))
        costs.append(len(said))
    assert found
    assert costs == [3, 3]


@pytest.mark.bench
async def test_bench_five_hundred_resources_over_four_weeks(world: World) -> None:
    """What a search over everything takes; printed, and its statements counted."""
    ada = await world.person()
    await many(world, 500)
    for order, minutes in (("earliest", 30), ("earliest", 120), ("disturbance", 30)):
        began = asyncio.get_running_loop().time()
        with counted(world.database) as said:
            found = await find(world, ada, minutes, to=on(28, 0), order=order)
        took = asyncio.get_running_loop().time() - began
        print(f"find {minutes} min, {order}: {took * 1000:.0f} ms, {len(found)} found")
        assert len(said) == 3


async def test_a_slot_is_kept_for_five_minutes(world: World, at: At) -> None:
    ada, ben = await world.person(), await world.person()
    resource = await world.resource(buffer_before_minutes=5)
    slot = await keep(world, ada, resource, on(0, 9))
    assert slot.expires_at - clock.now() <= timedelta(minutes=5)
    with pytest.raises(BookingOverlaps) as caught:
        await book(world, ben, resource, on(0, 9), 1)
    assert caught.value.members["conflicts"][0].booking_id is None
    at(MONDAY - 4 * HOUR + 6 * MINUTE)
    # Nobody has tidied, and it is free all the same.
    await book(world, ben, resource, on(0, 9), 1)
    async with world.writing() as session:
        assert await slots.tidy(session) == 1
    async with world.reading() as reads:
        assert await slots.list_(reads, ada) == []


async def test_booking_with_a_slot_uses_it_up(world: World) -> None:
    ada = await world.person()
    resource = await world.resource()
    slot = await keep(world, ada, resource, on(0, 9))
    wish = Wish(resource, on(0, 9), on(0, 10), slot_id=slot.id)
    async with world.reading() as reads:
        assert (await bookings.check(reads, ada, wish=wish)).outcome == "confirmed"
    async with world.writing() as session:
        await bookings.create(session, ada, wish=wish)
    assert await slot_holds(world) == []
    async with world.reading() as reads:
        assert list(await reads.scalars(select(SlotHold))) == []


async def test_nobody_uses_what_somebody_else_holds(world: World) -> None:
    ada, ben = await world.person(), await world.person()
    resource = await world.resource()
    slot = await keep(world, ada, resource, on(0, 9))
    booked = await book(world, ada, resource, on(0, 12), 1)
    for named, hour in ((slot.id, 9), (booked.id, 12)):
        with pytest.raises(BookingOverlaps):
            await book(world, ben, resource, on(0, hour), 1, slot_id=named)
    with pytest.raises(SlotNotFound):
        async with world.writing() as session:
            await slots.release(session, ben, slot.id)
    async with world.writing() as session:
        await slots.release(session, ada, slot.id)
    assert await slot_holds(world) == []


async def test_one_person_keeps_three_at_most_also_at_once(world: World) -> None:
    ada = await world.person()
    made = [await world.resource() for _ in range(5)]
    outcomes = await asyncio.gather(
        *(keep(world, ada, each, on(0, 9)) for each in made), return_exceptions=True
    )
    assert sum(isinstance(one, SlotView) for one in outcomes) == 3
    assert sum(isinstance(one, TooManySlots) for one in outcomes) == 2


async def test_what_cannot_be_booked_is_not_kept(world: World) -> None:
    ada = await world.person()
    resource = await world.resource(max_minutes=30)
    with pytest.raises(BookingRefused):
        await keep(world, ada, resource, on(0, 9))
    assert await slot_holds(world) == []
