"""Requests and decisions, coming and leaving, and what time does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import select

from src.core.actor import Actor
from src.core.errors import Forbidden
from src.core.events import Event
from src.core.outbox import Message
from src.domain import bookings
from src.domain.bookings import TARGETS, Booking, BookingView, Status, Wish, rules
from src.domain.bookings.errors import BookingOverlaps, BookingRefused, BookingStateConflict
from src.domain.notifications import Notification
from src.domain.resources.tables import Hold, ResourceState
from tests.support.world import HOUR, MINUTE, World, tomorrow

START = tomorrow(9)
At = Callable[[datetime], None]


@pytest.fixture
async def at() -> AsyncIterator[At]:
    """Sets the clock of the process; it goes on from there."""
    with time_machine.travel(START - 5 * HOUR, tick=True) as traveller:
        yield traveller.move_to


async def book(world: World, actor: Actor, resource: UUID, *, hours: float = 2) -> BookingView:
    wish = Wish(resource, START, START + hours * HOUR)
    async with world.writing() as session:
        made = await bookings.create(session, actor, wish=wish)
    await world.announced()
    return made


async def held(world: World) -> int:
    async with world.reading() as reads:
        return len((await reads.scalars(select(Hold))).all())


async def kinds(world: World, actor: Actor) -> list[str]:
    async with world.reading() as reads:
        mine = select(Notification.kind).where(Notification.user_id == actor.user_id)
        return list(await reads.scalars(mine.order_by(Notification.id)))


async def test_a_request_waits_for_somebody_else_to_approve(world: World, at: At) -> None:
    member, manager = await world.person(), await world.manager()
    resource = await world.resource(is_approval_required=True, request_hold_minutes=120)
    made = await book(world, member, resource)
    assert made.status is Status.REQUESTED
    assert made.request_expires_at is not None
    assert made.request_expires_at < START
    async with world.reading() as reads:
        (hold,) = await reads.scalars(select(Hold))
        topics = list(await reads.scalars(select(Message.topic)))
    assert hold.expires_at == made.request_expires_at
    assert topics == ["approvals.asked"]
    async with world.writing() as session:
        assert await bookings.tell_deciders(session, made.id) == 1
    assert await kinds(world, manager) == ["booking.requested"]
    with pytest.raises(Forbidden):
        async with world.writing() as session:
            await bookings.approve(session, member, made.id)
    async with world.writing() as session:
        approved = await bookings.approve(session, manager, made.id, note="Welcome")
    assert approved.status is Status.CONFIRMED
    assert approved.decision_note == "Welcome"
    async with world.reading() as reads:
        assert (await reads.scalars(select(Hold))).one().expires_at is None
    assert await kinds(world, member) == ["booking.approved"]


async def test_nobody_approves_their_own_request(world: World, at: At) -> None:
    manager = await world.manager()
    made = await book(world, manager, await world.resource(is_approval_required=True))
    assert "approve" not in made.allowed
    with pytest.raises(Forbidden, match="their own"):
        async with world.writing() as session:
            await bookings.approve(session, manager, made.id)


async def test_a_rejected_request_frees_its_time(world: World, at: At) -> None:
    member, manager = await world.person(), await world.manager()
    made = await book(world, member, await world.resource(is_approval_required=True))
    async with world.writing() as session:
        view = await bookings.reject(session, manager, made.id, note="Not this week")
    assert view.status is Status.REJECTED
    assert await held(world) == 0
    with pytest.raises(BookingStateConflict) as caught:
        async with world.writing() as session:
            await bookings.approve(session, manager, made.id)
    assert caught.value.members["allowed"] == []


async def test_a_lapsed_request_is_free_at_once_and_tidied_later(world: World, at: At) -> None:
    member, other, manager = await world.person(), await world.person(), await world.manager()
    resource = await world.resource(is_approval_required=True, request_hold_minutes=60)
    made = await book(world, member, resource)
    at(START - 3 * HOUR)
    async with world.reading() as reads:
        assert (await bookings.get(reads, member, made.id)).status is Status.EXPIRED
        expired = bookings.Filter(statuses=[Status.EXPIRED])
        assert len((await bookings.list_(reads, member, which=expired)).items) == 1
        week = await bookings.calendar(
            reads, other, resource_ids=[resource], from_=START - HOUR, to=START + HOUR
        )
        assert week.entries == ()
    with pytest.raises(BookingStateConflict):
        async with world.writing() as session:
            await bookings.approve(session, manager, made.id)
    again = await book(world, other, resource)
    assert again.status is Status.REQUESTED
    assert await held(world) == 1
    async with world.writing() as session:
        assert await bookings.upkeep.expire_requests(session) == 1
    async with world.writing() as session:
        assert await bookings.upkeep.expire_requests(session) == 0
    assert await kinds(world, member) == ["booking.expired"]
    assert await held(world) == 1


async def test_a_request_never_holds_past_its_start(world: World, at: At) -> None:
    resource = await world.resource(is_approval_required=True, request_hold_minutes=10_000)
    made = await book(world, await world.person(), resource)
    assert made.request_expires_at == START


async def test_one_comes_a_quarter_of_an_hour_early_at_most(world: World, at: At) -> None:
    actor, resource = await world.person(), await world.resource()
    made = await book(world, actor, resource)
    at(START - 16 * MINUTE)
    with pytest.raises(BookingStateConflict):
        async with world.writing() as session:
            await bookings.check_in(session, actor, made.id)
    at(START - 14 * MINUTE)
    async with world.writing() as session:
        view = await bookings.check_in(session, actor, made.id)
    assert view.status is Status.IN_USE
    assert view.allowed == ("check-out", "edit")
    with pytest.raises(BookingStateConflict) as caught:
        async with world.writing() as session:
            await bookings.cancel(session, actor, made.id)
    assert caught.value.members["allowed"] == ["completed"]


async def test_ending_early_frees_the_rest_at_once(world: World, at: At) -> None:
    actor, other, resource = await world.person(), await world.person(), await world.resource()
    made = await book(world, actor, resource)
    at(START + 30 * MINUTE)
    async with world.writing() as session:
        ended = await bookings.check_out(session, actor, made.id)
    assert ended.status is Status.COMPLETED
    assert ended.planned_ends_at == made.ends_at
    assert START + 30 * MINUTE <= ended.ends_at < START + 31 * MINUTE
    wish = Wish(resource, START + HOUR, START + 2 * HOUR)
    async with world.writing() as session:
        assert (await bookings.create(session, other, wish=wish)).status is Status.CONFIRMED


async def test_leaving_before_the_start_leaves_a_minute(world: World, at: At) -> None:
    actor, resource = await world.person(), await world.resource()
    made = await book(world, actor, resource)
    at(START - 10 * MINUTE)
    async with world.writing() as session:
        await bookings.check_in(session, actor, made.id)
        ended = await bookings.check_out(session, actor, made.id)
    assert ended.ends_at == START + MINUTE


async def test_nobody_checks_in_to_what_is_down(world: World, at: At) -> None:
    actor, manager, resource = await world.person(), await world.manager(), await world.resource()
    made = await book(world, actor, resource)
    at(START)
    async with world.writing() as session:
        await bookings.displacement.take_down(
            session, manager, resource, state=ResourceState.DOWN, reason="Laser",
            choices={made.id: bookings.displacement.Choice("keep")},
        )  # fmt: skip
    with pytest.raises(BookingRefused):
        async with world.writing() as session:
            await bookings.check_in(session, actor, made.id)


async def test_who_does_not_come_in_time_loses_the_slot(world: World, at: At) -> None:
    actor = await world.person()
    made = await book(
        world, actor, await world.resource(is_check_in_required=True, check_in_grace_minutes=20)
    )
    free = await book(world, actor, await world.resource())
    at(START + 19 * MINUTE)
    async with world.writing() as session:
        assert await bookings.upkeep.release_no_shows(session) == 0
    at(START + 21 * MINUTE)
    async with world.writing() as session:
        assert await bookings.upkeep.release_no_shows(session) == 1
    async with world.reading() as reads:
        assert (await bookings.get(reads, actor, made.id)).status is Status.NO_SHOW
        assert (await bookings.get(reads, actor, free.id)).status is Status.CONFIRMED
    assert await held(world) == 1
    assert (await kinds(world, actor))[-1] == "booking.no-show"


async def test_nobody_is_a_no_show_while_the_resource_is_down(world: World, at: At) -> None:
    manager, resource = await world.manager(), await world.resource(is_check_in_required=True)
    made = await book(world, await world.person(), resource)
    async with world.writing() as session:
        await bookings.displacement.take_down(
            session, manager, resource, state=ResourceState.DOWN, reason="Laser",
            choices={made.id: bookings.displacement.Choice("keep")},
        )  # fmt: skip
    at(START + HOUR)
    async with world.writing() as session:
        assert await bookings.upkeep.release_no_shows(session) == 0


async def test_what_has_ended_is_completed_when_its_buffer_has_passed(world: World, at: At) -> None:
    actor, resource = await world.person(), await world.resource(buffer_after_minutes=30)
    made = await book(world, actor, resource)
    at(START + 2 * HOUR + 29 * MINUTE)
    async with world.writing() as session:
        assert await bookings.upkeep.complete(session) == 0
    at(START + 2 * HOUR + 31 * MINUTE)
    async with world.writing() as session:
        assert await bookings.upkeep.complete(session) == 1
    async with world.reading() as reads:
        assert (await bookings.get(reads, actor, made.id)).status is Status.COMPLETED
        verbs = list(await reads.scalars(select(Event.verb).order_by(Event.id)))
    assert verbs == ["booking.confirmed", "booking.started", "booking.completed"]
    assert await held(world) == 0


@pytest.mark.parametrize(("before", "is_late"), [(25 * HOUR, False), (23 * HOUR, True)])
async def test_a_late_cancellation_is_kept(
    world: World, at: At, before: timedelta, is_late: bool
) -> None:
    at(START - 48 * HOUR)
    actor, manager = await world.person(), await world.manager()
    resource = await world.resource(cancel_notice_minutes=24 * 60)
    made = await book(world, actor, resource)
    at(START - before)
    async with world.writing() as session:
        view = await bookings.cancel(session, actor, made.id, reason="Ill")
    assert view.is_cancelled_late is is_late
    assert await held(world) == 0
    again = await book(world, actor, resource)
    async with world.writing() as session:
        by_other = await bookings.cancel(session, manager, again.id)
    assert not by_other.is_cancelled_late
    assert (await kinds(world, actor))[-1] == "booking.cancelled"


async def test_a_reminder_comes_once_for_each_start(world: World, at: At) -> None:
    actor, resource = await world.person(), await world.resource()
    made = await book(world, actor, resource)

    async def remind() -> int:
        async with world.writing() as session:
            return await bookings.reminders.remind(session)

    assert await remind() == 0
    at(START - 59 * MINUTE)
    assert [await remind(), await remind()] == [1, 0]
    later = START + 3 * HOUR
    changes = {"starts_at": later, "ends_at": later + HOUR}
    async with world.writing() as session:
        moved = await bookings.change(session, actor, made.id, changes=changes)
    assert await remind() == 0
    at(later - 30 * MINUTE)
    assert [await remind(), await remind()] == [1, 0]
    assert (await kinds(world, actor)).count("booking.reminder") == 2
    async with world.reading() as reads:
        assert (await bookings.get(reads, actor, made.id)).version == moved.version


async def test_nobody_is_reminded_of_what_they_have_just_booked(world: World, at: At) -> None:
    actor, resource = await world.person(), await world.resource()
    at(START - 20 * MINUTE)
    await book(world, actor, resource)
    async with world.writing() as session:
        assert await bookings.reminders.remind(session) == 0


def test_every_state_has_its_targets_and_ends_are_ends() -> None:
    assert TARGETS.keys() == set(Status)
    reached, todo = set[Status](), {Status.REQUESTED}
    while todo:
        reached |= todo
        todo = {target for state in todo for target in TARGETS[state]} - reached
    assert reached == set(Status)
    ends = {state for state, targets in TARGETS.items() if not targets}
    assert ends == {
        Status.COMPLETED, Status.REJECTED, Status.EXPIRED, Status.CANCELLED, Status.NO_SHOW
    }  # fmt: skip


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("to", list(Status))
def test_a_step_that_the_table_lacks_is_refused_with_the_targets(
    status: Status, to: Status
) -> None:
    booking = Booking(status=status, starts_at=START, ends_at=START + HOUR)
    if to in TARGETS[status] or (status, to) == (Status.REQUESTED, Status.EXPIRED):
        rules.require_target(booking, to, now=START)
        return
    with pytest.raises(BookingStateConflict) as caught:
        rules.require_target(booking, to, now=START)
    assert caught.value.members["allowed"] == sorted(TARGETS[status])


async def test_a_time_freed_by_a_cancellation_can_be_booked_at_once(world: World, at: At) -> None:
    actor, other, resource = await world.person(), await world.person(), await world.resource()
    made = await book(world, actor, resource)
    with pytest.raises(BookingOverlaps):
        await book(world, other, resource)
    async with world.writing() as session:
        await bookings.cancel(session, actor, made.id)
    assert (await book(world, other, resource)).status is Status.CONFIRMED
