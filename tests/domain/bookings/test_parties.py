"""Several at once: attendees, groups of resources, templates, handing a booking over."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import select

from src.core.actor import Actor, ActorKind, Grants, Permission
from src.core.errors import Forbidden
from src.domain import bookings
from src.domain.bookings import Booking, BookingView, Filter, Status, Wish, parties
from src.domain.bookings.errors import BookingOverlaps, BookingRefused, BookingStateConflict
from src.domain.bookings.parties import GroupItem, leaving
from src.domain.bookings.tables import Response, TransferState
from src.domain.notifications import Notification
from src.domain.resources.tables import Hold
from tests.support.world import HOUR, World, tomorrow


async def book(
    world: World, actor: Actor, resource: UUID, hour: int = 9, **more: Any
) -> BookingView:
    wish = Wish(resource, tomorrow(hour), tomorrow(hour) + HOUR, **more)
    async with world.writing() as session:
        made = await bookings.create(session, actor, wish=wish)
    await world.announced()
    return made


def id_of(actor: Actor) -> UUID:
    assert actor.user_id is not None
    return actor.user_id


async def kinds_for(world: World, actor: Actor) -> list[str]:
    wanted = select(Notification.kind).where(Notification.user_id == actor.user_id)
    async with world.reading() as reads:
        return list(await reads.scalars(wanted.order_by(Notification.id)))


async def test_who_is_invited_sees_it_answers_and_hears_of_changes(world: World) -> None:
    host, guest, stranger = [await world.person() for _ in range(3)]
    resource, other = await world.resource(), await world.resource()
    made = await book(world, host, resource, title="Secret", attendees=(id_of(guest),))
    await book(world, guest, other)
    async with world.reading() as reads:
        seen = await bookings.get(reads, guest, made.id)
        masked = await bookings.get(reads, stranger, made.id)
        mine = await bookings.list_(reads, guest, which=Filter(mine=True))
        waits = await parties.attendees.waiting(reads, guest)
        (clash,) = await parties.attendees.clashes(reads, guest, seen)
        (invited,) = await parties.attendees.list_(reads, host, made.id)
    assert (seen.title, masked.title, seen.allowed) == ("Secret", "Booked", ())
    assert {one.id for one in mine.items} >= {made.id, clash.id}
    assert [one.id for one in waits] == [made.id]
    assert (invited.response, invited.is_busy) == (Response.INVITED, True)
    async with world.writing() as session:
        await parties.attendees.respond(session, guest, made.id, answer="accepted")
        with pytest.raises(parties.AttendeeNotFound):
            await parties.attendees.respond(session, stranger, made.id, answer="accepted")
    async with world.writing() as session:
        await bookings.change(session, host, made.id, changes={"starts_at": tomorrow(8)})
    async with world.writing() as session:
        await bookings.cancel(session, host, made.id)
    told = [kind for kind in await kinds_for(world, guest) if kind.startswith("attendance")]
    assert told == ["attendance.invited", "attendance.changed", "attendance.cancelled"]
    assert "attendance.accepted" in await kinds_for(world, host)


async def test_invitations_are_added_and_taken_back(world: World) -> None:
    host, guest = await world.person(), await world.person()
    made = await book(world, host, await world.resource())
    async with world.writing() as session:
        (one,) = await parties.attendees.add(session, host, made.id, user_ids=[id_of(guest)])
        assert (one.person.name, one.is_busy) == (guest.name, False)
        with pytest.raises(BookingRefused) as caught:
            await parties.attendees.add(session, host, made.id, user_ids=[made.id])
        assert caught.value.errors[0].code == "unknown-attendee"
        with pytest.raises(Forbidden):
            await parties.attendees.add(session, guest, made.id, user_ids=[id_of(guest)])
        assert await parties.attendees.remove(session, host, made.id, id_of(guest)) == []
    async with world.reading() as reads:
        assert (await bookings.get(reads, guest, made.id)).is_masked


async def test_several_resources_are_booked_all_or_none(world: World) -> None:
    actor, other = await world.person(), await world.person()
    items = [GroupItem(await world.resource()) for _ in range(3)]
    await book(world, other, items[2].resource_id)
    wish = Wish(items[0].resource_id, tomorrow(9), tomorrow(10), title="Course")
    with pytest.raises(BookingOverlaps) as caught:
        async with world.writing() as session:
            await parties.groups.create(session, actor, wish=wish, items=items)
    assert caught.value.errors[0].field == ("items", 2, "starts_at")
    async with world.writing() as session:
        made = await parties.groups.create(session, actor, wish=wish, items=items[:2])
    assert len({one.group_id for one in made}) == 1
    group_id = made[0].group_id
    assert group_id is not None
    async with world.writing() as session:
        gone = await parties.groups.cancel(session, actor, group_id)
    assert [one.status for one in gone] == [Status.CANCELLED] * 2


async def test_those_who_contend_for_several_never_wait_in_a_circle(world: World) -> None:
    ids = [await world.resource() for _ in range(3)]
    people = [await world.person() for _ in range(12)]

    async def try_(number: int, actor: Actor) -> bool:
        turned = ids[number % 3 :] + ids[: number % 3]
        wish = Wish(turned[0], tomorrow(9), tomorrow(10))
        try:
            async with world.writing() as session:
                items = [GroupItem(one) for one in turned]
                await parties.groups.create(session, actor, wish=wish, items=items)
        except BookingOverlaps:
            return False
        return True

    done = await asyncio.gather(*(try_(number, actor) for number, actor in enumerate(people)))
    assert sum(done) == 1
    async with world.reading() as reads:
        assert len((await reads.scalars(select(Hold))).all()) == 3


async def test_a_transfer_asks_and_runs_the_rules_anew(world: World) -> None:
    giver, taker = await world.person(), await world.person()
    resource = await world.resource(max_upcoming=1)
    made = await book(world, giver, resource, title="Slides")
    blocking = await book(world, taker, resource, 14)
    async with world.writing() as session:
        asked = await parties.transfers.offer(session, giver, made.id, to=id_of(taker))
        with pytest.raises(parties.TransferStateConflict):
            await parties.transfers.offer(session, giver, made.id, to=id_of(taker))
    with pytest.raises(BookingRefused) as caught:
        async with world.writing() as session:
            await parties.transfers.accept(session, taker, asked.id)
    assert caught.value.errors[0].code == "too-many-upcoming"
    async with world.writing() as session:
        await bookings.cancel(session, taker, blocking.id)
    async with world.writing() as session:
        taken = await parties.transfers.accept(session, taker, asked.id)
    assert taken.booked_for is not None
    assert (taken.booked_for.id, taken.title, taken.status) == (
        taker.user_id, "Slides", Status.CONFIRMED,
    )  # fmt: skip
    async with world.reading() as reads:
        before = await reads.get_one(Booking, made.id)
        holds = list(await reads.scalars(select(Hold.holder_id)))
        view = await parties.transfers.get(reads, giver, asked.id)
    assert (before.status, before.is_cancelled_late) == (Status.CANCELLED, False)
    assert holds == [taken.id]
    assert (view.state, view.new_booking_id) == (TransferState.ACCEPTED, taken.id)
    assert "transfer.accepted" in await kinds_for(world, giver)
    # What was handed over is not taken back by cancelling it.
    manager = await world.manager()
    async with world.writing() as session:
        await bookings.cancel(session, taker, taken.id)
        with pytest.raises(bookings.BookingStateConflict, match="handed over"):
            await bookings.restore(session, manager, made.id)


async def test_a_transfer_needs_approval_where_the_resource_does(world: World) -> None:
    giver, taker, manager = await world.person(), await world.person(), await world.manager()
    resource = await world.resource(is_approval_required=True)
    made = await book(world, giver, resource)
    async with world.writing() as session:
        await bookings.approve(session, manager, made.id)
    async with world.writing() as session:
        asked = await parties.transfers.offer(session, giver, made.id, to=id_of(taker))
    async with world.writing() as session:
        taken = await parties.transfers.accept(session, taker, asked.id)
    assert taken.status is Status.REQUESTED


async def test_a_transfer_is_declined_withdrawn_and_lapses(world: World) -> None:
    giver, taker, other = [await world.person() for _ in range(3)]
    made = await book(world, giver, await world.resource())
    for person, action, state in (
        (taker, parties.transfers.decline, TransferState.DECLINED),
        (giver, parties.transfers.withdraw, TransferState.WITHDRAWN),
    ):
        async with world.writing() as session:
            asked = await parties.transfers.offer(session, giver, made.id, to=id_of(taker))
        with pytest.raises(parties.TransferNotFound):
            async with world.writing() as session:
                await action(session, other, asked.id)
        async with world.writing() as session:
            assert (await action(session, person, asked.id)).state is state
    async with world.writing() as session:
        asked = await parties.transfers.offer(session, giver, made.id, to=id_of(taker))
    with time_machine.travel(tomorrow(9)):
        with pytest.raises(parties.TransferStateConflict):
            async with world.writing() as session:
                await parties.transfers.accept(session, taker, asked.id)
        with pytest.raises(BookingStateConflict):
            async with world.writing() as session:
                await parties.transfers.offer(session, giver, made.id, to=id_of(other))


async def test_a_key_sees_and_answers_no_more_than_it_was_given(world: World) -> None:
    giver, taker = await world.person(), await world.person()
    resource, other = await world.resource(), await world.resource()
    made = await book(world, giver, resource)
    async with world.writing() as session:
        asked = await parties.transfers.offer(session, giver, made.id, to=id_of(taker))

    def key(on: UUID) -> Actor:
        scopes: frozenset[str | None] = frozenset({f"resource:{on}"})
        granted: Grants = {Permission.BOOKINGS_READ: scopes}
        return replace(taker, kind=ActorKind.API_KEY, granted=granted)

    async with world.writing() as session:
        assert await parties.transfers.list_(session, key(other)) == []
        assert [one.id for one in await parties.transfers.list_(session, key(resource))] == [
            asked.id
        ]
        with pytest.raises(Forbidden):
            await parties.transfers.decline(session, key(resource), asked.id)


async def test_templates_are_ones_own_or_a_teams(world: World) -> None:
    team = await world.team()
    owner, mate = await world.person(team_ids=[team]), await world.person(team_ids=[team])
    resource = await world.resource()
    values = {"name": "Course", "resource_id": resource, "minutes": 120, "title": "Intro"}
    async with world.writing() as session:
        mine = await parties.templates.create(session, owner, values=values)
        assert await parties.templates.list_(session, mate) == []
        with pytest.raises(parties.BadTemplate) as caught:
            await parties.templates.create(session, owner, values=values)
        assert caught.value.errors[0].code == "name-taken"
        shared = await parties.templates.update(
            session, owner, mine.id, changes={"team_id": team, "minutes": 60}
        )
        (seen,) = await parties.templates.list_(session, mate)
        assert (seen.id, seen.minutes, seen.is_own) == (shared.id, 60, False)
        with pytest.raises(parties.TemplateNotFound):
            await parties.templates.delete(session, mate, mine.id)
        await parties.templates.delete(session, owner, mine.id)
        assert await parties.templates.list_(session, owner) == []


async def test_who_leaves_is_invited_to_nothing_and_asked_nothing(world: World) -> None:
    host, guest = await world.person(), await world.person()
    resource = await world.resource()
    made = await book(world, host, resource, attendees=(id_of(guest),))
    values = {"name": "Mine", "resource_id": resource, "minutes": 60}
    async with world.writing() as session:
        asked = await parties.transfers.offer(session, host, made.id, to=id_of(guest))
        await parties.templates.create(session, guest, values=values)
        await leaving._erase(session, id_of(guest))
    async with world.reading() as reads:
        booking = await reads.get_one(Booking, made.id)
        assert booking.attendee_ids == []
        assert (await parties.transfers.get(reads, host, asked.id)).state is TransferState.WITHDRAWN
        assert await parties.templates.list_(reads, guest) == []
        assert (await parties.asked.of(reads, guest)).handed_over == ()
