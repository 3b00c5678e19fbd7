"""At the instrument: checklists, qualifications, more time, and who did not come."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import select

from src.core import clock, ids
from src.core.actor import Actor
from src.domain import bookings
from src.domain.bookings import Booking, Status, Wish, presence
from src.domain.bookings.errors import BookingOverlaps, BookingRefused, BookingStateConflict
from src.domain.bookings.tables import Moment
from src.domain.notifications import Notification
from src.domain.resources.tables import Effect, Outage, Resource, ResourceState
from src.domain.training.tables import Qualification, QualificationGrant
from tests.support.world import HOUR, MINUTE, World, tomorrow

START = tomorrow(9)
BEFORE = {
    "type": "object",
    "properties": {
        "pressure": {
            "type": "number",
            "title": "Pressure",
            "x-unit": "bar",
            "x-limits": {"low": 1, "high": 5},
        },
        "clean": {"type": "boolean", "title": "Clean"},
    },
    "required": ["pressure"],
}
AFTER = {"type": "object", "properties": {"hours": {"type": "integer", "title": "Lamp hours"}}}


@pytest.fixture
async def at() -> AsyncIterator[Any]:
    """Sets the clock of the process; it goes on from there."""
    with time_machine.travel(START - 5 * HOUR, tick=True) as traveller:
        yield traveller.move_to


async def book(world: World, actor: Actor, resource: UUID, *, hours: float = 2) -> UUID:
    async with world.writing() as session:
        wish = Wish(resource, START, START + hours * HOUR)
        return (await bookings.create(session, actor, wish=wish)).id


async def status(world: World, booking_id: UUID) -> Status:
    async with world.reading() as reads:
        return (await reads.get_one(Booking, booking_id)).status


async def outage(world: World, resource: UUID, started: timedelta, ended: timedelta | None) -> None:
    """When it was down, from the start of the booking."""
    async with world.writing() as session:
        session.add(
            Outage(
                id=ids.new(),
                resource_id=resource,
                effect=Effect.DOWN,
                source_type="person",
                reason="Laser",
                started_at=START + started,
                ended_at=None if ended is None else START + ended,
            )
        )
        if ended is None:
            (await session.get_one(Resource, resource)).state = ResourceState.DOWN


async def test_the_list_before_use_is_needed_to_check_in(world: World, at: Any) -> None:
    actor, resource = await world.person(), await world.resource(checklist_before=BEFORE)
    made = await book(world, actor, resource)
    with pytest.raises(BookingStateConflict, match="15 minutes"):
        async with world.writing() as session:
            await presence.checklists.fill(
                session, actor, made, moment=Moment.BEFORE, answers={"pressure": 2}
            )
    at(START)
    with pytest.raises(presence.ChecklistNeeded):
        async with world.writing() as session:
            await bookings.check_in(session, actor, made)
    with pytest.raises(presence.ChecklistInvalid) as caught:
        async with world.writing() as session:
            await presence.arrive(session, actor, made, answers={"pressure": "much"})
    assert caught.value.errors[0].field == ("answers", "pressure")
    async with world.writing() as session:
        view = await presence.arrive(session, actor, made, answers={"pressure": 2})
    assert view.status is Status.IN_USE
    async with world.reading() as reads:
        (before,) = await presence.checklists.of(reads, actor, made)
    assert (before.answers, before.faults, before.filled_by) == ({"pressure": 2}, (), actor.name)


async def test_answers_outside_their_limits_are_kept_and_told(world: World, at: Any) -> None:
    keeper = await world.manager()
    actor, resource = await world.person(), await world.resource(checklist_before=BEFORE)
    async with world.writing() as session:
        (await session.get_one(Resource, resource)).contact_id = keeper.user_id
    made = await book(world, actor, resource)
    at(START)
    async with world.writing() as session:
        await presence.arrive(session, actor, made, answers={"pressure": 9})
    async with world.reading() as reads:
        (before,) = await presence.checklists.of(reads, actor, made)
        told = (
            await reads.scalars(
                select(Notification).where(
                    Notification.user_id == keeper.user_id,
                    Notification.kind == "booking.checklist",
                )
            )
        ).one()
    assert before.faults == ("pressure",)
    assert "9" in told.args["answers"]


async def test_the_list_after_use_is_asked_for_and_holds_nobody_up(world: World, at: Any) -> None:
    actor, resource = await world.person(), await world.resource(checklist_after=AFTER)
    made = await book(world, actor, resource)
    at(START)
    async with world.writing() as session:
        await bookings.check_in(session, actor, made)
    async with world.writing() as session:
        await bookings.check_out(session, actor, made)
    async with world.writing() as session:
        await presence.checklists.fill(
            session, actor, made, moment=Moment.AFTER, answers={"hours": 12}
        )
    at(START + 26 * HOUR)
    with pytest.raises(BookingStateConflict):
        async with world.writing() as session:
            await presence.checklists.fill(
                session, actor, made, moment=Moment.AFTER, answers={"hours": 13}
            )


async def test_qualifications_are_checked_again_at_check_in(world: World, at: Any) -> None:
    actor, laser = await world.person(), Qualification(id=ids.new(), name="Laser safety")
    async with world.writing() as session:
        session.add(laser)
        await session.flush()
        grant = QualificationGrant(
            id=ids.new(),
            person_id=actor.user_id,
            qualification_id=laser.id,
            granted_at=clock.now(),
        )
        session.add(grant)
    resource = await world.resource(required_qualifications=[str(laser.id)])
    made = await book(world, actor, resource)
    async with world.writing() as session:
        (await session.get_one(QualificationGrant, grant.id)).revoked_at = clock.now()
    at(START)
    with pytest.raises(BookingRefused, match="Laser safety"):
        async with world.writing() as session:
            await bookings.check_in(session, actor, made)


async def test_one_stays_longer_where_that_is_free(world: World, at: Any) -> None:
    actor, other, resource = await world.person(), await world.person(), await world.resource()
    made = await book(world, actor, resource)
    async with world.writing() as session:
        after = Wish(resource, START + 3 * HOUR, START + 4 * HOUR)
        await bookings.create(session, other, wish=after)
    at(START + HOUR)
    async with world.writing() as session:
        await bookings.check_in(session, actor, made)
    async with world.writing() as session:
        view = await presence.extend(session, actor, made, minutes=60)
    assert view.ends_at == START + 3 * HOUR
    with pytest.raises(BookingOverlaps):
        async with world.writing() as session:
            await presence.extend(session, actor, made, minutes=15)


@pytest.mark.parametrize(
    ("started", "ended", "becomes"),
    [
        (-HOUR, 5 * MINUTE, Status.CANCELLED),
        (5 * MINUTE, 10 * MINUTE, Status.CANCELLED),
        (20 * MINUTE, None, Status.NO_SHOW),
        (-2 * HOUR, -HOUR, Status.NO_SHOW),
    ],
    ids=["until-the-start", "in-the-grace", "after-the-grace", "long-before"],
)
async def test_nobody_missed_what_was_down_while_they_could_have_come(
    world: World, at: Any, started: timedelta, ended: timedelta | None, becomes: Status
) -> None:
    actor = await world.person()
    resource = await world.resource(is_check_in_required=True, check_in_grace_minutes=15)
    made = await book(world, actor, resource)
    await outage(world, resource, started, ended)
    at(START + HOUR)
    async with world.writing() as session:
        released = await bookings.upkeep.release_no_shows(session)
    assert released == (becomes is Status.NO_SHOW)
    at(START + 3 * HOUR)
    async with world.writing() as session:
        await bookings.upkeep.complete(session)
    assert await status(world, made) is becomes


async def test_a_job_that_did_not_run_for_hours_loses_no_no_show(world: World, at: Any) -> None:
    actor = await world.person()
    resource = await world.resource(is_check_in_required=True, check_in_grace_minutes=15)
    made = await book(world, actor, resource)
    at(START + 9 * HOUR)
    async with world.writing() as session:
        assert await bookings.upkeep.release_no_shows(session) == 0
        assert await bookings.upkeep.complete(session) == 1
    assert await status(world, made) is Status.NO_SHOW
    async with world.reading() as reads:
        told = await reads.scalars(
            select(Notification.kind).where(Notification.user_id == actor.user_id)
        )
    assert "booking.no-show" in list(told)


async def test_what_was_excused_keeps_nobody_from_their_turn(world: World, at: Any) -> None:
    actor = await world.person()
    resource = await world.resource(units=2, is_check_in_required=True)
    down = await world.resource(is_check_in_required=True)
    await book(world, actor, down)
    await outage(world, down, -HOUR, None)
    await book(world, actor, resource)
    await book(world, actor, resource)
    at(START + HOUR)
    async with world.writing() as session:
        assert await bookings.upkeep.release_no_shows(session, limit=1) == 1
    async with world.writing() as session:
        assert await bookings.upkeep.release_no_shows(session, limit=1) == 1
