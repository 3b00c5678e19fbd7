"""A resource is as bad as the worst of its open outages, whoever opened them."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import func, select

from src.core.actor import Actor
from src.core.events import Event
from src.domain import bookings, resources
from src.domain.bookings import Status, Wish
from src.domain.bookings.displacement import Choice
from src.domain.bookings.errors import DisplacementNeeded
from src.domain.resources import utilities
from src.domain.resources.tables import Effect, Resource, ResourceState, UtilityState
from src.domain.resources.utilities import Dependant
from tests.support.world import World, tomorrow

DOWN, DEGRADED = ResourceState.DOWN, ResourceState.DEGRADED
AVAILABLE = ResourceState.AVAILABLE


async def state_of(world: World, *resource_ids: UUID) -> list[ResourceState]:
    async with world.reading() as reads:
        return [(await reads.get_one(Resource, each)).state for each in resource_ids]


async def vacuum(world: World, manager: Actor, **effects: UUID) -> UUID:
    """A utility; `down=` and `degraded=` depend on it."""
    async with world.writing() as session:
        made = await utilities.create(session, manager, name="Vacuum")
        wanted = [Dependant(each, Effect(effect)) for effect, each in effects.items()]
        await utilities.set_dependants(session, manager, made.id, wanted)
    return made.id


async def say(world: World, actor: Actor, resource: UUID, state: ResourceState) -> None:
    async with world.writing() as session:
        reason = None if state is AVAILABLE else "Laser"
        await resources.states.set_state(session, actor, resource, state=state, reason=reason)


async def test_a_utility_takes_its_dependants_down_and_back_as_they_depend(world: World) -> None:
    manager = await world.manager()
    wholly, partly, other = [await world.resource() for _ in range(3)]
    pump = await vacuum(world, manager, down=wholly, degraded=partly)
    async with world.writing() as session:
        view = await bookings.displacement.take_down_utility(
            session, manager, pump, reason="Oil is changed"
        )
    assert view.state is UtilityState.DOWN
    assert {one.state for one in view.dependants} == {DOWN, DEGRADED}
    assert await state_of(world, wholly, partly, other) == [DOWN, DEGRADED, AVAILABLE]
    async with world.reading() as reads:
        assert (await reads.get_one(Resource, wholly)).state_reason == "Vacuum: Oil is changed"
    async with world.writing() as session:
        await utilities.bring_back(session, manager, pump)
    assert await state_of(world, wholly, partly, other) == [AVAILABLE, AVAILABLE, AVAILABLE]


async def test_what_else_keeps_it_down_keeps_it_down(world: World) -> None:
    manager, resource = await world.manager(), await world.resource()
    pump = await vacuum(world, manager, down=resource)
    await say(world, manager, resource, DEGRADED)
    async with world.writing() as session:
        await bookings.displacement.take_down_utility(session, manager, pump, reason="Oil")
    assert await state_of(world, resource) == [DOWN]
    await say(world, manager, resource, AVAILABLE)
    assert await state_of(world, resource) == [DOWN]
    with pytest.raises(resources.KeptDown) as caught:
        await say(world, manager, resource, AVAILABLE)
    assert caught.value.members["reasons"] == ["Vacuum: Oil"]
    await say(world, manager, resource, DEGRADED)
    async with world.writing() as session:
        await utilities.bring_back(session, manager, pump)
    assert await state_of(world, resource) == [DEGRADED]
    await say(world, manager, resource, AVAILABLE)
    assert await state_of(world, resource) == [AVAILABLE]


async def test_what_is_retired_stays_so_and_comes_back_to_what_is_open_then(world: World) -> None:
    manager, resource = await world.manager(), await world.resource()
    pump = await vacuum(world, manager, down=resource)
    await say(world, manager, resource, DOWN)
    await say(world, manager, resource, ResourceState.RETIRED)
    assert await state_of(world, resource) == [ResourceState.RETIRED]
    async with world.writing() as session:
        await bookings.displacement.take_down_utility(session, manager, pump, reason="Oil")
    assert await state_of(world, resource) == [ResourceState.RETIRED]
    async with world.writing() as session:
        await utilities.bring_back(session, manager, pump)
    assert await state_of(world, resource) == [ResourceState.RETIRED]
    await say(world, manager, resource, AVAILABLE)
    assert await state_of(world, resource) == [AVAILABLE]
    async with world.reading() as reads:
        said = await reads.scalars(
            select(Event.verb).where(Event.subject_id == resource).order_by(Event.id)
        )
        assert said.all() == ["resource.down", "resource.retired", "resource.available"]


async def test_a_utility_displaces_the_bookings_of_all_that_goes_down_in_one_action(
    world: World,
) -> None:
    member, manager = await world.person(), await world.manager()
    one, two, partly, spare = [await world.resource() for _ in range(4)]
    async with world.writing() as session:
        pump = (await utilities.create(session, manager, name="Power")).id
        full, part = Effect.DOWN, Effect.DEGRADED
        wanted = [Dependant(one, full), Dependant(two, full), Dependant(partly, part)]
        await utilities.set_dependants(session, manager, pump, wanted)
        made = [
            (await bookings.create(
                session, member, wish=Wish(where, tomorrow(hour), tomorrow(hour + 1))
            )).id
            for where, hour in ((one, 9), (one, 11), (two, 13), (partly, 15))
        ]  # fmt: skip
    with pytest.raises(DisplacementNeeded) as caught:
        async with world.writing() as session:
            await bookings.displacement.take_down_utility(session, manager, pump, reason="Cut")
    hits = caught.value.members["hits"]
    assert [hit.booking.id for hit in hits] == made[:3]
    for hit in hits:
        # What goes down as well is no place to move to.
        assert not {one, two} & {each.resource.id for each in hit.suggestions}
    assert await state_of(world, one, two) == [AVAILABLE, AVAILABLE]
    choices = {
        made[0]: Choice("keep"), made[1]: Choice("cancel"),
        made[2]: Choice("move", resource_id=spare),
    }  # fmt: skip
    async with world.writing() as session:
        await bookings.displacement.take_down_utility(
            session, manager, pump, reason="Cut", choices=choices
        )
    assert await state_of(world, one, two, partly, spare) == [DOWN, DOWN, DEGRADED, AVAILABLE]
    async with world.reading() as reads:
        found = [await bookings.get(reads, member, each) for each in made]
    assert [each.status for each in found] == [
        Status.CONFIRMED, Status.CANCELLED, Status.CONFIRMED, Status.CONFIRMED
    ]  # fmt: skip
    assert found[2].resource.id == spare


async def test_what_is_down_already_is_decided_later_one_booking_or_several(world: World) -> None:
    member, manager, resource = await world.person(), await world.manager(), await world.resource()
    async with world.writing() as session:
        one, two = [
            (await bookings.create(
                session, member, wish=Wish(resource, tomorrow(hour), tomorrow(hour + 1))
            )).id
            for hour in (9, 11)
        ]  # fmt: skip
    chosen = {one: Choice("cancel")}
    with pytest.raises(bookings.NotDown):
        async with world.writing() as session:
            await bookings.displacement.decide(session, manager, resource, chosen)
    keep = {one: Choice("keep"), two: Choice("keep")}
    async with world.writing() as session:
        await bookings.displacement.take_down(
            session, manager, resource, state=DOWN, reason="Laser", choices=keep
        )
    async with world.writing() as session:
        assert await bookings.displacement.decide(session, manager, resource, chosen) == 1
    async with world.reading() as reads:
        found = [await bookings.get(reads, member, each) for each in (one, two)]
    assert [each.status for each in found] == [Status.CANCELLED, Status.CONFIRMED]


async def test_dependants_change_only_while_the_utility_works(world: World) -> None:
    manager, resource = await world.manager(), await world.resource()
    pump = await vacuum(world, manager, down=resource)
    async with world.writing() as session:
        await bookings.displacement.take_down_utility(session, manager, pump, reason="Oil")
    for work in (
        lambda session: utilities.set_dependants(session, manager, pump, []),
        lambda session: utilities.remove(session, manager, pump),
        lambda session: bookings.displacement.take_down_utility(
            session, manager, pump, reason="Again"
        ),
    ):
        with pytest.raises(resources.UtilityStateConflict):
            async with world.writing() as session:
                await work(session)
    async with world.reading() as reads:
        counted = select(func.count()).select_from(Event).where(Event.verb == "utility.down")
        assert await reads.scalar(counted) == 1
