"""Waiting lists under random work: the order of serving, holds and offers, gaps and rooms."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, ids
from src.core.actor import Actor
from src.core.errors import DomainError
from src.domain import bookings, resources
from src.domain.bookings import Wish, rooms, slots, waiting
from src.domain.bookings.slots import disturbing, gaps
from src.domain.bookings.tables import Booking, Offer, OfferState, WaitingEntry, WaitingState
from src.domain.bookings.waiting import Awaited
from src.domain.resources.hours import Window
from src.domain.resources.policy import EffectivePolicy
from src.domain.resources.tables import Hold, HoldKind, ResourceState
from src.domain.resources.terms import Terms, UnitTerms
from tests.support.world import HOUR, MINUTE, World, tomorrow

START = tomorrow(9)
ON = (WaitingState.WAITING, WaitingState.OFFERED)
MOMENT = datetime(2026, 10, 24, tzinfo=UTC)  # the clocks of Berlin go back the night after


def terms(**policy: int) -> Terms:
    """A resource in Berlin with two units."""
    return Terms(
        ids.new(), "Confocal", ids.new(), ids.new(), "Europe/Berlin", ResourceState.AVAILABLE,
        None, 1, EffectivePolicy(**policy), (),  # type: ignore[arg-type]
        (UnitTerms(1, 1, True), UnitTerms(2, 2, True)), (),
    )  # fmt: skip


def minutes(low: int, high: int) -> st.SearchStrategy[int]:
    return st.integers(low, high)


@given(
    begins=minutes(0, 3000), length=minutes(1, 2000), slot=st.sampled_from([1, 5, 15, 30, 60]),
    least=minutes(1, 300), more=minutes(0, 600), shortest=minutes(1, 120),
)  # fmt: skip
def test_the_longest_window_lies_inside_on_the_grid_and_is_as_long_as_it_may_be(
    begins: int, length: int, slot: int, least: int, more: int, shortest: int
) -> None:
    on = terms(slot_minutes=slot, min_minutes=shortest, max_minutes=480)
    within = Window(MOMENT + begins * MINUTE, MOMENT + (begins + length) * MINUTE)
    found = rooms.longest(on, within, least, least + more, now=MOMENT - HOUR)
    step = slot * MINUTE
    if found is None:
        wanted = max(least, shortest)
        assert length < wanted + 2 * slot or min(least + more, 480) < wanted + slot
        return
    zone = ZoneInfo("Europe/Berlin")
    assert within.contains(found)
    for at in (found.starts_at, found.ends_at):
        local = at.astimezone(zone)
        assert (local.hour * 60 + local.minute) % slot == 0
    assert max(least, shortest) <= found.minutes <= min(least + more, 480)
    is_longest = found.ends_at + step > within.ends_at
    assert is_longest or found.minutes + slot > min(least + more, 480)


@given(start=minutes(0, 8), length=minutes(1, 8), after=st.booleans(), before=st.booleans())
def test_the_disturbance_is_none_where_a_gap_is_filled_and_most_in_the_middle(
    start: int,
    length: int,
    after: bool,
    before: bool,
) -> None:
    whole = Window(MOMENT, MOMENT + 16 * HOUR)
    room = rooms.Room(1, whole, after, before)
    window = Window(MOMENT + start * HOUR, MOMENT + (start + length) * HOUR)
    found = disturbing.of(room, window)
    assert 0 <= found <= 4
    is_filled = window == whole
    assert (found == 0) == (is_filled and after and before)
    assert (found == 4) == (window.starts_at > whole.starts_at and window.ends_at < whole.ends_at)


@pytest.mark.parametrize("seed", range(4))
async def test_gaps_are_what_is_left_between_holds(world: World, seed: int) -> None:
    mind, now = random.Random(seed), clock.now()
    made = [await world.resource(units=2, buffer_after_minutes=10 * n) for n in range(3)]
    span = Window(START, START + 48 * HOUR)
    async with world.reading() as reads:
        known = await resources.terms.load(reads, made, around=span)
    rows = []
    for terms_ in known.values():
        for unit in terms_.units:
            at = START - 3 * HOUR
            while at < span.ends_at + 3 * HOUR and mind.random() < 0.95:
                at += mind.randrange(0, 6) * 30 * MINUTE
                ends = at + mind.randrange(1, 8) * 30 * MINUTE
                # Blocks may overlap one another.
                for kind in [HoldKind.BOOKING] if mind.random() < 0.7 else [HoldKind.BLOCK] * 2:
                    gone = now - HOUR if mind.random() < 0.1 else None
                    rows.append({"unit_id": unit.id, "starts_at": at, "ends_at": ends, "kind": kind,
                                 "holder_id": ids.new(), "expires_at": gone})  # fmt: skip
                at = ends
    async with world.writing() as session:
        await session.execute(insert(Hold), rows)
    for least in (1, 45, 120):
        async with world.reading() as reads:
            told = await gaps.read(reads, list(known.values()), span, least=least, now=now)
        for terms_ in known.values():
            wide = rooms.widened(terms_, span)
            for unit in terms_.units:
                held = [
                    Window(row["starts_at"], row["ends_at"])  # type: ignore[arg-type]
                    for row in rows
                    if row["unit_id"] == unit.id and row["expires_at"] is None
                ]
                expected = [
                    gap for gap in resources.hours.without(wide, held) if gap.minutes >= least
                ]
                found = told[terms_.resource_id].get(unit.number, [wide])
                assert [gap for gap in found if gap.minutes >= least] == expected


async def whose(world: World) -> list[WaitingEntry]:
    async with world.reading() as reads:
        found = select(WaitingEntry).join(Offer).where(Offer.state == OfferState.OPEN)
        return list(await reads.scalars(found))


@pytest.mark.parametrize("seed", range(3))
async def test_people_are_served_by_rank_then_lapses_then_time(world: World, seed: int) -> None:
    mind = random.Random(seed)
    owner, resource = await world.person(), await world.resource()
    async with world.writing() as session:
        wish = Wish(resource, START, START + HOUR)
        made = await bookings.create(session, owner, wish=wish)
    began = clock.now() - HOUR
    people = {number: await world.person() for number in range(6)}
    entries = [
        WaitingEntry(
            id=ids.new(), person_id=people[number].user_id, resource_id=resource,
            earliest_at=START, latest_at=START + HOUR, min_minutes=60, max_minutes=60,
            rank=mind.choice([1, 100]), lapses=mind.choice([0, 1, 2]),
            created_at=began + mind.randrange(0, 3) * MINUTE, state=WaitingState.WAITING,
        )
        for number in people
    ]  # fmt: skip
    async with world.writing() as session:
        session.add_all(entries)
    expected = [
        entry.id for entry in sorted(entries, key=lambda e: (e.rank, e.lapses, e.created_at, e.id))
    ]
    by_id = {person.user_id: person for person in people.values()}
    async with world.writing() as session:
        await bookings.cancel(session, owner, made.id)
    served = []
    while open_ := await whose(world):
        (entry,) = open_
        served.append(entry.id)
        async with world.writing() as session:
            (offer,) = await session.scalars(select(Offer).where(Offer.state == OfferState.OPEN))
            await waiting.offers.decline(session, by_id[entry.person_id], offer.id)
    assert served == expected


async def holds_are_what_offers_say(world: World) -> None:
    """A hold that counts exists exactly for each offer that is open and has not lapsed."""
    now = clock.now()
    async with world.reading() as reads:
        holds = {
            hold.holder_id: (hold.unit_id, hold.starts_at, hold.ends_at)
            for hold in await reads.scalars(select(Hold).where(Hold.kind == HoldKind.OFFER))
            if hold.expires_at is not None and hold.expires_at > now
        }
        offers = list(await reads.scalars(select(Offer)))
        entries = {entry.id: entry for entry in await reads.scalars(select(WaitingEntry))}
    open_ = [each for each in offers if each.state is OfferState.OPEN and each.expires_at > now]
    assert holds == {each.id: (each.unit_id, each.starts_at, each.ends_at) for each in open_}
    for each in offers:
        entry = entries[each.entry_id]
        assert (each.state is not OfferState.OPEN) or entry.state is WaitingState.OFFERED
        assert (each.state is OfferState.ACCEPTED) == (each.booking_id is not None)
    fulfilled = {each.entry_id for each in offers if each.state is OfferState.ACCEPTED}
    states = {id_ for id_, entry in entries.items() if entry.state is WaitingState.FULFILLED}
    assert fulfilled == states


@dataclass
class Institute:
    """Who waits for what, with a mind of its own."""

    world: World
    mind: random.Random
    resources: list[UUID]
    people: list[Actor]
    manager: Actor

    @property
    def start(self) -> datetime:
        """A time at which everybody is in everybody's way."""
        return START + self.mind.randrange(0, 8) * HOUR

    def person(self, id_: UUID) -> Actor:
        """The person of an id."""
        return next(person for person in self.people if person.user_id == id_)


async def book(at: Institute, session: AsyncSession) -> None:
    start = at.start
    wish = Wish(at.mind.choice(at.resources), start, start + at.mind.choice([1, 2]) * HOUR)
    await bookings.create(session, at.mind.choice(at.people), wish=wish)


async def keep(at: Institute, session: AsyncSession) -> None:
    start, on = at.start, at.mind.choice(at.resources)
    await slots.hold(
        session, at.mind.choice(at.people), resource_id=on, starts_at=start, ends_at=start + HOUR
    )


async def wait(at: Institute, session: AsyncSession) -> None:
    start, on = at.start, at.mind.choice(at.resources)
    awaited = Awaited(start, start + 3 * HOUR, 60, 120, resource_id=on)
    if at.mind.random() < 0.4:
        awaited = replace(awaited, resource_id=None, type_id=at.world.type_id)
    await waiting.entries.add(session, at.mind.choice(at.people), awaited=awaited)


async def cancel(at: Institute, session: AsyncSession) -> None:
    held = select(Booking.id).where(Booking.status == "confirmed").order_by(Booking.id)
    for booking_id in list(await session.scalars(held))[-1:]:
        await bookings.cancel(session, at.manager, booking_id)


async def answer(at: Institute, session: AsyncSession) -> None:
    rows = select(Offer.id, WaitingEntry.person_id).join(WaitingEntry).order_by(Offer.id)
    offers = (await session.execute(rows)).all()
    if offers:
        offer_id, person_id = at.mind.choice(offers)
        way = at.mind.choice([waiting.offers.accept, waiting.offers.decline])
        await way(session, at.person(person_id), offer_id)  # type: ignore[operator]


async def leave(at: Institute, session: AsyncSession) -> None:
    on = select(WaitingEntry).where(WaitingEntry.state.in_(ON)).order_by(WaitingEntry.id)
    for entry in list(await session.scalars(on))[:1]:
        await waiting.entries.cancel(session, at.person(entry.person_id), entry.id)


async def tidy(_at: Institute, session: AsyncSession) -> None:
    await waiting.upkeep.lapse_offers(session)
    await slots.tidy(session)
    await waiting.serving.sweep(session)


DEEDS = (book, wait, wait, cancel, cancel, answer, answer, leave, tidy, keep)


@pytest.mark.parametrize("seed", range(3))
async def test_a_hold_exists_exactly_while_its_offer_is_open(world: World, seed: int) -> None:
    mind = random.Random(seed)
    made = [await world.resource(units=2), await world.resource(offer_minutes=15)]
    people = [await world.person() for _ in range(4)]
    at = Institute(world, mind, made, people, await world.manager())
    with time_machine.travel(START - 20 * HOUR, tick=True) as traveller:
        for number in range(40):
            if mind.random() < 0.3:
                traveller.shift(timedelta(minutes=mind.choice([6, 20, 40])))
            deed = DEEDS[number] if number < len(DEEDS) else mind.choice(DEEDS)
            with suppress(DomainError):
                async with world.writing() as session:
                    await deed(at, session)
            await holds_are_what_offers_say(world)
