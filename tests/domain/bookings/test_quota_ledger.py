"""The ledger says what the bookings say, and nobody takes more than there is."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import ids
from src.core.actor import Actor
from src.core.errors import DomainError
from src.domain import bookings
from src.domain.bookings import Booking, Wish
from src.domain.bookings.errors import BookingRefused
from src.domain.bookings.quotas import facts, ledger
from src.domain.bookings.tables import (
    Allocation,
    EntryKind,
    HolderKind,
    Period,
    QuotaBalance,
    QuotaEntry,
    QuotaUnit,
)
from src.domain.resources.tables import Resource
from tests.support.statements import counted
from tests.support.world import HOUR, MINUTE, World, tomorrow

START = tomorrow(9)


@pytest.fixture
async def clock() -> AsyncIterator[Any]:
    """The clock of the process, five hours before the first booking."""
    with time_machine.travel(START - 5 * HOUR, tick=True) as traveller:
        yield traveller


async def allocation(world: World, amount: int, **columns: Any) -> UUID:
    row = Allocation(
        id=ids.new(),
        name=columns.pop("name", "Quota"),
        holder_kind=columns.pop("holder_kind", HolderKind.EVERYONE),
        period=columns.pop("period", Period.DAY),
        unit=columns.pop("unit", QuotaUnit.MINUTES),
        amount=amount,
        **columns,
    )
    async with world.writing() as session:
        session.add(row)
    return row.id


async def book(
    world: World, actor: Actor, resource: UUID, start: datetime = START, *, minutes: int = 60,
    **about: Any,
) -> UUID:  # fmt: skip
    wish = Wish(resource, start, start + minutes * MINUTE, **about)
    async with world.writing() as session:
        return (await bookings.create(session, actor, wish=wish)).id


async def lines(world: World, booking_id: UUID) -> list[tuple[EntryKind, int]]:
    async with world.reading() as reads:
        found = await reads.execute(
            select(QuotaEntry.kind, QuotaEntry.amount)
            .where(QuotaEntry.booking_id == booking_id)
            .order_by(QuotaEntry.id)
        )
        return [(kind, amount) for kind, amount in found]


async def require_whole(world: World, *, is_bounded: bool = True) -> None:
    """Ledger sums are what the bookings say, balances are ledger sums, none above its amount."""
    async with world.reading() as reads:
        entries = (await reads.scalars(select(QuotaEntry))).all()
        balances = (await reads.scalars(select(QuotaBalance))).all()
        amounts = {each.id: each.amount for each in await reads.scalars(select(Allocation))}
        wanted: Counter[tuple[UUID, facts.Account]] = Counter()
        for booking in (await reads.scalars(select(Booking))).all():
            known = facts.limits(
                await reads.scalar(
                    select(
                        facts.column(
                            booking.booked_for,
                            around=facts.Window(booking.starts_at, booking.ends_at),
                            team_ids=[booking.team_id] if booking.team_id else [],
                        )
                    ).where(Resource.id == booking.resource_id)
                )
            )
            for account, amount in ledger.due(booking, known).items():
                wanted[booking.id, account] = amount
    said: Counter[tuple[UUID, facts.Account]] = Counter()
    sums: Counter[facts.Account] = Counter()
    for each in entries:
        account = (each.allocation_id, each.holder_id, each.period_start)
        said[each.booking_id, account] += each.amount
        sums[account] += each.amount
    assert +said == +wanted
    assert {(b.allocation_id, b.holder_id, b.period_start): b.taken for b in balances} == sums
    if is_bounded:
        assert all(balance.taken <= amounts[balance.allocation_id] for balance in balances)


async def test_a_booking_reserves_and_what_is_not_used_is_released(
    world: World, clock: Any
) -> None:
    actor, resource = await world.person(), await world.resource()
    await allocation(world, 600)
    made = await book(world, actor, resource, minutes=120)
    clock.move_to(START + MINUTE)
    async with world.writing() as session:
        await bookings.check_in(session, actor, made)
    clock.move_to(START + 30 * MINUTE)
    async with world.writing() as session:
        await bookings.check_out(session, actor, made)
    reserved, released, committed = await lines(world, made)
    assert reserved == (EntryKind.RESERVE, 120)
    assert released[0] is EntryKind.RELEASE
    assert -90 <= released[1] <= -89  # a minute that was begun counts
    assert committed == (EntryKind.COMMIT, 0)
    await require_whole(world)


async def test_a_cancellation_in_time_gives_back_and_a_late_one_counts(
    world: World, clock: Any
) -> None:
    actor, resource = await world.person(), await world.resource(cancel_notice_minutes=60)
    await allocation(world, 600)
    early, late = [await book(world, actor, resource, START + hours * HOUR) for hours in (0, 2)]
    async with world.writing() as session:
        await bookings.cancel(session, actor, early)
    assert await lines(world, early) == [(EntryKind.RESERVE, 60), (EntryKind.RELEASE, -60)]
    clock.move_to(START + HOUR + 30 * MINUTE)
    async with world.writing() as session:
        await bookings.cancel(session, actor, late)
    assert await lines(world, late) == [(EntryKind.RESERVE, 60), (EntryKind.COMMIT, 0)]
    await require_whole(world)


async def test_nobody_gets_more_than_there_is_and_the_refusal_says_how_much_is_left(
    world: World, clock: Any
) -> None:
    team = await world.team()
    actor, resource = await world.person(team_ids=[team]), await world.resource()
    await allocation(world, 300)
    await allocation(world, 90, name="The team's", holder_kind="team", holder_id=team)
    await book(world, actor, resource, team_id=team)
    with pytest.raises(BookingRefused, match="The team's: 30 min of 1 h 30 min") as caught:
        await book(world, actor, resource, START + HOUR, team_id=team)
    assert [each.code for each in caught.value.errors] == ["quota-exceeded"]
    await book(world, actor, resource, START + HOUR, minutes=30, team_id=team)
    await require_whole(world)


async def test_of_many_at_once_only_as_many_get_in_as_there_is_room_for(world: World) -> None:
    actor = await world.person()
    await allocation(world, 150)
    places = [await world.resource() for _each in range(6)]
    outcomes = await asyncio.gather(
        *(book(world, actor, place, START) for place in places), return_exceptions=True
    )
    assert sum(isinstance(each, UUID) for each in outcomes) == 2
    assert all(isinstance(each, UUID | BookingRefused) for each in outcomes)
    await require_whole(world)


async def test_quotas_cost_two_statements_when_they_apply(world: World) -> None:
    actor, resource = await world.person(), await world.resource()

    async def cost(hours: int) -> int:
        with counted(world.database) as said:
            await book(world, actor, resource, START + hours * HOUR)
        return len(said)

    without = await cost(0)
    await allocation(world, 600)
    await allocation(world, 10, unit=QuotaUnit.COUNT)
    assert await cost(2) - without <= 2


async def test_what_was_booked_before_an_allocation_counts(world: World, clock: Any) -> None:
    actor, resource = await world.person(), await world.resource()
    await book(world, actor, resource, minutes=120)
    made = await allocation(world, 60)
    async with world.writing() as session:
        row = await session.get_one(Allocation, made)
        (limit,) = facts.limits(
            await session.scalar(select(facts.rows(Allocation.id == made).scalar_subquery()))
        )
        assert await ledger.fill(session, row, limit) == 1
    async with world.writing() as session:
        assert await ledger.fill(session, row, limit) == 0
    await require_whole(world, is_bounded=False)


async def test_a_limit_that_came_later_holds_up_neither_coming_nor_the_job(
    world: World, clock: Any
) -> None:
    actor, resource = await world.person(), await world.resource()
    come, left = [await book(world, actor, resource, START + hours * HOUR) for hours in (0, 1)]
    await allocation(world, 10)  # as where a role is given, or its last day is put off
    clock.move_to(START + MINUTE)
    async with world.writing() as session:
        await bookings.check_in(session, actor, come)
    clock.move_to(START + 5 * HOUR)
    async with world.writing() as session:
        assert await bookings.upkeep.complete(session) == 2
    assert [kind for kind, _amount in await lines(world, left)][-1] is EntryKind.COMMIT
    await require_whole(world, is_bounded=False)


async def acted(session: AsyncSession, mind: random.Random, field: Field) -> None:
    """One of the things that people do, with a booking that may well not allow it."""
    actor = mind.choice(field.people)
    start = field.now + mind.randrange(1, 70) * 20 * MINUTE
    which = mind.choice(field.made)
    match mind.choice(["book", "book", "move", "cancel", "in", "out", "approve", "reject"]):
        case "book":
            team = mind.choice([None, *actor.team_ids])
            end = start + mind.randrange(10, 400) * MINUTE
            wish = Wish(mind.choice(field.places), start, end, team_id=team)
            field.made.append((await bookings.create(session, actor, wish=wish)).id)
        case "move":
            changes = {"starts_at": start, "ends_at": start + mind.randrange(10, 300) * MINUTE}
            await bookings.change(session, actor, which, changes=changes)
        case "cancel":
            await bookings.cancel(session, actor, which)
        case "in":
            await bookings.check_in(session, actor, which)
        case "out":
            await bookings.check_out(session, actor, which)
        case "approve":
            await bookings.approve(session, field.people[2], which)
        case "reject":
            await bookings.reject(session, field.people[2], which)


@dataclass
class Field:
    """What is acted on. The last of the people is a manager."""

    people: list[Actor]
    places: list[UUID]
    now: datetime = START - 5 * HOUR
    made: list[UUID] = field(default_factory=list)


JOBS = (
    bookings.upkeep.expire_requests,
    bookings.upkeep.release_no_shows,
    bookings.upkeep.complete,
)


@pytest.mark.parametrize("seed", [1, 2])
async def test_whatever_happens_the_ledger_says_what_the_bookings_say(
    world: World, clock: Any, seed: int
) -> None:
    mind, team = random.Random(seed), await world.team()
    people = [await world.person(team_ids=[team]), await world.person(), await world.manager()]
    places = [
        await world.resource(cancel_notice_minutes=240),
        await world.resource(is_check_in_required=True, check_in_grace_minutes=10),
        await world.resource(is_approval_required=True, request_hold_minutes=120),
    ]
    await allocation(world, 300)
    often = {"period": Period.WEEK, "unit": QuotaUnit.COUNT}
    await allocation(world, 4, holder_kind="role", role="member", **often)
    await allocation(world, 200, holder_kind="team", holder_id=team, resource_id=places[0])
    stage = Field(people, places)
    stage.made.append(await book(world, people[1], places[0], stage.now + HOUR))
    for step in range(60):
        with suppress(DomainError):
            async with world.writing() as session:
                await acted(session, mind, stage)
        if step % 6 == 5:
            stage.now += timedelta(minutes=mind.randrange(10, 90))
            clock.move_to(stage.now)
            for job in JOBS:
                async with world.writing() as session:
                    await job(session)
    await require_whole(world)


async def test_who_may_pass_over_rules_may_pass_over_a_quota(world: World, clock: Any) -> None:
    manager, resource = await world.manager(), await world.resource()
    await allocation(world, 30)
    with pytest.raises(BookingRefused):
        await book(world, manager, resource)
    await book(world, manager, resource, override_reason="A deadline")
    await require_whole(world, is_bounded=False)
