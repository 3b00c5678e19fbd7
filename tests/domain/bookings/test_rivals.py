"""Several ask for a time that nobody has yet: one gets it, the others hear of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from src.core.actor import Actor
from src.domain import approvals, bookings
from src.domain.approvals import Approval, ApprovalState
from src.domain.bookings import Booking, BookingView, Status, Wish
from src.domain.bookings.errors import BookingOverlaps
from src.domain.notifications import Notification
from src.domain.resources.tables import Hold
from tests.support.world import HOUR, World, tomorrow

START = tomorrow(9)
RIVALS: dict[str, Any] = {
    "is_approval_required": True,
    "are_rivals_allowed": True,
    "request_hold_minutes": 240,
}


@pytest.fixture(autouse=True)
async def clock() -> AsyncIterator[time_machine.Traveller]:
    with time_machine.travel(START - 20 * HOUR, tick=True) as traveller:
        yield traveller


async def ask(world: World, actor: Actor, on: object, *, hour: float = 0) -> BookingView:
    start = START + hour * HOUR
    async with world.writing() as session:
        wish = Wish(on, start, start + 2 * HOUR)  # type: ignore[arg-type]
        return await bookings.create(session, actor, wish=wish)


async def states(world: World) -> dict[object, tuple[Status, bool, int]]:
    """Of each booking: its state, whether it is a rival, and how many holds it has."""
    async with world.reading() as reads:
        held = list(await reads.scalars(select(Hold.holder_id)))
        return {
            one.id: (one.status, one.is_rival, held.count(one.id))
            for one in await reads.scalars(select(Booking))
        }


async def test_a_rival_waits_without_a_hold_and_goes_when_the_other_is_approved(
    world: World,
) -> None:
    first, second, manager = await world.person(), await world.person(), await world.manager()
    on = await world.resource(**RIVALS)
    one, two = await ask(world, first, on), await ask(world, second, on, hour=1)
    assert (two.status, two.is_rival) == (Status.REQUESTED, True)
    assert (await states(world))[two.id] == (Status.REQUESTED, True, 0)
    async with world.reading() as reads:
        seen = await approvals.inbox.list_(reads, manager)
    assert all(
        "asks for this time" in one.description.concerns[0] for one in seen.items if one.description
    )
    async with world.writing() as session:
        await bookings.approve(session, manager, one.id)
    found = await states(world)
    assert found[one.id] == (Status.CONFIRMED, False, 1)
    assert found[two.id][0] is Status.REJECTED
    async with world.reading() as reads:
        told = select(Notification).where(Notification.user_id == second.user_id)
        (heard,) = await reads.scalars(told)
        settled = set(await reads.scalars(select(Approval.state)))
    assert (heard.kind, heard.args["reason"]) == (
        "booking.rejected", "Another request for this time was approved.",
    )  # fmt: skip
    assert settled == {ApprovalState.APPROVED, ApprovalState.REJECTED}


async def test_a_rival_that_is_approved_takes_the_place_of_who_held_the_time(world: World) -> None:
    first, second, manager = await world.person(), await world.person(), await world.manager()
    on = await world.resource(**RIVALS)
    one, two = await ask(world, first, on), await ask(world, second, on)
    async with world.writing() as session:
        done = await bookings.approve(session, manager, two.id)
    assert done.status is Status.CONFIRMED
    found = await states(world)
    assert found == {
        one.id: (Status.REJECTED, False, 0), two.id: (Status.CONFIRMED, False, 1),
    }  # fmt: skip


async def test_who_asked_first_holds_the_time_when_it_comes_free(world: World) -> None:
    people = [await world.person() for _ in range(3)]
    on = await world.resource(**RIVALS)
    one, two, three = [await ask(world, person, on) for person in people]
    async with world.writing() as session:
        await bookings.cancel(session, people[0], one.id)
    found = await states(world)
    assert found[two.id] == (Status.REQUESTED, False, 1)
    assert found[three.id] == (Status.REQUESTED, True, 0)


async def test_there_are_no_rivals_of_what_is_confirmed_or_where_none_may_be(world: World) -> None:
    first, second, manager = await world.person(), await world.person(), await world.manager()
    on = await world.resource(**RIVALS)
    one = await ask(world, first, on)
    async with world.reading() as reads:
        answer = await bookings.check(reads, second, wish=Wish(on, START, START + HOUR))
    assert (answer.outcome, answer.conflicts) == ("requested", ())
    async with world.writing() as session:
        await bookings.approve(session, manager, one.id)
    with pytest.raises(BookingOverlaps):
        await ask(world, second, on)
    plain = await world.resource(is_approval_required=True)
    await ask(world, first, plain)
    with pytest.raises(BookingOverlaps):
        await ask(world, second, plain)


async def test_with_another_unit_free_nobody_is_a_rival(world: World) -> None:
    people, manager = [await world.person() for _ in range(3)], await world.manager()
    on = await world.resource(units=2, **RIVALS)
    one, two, three = [await ask(world, person, on) for person in people]
    assert [each.is_rival for each in (one, two, three)] == [False, False, True]
    async with world.writing() as session:
        await bookings.approve(session, manager, one.id)
    # The other unit is only asked for: there is still a prospect.
    assert (await states(world))[three.id] == (Status.REQUESTED, True, 0)
    async with world.writing() as session:
        await bookings.approve(session, manager, three.id)
    found = await states(world)
    assert found[three.id] == (Status.CONFIRMED, False, 1)
    assert found[two.id][0] is Status.REJECTED
