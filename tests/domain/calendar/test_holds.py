"""The calendar of holds: the constraint stands alone, and the one writer works with it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import IntegrityError

from src.core import ids
from src.core.db import savepoint
from src.domain import resources
from src.domain.resources.calendar import Piece, TimeTaken
from src.domain.resources.tables import Hold, HoldKind, Resource, Unit
from tests.support.world import World, tomorrow

NINE, TEN, ELEVEN, NOON = (tomorrow(hour) for hour in (9, 10, 11, 12))
BOOKING, BLOCK = HoldKind.BOOKING, HoldKind.BLOCK


async def unit_of(world: World, resource_id: UUID) -> int:
    async with world.reading() as reads:
        return (await reads.scalars(select(Unit.id).where(Unit.resource_id == resource_id))).one()


def row(unit: int, starts: object, ends: object, kind: HoldKind = BOOKING) -> dict[str, object]:
    return {
        "unit_id": unit,
        "starts_at": starts,
        "ends_at": ends,
        "kind": kind,
        "holder_id": ids.new(),
        "expires_at": None,
    }


@pytest.mark.parametrize(
    ("first", "second", "is_refused"),
    [
        (BOOKING, BOOKING, True),
        (HoldKind.OFFER, HoldKind.SLOT, True),
        (BOOKING, BLOCK, True),
        (BLOCK, BOOKING, True),
        (BLOCK, BLOCK, False),
    ],
)
async def test_the_database_alone_refuses_what_overlaps(
    world: World, first: HoldKind, second: HoldKind, is_refused: bool
) -> None:
    unit = await unit_of(world, await world.resource())
    async with world.writing() as session:
        await session.execute(insert(Hold), [row(unit, NINE, ELEVEN, first)])
        late = insert(Hold).values(row(unit, TEN, NOON, second))
        if not is_refused:
            await session.execute(late)
            return
        with pytest.raises(IntegrityError, match=r"hold_overlap|holds_exclude"):
            async with savepoint(session):
                await session.execute(late)
        assert len((await session.scalars(select(Hold))).all()) == 1


async def test_windows_that_touch_do_not_overlap(world: World) -> None:
    unit = await unit_of(world, await world.resource())
    async with world.writing() as session:
        await session.execute(insert(Hold), [row(unit, NINE, TEN), row(unit, TEN, ELEVEN)])


async def test_a_hold_cannot_be_stretched_over_another_by_an_update(world: World) -> None:
    unit = await unit_of(world, await world.resource())
    async with world.writing() as session:
        await session.execute(insert(Hold), [row(unit, NINE, TEN), row(unit, TEN, ELEVEN)])
        with pytest.raises(IntegrityError):
            async with savepoint(session):
                await session.execute(
                    update(Hold).where(Hold.starts_at == NINE).values(ends_at=NOON)
                )


async def test_a_hold_needs_an_end_after_its_start(world: World) -> None:
    unit = await unit_of(world, await world.resource())
    async with world.writing() as session:
        with pytest.raises(IntegrityError):
            async with savepoint(session):
                await session.execute(insert(Hold), [row(unit, TEN, TEN)])


async def test_an_offset_written_as_text_is_refused(world: World) -> None:
    unit = await unit_of(world, await world.resource())
    if not world.database.is_sqlite:
        return
    async with world.writing() as session:
        with pytest.raises(IntegrityError, match="hold_format"):
            await session.execute(
                text(
                    "INSERT INTO holds (unit_id, starts_at, ends_at, kind, holder_id) VALUES "
                    f"({unit}, '2026-01-01T09:00:00+02:00', '2026-01-01T10:00:00+02:00',"
                    f" 'booking', '{ids.new().hex}')"
                )
            )


def piece(resource_id: UUID, starts_at: datetime, ends_at: datetime, **more: Any) -> Piece:
    wanted = {"holder_id": ids.new(), "kind": BOOKING, **more}
    return Piece(resource_id=resource_id, starts_at=starts_at, ends_at=ends_at, **wanted)


async def test_the_lowest_unit_free_for_the_whole_window_is_chosen(world: World) -> None:
    resource = await world.resource(units=3)
    async with world.writing() as session:
        replace = resources.calendar.replace
        first = piece(resource, NINE, TEN)
        assert (await replace(session, [first], holders=()))[first.holder_id][0].unit_number == 1
        long = piece(resource, NINE, NOON)
        assert (await replace(session, [long], holders=()))[long.holder_id][0].unit_number == 2
        later = piece(resource, TEN, NOON)
        assert (await replace(session, [later], holders=()))[later.holder_id][0].unit_number == 1
        asked = piece(resource, TEN, NOON, unit_number=3)
        assert (await replace(session, [asked], holders=()))[asked.holder_id][0].unit_number == 3
        with pytest.raises(TimeTaken):
            await replace(session, [piece(resource, NINE, TEN, unit_number=2)], holders=())


async def test_two_swap_their_times_in_one_step(world: World) -> None:
    resource = await world.resource()
    a, b = piece(resource, NINE, TEN), piece(resource, TEN, ELEVEN)
    async with world.writing() as session:
        await resources.calendar.replace(session, [a, b], holders=())
        swapped = [
            piece(resource, TEN, ELEVEN, holder_id=a.holder_id),
            piece(resource, NINE, TEN, holder_id=b.holder_id),
        ]
        await resources.calendar.replace(session, swapped, holders={a.holder_id, b.holder_id})
        holds = {hold.holder_id: hold.starts_at for hold in await session.scalars(select(Hold))}
    assert holds == {a.holder_id: TEN, b.holder_id: NINE}


async def test_after_a_refusal_the_session_goes_on_and_nothing_has_changed(world: World) -> None:
    resource = await world.resource()
    a, b = piece(resource, NINE, TEN), piece(resource, TEN, ELEVEN)
    async with world.writing() as session:
        await resources.calendar.replace(session, [a, b], holders=())
        with pytest.raises(TimeTaken):
            moved = piece(resource, NINE, ELEVEN, holder_id=a.holder_id)
            await resources.calendar.replace(session, [moved], holders={a.holder_id})
    async with world.reading() as reads:
        assert {hold.starts_at for hold in await reads.scalars(select(Hold))} == {NINE, TEN}


async def test_the_constraint_behind_the_writer_becomes_the_same_refusal(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = await world.resource()
    async with world.writing() as session:
        await resources.calendar.replace(session, [piece(resource, NINE, TEN)], holders=())
        # As if the reading before had missed what somebody else wrote.
        monkeypatch.setattr(resources.calendar.UnitHolds, "is_free", lambda *_, **__: True)
        with pytest.raises(TimeTaken):
            await resources.calendar.replace(session, [piece(resource, NINE, TEN)], holders=())
        assert len((await session.scalars(select(Hold))).all()) == 1


async def test_a_lapsed_hold_is_free_and_goes_when_somebody_takes_its_time(world: World) -> None:
    resource = await world.resource()
    lapsed = piece(resource, NINE, TEN, expires_at=tomorrow(9, days=-1))
    async with world.writing() as session:
        await resources.calendar.replace(session, [lapsed], holders=())
    async with world.reading() as reads:
        window = resources.hours.Window(NINE, TEN)
        (unit,) = await resources.calendar.occupancy(reads, [resource], within=window)
        assert unit.is_free(window)
    taken = piece(resource, NINE, TEN)
    async with world.writing() as session:
        await resources.calendar.replace(session, [taken], holders=())
        assert [h.holder_id for h in await session.scalars(select(Hold))] == [taken.holder_id]


async def test_a_block_is_cut_around_what_is_kept(world: World) -> None:
    resource = await world.resource(units=2)
    kept = piece(resource, TEN, ELEVEN)
    block = piece(resource, NINE, NOON, kind=BLOCK)
    async with world.writing() as session:
        await resources.calendar.replace(session, [kept], holders=())
        placed = await resources.calendar.replace(session, [block], holders=())
    windows = [(h.unit_number, h.starts_at, h.ends_at) for h in placed[block.holder_id]]
    assert windows == [(1, NINE, TEN), (1, ELEVEN, NOON), (2, NINE, NOON)]


async def test_every_change_of_a_calendar_grows_its_version_and_not_the_resource(
    world: World,
) -> None:
    resource = await world.resource()

    async def versions() -> tuple[int, int, object]:
        async with world.reading() as reads:
            row = await reads.get_one(Resource, resource)
            return row.calendar_version, row.version, row.updated_at

    before = await versions()
    mine = piece(resource, NINE, TEN)
    async with world.writing() as session:
        await resources.calendar.replace(session, [mine], holders=())
    between = await versions()
    async with world.writing() as session:
        await resources.calendar.release(session, {mine.holder_id})
    after = await versions()
    assert before[0] < between[0] < after[0]
    assert before[1:] == between[1:] == after[1:]


async def test_a_lock_that_a_savepoint_gave_back_is_taken_again(world: World) -> None:
    resource = await world.resource()
    async with world.writing() as session:
        with pytest.raises(ZeroDivisionError):
            async with savepoint(session):
                await resources.calendar.lock(session, {resource})
                raise ZeroDivisionError
        await resources.calendar.lock(session, {resource})
        row = await session.get_one(Resource, resource)
        assert row.calendar_version == 1


async def test_of_many_at_once_each_grows_the_calendars_version(world: World) -> None:
    made = [await world.resource() for _ in range(2)]

    async def take(number: int) -> None:
        start = tomorrow(0) + timedelta(hours=number)
        wanted = [piece(resource, start, start + timedelta(hours=1)) for resource in made]
        async with world.writing() as session:
            # In any order of asking: the locks are taken in order of id.
            await resources.calendar.replace(session, wanted[:: (-1) ** number], holders=())

    await asyncio.gather(*(take(number) for number in range(24)))
    async with world.reading() as reads:
        assert list(await reads.scalars(select(Resource.calendar_version))) == [24, 24]
