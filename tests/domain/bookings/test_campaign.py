"""Random work by sixteen clients at once must leave calendar, ledger and record whole.

Short in `make test`, long in `make campaign` (ALIQUOT_TEST_CAMPAIGN=full). The seed stands in the
test's name; what the clients do follows from it, how they interleave does not.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from src.core import clock
from src.core.errors import DomainError
from src.core.events import Event
from src.domain import bookings
from src.domain.bookings import RESTORES, TARGETS, Booking, Status
from src.domain.bookings.tables import (
    HolderKind,
    Offer,
    OfferState,
    Period,
    QuotaBalance,
    QuotaEntry,
    QuotaUnit,
    SlotHold,
)
from src.domain.resources.hours import Window, joined, without
from src.domain.resources.tables import (
    Closure,
    ClosureResource,
    Hold,
    HoldKind,
    Unit,
)
from tests.support.campaign import DEEDS, HELD, Client, Field, create, start_now, tidy
from tests.support.world import World

FULL = os.environ.get("ALIQUOT_TEST_CAMPAIGN") == "full"
OPERATIONS = 5_000 if FULL else 200
SEEDS = range(1, 6) if FULL else range(1, 2)
CLIENTS = 16
WEEKLY = 6 * 60  # minutes a person may book


async def work(client: Client) -> None:
    while sum(client.field.outcomes.values()) < OPERATIONS:
        (deed,) = client.mind.choices(list(DEEDS), list(DEEDS.values()))
        if not client.field.ids and deed not in {create, start_now}:
            deed = create
        said = "done"
        try:
            async with client.field.world.writing() as session:
                await deed(client, session)
        except DomainError as refusal:
            said = refusal.code
        client.field.outcomes[f"{deed.__name__}: {said}"] += 1


@pytest.mark.campaign
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.timeout(300 + OPERATIONS)
async def test_whatever_sixteen_clients_do_all_stays_whole(world: World, seed: int) -> None:
    minutes: dict[str, Any] = {"buffer_before_minutes": 5, "buffer_after_minutes": 10}
    shared = Field(
        world,
        await world.manager(),
        [
            await world.resource(units=2),
            await world.resource(**minutes),
            await world.resource(units=3, is_approval_required=True),
        ],
        datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1),
    )
    await limit_everybody(shared)
    people = [await world.person() for _number in range(CLIENTS)]
    shared.people.update({person.user_id: person for person in people if person.user_id})
    clients = [
        Client(shared, person, random.Random(seed * 100 + number))
        for number, person in enumerate(people)
    ]
    await asyncio.gather(*(work(client) for client in clients))
    print(sorted(shared.outcomes.items()))
    async with world.writing() as session:
        await tidy(clients[0], session)
    await no_two_hold_the_same(world)
    await holds_are_what_states_say(world)
    await offers_and_slots_hold_what_they_say(world)
    await blocks_fill_what_is_left(world)
    await every_state_was_reached_by_the_table(world)
    await the_ledger_says_what_bookings_say(world)
    done = {name.partition(":")[0] for name in shared.outcomes if name.endswith(": done")}
    assert {"create", "cancel", "wait"} <= done


async def limit_everybody(shared: Field) -> None:
    wish = bookings.quotas.QuotaWish(
        name="Everybody",
        holder_kind=HolderKind.EVERYONE,
        period=Period.WEEK,
        unit=QuotaUnit.MINUTES,
        amount=WEEKLY,
    )
    async with shared.world.writing() as session:
        await bookings.quotas.allocations.create(session, shared.manager, wish=wish)


async def no_two_hold_the_same(world: World) -> None:
    async with world.reading() as reads:
        holds = list(await reads.scalars(select(Hold).order_by(Hold.unit_id, Hold.starts_at)))
    for place, hold in enumerate(holds):
        for other in holds[place + 1 :]:
            if other.unit_id != hold.unit_id or other.starts_at >= hold.ends_at:
                continue
            assert hold.kind is HoldKind.BLOCK, (hold.holder_id, other.holder_id)
            assert other.kind is HoldKind.BLOCK, (hold.holder_id, other.holder_id)


async def holds_are_what_states_say(world: World) -> None:
    now = clock.now()
    async with world.reading() as reads:
        holds = {
            hold.holder_id: (hold.unit_id, hold.starts_at, hold.ends_at, hold.expires_at)
            for hold in await reads.scalars(select(Hold).where(Hold.kind == HoldKind.BOOKING))
        }
        rows = list(await reads.scalars(select(Booking)))
    expected = {}
    for row in rows:
        is_lapsed = row.request_expires_at is not None and row.request_expires_at <= now
        if row.status not in HELD:
            continue
        if row.status is Status.REQUESTED and is_lapsed:
            holds.pop(row.id, None)  # it counts as free whether or not somebody has tidied
            continue
        expected[row.id] = (
            row.unit_id,
            row.starts_at - timedelta(minutes=row.buffer_before),
            row.ends_at + timedelta(minutes=row.buffer_after),
            row.request_expires_at if row.status is Status.REQUESTED else None,
        )
    assert holds == expected


async def blocks_fill_what_is_left(world: World) -> None:
    async with world.reading() as reads:
        units = list(await reads.scalars(select(Unit)))
        holds = list(await reads.scalars(select(Hold)))
        closures = {
            closure.id: closure
            for closure in await reads.scalars(
                select(Closure).where(Closure.cancelled_at.is_(None))
            )
        }
        pairs = select(ClosureResource.closure_id, ClosureResource.resource_id)
        named = {
            (closure_id, resource_id) for closure_id, resource_id in await reads.execute(pairs)
        }
    for closure in closures.values():
        for unit in units:
            if not closure.is_everything and (closure.id, unit.resource_id) not in named:
                continue
            mine = [hold for hold in holds if hold.unit_id == unit.id]
            taken = [Window(h.starts_at, h.ends_at) for h in mine if h.kind is HoldKind.BOOKING]
            blocks = [Window(h.starts_at, h.ends_at) for h in mine if h.holder_id == closure.id]
            whole = Window(closure.starts_at, closure.ends_at)
            assert joined(blocks) == without(whole, taken)
    blocked = {hold.holder_id for hold in holds if hold.kind is HoldKind.BLOCK}
    assert blocked <= closures.keys()


async def every_state_was_reached_by_the_table(world: World) -> None:
    async with world.reading() as reads:
        states = {row.id: row.status for row in await reads.scalars(select(Booking))}
        events = await reads.scalars(
            select(Event).where(Event.subject_type == "booking").order_by(Event.at, Event.id)
        )
        steps: dict[UUID, list[tuple[str | None, str]]] = {}
        for event in events:
            if "status" in event.changes and event.subject_id is not None:
                before, after = event.changes["status"]
                steps.setdefault(event.subject_id, []).append((before, after))
    assert states.keys() == steps.keys()
    for booking_id, path in steps.items():
        assert path[0][0] is None
        assert path[-1][1] == states[booking_id]
        for before, after in path[1:]:
            assert before is not None
            known = TARGETS[Status(before)] | RESTORES.get(Status(before), frozenset())
            assert Status(after) in known


async def offers_and_slots_hold_what_they_say(world: World) -> None:
    now = clock.now()
    async with world.reading() as reads:
        rows = await reads.scalars(
            select(Hold).where(Hold.kind.in_((HoldKind.OFFER, HoldKind.SLOT)))
        )
        held = {
            row.holder_id: row.unit_id for row in rows if row.expires_at and row.expires_at > now
        }
        open_ = select(Offer).where(Offer.state == OfferState.OPEN, Offer.expires_at > now)
        wanted = {offer.id: offer.unit_id for offer in await reads.scalars(open_)}
        kept = await reads.scalars(select(SlotHold).where(SlotHold.expires_at > now))
        wanted |= {slot.id: slot.unit_id for slot in kept}
    assert held == wanted


async def the_ledger_says_what_bookings_say(world: World) -> None:
    """Worked out anew from the bookings: minutes of each week, from Monday on, in UTC."""
    expected: Counter[tuple[UUID, Any]] = Counter()
    async with world.reading() as reads:
        for booking in await reads.scalars(select(Booking)):
            is_used = booking.status in {*HELD, Status.COMPLETED, Status.NO_SHOW}
            if is_used or (booking.status is Status.CANCELLED and booking.is_cancelled_late):
                for week, minutes in by_week(booking.starts_at, booking.ends_at).items():
                    expected[booking.booked_for, week] += minutes
        lines: Counter[tuple[UUID, Any]] = Counter()
        for line in await reads.scalars(select(QuotaEntry)):
            lines[line.holder_id, line.period_start] += line.amount
        balances = {
            (row.holder_id, row.period_start): row.taken
            for row in await reads.scalars(select(QuotaBalance))
            if row.taken
        }
    assert {key: value for key, value in lines.items() if value} == balances
    assert {key: value for key, value in expected.items() if value} == balances
    assert max(balances.values(), default=0) <= WEEKLY


def by_week(starts_at: datetime, ends_at: datetime) -> Mapping[Any, int]:
    found: Counter[Any] = Counter()
    at = starts_at.astimezone(UTC)
    while at < ends_at:
        monday = (at - timedelta(days=at.weekday())).date()
        week_ends = datetime.combine(monday + timedelta(days=7), datetime.min.time(), UTC)
        until = min(week_ends, ends_at.astimezone(UTC))
        found[monday] += int((until - at).total_seconds() // 60)
        at = until
    return found
