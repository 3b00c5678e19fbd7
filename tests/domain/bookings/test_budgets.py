"""How many statements things cost, whatever the number of bookings. Identity is two more."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from src.core import ids
from src.core.actor import Actor
from src.domain import bookings
from src.domain.bookings import Wish
from src.domain.bookings.tables import Allocation, HolderKind, Period, QuotaUnit
from src.domain.resources.tables import Resource, Unit
from src.domain.training.tables import Qualification, QualificationGrant
from tests.support.statements import counted
from tests.support.world import HOUR, World, tomorrow

IDENTITY = 2
EVERY_DAY = [(weekday, 0, 1440) for weekday in range(7)]
RULES: dict[str, Any] = {
    "slot_minutes": 15,
    "min_minutes": 15,
    "max_minutes": 480,
    "earliest_minutes": 60 * 24 * 60,
    "latest_minutes": 10,
    "buffer_before_minutes": 5,
    "buffer_after_minutes": 10,
    "cancel_notice_minutes": 60,
    "is_check_in_required": True,
    "max_upcoming": 400,
    "max_per_day": 100,
    "max_minutes_per_day": 1500,
    "max_minutes_per_week": 10_000,
    "is_parallel_refused": True,
    "questions": {"type": "object", "properties": {"dye": {"type": "string"}}},
}


async def fill(world: World, resource_id: UUID, *, many: int) -> None:
    person = await world.person()
    for number in range(many):
        start = tomorrow(0, days=1) + number * timedelta(minutes=75)
        wish = Wish(resource_id, start, start + HOUR)
        async with world.writing() as session:
            await bookings.create(session, person, wish=wish)


def _grant(qualification_id: UUID, actor: Actor) -> QualificationGrant:
    return QualificationGrant(
        id=ids.new(),
        person_id=actor.user_id,
        qualification_id=qualification_id,
        granted_at=datetime.now(UTC) - timedelta(days=1),
    )


def _quota() -> Allocation:
    return Allocation(
        id=ids.new(),
        name="A week for everyone",
        holder_kind=HolderKind.EVERYONE,
        period=Period.WEEK,
        unit=QuotaUnit.MINUTES,
        amount=6000,
    )


@pytest.mark.parametrize("approval", [False, True])
async def test_a_booking_with_all_rules_costs_at_most_twelve(world: World, approval: bool) -> None:
    """What is requested draws on no quota here: the two lines of the ledger are its approval's."""
    wanted = Qualification(id=ids.new(), name="Lasers")
    async with world.writing() as session:
        session.add(wanted)
    resource = await world.resource(
        units=3,
        hours=EVERY_DAY,
        **RULES,
        is_approval_required=approval,
        required_qualifications=[str(wanted.id)],
    )
    # With an address the record of the event has a second row.
    actor = replace(await world.person(), ip="192.0.2.7")
    async with world.writing() as session:
        session.add(_grant(wanted.id, actor))
        if not approval:
            session.add(_quota())
    wish = Wish(resource, tomorrow(9), tomorrow(11), title="Slides", answers={"dye": "DAPI"})
    with counted(world.database) as said:
        async with world.writing() as session:
            await bookings.create(session, actor, wish=wish)
    assert len(said) + IDENTITY <= 12, "\n\n".join(said)


async def test_a_refusal_costs_the_same_however_much_is_booked(world: World) -> None:
    resource = await world.resource(units=2, hours=EVERY_DAY, **RULES)
    actor = await world.person()
    wish, costs = Wish(resource, tomorrow(0), tomorrow(11)), []
    for many in (1, 8):
        await fill(world, resource, many=many)
        with counted(world.database) as said:
            async with world.reading() as reads:
                answer = await bookings.check(reads, actor, wish=wish)
        costs.append(len(said) + IDENTITY)
    assert answer.outcome == "refused"
    assert costs[0] == costs[1] <= 8


async def test_asking_about_a_time_that_fits_costs_at_most_five(world: World) -> None:
    resource = await world.resource(units=2, hours=EVERY_DAY, **RULES)
    actor = await world.person()
    with counted(world.database) as said:
        async with world.reading() as reads:
            answer = await bookings.check(
                reads, actor, wish=Wish(resource, tomorrow(9), tomorrow(11))
            )
    assert (answer.outcome, answer.suggestions) == ("confirmed", ())
    assert len(said) + IDENTITY <= 5, "\n\n".join(said)


async def test_one_resources_week_costs_at_most_four(world: World) -> None:
    resource = await world.resource(units=2, hours=EVERY_DAY, **RULES)
    actor = await world.person()
    costs = []
    for many in (1, 12):
        await fill(world, resource, many=many)
        with counted(world.database) as said:
            async with world.reading() as reads:
                seen = await bookings.calendar(
                    reads,
                    actor,
                    resource_ids=[resource],
                    from_=tomorrow(0, days=0),
                    to=tomorrow(0, days=7),
                )
        costs.append(len(said) + IDENTITY)
    assert len(seen.entries) == 13
    assert costs[0] == costs[1] <= 4


async def test_many_resources_week_costs_at_most_eight(world: World) -> None:
    made = [await world.resource(hours=EVERY_DAY) for _ in range(24)]
    for resource in made[:6]:
        await fill(world, resource, many=2)
    actor = await world.person()
    with counted(world.database) as said:
        async with world.reading() as reads:
            seen = await bookings.calendar(
                reads, actor, from_=tomorrow(0, days=0), to=tomorrow(0, days=7)
            )
    assert len(seen.resources) == 24
    assert len(seen.entries) == 12
    assert len(said) + IDENTITY <= 8


async def test_a_list_costs_at_most_six(world: World) -> None:
    resource = await world.resource(units=2)
    await fill(world, resource, many=10)
    actor = await world.person()
    with counted(world.database) as said:
        async with world.reading() as reads:
            page = await bookings.list_(reads, actor)
    assert len(page.items) == 10
    assert len(said) + IDENTITY <= 6


async def test_500_resources_week_costs_as_much_as_one_of_a_few(world: World) -> None:
    few = [await world.resource(hours=EVERY_DAY) for _ in range(3)]
    for resource in few:
        await fill(world, resource, many=2)
    async with world.writing() as session:
        made = [
            Resource(
                id=ids.new(),
                name=f"Many {number:03}",
                type_id=world.type_id,
                location_id=world.location_id,
                timezone="UTC",
                tags=[],
            )
            for number in range(497)
        ]
        session.add_all(made)
        await session.flush()
        session.add_all(Unit(resource_id=each.id, number=1) for each in made)
    actor = await world.person()
    with counted(world.database) as said:
        async with world.reading() as reads:
            seen = await bookings.calendar(
                reads, actor, from_=tomorrow(0, days=0), to=tomorrow(0, days=7)
            )
    assert (len(seen.resources), len(seen.entries)) == (500, 6)
    assert len(said) + IDENTITY <= 8
    with counted(world.database) as said:
        async with world.reading() as reads:
            seen = await bookings.own(
                reads, actor, from_=tomorrow(0, days=0), to=tomorrow(0, days=31)
            )
    assert (seen.entries, len(said) + IDENTITY <= 6) == ((), True)
