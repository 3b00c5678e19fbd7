"""Problem reports: what blocks use takes its resource down, and tells whom it concerns."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select, update

from src.core.actor import Actor
from src.core.errors import Forbidden
from src.core.outbox import Message
from src.domain import bookings, maintenance, resources
from src.domain.bookings import Status, Wish
from src.domain.maintenance import ProblemView, Report, Severity, problems
from src.domain.notifications import Notification
from src.domain.resources.tables import Resource, ResourceState
from tests.support.world import World, tomorrow


async def reported(
    world: World,
    actor: Actor,
    resource: UUID,
    severity: Severity = Severity.HIGH,
    *,
    is_blocking: bool = False,
) -> ProblemView:
    wish = Report(resource, severity, "The laser does not ignite", is_blocking)
    async with world.writing() as session:
        return await problems.report(session, actor, report=wish)


async def state_of(world: World, resource: UUID) -> ResourceState:
    async with world.reading() as reads:
        return (await reads.get_one(Resource, resource)).state


async def told(world: World, kind: str) -> list[tuple[UUID, str | None]]:
    async with world.reading() as reads:
        rows = await reads.execute(
            select(Notification.user_id, Notification.link)
            .where(Notification.kind == kind)
            .order_by(Notification.id)
        )
        return [(user_id, link) for user_id, link in rows]


async def test_a_blocking_report_takes_it_down_and_resolving_brings_it_back(world: World) -> None:
    member, technician = await world.person(), await world.manager()
    resource = await world.resource()
    harmless = await reported(world, member, resource)
    assert await state_of(world, resource) is ResourceState.AVAILABLE
    one = await reported(world, member, resource, is_blocking=True)
    two = await reported(world, member, resource, is_blocking=True)
    assert await state_of(world, resource) is ResourceState.DOWN
    with pytest.raises(bookings.BookingRefused):
        async with world.writing() as session:
            wish = Wish(resource, tomorrow(9), tomorrow(10))
            await bookings.create(session, member, wish=wish)
    for problem, after in (
        (one, ResourceState.DOWN), (harmless, ResourceState.DOWN), (two, ResourceState.AVAILABLE)
    ):  # fmt: skip
        async with world.writing() as session:
            done = await problems.resolve(session, technician, problem.id, note="Fixed")
        assert (done.resolution, done.resolved_by and done.resolved_by.id) == (
            "Fixed", technician.user_id
        )  # fmt: skip
        assert await state_of(world, resource) is after
    with pytest.raises(maintenance.ProblemResolved):
        async with world.writing() as session:
            await problems.resolve(session, technician, one.id, note="Again")


async def test_bookings_stay_and_those_concerned_are_told_once(world: World) -> None:
    member, mate, keeper = await world.person(), await world.person(), await world.person()
    technician, resource = await world.manager(), await world.resource()
    async with world.writing() as session:
        await session.execute(
            update(Resource).where(Resource.id == resource).values(contact_id=keeper.user_id)
        )
        made = [
            (await bookings.create(
                session, who, wish=Wish(resource, tomorrow(hour), tomorrow(hour + 1))
            )).id
            for who, hour in ((mate, 11), (mate, 9), (member, 13))
        ]  # fmt: skip
    problem = await reported(world, member, resource, is_blocking=True)
    async with world.writing() as session:
        topics = set(await session.scalars(select(Message.topic)))
        assert maintenance.topics.REPORTED.name in topics
        assert await maintenance.telling.tell_reported(session, problem.id) == 2
    # The next of their bookings; who reported it knows.
    assert await told(world, "problem.booked") == [(mate.user_id, f"/bookings/{made[1]}")]
    page = f"/resources/{resource}/displacement"
    assert await told(world, "problem.down") == [(keeper.user_id, page)]
    async with world.reading() as reads:
        for booking in made:
            status = (await bookings.get(reads, technician, booking)).status
            assert status is Status.CONFIRMED
    async with world.writing() as session:
        await problems.resolve(session, technician, problem.id, note="New tube")
        assert await maintenance.telling.tell_resolved(session, problem.id) == 2
    assert [who for who, _link in await told(world, "problem.over")] == [mate.user_id]
    assert [who for who, _link in await told(world, "problem.resolved")] == [member.user_id]


async def test_without_anybody_named_those_who_may_resolve_it_are_told(world: World) -> None:
    member, technician = await world.person(), await world.manager()
    problem = await reported(world, member, await world.resource())
    async with world.writing() as session:
        await maintenance.telling.tell_reported(session, problem.id)
    found = await told(world, "problem.reported")
    assert (technician.user_id, f"/problem-reports/{problem.id}") in found
    assert member.user_id not in {who for who, _link in found}


async def test_the_worst_come_first_and_a_problem_is_judged_anew(world: World) -> None:
    member, technician, resource = (
        await world.person(), await world.manager(), await world.resource()
    )  # fmt: skip
    low = await reported(world, member, resource, Severity.LOW)
    worst = await reported(world, member, resource, Severity.CRITICAL, is_blocking=True)
    medium = await reported(world, member, resource, Severity.MEDIUM)
    async with world.reading() as reads:
        page = await problems.list_(reads, member)
    assert [one.id for one in page.items] == [worst.id, medium.id, low.id]
    with pytest.raises(Forbidden):
        async with world.writing() as session:
            await problems.change(session, member, low.id, changes={"is_blocking": True})
    async with world.writing() as session:
        changes = {"severity": Severity.CRITICAL, "is_blocking": True}
        await problems.change(session, technician, low.id, changes=changes)
        await problems.change(session, technician, worst.id, changes={"is_blocking": False})
    assert await state_of(world, resource) is ResourceState.DOWN
    async with world.writing() as session:
        await problems.change(session, technician, low.id, changes={"is_blocking": False})
    assert await state_of(world, resource) is ResourceState.AVAILABLE


async def test_a_report_is_of_a_resource_one_sees_and_of_its_own_booking(world: World) -> None:
    member, resource, other = await world.person(), await world.resource(), await world.resource()
    async with world.writing() as session:
        wish = Wish(other, tomorrow(9), tomorrow(10))
        booking = await bookings.create(session, member, wish=wish)
    for wrong in (
        Report(resource, Severity.LOW, " "),
        Report(resource, Severity.LOW, "Odd", booking_id=booking.id),
    ):
        with pytest.raises(maintenance.BadReport):
            async with world.writing() as session:
                await problems.report(session, member, report=wrong)
    stranger = Actor(member.user_id)
    with pytest.raises(resources.ResourceNotFound):
        await reported(world, stranger, resource)
