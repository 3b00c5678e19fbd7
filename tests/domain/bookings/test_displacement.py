"""Closing and taking down: every booking that is hit is kept, moved or cancelled."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import select

from src.core.actor import Actor
from src.core.errors import Forbidden
from src.core.events import Event
from src.domain import bookings, resources
from src.domain.bookings import BookingView, Status, Wish
from src.domain.bookings.displacement import Choice
from src.domain.bookings.errors import BookingOverlaps, BookingRefused, DisplacementNeeded
from src.domain.notifications import Notification
from src.domain.resources.closures import ClosureView, ClosureWish
from src.domain.resources.tables import Hold, HoldKind, Resource, ResourceState
from src.domain.resources.views import Level
from tests.support.statements import counted
from tests.support.world import HOUR, World, tomorrow


async def book(world: World, actor: Actor, resource: UUID, start: int) -> BookingView:
    wish = Wish(resource, tomorrow(start), tomorrow(start + 1))
    async with world.writing() as session:
        made = await bookings.create(session, actor, wish=wish)
    await world.announced()
    return made


async def close(world: World, actor: Actor, resource: UUID | None, start: int, end: int,
                **choices: Choice) -> ClosureView:  # fmt: skip
    on = None if resource is None else (resource,)
    async with world.writing() as session:
        return await bookings.displacement.close(
            session,
            actor,
            wish=ClosureWish(on, tomorrow(start), tomorrow(end), "Service visit"),
            choices={UUID(key): choice for key, choice in choices.items()},
        )


async def blocks(world: World) -> list[tuple[datetime, datetime]]:
    async with world.reading() as reads:
        found = select(Hold).where(Hold.kind == HoldKind.BLOCK).order_by(Hold.starts_at)
        return [(hold.starts_at, hold.ends_at) for hold in await reads.scalars(found)]


async def test_a_closure_lists_what_it_hits_until_each_has_a_choice(world: World) -> None:
    member, manager = await world.person(), await world.manager()
    resource, twin = await world.resource(), await world.resource()
    made = await book(world, member, resource, 10)
    with pytest.raises(DisplacementNeeded) as caught:
        await close(world, manager, resource, 9, 12)
    (hit,) = caught.value.members["hits"]
    assert hit.booking.id == made.id
    for suggestion in hit.suggestions:
        inside = suggestion.starts_at < tomorrow(12) and suggestion.ends_at > tomorrow(9)
        assert not (suggestion.resource.id == resource and inside)
    assert twin in {suggestion.resource.id for suggestion in hit.suggestions}
    assert await blocks(world) == []
    async with world.reading() as reads:
        closures = await resources.closures.list_(reads, manager)
    assert closures.items == []


async def test_kept_moved_and_cancelled_in_one_action(world: World) -> None:
    member, manager = await world.person(), await world.manager()
    resource = await world.resource()
    kept, moved, cancelled = [await book(world, member, resource, hour) for hour in (10, 12, 14)]
    closure = await close(
        world, manager, resource, 9, 16,
        **{
            str(kept.id): Choice("keep"),
            str(moved.id): Choice("move", tomorrow(17), tomorrow(18)),
            str(cancelled.id): Choice("cancel"),
        },
    )  # fmt: skip
    assert await blocks(world) == [(tomorrow(9), tomorrow(10)), (tomorrow(11), tomorrow(16))]
    async with world.reading() as reads:
        assert (await bookings.get(reads, member, kept.id)) == kept
        assert (await bookings.get(reads, member, moved.id)).starts_at == tomorrow(17)
        gone = await bookings.get(reads, member, cancelled.id)
        verbs = set(await reads.scalars(select(Event.verb)))
        kinds = list(await reads.scalars(select(Notification.kind).order_by(Notification.id)))
        week = await bookings.calendar(
            reads, member, resource_ids=[resource], from_=tomorrow(0), to=tomorrow(24)
        )
    assert gone.status is Status.CANCELLED
    assert not gone.is_cancelled_late
    assert {"closure.created", "booking.kept", "booking.displaced", "booking.cancelled"} <= verbs
    assert set(kinds[3:]) == {"booking.cancelled", "booking.displaced"}
    shown = [(e.kind, e.starts_at, e.ends_at) for e in week.entries]
    assert shown == [
        ("block", tomorrow(9), tomorrow(10)),
        ("booking", tomorrow(10), tomorrow(11)),
        ("block", tomorrow(11), tomorrow(16)),
        ("booking", tomorrow(17), tomorrow(18)),
    ]
    assert {e.closure_id for e in week.entries if e.kind == "block"} == {closure.id}


async def test_a_move_into_the_closure_is_refused(world: World) -> None:
    member, manager = await world.person(), await world.manager()
    resource = await world.resource()
    made = await book(world, member, resource, 10)
    with pytest.raises(BookingRefused) as caught:
        move = Choice("move", tomorrow(11), tomorrow(12))
        await close(world, manager, resource, 9, 16, **{str(made.id): move})
    assert caught.value.errors[0].code == "closed"
    assert await blocks(world) == []


async def test_two_that_are_hit_swap_into_free_places_together(world: World) -> None:
    member, manager = await world.person(), await world.manager()
    resource = await world.resource()
    a, b = await book(world, member, resource, 10), await book(world, member, resource, 11)
    choices = {
        str(a.id): Choice("move", tomorrow(12), tomorrow(13)),
        str(b.id): Choice("move", tomorrow(13), tomorrow(14)),
    }
    await close(world, manager, resource, 10, 12, **choices)
    assert await blocks(world) == [(tomorrow(10), tomorrow(12))]


async def test_a_closed_resource_refuses_with_the_reason_and_says_until_when(world: World) -> None:
    member, manager, resource = await world.person(), await world.manager(), await world.resource()
    await close(world, manager, resource, 9, 16)
    with pytest.raises(BookingRefused) as caught:
        await book(world, member, resource, 10)
    (error,) = caught.value.errors
    assert error.code == "closed"
    assert "Service visit" in error.detail
    (conflict,) = caught.value.members["conflicts"]
    assert (conflict.kind, conflict.title) == ("block", "Service visit")
    assert all(s.starts_at >= tomorrow(16) or s.ends_at <= tomorrow(9)
               for s in caught.value.members["suggestions"])  # fmt: skip


async def test_a_block_closes_over_what_a_kept_booking_leaves(world: World) -> None:
    member, manager, resource = await world.person(), await world.manager(), await world.resource()
    made = await book(world, member, resource, 10)
    await close(world, manager, resource, 9, 12, **{str(made.id): Choice("keep")})
    async with world.writing() as session:
        await bookings.cancel(session, member, made.id)
    assert resources.hours.joined(
        [resources.hours.Window(*block) for block in await blocks(world)]
    ) == [resources.hours.Window(tomorrow(9), tomorrow(12))]


async def test_a_cancelled_closure_opens_what_it_closed(world: World) -> None:
    member, manager, resource = await world.person(), await world.manager(), await world.resource()
    closure = await close(world, manager, None, 9, 12)
    assert closure.is_everything
    async with world.writing() as session:
        await resources.closures.cancel(session, manager, closure.id)
    assert await blocks(world) == []
    await book(world, member, resource, 10)


async def test_closing_needs_its_permission(world: World) -> None:
    member, resource = await world.person(), await world.resource()
    with pytest.raises(Forbidden):
        await close(world, member, resource, 9, 12)
    with pytest.raises(Forbidden):
        async with world.reading() as reads:
            await bookings.displacement.hits(
                reads, member, resource_ids=[resource], starts_at=tomorrow(9)
            )


async def test_two_closures_may_overlap(world: World) -> None:
    manager, resource = await world.manager(), await world.resource()
    await close(world, manager, resource, 9, 12)
    await close(world, manager, resource, 11, 14)
    assert await blocks(world) == [(tomorrow(9), tomorrow(12)), (tomorrow(11), tomorrow(14))]


async def test_taking_down_settles_all_that_is_ahead_and_coming_back_is_open(world: World) -> None:
    member, manager = await world.person(), await world.manager()
    resource, twin = await world.resource(), await world.resource()
    moved, cancelled = [await book(world, member, resource, hour) for hour in (10, 12)]
    down = ResourceState.DOWN
    with pytest.raises(DisplacementNeeded) as caught:
        async with world.writing() as session:
            await bookings.displacement.take_down(
                session, manager, resource, state=down, reason="Laser"
            )
    assert {hit.booking.id for hit in caught.value.members["hits"]} == {moved.id, cancelled.id}
    for hit in caught.value.members["hits"]:
        assert {suggestion.resource.id for suggestion in hit.suggestions} == {twin}
    choices = {moved.id: Choice("move", resource_id=twin), cancelled.id: Choice("cancel")}
    async with world.writing() as session:
        await bookings.displacement.take_down(
            session, manager, resource, state=down, reason="Laser", choices=choices
        )
    async with world.reading() as reads:
        assert (await bookings.get(reads, member, moved.id)).resource.id == twin
        assert (await reads.get_one(Resource, resource)).state is down
    with pytest.raises(BookingRefused):
        await book(world, member, resource, 15)
    async with world.writing() as session:
        await bookings.displacement.bring_back(session, manager, resource)
    await book(world, member, resource, 15)


async def test_what_begins_after_the_repair_is_left_alone(world: World) -> None:
    member, manager, resource = await world.person(), await world.manager(), await world.resource()
    made = await book(world, member, resource, 15)
    async with world.writing() as session:
        await bookings.displacement.take_down(
            session, manager, resource, state=ResourceState.DOWN, reason="Laser",
            until=tomorrow(14),
        )  # fmt: skip
    async with world.reading() as reads:
        assert (await bookings.get(reads, member, made.id)).status is Status.CONFIRMED


async def test_a_buffer_that_reaches_into_a_closure_is_hit(world: World) -> None:
    member, manager = await world.person(), await world.manager()
    resource = await world.resource(buffer_after_minutes=30)
    made = await book(world, member, resource, 10)
    async with world.reading() as reads:
        found = await bookings.displacement.hits(
            reads, manager, resource_ids=[resource], starts_at=tomorrow(11),
            ends_at=tomorrow(11) + HOUR,
        )  # fmt: skip
    assert [hit.booking.id for hit in found] == [made.id]


async def test_the_first_suggestions_of_all_that_is_hit_can_be_followed_at_once(
    world: World,
) -> None:
    member, manager = await world.person(), await world.manager()
    resource, _twin = await world.resource(), await world.resource()
    other_type = await world.resource(type_id=await world.type())
    for hour in (10, 11, 12):
        await book(world, member, resource, hour)
    await book(world, member, other_type, 10)
    costs = []
    for end in (11, 13):
        with counted(world.database) as said:
            async with world.reading() as reads:
                found = await bookings.displacement.hits(
                    reads, manager, resource_ids=None, starts_at=tomorrow(10), ends_at=tomorrow(end)
                )
        costs.append(len(said))
    assert costs[0] == costs[1]
    assert len(found) == 4
    choices = {}
    for hit in found:
        first = hit.suggestions[0]
        assert (first.resource.id == other_type) is (hit.booking.resource.id == other_type)
        choices[str(hit.booking.id)] = Choice(
            "move", first.starts_at, first.ends_at, first.unit, first.resource.id
        )
    await close(world, manager, None, 10, 13, **choices)
    async with world.reading() as reads:
        page = await bookings.list_(reads, manager)
    assert all(b.starts_at >= tomorrow(13) or b.ends_at <= tomorrow(10) for b in page.items)


async def test_a_choice_that_cannot_be_followed_is_named_by_its_place(world: World) -> None:
    member, manager = await world.person(), await world.manager()
    resource = await world.resource()
    kept, moved = [await book(world, member, resource, hour) for hour in (10, 11)]
    await book(world, member, resource, 14)
    taken = Choice("move", tomorrow(14), tomorrow(15))
    with pytest.raises(BookingOverlaps) as caught:
        await close(
            world, manager, resource, 10, 12,
            **{str(kept.id): Choice("keep"), str(moved.id): taken},
        )  # fmt: skip
    assert caught.value.errors[0].field == ("choices", 1, "starts_at")


async def test_what_is_kept_inside_a_closure_can_be_shortened(world: World) -> None:
    member, manager = await world.person(), await world.manager()
    resource = await world.resource(slot_minutes=15, min_minutes=30, buffer_after_minutes=15)
    wish = Wish(resource, tomorrow(10), tomorrow(12))
    async with world.writing() as session:
        made = await bookings.create(session, member, wish=wish)
    await close(world, manager, resource, 9, 16, **{str(made.id): Choice("keep")})
    async with world.writing() as session:
        await resources.policies.set_policy(
            session, manager, Level("resource", resource), values={"buffer_after_minutes": 60}
        )
        await resources.states.set_state(
            session, manager, resource, state=ResourceState.DOWN, reason="Laser"
        )
    for end, code in ((tomorrow(10, 15), "too-short"), (tomorrow(11, 10), "off-grid"),
                      (tomorrow(12, 15), "closed")):  # fmt: skip
        with pytest.raises(BookingRefused) as caught:
            async with world.writing() as session:
                await bookings.change(session, member, made.id, changes={"ends_at": end})
        assert code in {error.code for error in caught.value.errors}
    async with world.writing() as session:
        await bookings.change(session, member, made.id, changes={"ends_at": tomorrow(11)})
    async with world.reading() as reads:
        (hold,) = await reads.scalars(select(Hold).where(Hold.kind == HoldKind.BOOKING))
    assert (hold.starts_at, hold.ends_at) == (tomorrow(10), tomorrow(11, 15))
    assert joined(await blocks(world)) == [
        (tomorrow(9), tomorrow(10)), (tomorrow(11, 15), tomorrow(16)),
    ]  # fmt: skip


async def test_what_makes_way_is_not_shortened_into_the_new_closure(world: World) -> None:
    member, manager, resource = await world.person(), await world.manager(), await world.resource()
    wish = Wish(resource, tomorrow(10), tomorrow(12))
    async with world.writing() as session:
        made = await bookings.create(session, member, wish=wish)
    with pytest.raises(BookingRefused) as caught:
        shorter = Choice("move", tomorrow(10), tomorrow(11))
        await close(world, manager, resource, 9, 16, **{str(made.id): shorter})
    assert caught.value.errors[0].code == "closed"


async def test_a_resource_that_comes_back_is_closed_by_what_closes_everything(world: World) -> None:
    member, manager = await world.person(), await world.manager()
    resource = await world.resource(units=2)
    made = await book(world, member, resource, 10)
    async with world.writing() as session:
        await bookings.displacement.take_down(
            session, manager, resource, state=ResourceState.RETIRED, reason="Old",
            choices={made.id: Choice("keep")},
        )  # fmt: skip
    await close(world, manager, None, 9, 12, **{str(made.id): Choice("keep")})
    assert await blocks(world) == []
    async with world.writing() as session:
        await bookings.displacement.bring_back(session, manager, resource)
    assert await blocks(world) == [
        (tomorrow(9), tomorrow(10)), (tomorrow(9), tomorrow(12)), (tomorrow(11), tomorrow(12)),
    ]  # fmt: skip


def joined(found: list[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Blocks side by side as one."""
    windows = resources.hours.joined([resources.hours.Window(*block) for block in found])
    return [(window.starts_at, window.ends_at) for window in windows]
