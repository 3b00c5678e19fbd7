"""Random work by eight clients at once must leave the calendar whole.

Short in `make test`, long in `make campaign` (ALIQUOT_TEST_CAMPAIGN=full). The seed stands in the
test's name; what the clients do follows from it, how they interleave does not.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import Actor
from src.core.errors import DomainError
from src.core.events import Event
from src.domain import bookings, resources
from src.domain.bookings import RESTORES, TARGETS, Booking, Change, Status, Wish
from src.domain.bookings.displacement import Choice
from src.domain.resources.closures import ClosureWish
from src.domain.resources.hours import Window, joined, without
from src.domain.resources.tables import (
    Closure,
    ClosureResource,
    Hold,
    HoldKind,
    ResourceState,
    Unit,
)
from tests.support.world import World

FULL = os.environ.get("ALIQUOT_TEST_CAMPAIGN") == "full"
SECONDS = 120.0 if FULL else 10.0
SEEDS = range(1, 6) if FULL else range(1, 2)
CLIENTS = 8
SLOT = timedelta(minutes=15)
HELD = {Status.REQUESTED, Status.CONFIRMED, Status.IN_USE}

Deed = Callable[["Client", AsyncSession], Awaitable[object]]


@dataclass
class Field:
    """What the clients share."""

    world: World
    manager: Actor
    resources: list[UUID]
    base: datetime
    ids: list[UUID] = field(default_factory=list)
    closures: list[UUID] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)


@dataclass
class Client:
    """One of eight, with a mind of its own."""

    field: Field
    actor: Actor
    mind: random.Random

    def window(self) -> tuple[datetime, datetime]:
        # A few hours of a few instruments: everybody is in everybody's way.
        start = self.field.base + self.mind.randrange(0, 40) * SLOT
        return start, start + self.mind.randrange(1, 9) * SLOT

    async def one_of(self, session: AsyncSession, *statuses: Status) -> UUID:
        """A booking that may well allow the deed, or any: refusals must do no harm either."""
        found = select(Booking.id).where(Booking.status.in_(statuses)).order_by(Booking.id)
        ids = list(await session.scalars(found)) if self.mind.random() < 0.8 else []
        return self.mind.choice(ids or self.field.ids)

    def resource(self) -> UUID:
        return self.mind.choice(self.field.resources)

    def choice(self) -> Choice:
        action = self.mind.choice(["keep", "move", "cancel"])
        if action != "move":
            return Choice(action)  # type: ignore[arg-type]
        start, end = self.window()
        return Choice("move", start, end, resource_id=self.mind.choice([None, self.resource()]))


async def create(client: Client, session: AsyncSession) -> None:
    start, end = client.window()
    unit = client.mind.choice([None, None, 1, 2])
    view = await bookings.create(
        session, client.actor, wish=Wish(client.resource(), start, end, unit=unit)
    )
    client.field.ids.append(view.id)


async def start_now(client: Client, session: AsyncSession) -> None:
    now = clock.now()
    wish = Wish(client.resource(), now, now + client.mind.randrange(1, 9) * SLOT)
    view = await bookings.create(session, client.actor, wish=wish)
    client.field.ids.append(view.id)
    if view.status is Status.CONFIRMED and client.mind.random() < 0.7:
        await bookings.check_in(session, client.actor, view.id)


async def move(client: Client, session: AsyncSession) -> None:
    id_ = await client.one_of(session, Status.REQUESTED, Status.CONFIRMED)
    start, end = client.window()
    changes: dict[str, object] = {"starts_at": start, "ends_at": end}
    if client.mind.random() < 0.3:
        changes["resource_id"] = client.resource()
    await bookings.change(session, client.field.manager, id_, changes=changes)


async def stretch(client: Client, session: AsyncSession) -> None:
    id_ = await client.one_of(session, *HELD)
    view = await bookings.get(session, client.field.manager, id_)
    end = view.ends_at + client.mind.randrange(-3, 4) * SLOT
    await bookings.change(session, client.field.manager, id_, changes={"ends_at": end})


async def swap(client: Client, session: AsyncSession) -> None:
    a = await client.one_of(session, Status.CONFIRMED)
    b = await client.one_of(session, Status.CONFIRMED)
    one = await bookings.get(session, client.field.manager, a)
    other = await bookings.get(session, client.field.manager, b)
    await bookings.change_many(
        session,
        client.field.manager,
        changes=[
            Change(a, {"starts_at": other.starts_at, "ends_at": other.ends_at,
                       "resource_id": other.resource.id}),
            Change(b, {"starts_at": one.starts_at, "ends_at": one.ends_at,
                       "resource_id": one.resource.id}),
        ],
    )  # fmt: skip


async def cancel(client: Client, session: AsyncSession) -> None:
    id_ = await client.one_of(session, Status.CONFIRMED)
    await bookings.cancel(session, client.field.manager, id_)


async def restore(client: Client, session: AsyncSession) -> None:
    id_ = await client.one_of(session, Status.CANCELLED)
    await bookings.restore(session, client.field.manager, id_)


async def approve(client: Client, session: AsyncSession) -> None:
    id_ = await client.one_of(session, Status.REQUESTED)
    await bookings.approve(session, client.field.manager, id_)


async def reject(client: Client, session: AsyncSession) -> None:
    id_ = await client.one_of(session, Status.REQUESTED)
    await bookings.reject(session, client.field.manager, id_, note="No")


async def end_early(client: Client, session: AsyncSession) -> None:
    id_ = await client.one_of(session, Status.IN_USE)
    await bookings.check_out(session, client.field.manager, id_)


async def close(client: Client, session: AsyncSession) -> None:
    start, end = client.window()
    on = None if client.mind.random() < 0.2 else (client.resource(),)
    manager = client.field.manager
    hits = await bookings.displacement.hits(
        session, manager, resource_ids=on, starts_at=start, ends_at=end
    )
    view = await bookings.displacement.close(
        session,
        manager,
        wish=ClosureWish(on, start, end, "Service"),
        choices={hit.booking.id: client.choice() for hit in hits},
    )
    client.field.closures.append(view.id)


async def reopen(client: Client, session: AsyncSession) -> None:
    if client.field.closures:
        closure_id = client.mind.choice(client.field.closures)
        await resources.closures.cancel(session, client.field.manager, closure_id)


async def break_down(client: Client, session: AsyncSession) -> None:
    resource_id, manager = client.resource(), client.field.manager
    hits = await bookings.displacement.hits(
        session, manager, resource_ids=[resource_id], starts_at=clock.now()
    )
    await bookings.displacement.take_down(
        session,
        manager,
        resource_id,
        state=ResourceState.DOWN,
        reason="Broken",
        choices={hit.booking.id: client.choice() for hit in hits},
    )


async def repair(client: Client, session: AsyncSession) -> None:
    for resource_id in client.field.resources:
        await bookings.displacement.bring_back(session, client.field.manager, resource_id)


async def let_lapse(client: Client, session: AsyncSession) -> None:
    """As if the deadline of some requests had come."""
    past = clock.now() - SLOT
    open_ = select(Booking.id).where(Booking.status == Status.REQUESTED).limit(3)
    ids = list(await session.scalars(open_.with_for_update(skip_locked=True)))
    await session.execute(
        update(Booking).where(Booking.id.in_(ids)).values(request_expires_at=past)
    )
    await session.execute(update(Hold).where(Hold.holder_id.in_(ids)).values(expires_at=past))


async def tidy(client: Client, session: AsyncSession) -> None:
    await bookings.upkeep.expire_requests(session)
    await bookings.upkeep.release_no_shows(session)
    await bookings.upkeep.complete(session)


DEEDS: dict[Deed, int] = {
    create: 30, start_now: 12, move: 14, stretch: 12, swap: 8, cancel: 10, restore: 5, approve: 8,
    reject: 3, end_early: 8, close: 4, reopen: 3, break_down: 1, repair: 3, let_lapse: 2, tidy: 2,
}  # fmt: skip


async def work(client: Client, until: float) -> None:
    while time.monotonic() < until:
        (deed,) = client.mind.choices(list(DEEDS), list(DEEDS.values()))
        if not client.field.ids and deed not in {create, start_now}:
            continue
        said = "done"
        try:
            async with client.field.world.writing() as session:
                await deed(client, session)
        except DomainError as refusal:
            said = refusal.code
        client.field.outcomes[f"{deed.__name__}: {said}"] += 1


@pytest.mark.campaign
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.timeout(SECONDS * 4 + 60)
async def test_whatever_eight_clients_do_the_calendar_stays_whole(world: World, seed: int) -> None:
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
    until = time.monotonic() + SECONDS
    clients = [
        Client(shared, await world.person(), random.Random(seed * 100 + number))
        for number in range(CLIENTS)
    ]
    await asyncio.gather(*(work(client, until) for client in clients))
    print(sorted(shared.outcomes.items()))
    await no_two_hold_the_same(world)
    await holds_are_what_states_say(world)
    await blocks_fill_what_is_left(world)
    await every_state_was_reached_by_the_table(world)
    done = {name.partition(":")[0] for name in shared.outcomes if name.endswith(": done")}
    assert {"create", "move", "cancel"} <= done
    assert sum(shared.outcomes.values()) > CLIENTS


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
