"""What the rules know of a person, on both databases: alike when made, changed and asked about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from src.core import ids
from src.core.actor import Actor
from src.core.errors import Forbidden
from src.domain import bookings
from src.domain.accounts.tables import RoleName
from src.domain.bookings import BookingView, Wish, reservation
from src.domain.bookings.errors import BookingRefused
from src.domain.bookings.reservation import Order
from src.domain.training.tables import Qualification, QualificationGrant
from tests.support.world import HOUR, World, tomorrow

SHEET = {
    "type": "object",
    "required": ["dye"],
    "properties": {"dye": {"type": "string"}, "slides": {"type": "integer", "maximum": 9}},
}


async def book(world: World, actor: Actor, wish: Wish) -> BookingView:
    async with world.writing() as session:
        return await bookings.create(session, actor, wish=wish)


def at(resource: UUID, start: float, end: float, **more: Any) -> Wish:
    first = tomorrow(0, days=2)
    return Wish(resource, first + start * HOUR, first + end * HOUR, **more)


async def refused(world: World, actor: Actor, wish: Wish, booking: UUID | None = None) -> list[str]:
    """The codes that making it, or changing a booking into it, and asking about it agree on."""
    with pytest.raises(BookingRefused) as caught:
        if booking is None:
            await book(world, actor, wish)
        else:
            async with world.writing() as session:
                changes = {"starts_at": wish.starts_at, "ends_at": wish.ends_at}
                await bookings.change(session, actor, booking, changes=changes)
    async with world.reading() as reads:
        answer = await bookings.check(reads, actor, wish=wish, booking_id=booking)
    codes = [violation.code for violation in caught.value.members["violations"]]
    assert codes == [violation.code for violation in answer.violations]
    return codes


async def test_limits_of_a_day_hold_for_new_bookings_and_for_changes(world: World) -> None:
    person = await world.person()
    resource = await world.resource(
        units=3, max_per_day=2, max_minutes_per_day=300, max_minutes_per_week=600
    )
    await book(world, person, at(resource, 20, 26))  # two hours are tomorrow's
    assert await refused(world, person, at(resource, 8, 9.5)) == ["too-long-on-day"]
    moved = await book(world, person, at(resource, 8, 9))
    assert await refused(world, person, at(resource, 10, 11)) == [
        "too-many-on-day",
        "too-long-on-day",
    ]
    assert await refused(world, person, at(resource, 8, 9.5), moved.id) == ["too-long-on-day"]
    other = await world.person()
    await book(world, other, at(resource, 8, 12))


async def test_what_was_used_today_counts_and_what_was_cancelled_does_not(world: World) -> None:
    person = await world.person()
    resource = await world.resource(max_per_day=1)
    first = await book(world, person, at(resource, 8, 9))
    async with world.writing() as session:
        await bookings.cancel(session, person, first.id)
    await book(world, person, at(resource, 8, 9))


async def test_bookings_made_together_count_against_each_other(world: World) -> None:
    person, resource = await world.person(), await world.resource(max_upcoming=3)
    orders = [Order(at(resource, 24 * day, 24 * day + 1), ("occurrences", day)) for day in range(5)]
    with pytest.raises(BookingRefused) as caught:
        async with world.writing() as session:
            await reservation.create_many(session, person, orders=orders)
    assert [error.field for error in caught.value.errors] == [("occurrences", 3, "resource_id")]
    async with world.writing() as session:
        assert len(await reservation.create_many(session, person, orders=orders[:3])) == 3
    assert await refused(world, person, at(resource, 96, 97)) == ["too-many-upcoming"]


async def test_several_resources_at_once_are_one_place(world: World) -> None:
    person = await world.person()
    one, two, three = [await world.resource(is_parallel_refused=True) for _ in range(3)]
    group = ids.new()
    orders = [Order(at(each, 8, 10), ("resources",), group_id=group) for each in (one, two)]
    async with world.writing() as session:
        await reservation.create_many(session, person, orders=orders)
    assert await refused(world, person, at(three, 9, 11)) == ["parallel-booking"]
    apart = [Order(at(each, 20, 22)) for each in (one, two)]
    with pytest.raises(BookingRefused):
        async with world.writing() as session:
            await reservation.create_many(session, person, orders=apart)


async def test_another_booking_at_that_time_is_a_warning(world: World) -> None:
    person, one, two = await world.person(), await world.resource(), await world.resource()
    await book(world, person, at(one, 8, 10))
    async with world.reading() as reads:
        answer = await bookings.check(reads, person, wish=at(two, 9, 11))
    assert answer.outcome == "confirmed"
    assert [warning.code for warning in answer.warnings] == ["own-clash"]


async def test_a_qualification_is_required_by_its_dates(world: World) -> None:
    person, manager = await world.person(), await world.manager()
    wanted = Qualification(id=ids.new(), name="Lasers")
    async with world.writing() as session:
        session.add(wanted)
    resource = await world.resource(required_qualifications=[str(wanted.id)])
    assert await refused(world, person, at(resource, 8, 9)) == ["qualification-missing"]
    assert await refused(world, manager, at(resource, 8, 9)) == ["qualification-missing"]
    async with world.writing() as session:
        session.add(
            QualificationGrant(
                id=ids.new(),
                person_id=person.user_id,
                qualification_id=wanted.id,
                granted_at=datetime.now(UTC) - timedelta(days=1),
                expires_at=at(resource, 20, 21).starts_at,
            )
        )
    view = await book(world, person, at(resource, 8, 9))
    assert await refused(world, person, at(resource, 20, 21)) == ["qualification-missing"]
    assert await refused(world, person, at(resource, 20, 21), view.id) == ["qualification-missing"]


async def test_nobody_overrides_by_a_parameter_alone(world: World) -> None:
    person, technician = await world.person(), await world.person(RoleName.MANAGER)
    resource = await world.resource(max_minutes_per_day=30, questions=SHEET)
    wish = at(resource, 8, 9, override_reason="It is urgent", answers={"dye": "DAPI"})
    with pytest.raises(Forbidden):
        await book(world, person, wish)
    view = await book(world, technician, wish)
    assert view.override_reason == "It is urgent"
    wrong = at(resource, 12, 13, override_reason="Urgent too", answers={"slides": 10})
    with pytest.raises(BookingRefused) as caught:
        await book(world, technician, wrong)
    assert [each.code for each in caught.value.members["violations"]] == ["answer-invalid"]


async def test_questions_are_answered_when_booked_and_fixed_after_the_start(world: World) -> None:
    person, resource = await world.person(), await world.resource(questions=SHEET)
    with pytest.raises(BookingRefused) as caught:
        await book(world, person, at(resource, 8, 9, answers={"slides": 10, "colour": "red"}))
    assert [error.field for error in caught.value.errors] == [
        ("answers", "dye"),
        ("answers", "slides"),
        ("answers", "colour"),
    ]
    view = await book(world, person, at(resource, 8, 9, answers={"dye": "DAPI"}))
    assert view.answers == {"dye": "DAPI"}
    async with world.writing() as session:
        changes: dict[str, Any] = {"answers": {"slides": 3}}
        view = await bookings.change(session, person, view.id, changes=changes)
    assert view.answers == {"dye": "DAPI", "slides": 3}
    for wrong in ({"dye": None}, {"slides": 10}):
        with pytest.raises(BookingRefused):
            async with world.writing() as session:
                await bookings.change(session, person, view.id, changes={"answers": wrong})
    now = datetime.now(UTC)
    begun = Wish(resource, now, now + HOUR, answers={"dye": "DAPI"})
    running = await book(world, person, begun)
    with pytest.raises(BookingRefused) as caught:
        async with world.writing() as session:
            await bookings.change(session, person, running.id, changes=changes)
    assert [error.code for error in caught.value.errors] == ["answers-fixed"]
