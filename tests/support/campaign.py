"""What the clients of the booking campaign do: everything that can be done to bookings.

A deed may be refused; a refusal must do no harm either.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import Actor
from src.domain import bookings, resources
from src.domain.bookings import Booking, Change, Status, Wish
from src.domain.bookings.displacement import Choice
from src.domain.bookings.parties.views import GroupItem
from src.domain.bookings.series import Part
from src.domain.bookings.tables import (
    BookingSeries,
    Offer,
    OfferState,
    SlotHold,
    Transfer,
    TransferState,
)
from src.domain.bookings.waiting import Awaited
from src.domain.resources.closures import ClosureWish
from src.domain.resources.tables import Hold, ResourceState
from tests.support.world import World

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
    people: dict[UUID, Actor] = field(default_factory=dict)
    closures: list[UUID] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)


@dataclass
class Client:
    """One of many, with a mind of its own."""

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
    ids: list[UUID] = list(await session.scalars(open_.with_for_update(skip_locked=True)))
    offers = select(Offer.id).where(Offer.state == OfferState.OPEN).limit(1)
    lapsed = list(await session.scalars(offers.with_for_update(skip_locked=True)))
    await session.execute(update(Offer).where(Offer.id.in_(lapsed)).values(expires_at=past))
    ids += lapsed
    await session.execute(
        update(Booking).where(Booking.id.in_(ids)).values(request_expires_at=past)
    )
    await session.execute(update(Hold).where(Hold.holder_id.in_(ids)).values(expires_at=past))


async def tidy(client: Client, session: AsyncSession) -> None:
    await bookings.upkeep.expire_requests(session)
    await bookings.upkeep.release_no_shows(session)
    await bookings.upkeep.complete(session)
    await bookings.waiting.upkeep.lapse_offers(session)
    await bookings.waiting.upkeep.close_entries(session)
    await bookings.slots.tidy(session)


async def book_series(client: Client, session: AsyncSession) -> None:
    start, end = client.window()
    rule = client.mind.choice(["FREQ=DAILY;COUNT=3", "FREQ=DAILY;INTERVAL=2;COUNT=2"])
    await bookings.series.create(
        session,
        client.actor,
        wish=Wish(client.resource(), start, min(end, start + 4 * SLOT)),
        rule=rule,
        skip_conflicts=client.mind.random() < 0.5,
    )


async def _series(client: Client, session: AsyncSession) -> UUID | None:
    ids = list(await session.scalars(select(BookingSeries.id).order_by(BookingSeries.id)))
    return client.mind.choice(ids) if ids else None


def _part(client: Client) -> Part:
    if client.mind.random() < 0.5:
        return Part("all")
    return Part("following", client.field.base + client.mind.randrange(0, 3) * timedelta(days=1))


async def change_series(client: Client, session: AsyncSession) -> None:
    if (series_id := await _series(client, session)) is not None:
        start, end = client.window()
        changes = {"starts_at": start, "ends_at": min(end, start + 4 * SLOT)}
        manager = client.field.manager
        await bookings.series.change(
            session, manager, series_id, part=_part(client), changes=changes
        )


async def cancel_series(client: Client, session: AsyncSession) -> None:
    if (series_id := await _series(client, session)) is not None:
        await bookings.series.cancel(session, client.field.manager, series_id, part=_part(client))


async def book_group(client: Client, session: AsyncSession) -> None:
    start, end = client.window()
    chosen = client.mind.sample(client.field.resources, 2)
    made = await bookings.parties.groups.create(
        session,
        client.actor,
        wish=Wish(chosen[0], start, end),
        items=[GroupItem(resource_id) for resource_id in chosen],
    )
    client.field.ids.extend(view.id for view in made)


async def wait(client: Client, session: AsyncSession) -> None:
    start, end = client.window()
    short, long = sorted(client.mind.choices([15, 30, 45, 60], k=2))
    awaited = Awaited(start, end + 4 * SLOT, short, long, resource_id=client.resource())
    await bookings.waiting.entries.add(session, client.actor, awaited=awaited)


async def _offer(session: AsyncSession, client: Client) -> Offer | None:
    wanted = select(Offer).where(Offer.state == OfferState.OPEN).order_by(Offer.id).limit(20)
    found = list(await session.scalars(wanted))
    return client.mind.choice(found) if found else None


async def answer_offer(client: Client, session: AsyncSession) -> None:
    offer = await _offer(session, client)
    if offer is None:
        return
    person = await session.scalar(
        select(bookings.tables.WaitingEntry.person_id).where(
            bookings.tables.WaitingEntry.id == offer.entry_id
        )
    )
    actor = client.field.people.get(person, client.actor) if person else client.actor
    if client.mind.random() < 0.7:
        view = await bookings.waiting.offers.accept(session, actor, offer.id)
        client.field.ids.append(view.id)
    else:
        await bookings.waiting.offers.decline(session, actor, offer.id)


async def keep_slot(client: Client, session: AsyncSession) -> None:
    start, end = client.window()
    await bookings.slots.hold(
        session, client.actor, resource_id=client.resource(), starts_at=start, ends_at=end
    )


async def use_slot(client: Client, session: AsyncSession) -> None:
    wanted = select(SlotHold).where(SlotHold.person_id == client.actor.user_id).limit(1)
    slot = (await session.scalars(wanted)).one_or_none()
    if slot is None:
        return
    wish = Wish(slot.resource_id, slot.starts_at, slot.ends_at, slot_id=slot.id)
    view = await bookings.create(session, client.actor, wish=wish)
    client.field.ids.append(view.id)


async def hand_over(client: Client, session: AsyncSession) -> None:
    id_ = await client.one_of(session, Status.CONFIRMED)
    receiver = client.mind.choice(sorted(client.field.people, key=str))
    await bookings.parties.transfers.offer(session, client.field.manager, id_, to=receiver)


async def take_over(client: Client, session: AsyncSession) -> None:
    wanted = select(Transfer).where(Transfer.state == TransferState.OPEN).limit(10)
    found = list(await session.scalars(wanted))
    if found:
        transfer = client.mind.choice(found)
        actor = client.field.people[transfer.to_id]
        await bookings.parties.transfers.accept(session, actor, transfer.id)


DEEDS: dict[Deed, int] = {
    create: 30, start_now: 12, move: 14, stretch: 12, swap: 8, cancel: 10, restore: 5, approve: 8,
    reject: 3, end_early: 8, close: 4, reopen: 3, break_down: 1, repair: 3, let_lapse: 2, tidy: 2,
    book_series: 5, change_series: 3, cancel_series: 2, book_group: 5, wait: 8, answer_offer: 6,
    keep_slot: 4, use_slot: 4, hand_over: 3, take_over: 3,
}  # fmt: skip
