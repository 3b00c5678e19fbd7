"""Finding resources, and when each is free next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine

from src.core import ids
from src.core.actor import SYSTEM, Permission
from src.core.db import Database, transaction
from src.core.paging import Paging
from src.domain import resources
from src.domain.resources.calendar import Piece
from src.domain.resources.hours import Weekly
from src.domain.resources.tables import HoldKind, ResourceState
from tests.domain.resources.conftest import MANAGER, MEMBER, Catalogue, scoped
from tests.support.statements import counted

# A Monday, nine o'clock in Berlin.
MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


async def hold(
    database: Database, resource_id: UUID, unit: int, *hours: float, lapses: float | None = None
) -> None:
    starts, ends = (MONDAY + hour * HOUR for hour in hours)
    expires = None if lapses is None else MONDAY + lapses * HOUR
    piece = Piece(ids.new(), HoldKind.BOOKING, resource_id, starts, ends, unit, expires)
    async with transaction(database) as session:
        await resources.calendar.replace(session, [piece], holders=set())


async def view_of(database: Database, resource_id: UUID) -> resources.ResourceView:
    async with database.reads() as reads:
        return await resources.get(reads, MEMBER, resource_id)


@pytest.fixture(autouse=True)
def on_monday() -> object:
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


async def test_words_are_found_anywhere_and_filters_narrow(
    database: Database, catalogue: Catalogue
) -> None:
    async with database.reads() as reads:

        async def names(**filters: object) -> list[str]:
            page = await resources.list_(reads, MEMBER, **filters)  # type: ignore[arg-type]
            return [view.name for view in page.items]

        assert await names() == ["Confocal A", "Confocal B"]
        assert await names(sort="-name") == ["Confocal B", "Confocal A"]
        assert await names(q="campus CONFOCAL b") == ["Confocal A", "Confocal B"]
        assert await names(q="confocal a campus microscope") == ["Confocal A", "Confocal B"]
        assert await names(q="fast microscope") == ["Confocal B"]
        assert await names(q="100%") == []
        assert await names(q="%\x00") == []
        assert await names(tags=["laser", "fast"]) == ["Confocal B"]
        assert await names(tags=["las"]) == []
        assert await names(location_ids=[catalogue.site]) == ["Confocal A", "Confocal B"]
        assert await names(location_ids=[ids.new()]) == []
        assert await names(type_ids=[catalogue.type, ids.new()]) == ["Confocal A", "Confocal B"]
        assert await names(states=[ResourceState.DOWN]) == []


async def test_retired_ones_are_listed_only_when_asked_for(
    database: Database, catalogue: Catalogue
) -> None:
    async with transaction(database) as session:
        await resources.states.set_state(
            session, MANAGER, catalogue.twin, state=ResourceState.RETIRED, reason="Sold"
        )
        listed = await resources.list_(session, MEMBER)
        retired = await resources.list_(session, MEMBER, states=[ResourceState.RETIRED])
    assert [view.name for view in listed.items] == ["Confocal A"]
    assert [view.name for view in retired.items] == ["Confocal B"]
    assert (retired.items[0].is_free_now, retired.items[0].next_free_at) == (False, None)


async def test_one_free_unit_is_enough(database: Database, catalogue: Catalogue) -> None:
    await hold(database, catalogue.confocal, 1, -1, 2)
    await hold(database, catalogue.twin, 1, -1, 2)
    assert (await view_of(database, catalogue.twin)).is_free_now
    taken = await view_of(database, catalogue.confocal)
    assert (taken.is_free_now, taken.next_free_at) == (False, MONDAY + 2 * HOUR)
    async with database.reads() as reads:
        free = await resources.list_(reads, MEMBER, free_at=MONDAY)
        later = await resources.list_(reads, MEMBER, free_at=MONDAY + 2 * HOUR)
    assert [view.id for view in free.items] == [catalogue.twin]
    assert len(later.items) == 2


async def test_a_lapsed_request_holds_nothing(database: Database, catalogue: Catalogue) -> None:
    await hold(database, catalogue.confocal, 1, -1, 2, lapses=0)
    assert (await view_of(database, catalogue.confocal)).is_free_now
    async with database.reads() as reads:
        free = await resources.list_(reads, MEMBER, free_at=MONDAY)
    assert catalogue.confocal in {view.id for view in free.items}


async def test_the_next_free_time_fits_length_buffers_and_opening_hours(
    database: Database, catalogue: Catalogue
) -> None:
    await hold(database, catalogue.confocal, 1, 0, 1)
    await hold(database, catalogue.confocal, 1, 2, 7)
    async with transaction(database) as session:
        week = [Weekly(day, 8 * 60, 17 * 60) for day in range(5)]
        await resources.set_opening_hours(session, MANAGER, catalogue.confocal, week)
    # Ten o'clock, for the hour between the two.
    assert (await view_of(database, catalogue.confocal)).next_free_at == MONDAY + HOUR
    async with transaction(database) as session:
        level = resources.Level("resource", catalogue.confocal)
        values = {"min_minutes": 60, "buffer_before_minutes": 15}
        await resources.set_policy(session, MANAGER, level, values=values)
    # What is too short for a booking is not in the list of what is free either.
    async with database.reads() as reads:
        gap = await resources.list_(reads, MEMBER, free_at=MONDAY + HOUR)
    assert [view.id for view in gap.items] == [catalogue.twin]
    # The gap is too short with its buffer, the rest of Monday too: Tuesday at eight.
    assert (await view_of(database, catalogue.confocal)).next_free_at == MONDAY + 23 * HOUR
    async with database.reads() as reads:
        night = await resources.list_(reads, MEMBER, free_at=MONDAY + 12 * HOUR)
    assert [view.id for view in night.items] == [catalogue.twin]


async def test_a_unit_added_during_a_closure_is_closed_too(
    database: Database, catalogue: Catalogue
) -> None:
    async with transaction(database) as session:
        wish = resources.closures.ClosureWish(None, MONDAY - HOUR, MONDAY + 3 * HOUR, "Power works")
        closure = await resources.closures.create(session, SYSTEM, wish=wish)
        await resources.closures.lay(session, closure)
    async with transaction(database) as session:
        view = await resources.add_units(session, MANAGER, catalogue.twin)
    assert view.next_free_at == MONDAY + 3 * HOUR
    async with database.reads() as reads:
        assert (await resources.list_(reads, MEMBER, free_at=MONDAY)).items == []


async def test_closures_of_what_one_may_not_see_are_not_told(
    database: Database, catalogue: Catalogue
) -> None:
    made = {}
    for on in ((catalogue.confocal,), (catalogue.twin,), None):
        wish = resources.closures.ClosureWish(on, MONDAY, MONDAY + HOUR, "Laser")
        async with transaction(database) as session:
            made[on] = (await resources.closures.create(session, SYSTEM, wish=wish)).id
    guest = scoped([Permission.RESOURCES_READ], catalogue.twin)
    async with database.reads() as reads:
        listed = await resources.closures.list_(reads, guest)
        assert {one.id for one in listed.items} == {made[(catalogue.twin,)], made[None]}
        for id_ in (made[(catalogue.twin,)], made[None]):
            assert (await resources.closures.get(reads, guest, id_)).id == id_
        with pytest.raises(resources.ClosureNotFound):
            await resources.closures.get(reads, guest, made[(catalogue.confocal,)])


async def test_a_list_costs_the_same_whatever_its_length(
    database: Database, catalogue: Catalogue
) -> None:
    async with transaction(database) as session:
        for number in range(12):
            wish = resources.ResourceWish(
                f"Incubator {number}", catalogue.type, catalogue.room, units=3
            )
            await resources.create(session, MANAGER, wish=wish)
    await hold(database, catalogue.twin, 1, 1, 2)
    with counted(database) as said:
        async with database.reads() as reads:
            page = await resources.list_(
                reads, MEMBER, q="campus", tags=["laser"], free_at=MONDAY, paging=Paging(limit=100)
            )
    assert len(page.items) == 2
    assert len(said) == 3
    with counted(database) as said:
        async with database.reads() as reads:
            page = await resources.list_(reads, MEMBER, paging=Paging(limit=100))
    assert len(page.items) == 14
    assert len(said) == 3
    with counted(database) as said:
        await view_of(database, catalogue.twin)
    assert len(said) == 3


async def test_what_is_free_next_comes_first_page_by_page(
    database: Database, catalogue: Catalogue
) -> None:
    async with transaction(database) as session:
        for name in ("Oven", "Furnace", "Bath"):
            wish = resources.ResourceWish(name, catalogue.type, catalogue.room)
            made = await resources.create(session, MANAGER, wish=wish)
            if name == "Bath":
                await resources.states.set_state(
                    session, MANAGER, made.id, state=ResourceState.DOWN, reason="Leaks"
                )
    await hold(database, catalogue.confocal, 1, -1, 3)
    await hold(database, catalogue.twin, 1, -1, 2)
    await hold(database, catalogue.twin, 2, -1, 2)

    async def pages(sort: str, **filters: Any) -> list[str]:
        names: list[str] = []
        paging = Paging(limit=2)
        while True:
            async with database.reads() as reads:
                page = await resources.list_(reads, MEMBER, sort=sort, paging=paging, **filters)
            names += [view.name for view in page.items]
            if page.next is None:
                return names
            paging = Paging(limit=2, cursor=page.next)

    order = ["Furnace", "Oven", "Confocal B", "Confocal A", "Bath"]
    assert await pages("next_free_at") == order
    assert await pages("-next_free_at") == ["Bath", "Confocal A", "Confocal B", "Furnace", "Oven"]
    assert await pages("next_free_at", is_free_now=True) == order[:2]
    assert await pages("next_free_at", q="laser") == ["Confocal B", "Confocal A"]
    with counted(database) as said:
        async with database.reads() as reads:
            second = await resources.list_(
                reads, MEMBER, sort="next_free_at", paging=Paging(limit=2, page=2)
            )
    assert [view.name for view in second.items] == order[2:4]
    assert (second.total, len(said)) == (5, 4)
