"""A cancellation is taken back: what was is again, unless something came in between."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import select

from src.core.actor import Actor, Permission, team_scope
from src.core.errors import Forbidden
from src.core.events import Event
from src.core.outbox import Message
from src.domain import bookings, resources
from src.domain.bookings import BookingView, Status, Wish
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


async def book(world: World, actor: Actor, resource: UUID, **more: Any) -> BookingView:
    wish = Wish(resource, START, START + 2 * HOUR, **more)
    async with world.writing() as session:
        made = await bookings.create(session, actor, wish=wish)
    await world.announced()
    return made


async def cancel(world: World, actor: Actor, booking: BookingView) -> BookingView:
    async with world.writing() as session:
        return await bookings.cancel(session, actor, booking.id)


async def restore(world: World, actor: Actor, booking: BookingView) -> BookingView:
    async with world.writing() as session:
        return await bookings.restore(session, actor, booking.id)


async def test_what_was_cancelled_a_moment_ago_is_again_as_it_was(world: World, at: At) -> None:
    at(START - 30 * MINUTE)
    actor = await world.person()
    resource = await world.resource(units=2, cancel_notice_minutes=600, buffer_after_minutes=10)
    made = await book(world, actor, resource, unit=2, title="Slides")
    gone = await cancel(world, actor, made)
    assert (gone.is_cancelled_late, gone.allowed) == (True, ("restore",))
    assert gone.restorable_until == gone.updated_at + 15 * MINUTE
    async with world.reading() as reads:
        assert (await bookings.get(reads, actor, made.id)).allowed == ("restore",)
    back = await restore(world, actor, made)
    assert (back.status, back.unit, back.title) == (Status.CONFIRMED, 2, "Slides")
    assert (back.is_cancelled_late, back.restorable_until) == (False, None)
    async with world.reading() as reads:
        (hold,) = await reads.scalars(select(Hold))
        verbs = list(await reads.scalars(select(Event.verb).order_by(Event.id)))
        told = list(await reads.scalars(select(Notification.kind).order_by(Notification.id)))
    assert (hold.starts_at, hold.ends_at) == (START, START + 130 * MINUTE)
    assert verbs == ["booking.confirmed", "booking.cancelled", "booking.restored"]
    assert told == verbs


async def test_rules_of_the_wish_were_answered_once(world: World, at: At) -> None:
    actor = await world.person()
    resource = await world.resource(latest_minutes=240)
    made = await book(world, actor, resource)
    at(START - HOUR)
    async with world.writing() as session:
        await bookings.cancel(session, actor, made.id)
    with pytest.raises(BookingRefused):
        await book(world, actor, resource)
    assert (await restore(world, actor, made)).status is Status.CONFIRMED


async def test_a_request_is_requested_again_until_the_same_deadline(world: World, at: At) -> None:
    actor, manager = await world.person(), await world.manager()
    resource = await world.resource(is_approval_required=True, request_hold_minutes=120)
    made = await book(world, actor, resource)
    await cancel(world, actor, made)
    back = await restore(world, actor, made)
    assert back.status is Status.REQUESTED
    assert back.request_expires_at == made.request_expires_at
    async with world.reading() as reads:
        assert (await reads.scalars(select(Hold))).one().expires_at == made.request_expires_at
        asked = select(Message.id).where(Message.topic == "approvals.asked")
        assert len(list(await reads.scalars(asked))) == 2
    async with world.writing() as session:
        approved = await bookings.approve(session, manager, made.id)
    assert approved.status is Status.CONFIRMED
    await cancel(world, manager, made)
    assert (await restore(world, manager, made)).status is Status.CONFIRMED


async def test_after_a_quarter_of_an_hour_it_is_too_late(world: World, at: At) -> None:
    actor, resource = await world.person(), await world.resource()
    made = await book(world, actor, resource)
    with pytest.raises(BookingStateConflict):
        await restore(world, actor, made)
    await cancel(world, actor, made)
    at(START - 5 * HOUR + 16 * MINUTE)
    async with world.reading() as reads:
        assert (await bookings.get(reads, actor, made.id)).allowed == ()
    with pytest.raises(BookingStateConflict, match="too late"):
        await restore(world, actor, made)


async def test_only_who_cancelled_or_looks_after_it_takes_it_back(world: World, at: At) -> None:
    member, manager = await world.person(), await world.manager()
    made = await book(world, member, await world.resource())
    gone = await cancel(world, manager, made)
    assert gone.allowed == ("restore",)
    async with world.reading() as reads:
        assert (await bookings.get(reads, member, made.id)).allowed == ()
    with pytest.raises(Forbidden):
        await restore(world, member, made)
    assert (await restore(world, manager, made)).status is Status.CONFIRMED


async def test_who_manages_a_team_does_not_undo_what_the_staff_cancelled(
    world: World, at: At
) -> None:
    team = await world.team()
    member, staff = await world.person(team_ids=[team]), await world.manager()
    resource = await world.resource()
    scope: frozenset[str | None] = frozenset({team_scope(team)})
    theirs = dict.fromkeys((Permission.BOOKINGS_MANAGE, Permission.BOOKINGS_READ_DETAILS), scope)
    head = replace(await world.person(), granted=member.granted | theirs)
    made = await book(world, member, resource, team_id=team)
    await cancel(world, staff, made)
    async with world.reading() as reads:
        assert (await bookings.get(reads, head, made.id)).allowed == ()
    with pytest.raises(Forbidden):
        await restore(world, head, made)
    await restore(world, staff, made)
    gone = await cancel(world, head, made)
    assert gone.allowed == ("restore",)
    assert (await restore(world, head, made)).status is Status.CONFIRMED


async def test_what_came_in_between_is_told_with_what_is_free_instead(world: World, at: At) -> None:
    actor, other = await world.person(), await world.person()
    resource = await world.resource()
    made = await book(world, actor, resource)
    await cancel(world, actor, made)
    taken = await book(world, other, resource)
    with pytest.raises(BookingOverlaps) as caught:
        await restore(world, actor, made)
    assert caught.value.members["suggestions"]
    await cancel(world, other, taken)
    manager = await world.manager()
    async with world.writing() as session:
        await bookings.displacement.take_down(
            session, manager, resource, state=ResourceState.DOWN, reason="Laser"
        )
    with pytest.raises(BookingRefused, match="Laser"):
        await restore(world, actor, made)


async def test_nobody_comes_over_the_limit_by_taking_back(world: World, at: At) -> None:
    actor, resource = await world.person(), await world.resource(units=2, max_upcoming=1)
    made = await book(world, actor, resource)
    await cancel(world, actor, made)
    await book(world, actor, resource)
    with pytest.raises(BookingRefused, match="bookings ahead"):
        await restore(world, actor, made)


async def test_what_would_become_of_a_booking_is_told_as_if_it_were_changed(
    world: World, at: At
) -> None:
    actor, other, resource = await world.person(), await world.person(), await world.resource()
    made = await book(world, actor, resource)

    async def ask(hours: float, by: Actor = actor) -> bookings.Answer:
        wish = Wish(resource, START + hours * HOUR, START + (hours + 2) * HOUR)
        async with world.reading() as reads:
            return await bookings.check(reads, by, wish=wish, booking_id=made.id)

    assert (await ask(1)).outcome == "confirmed"
    with pytest.raises(Forbidden):
        await ask(1, by=other)
    async with world.writing() as session:
        wish = Wish(resource, START + 3 * HOUR, START + 4 * HOUR)
        await bookings.create(session, other, wish=wish)
    refused = await ask(1.5)
    assert (refused.outcome, len(refused.conflicts)) == ("refused", 1)
    assert refused.suggestions


async def test_every_refusal_names_whom_to_ask(world: World, at: At) -> None:
    actor, manager = await world.person(), await world.manager()
    resource = await world.resource(max_minutes=60)
    async with world.writing() as session:
        (await session.get_one(resources.tables.Resource, resource)).contact_id = manager.user_id
    with pytest.raises(BookingRefused) as caught:
        await book(world, actor, resource)
    assert caught.value.members["contact"].id == manager.user_id
    async with world.reading() as reads:
        wish = Wish(resource, START, START + 2 * HOUR)
        answer = await bookings.check(reads, actor, wish=wish)
    assert answer.contact == caught.value.members["contact"]


async def test_the_same_once_more_is_the_next_day_it_is_free(world: World, at: At) -> None:
    actor, other = await world.person(), await world.person()
    resource = await world.resource(timezone="Europe/Berlin", earliest_minutes=20 * 1440)
    made = await book(world, actor, resource, title="Slides", notes="Oil")
    async with world.writing() as session:
        next_day = Wish(resource, START + 24 * HOUR, START + 25 * HOUR)
        await bookings.create(session, other, wish=next_day)
    async with world.reading() as reads:
        wish = await bookings.again(reads, actor, made.id)
        with pytest.raises(Forbidden):
            await bookings.again(reads, other, made.id)
    assert wish is not None
    assert (wish.title, wish.notes, wish.booked_for) == ("Slides", "Oil", None)
    assert wish.ends_at - wish.starts_at == 2 * HOUR
    assert (wish.starts_at - START).days == 2


async def test_only_requests_one_may_decide_wait_for_one(world: World, at: At) -> None:
    resource, elsewhere = [await world.resource(is_approval_required=True) for _ in range(2)]
    manager = await world.manager()
    asked = await book(world, await world.person(), resource)
    await book(world, manager, elsewhere)

    async def waiting(actor: Actor) -> list[UUID]:
        async with world.reading() as reads:
            found = await bookings.list_(reads, actor, which=bookings.Filter(waiting=True))
        return [view.id for view in found.items]

    assert await waiting(manager) == [asked.id]
    assert len(await waiting(await world.manager())) == 2
    assert await waiting(await world.person()) == []
