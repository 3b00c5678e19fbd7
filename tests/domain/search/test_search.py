"""One search over everything: what is found, by whom, in which order, at what cost."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import update

from src.core import clock, finding
from src.core.actor import ANONYMOUS, EVERYWHERE, SYSTEM, Actor, Permission, resource_scope
from src.core.errors import Forbidden
from src.core.paging import Paging
from src.domain import accounts, bookings, resources, search
from src.domain.accounts.tables import RoleName
from src.domain.bookings import Wish
from src.domain.bookings.tables import Booking
from src.domain.resources.tables import Resource, ResourceState
from tests.support.statements import counted
from tests.support.world import HOUR, World, tomorrow


async def found(world: World, actor: Actor, q: str, limit: int = 5) -> dict[str, list[str]]:
    async with world.reading() as reads:
        groups = await search.find(reads, actor, q, limit)
    return {group.kind: [hit.title for hit in group.hits] for group in groups}


async def named(world: World, name: str, *, tags: list[str] | None = None) -> UUID:
    resource = await world.resource()
    async with world.writing() as session:
        await session.execute(
            update(Resource).where(Resource.id == resource).values(name=name, tags=tags or [])
        )
    return resource


async def book(world: World, actor: Actor, resource: UUID, hour: int, title: str) -> None:
    wish = Wish(resource, tomorrow(hour), tomorrow(hour + 1), title=title)
    async with world.writing() as session:
        await bookings.create(session, actor, wish=wish)


async def test_everything_that_holds_every_word_is_found_in_groups(world: World) -> None:
    confocal = await named(world, "Krios microscope", tags=["cryo"])
    await named(world, "Centrifuge")
    ada = await world.person(name="Ada Krios")
    await book(world, ada, confocal, 9, "Grids")
    start = clock.now() + HOUR
    async with world.writing() as session:
        wish = resources.closures.ClosureWish(None, start, start + HOUR, "Krios is serviced")
        await resources.closures.create(session, SYSTEM, wish=wish)
    assert await found(world, ada, "KRIOS") == {
        "resource": ["Krios microscope"],
        "booking": ["Grids"],
        "person": ["Ada Krios"],
        "closure": ["Krios is serviced"],
    }
    assert await found(world, ada, "micro krios cryo") == {"resource": ["Krios microscope"]}
    assert await found(world, ada, "  ") == {}
    async with world.reading() as reads:
        groups = await search.find(reads, ada, "krios")
    assert groups[0].hits[0].path == f"/resources/{confocal}"
    assert [hit.path for hit in groups[2].hits] == [None]


async def test_what_one_may_not_see_is_not_found(world: World) -> None:
    one, two = await named(world, "Laser one"), await named(world, "Laser two")
    ada, bob = await world.person(name="Ada"), await world.person(name="Bob")
    await book(world, ada, one, 9, "Laser secrets")
    assert await found(world, bob, "secrets") == {}
    assert await found(world, await world.manager(), "secrets") == {"booking": ["Laser secrets"]}
    scope: frozenset[str | None] = frozenset({resource_scope(two)})
    guest = replace(bob, granted={Permission.RESOURCES_READ: scope})
    assert await found(world, guest, "laser") == {"resource": ["Laser two"]}
    assert await found(world, guest, "ada") == {}
    assert await found(world, ANONYMOUS, "laser") == {}


async def test_case_does_not_matter_in_any_alphabet(world: World) -> None:
    await named(world, "Übungsmikroskop", tags=["Größe"])
    ada = await world.person(name="Łukasz Żak")
    assert await found(world, ada, "ÜBUNGS") == {"resource": ["Übungsmikroskop"]}
    assert await found(world, ada, "üBUNGSmikroskop größe") == {"resource": ["Übungsmikroskop"]}
    assert await found(world, ada, "łUKASZ żak") == {"person": ["Łukasz Żak"]}


async def test_signs_of_patterns_are_letters_like_others(world: World) -> None:
    await named(world, "100% ethanol_bath")
    await named(world, "1000 ethanolxbath")
    ada = await world.person()
    assert await found(world, ada, "100%") == {"resource": ["100% ethanol_bath"]}
    assert await found(world, ada, "l_b") == {"resource": ["100% ethanol_bath"]}
    assert await found(world, ada, "\\ \x00") == {}


async def test_the_nearest_comes_first_and_the_rest_is_told_of(world: World) -> None:
    ada = await world.person()
    for name in ("Old NMR", "The 400 NMR", "NMR 800", "NMR 400"):
        resource = await named(world, name)
        if name == "Old NMR":
            async with world.writing() as session:
                retired = {"state": ResourceState.RETIRED}
                await session.execute(
                    update(Resource).where(Resource.id == resource).values(retired)
                )
    assert (await found(world, ada, "nmr"))["resource"] == [
        "NMR 400", "NMR 800", "The 400 NMR", "Old NMR",
    ]  # fmt: skip
    async with world.reading() as reads:
        (group,) = await search.find(reads, ada, "nmr", 2)
    assert ([hit.title for hit in group.hits], group.has_more) == (["NMR 400", "NMR 800"], True)
    assert group.more == "/resources?q=nmr"


async def test_coming_bookings_stand_before_past_ones(world: World) -> None:
    resource, ada = await world.resource(), await world.person()
    for hour, title in ((12, "Slides late"), (9, "Slides early")):
        await book(world, ada, resource, hour, title)
    assert (await found(world, ada, "slides"))["booking"] == ["Slides early", "Slides late"]


async def test_bookings_of_more_than_twelve_months_ago_are_not_looked_through(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource, ada = await world.resource(), await world.person()
    for hour, title in ((9, "Slides long ago"), (11, "Slides of spring"), (13, "Slides ahead")):
        await book(world, ada, resource, hour, title)
    for title, days in (("Slides long ago", 370), ("Slides of spring", 200)):
        past = tomorrow(9, days=-days)
        async with world.writing() as session:
            begun = {"starts_at": past, "ends_at": past + HOUR}
            await session.execute(update(Booking).where(Booking.title == title).values(begun))
    assert await found(world, ada, "slides") == {"booking": ["Slides ahead", "Slides of spring"]}
    await book(world, ada, resource, 16, "Slides far ahead")
    monkeypatch.setattr(bookings.finding, "LOOKED_THROUGH", 1)
    assert await found(world, ada, "slides") == {"booking": ["Slides ahead", "Slides of spring"]}


async def test_a_search_costs_one_statement_a_kind_whatever_is_found(world: World) -> None:
    manager = await world.manager()
    for number in range(12):
        await book(world, manager, await named(world, f"Scope {number}"), 9, f"Scope {number}")
    with counted(world.database) as said:
        hits = await found(world, manager, "scope", 20)
    assert len(hits["resource"]) == len(hits["booking"]) == 12
    assert len(said) == len(finding.sources())


async def test_people_are_picked_by_whoever_names_others(world: World) -> None:
    for name in ("Ada Nachtvogel", "Mara Vogel", "Vogelsang, Ida", "Ida Marx"):
        await world.person(name=name)
    await world.person(name="Vogel, gone", state=accounts.UserState.SUSPENDED)
    nobody = Actor(None)
    assistant = Actor(None, granted={Permission.BOOKINGS_FOR_OTHERS: EVERYWHERE})
    with counted(world.database) as said:
        async with world.reading() as reads:
            page = await accounts.pick(reads, assistant, q="vogel")
    assert [one.name for one in page.items] == ["Vogelsang, Ida", "Mara Vogel", "Ada Nachtvogel"]
    assert len(said) == 1
    async with world.reading() as reads:
        with pytest.raises(Forbidden):
            await accounts.pick(reads, nobody, q="vogel")


async def test_resources_are_picked_in_one_statement_page_by_page(world: World) -> None:
    ada = await world.person()
    for name in ("Big oven", "Oven 2", "Oven 1"):
        await named(world, name)
    with counted(world.database) as said:
        async with world.reading() as reads:
            first = await resources.pick(reads, ada, q="oven", paging=Paging(limit=2))
    async with world.reading() as reads:
        paging = Paging(limit=2, cursor=first.next)
        second = await resources.pick(reads, ada, q="oven", paging=paging)
    assert [one.name for one in first.items] == ["Oven 1", "Oven 2"]
    assert [one.name for one in second.items] == ["Big oven"]
    assert len(said) == 1


async def test_a_person_is_found_with_their_teams(world: World) -> None:
    team = await world.team()
    await world.person(name="Zoe Quist", team_ids=[team])
    admin = await world.person(RoleName.ADMIN)
    async with world.reading() as reads:
        (group,) = await search.find(reads, admin, "zoe")
    (hit,) = group.hits
    assert hit.subtitle.startswith("Team ")
    assert hit.path == "/people?q=Zoe+Quist"
