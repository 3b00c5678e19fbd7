"""The reservation path: confirmed, requested, refused, overlapping."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from src.core import clock, ids
from src.core.actor import Actor
from src.core.errors import Forbidden
from src.core.events import Event
from src.domain import bookings
from src.domain.bookings import Booking, BookingView, Status, Wish
from src.domain.bookings.errors import BookingOverlaps, BookingRefused
from src.domain.notifications import Notification
from src.domain.resources.errors import ResourceNotFound
from src.domain.resources.tables import Hold, ResourceState
from tests.support.world import HOUR, MINUTE, World, tomorrow


async def book(world: World, actor: Actor, resource: UUID, start: int = 9, end: int = 11,
               **more: object) -> BookingView:  # fmt: skip
    wish = Wish(resource, tomorrow(start), tomorrow(end), **more)  # type: ignore[arg-type]
    async with world.writing() as session:
        return await bookings.create(session, actor, wish=wish)


async def test_a_booking_is_confirmed_and_holds_its_time(world: World) -> None:
    actor, resource = await world.person(), await world.resource()
    view = await book(world, actor, resource, title="Slides 4 to 9")
    assert view.status is Status.CONFIRMED
    assert view.unit == 1
    assert view.allowed == ("edit", "cancel")
    assert view.booked_for is not None
    assert view.booked_for.name == actor.name
    await world.announced()
    async with world.reading() as reads:
        again = await bookings.get(reads, actor, view.id)
        (event,) = await reads.scalars(select(Event).where(Event.subject_id == view.id))
        (notice,) = await reads.scalars(select(Notification))
    assert again == view
    assert event.verb == "booking.confirmed"
    assert (notice.user_id, notice.kind) == (actor.user_id, "booking.confirmed")


async def test_a_taken_time_is_refused_with_what_holds_it_and_what_is_free(world: World) -> None:
    mine, other = await world.person(), await world.person()
    resource, twin = await world.resource(), await world.resource()
    taken = await book(world, other, resource, title="Secret")
    with pytest.raises(BookingOverlaps) as caught:
        await book(world, mine, resource)
    (conflict,) = caught.value.members["conflicts"]
    assert (conflict.starts_at, conflict.ends_at) == (taken.starts_at, taken.ends_at)
    assert (conflict.title, conflict.booking_id, conflict.booked_for) == ("Booked", None, None)
    kinds = {s.kind: s for s in caught.value.members["suggestions"]}
    assert kinds["resource"].resource.id == twin
    assert kinds["later"].starts_at == tomorrow(11)
    assert kinds["earlier"].ends_at == tomorrow(9)


async def test_every_suggestion_can_be_booked(world: World) -> None:
    actor = await world.person()
    rules: dict[str, Any] = {
        "slot_minutes": 30,
        "max_minutes": 120,
        "buffer_after_minutes": 15,
        "min_minutes": 30,
    }
    hours = [(weekday, 8 * 60, 18 * 60) for weekday in range(7)]
    resource = await world.resource(units=2, hours=hours, timezone="Europe/Berlin", **rules)
    await world.resource(hours=hours, **rules)
    start = tomorrow(10)
    for _ in range(2):
        wish = Wish(resource, start, start + HOUR, unit=None)
        async with world.writing() as session:
            await bookings.create(session, actor, wish=wish)
    for unit in (None, 1):
        wish = Wish(resource, start - 30 * MINUTE, start + 90 * MINUTE, unit=unit)
        async with world.reading() as reads:
            answer = await bookings.check(reads, actor, wish=wish)
        assert answer.outcome == "refused"
        assert {s.kind for s in answer.suggestions} >= {"resource", "later", "earlier"}
        for suggestion in answer.suggestions:
            fitting = Wish(
                suggestion.resource.id, suggestion.starts_at, suggestion.ends_at,
                unit=suggestion.unit,
            )  # fmt: skip
            async with world.reading() as reads:
                assert (await bookings.check(reads, actor, wish=fitting)).outcome == "confirmed"


async def test_a_shorter_booking_is_suggested_before_the_next_one(world: World) -> None:
    actor, resource = await world.person(), await world.resource()
    await book(world, actor, resource, 10, 12)
    with pytest.raises(BookingOverlaps) as caught:
        await book(world, actor, resource, 9, 11)
    shorter = next(s for s in caught.value.members["suggestions"] if s.kind == "shorter")
    assert (shorter.starts_at, shorter.ends_at) == (tomorrow(9), tomorrow(10))


async def test_another_unit_is_suggested_to_who_asked_for_one(world: World) -> None:
    actor, resource = await world.person(), await world.resource(units=2)
    await book(world, actor, resource, unit=1)
    with pytest.raises(BookingOverlaps) as caught:
        await book(world, actor, resource, unit=1)
    assert caught.value.members["suggestions"][0].kind == "unit"
    assert caught.value.members["suggestions"][0].unit == 2


async def test_all_violated_rules_come_at_once_with_their_numbers(world: World) -> None:
    actor = await world.person()
    resource = await world.resource(
        slot_minutes=15, max_minutes=60, earliest_minutes=60, max_upcoming=0,
        hours=[(weekday, 0, 60) for weekday in range(7)],
    )  # fmt: skip
    wish = Wish(resource, tomorrow(9, 7), tomorrow(11), unit=7)
    with pytest.raises(BookingRefused) as caught:
        async with world.writing() as session:
            await bookings.create(session, actor, wish=wish)
    faults = {error.code: error for error in caught.value.errors}
    assert faults.keys() == {
        "unit-unknown", "outside-opening-hours", "off-grid", "too-long", "too-early",
        "too-many-upcoming",
    }  # fmt: skip
    assert "60 minutes; this one is 113" in faults["too-long"].detail
    assert faults["too-long"].field == ("ends_at",)
    assert faults["too-long"].overridable
    assert not faults["unit-unknown"].overridable


async def test_a_refusal_by_rules_lists_the_overlap_too(world: World) -> None:
    actor, resource = await world.person(), await world.resource(max_minutes=120)
    await book(world, actor, resource)
    with pytest.raises(BookingRefused) as caught:
        await book(world, actor, resource, 9, 12)
    assert [error.code for error in caught.value.errors] == ["too-long"]
    assert len(caught.value.members["conflicts"]) == 1
    async with world.reading() as reads:
        assert len((await reads.scalars(select(Booking))).all()) == 1


async def test_the_buffer_is_part_of_the_hold(world: World) -> None:
    actor = await world.person()
    resource = await world.resource(buffer_before_minutes=10, buffer_after_minutes=20)
    view = await book(world, actor, resource)
    async with world.reading() as reads:
        (hold,) = await reads.scalars(select(Hold))
    assert (hold.starts_at, hold.ends_at) == (tomorrow(8, 50), tomorrow(11, 20))
    assert (view.buffer_before, view.buffer_after) == (10, 20)
    # Neighbouring buffers add up: the next may start when both have passed.
    for start, is_free in ((tomorrow(11, 29), False), (tomorrow(11, 30), True)):
        wish = Wish(resource, start, start + HOUR)
        async with world.reading() as reads:
            answer = await bookings.check(reads, actor, wish=wish)
        assert (answer.outcome == "confirmed") is is_free


async def test_rules_are_passed_over_with_permission_and_a_reason(world: World) -> None:
    member, manager = await world.person(), await world.manager()
    resource = await world.resource(max_minutes=60)
    with pytest.raises(Forbidden):
        await book(world, member, resource, override_reason="I am in a hurry")
    with pytest.raises(BookingRefused):
        await book(world, manager, resource, override_reason="  ")
    view = await book(world, manager, resource, override_reason="Long run for the review")
    assert view.override_reason == "Long run for the review"
    async with world.reading() as reads:
        (event,) = await reads.scalars(select(Event).where(Event.verb == "booking.overridden"))
    assert event.changes == {"rules": ["too-long"]}
    assert event.reason == "Long run for the review"


async def test_an_overlap_is_nobodys_to_pass_over(world: World) -> None:
    manager, resource = await world.manager(), await world.resource()
    await book(world, manager, resource)
    with pytest.raises(BookingOverlaps):
        await book(world, manager, resource, override_reason="Because")


async def test_booking_for_somebody_else_needs_a_permission(world: World) -> None:
    member, manager = await world.person(), await world.manager()
    resource = await world.resource()
    with pytest.raises(Forbidden):
        await book(world, member, resource, booked_for=manager.user_id)
    view = await book(world, manager, resource, booked_for=member.user_id)
    assert view.booked_for is not None
    assert view.booked_for.id == member.user_id
    with pytest.raises(BookingRefused) as caught:
        await book(world, manager, resource, 12, 13, booked_for=ids.new())
    assert caught.value.errors[0].code == "unknown-person"


async def test_a_team_must_be_ones_own(world: World) -> None:
    team, resource = await world.team(), await world.resource()
    with pytest.raises(BookingRefused) as caught:
        await book(world, await world.person(), resource, team_id=team)
    assert caught.value.errors[0].code == "unknown-team"
    member = await world.person(team_ids=[team])
    assert (await book(world, member, resource, team_id=team)).team_id == team


async def test_an_unknown_resource_is_not_found(world: World) -> None:
    with pytest.raises(ResourceNotFound):
        await book(world, await world.person(), ids.new())


async def test_what_is_down_is_only_for_those_who_may_pass_over_it(world: World) -> None:
    member, manager = await world.person(), await world.manager()
    resource = await world.resource(state=ResourceState.DOWN)
    with pytest.raises(BookingRefused) as caught:
        await book(world, member, resource)
    assert caught.value.errors[0].code == "resource-down"
    await book(world, manager, resource, override_reason="Trying the repair")
    retired = await world.resource(state=ResourceState.RETIRED)
    with pytest.raises(BookingRefused):
        await book(world, manager, retired, override_reason="For old times' sake")


async def test_impossible_times_are_refused_and_break_nothing(world: World) -> None:
    actor, resource = await world.person(), await world.resource()
    year = timedelta(days=365)
    for start, end in (
        (tomorrow(11), tomorrow(9)),
        (tomorrow(9), tomorrow(9)),
        (tomorrow(9), tomorrow(9) + 2 * year),
        (tomorrow(9).replace(year=9999), tomorrow(11).replace(year=9999)),
        (tomorrow(9).replace(year=1), tomorrow(11)),
        (tomorrow(9, days=-3), tomorrow(11, days=-3)),
    ):
        for call in (bookings.create, bookings.check):
            async with world.writing() as session:
                try:
                    answer = await call(session, actor, wish=Wish(resource, start, end))
                except BookingRefused:
                    continue
                assert isinstance(answer, bookings.Answer)
                assert answer.outcome == "refused"
    async with world.reading() as reads:
        assert (await reads.scalars(select(Booking))).all() == []


async def test_the_slot_that_runs_now_can_still_be_taken(world: World) -> None:
    actor, resource = await world.person(), await world.resource(slot_minutes=60)
    now = tomorrow(0, days=0) + HOUR * clock.now().hour
    async with world.writing() as session:
        view = await bookings.create(session, actor, wish=Wish(resource, now, now + HOUR))
    assert "check-in" in view.allowed


async def test_fifty_want_one_slot_and_one_gets_it(world: World) -> None:
    resource = await world.resource()
    await world.resource()
    people = [await world.person() for _ in range(10)]
    outcomes: list[str] = []

    async def want(actor: Actor) -> None:
        try:
            await book(world, actor, resource)
        except BookingOverlaps as taken:
            outcomes.append("taken" if taken.members["suggestions"] else "nothing suggested")
        else:
            outcomes.append("won")

    await asyncio.gather(*(want(people[number % 10]) for number in range(50)))
    assert sorted(outcomes) == ["taken"] * 49 + ["won"]
    async with world.reading() as reads:
        assert len((await reads.scalars(select(Hold))).all()) == 1


async def test_a_person_may_have_so_many_bookings_ahead_and_no_more(world: World) -> None:
    actor, other = await world.person(), await world.person()
    resource = await world.resource(max_upcoming=2)
    await book(world, actor, resource, 9, 10)
    second = await book(world, actor, resource, 10, 11)
    with pytest.raises(BookingRefused) as caught:
        await book(world, actor, resource, 11, 12)
    assert caught.value.errors[0].code == "too-many-upcoming"
    await book(world, other, resource, 11, 12)
    async with world.writing() as session:
        await bookings.cancel(session, actor, second.id)
    await book(world, actor, resource, 10, 11)
