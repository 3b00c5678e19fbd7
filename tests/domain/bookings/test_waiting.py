"""Waiting lists: freed time goes to whoever is next, in the transaction that frees it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import select, update

from src.core.actor import Actor, ActorKind, Permission
from src.core.errors import DomainError, Forbidden
from src.domain import accounts, bookings, resources
from src.domain.bookings import Booking, BookingView, Status, Wish, waiting
from src.domain.bookings.tables import Offer, OfferState, WaitingEntry, WaitingState
from src.domain.bookings.waiting import Awaited, EntryView, OfferOver
from src.domain.notifications import Notification
from src.domain.resources.closures import ClosureWish
from src.domain.resources.tables import Hold, HoldKind, ResourceState
from tests.support.statements import counted
from tests.support.world import HOUR, MINUTE, World, tomorrow

START = tomorrow(9)
At = Callable[[datetime], None]


@pytest.fixture
async def at() -> AsyncIterator[At]:
    """Sets the clock of the process; it goes on from there."""
    with time_machine.travel(START - 8 * HOUR, tick=True) as traveller:
        yield traveller.move_to


async def book(world: World, actor: Actor, resource: UUID, start: float = 0, hours: float = 2,
               **more: object) -> BookingView:  # fmt: skip
    starts = START + start * HOUR
    wish = Wish(resource, starts, starts + hours * HOUR, **more)  # type: ignore[arg-type]
    async with world.writing() as session:
        made = await bookings.create(session, actor, wish=wish)
    await world.announced()
    return made


async def cancel(world: World, actor: Actor, booking: BookingView) -> None:
    async with world.writing() as session:
        await bookings.cancel(session, actor, booking.id)


async def wait(world: World, actor: Actor, resource: UUID | None, start: float = 0,
               end: float = 2, *, least: int = 60, most: int = 120, **more: object) -> EntryView:  # fmt: skip
    awaited = Awaited(
        START + start * HOUR,
        START + end * HOUR,
        least,
        most,
        resource_id=resource,
        **more,  # type: ignore[arg-type]
    )
    async with world.writing() as session:
        return await waiting.entries.add(session, actor, awaited=awaited)


async def offers_of(world: World, actor: Actor) -> list[Offer]:
    async with world.reading() as reads:
        mine = select(Offer).join(WaitingEntry).where(WaitingEntry.person_id == actor.user_id)
        return list(await reads.scalars(mine.order_by(Offer.created_at)))


async def the_open(world: World) -> Offer | None:
    async with world.reading() as reads:
        found = select(Offer).where(Offer.state == OfferState.OPEN)
        return (await reads.scalars(found)).one_or_none()


async def whose(world: World) -> UUID | None:
    """Who has the open offer."""
    async with world.reading() as reads:
        found = select(WaitingEntry.person_id).join(Offer).where(Offer.state == OfferState.OPEN)
        return (await reads.scalars(found)).one_or_none()


async def kinds(world: World, actor: Actor) -> list[str]:
    async with world.reading() as reads:
        mine = select(Notification.kind).where(Notification.user_id == actor.user_id)
        return list(await reads.scalars(mine.order_by(Notification.id)))


async def offer_holds(world: World) -> list[Hold]:
    async with world.reading() as reads:
        return list(await reads.scalars(select(Hold).where(Hold.kind == HoldKind.OFFER)))


async def accept(world: World, actor: Actor, offer: Offer | None) -> BookingView:
    assert offer is not None
    async with world.writing() as session:
        return await waiting.offers.accept(session, actor, offer.id)


async def decline(world: World, actor: Actor, offer: Offer | None) -> None:
    assert offer is not None
    async with world.writing() as session:
        await waiting.offers.decline(session, actor, offer.id)


async def test_cancelling_offers_the_time_in_the_same_transaction(world: World, at: At) -> None:
    owner, ada, ben = [await world.person() for _ in range(3)]
    resource = await world.resource(buffer_before_minutes=5, offer_minutes=30)
    made = await book(world, owner, resource)
    await wait(world, ada, resource)
    await wait(world, ben, resource)
    assert await the_open(world) is None
    await cancel(world, owner, made)
    offer = await the_open(world)
    assert offer is not None
    assert await whose(world) == ada.user_id
    assert (offer.starts_at, offer.ends_at) == (START, START + 2 * HOUR)
    (hold,) = await offer_holds(world)
    assert (hold.holder_id, hold.starts_at) == (offer.id, START - 5 * MINUTE)
    assert hold.expires_at == offer.expires_at
    assert await kinds(world, ada) == ["waiting.offered"]
    with pytest.raises(bookings.BookingOverlaps):
        await book(world, ben, resource)
    booked = await accept(world, ada, offer)
    assert booked.status is Status.CONFIRMED
    assert await offer_holds(world) == []
    async with world.reading() as reads:
        states = set(await reads.scalars(select(WaitingEntry.state)))
    assert states == {WaitingState.FULFILLED, WaitingState.WAITING}
    assert await the_open(world) is None


async def test_a_refused_cancellation_offers_nothing(world: World, at: At) -> None:
    owner, ada = await world.person(), await world.person()
    resource = await world.resource()
    made = await book(world, owner, resource)
    await wait(world, ada, resource)
    with pytest.raises(RuntimeError):
        async with world.writing() as session:
            await bookings.cancel(session, owner, made.id)
            raise RuntimeError
    assert await the_open(world) is None
    assert await offer_holds(world) == []
    assert await kinds(world, ada) == []


async def test_who_declines_leaves_it_to_the_next(world: World, at: At) -> None:
    owner, ada, ben = [await world.person() for _ in range(3)]
    resource = await world.resource()
    made = await book(world, owner, resource)
    await wait(world, ada, resource)
    await wait(world, ben, resource)
    await cancel(world, owner, made)
    await decline(world, ada, await the_open(world))
    assert await whose(world) == ben.user_id
    await decline(world, ben, await the_open(world))
    # Nobody is asked twice about what they declined.
    assert await the_open(world) is None
    assert await offer_holds(world) == []


async def test_one_who_waits_is_told_before_one_who_let_an_offer_lapse(
    world: World, at: At
) -> None:
    owner, ada, ben = [await world.person() for _ in range(3)]
    resource = await world.resource(offer_minutes=30)
    made = await book(world, owner, resource)
    await wait(world, ada, resource)
    await cancel(world, owner, made)
    at(START - 7 * HOUR)
    # The job has not been by: the time is free all the same, and Ada stands behind Ben now.
    again = await book(world, owner, resource)
    await wait(world, ben, resource)
    await cancel(world, owner, again)
    assert await whose(world) == ben.user_id
    assert await kinds(world, ada) == ["waiting.offered", "waiting.lapsed"]
    await decline(world, ben, await the_open(world))
    # Freed anew, it would be Ada's; passed on, nobody is asked again who did not answer.
    assert await whose(world) is None
    third = await book(world, owner, resource)
    await cancel(world, owner, third)
    assert await whose(world) == ada.user_id


async def test_an_offer_lapses_by_itself_and_the_job_asks_the_next(world: World, at: At) -> None:
    owner, ada, ben = [await world.person() for _ in range(3)]
    resource = await world.resource(offer_minutes=30)
    made = await book(world, owner, resource)
    await wait(world, ada, resource)
    await wait(world, ben, resource)
    await cancel(world, owner, made)
    first = await the_open(world)
    at(START - 7 * HOUR)
    with pytest.raises(OfferOver):
        await accept(world, ada, first)
    async with world.writing() as session:
        assert await waiting.upkeep.lapse_offers(session) == 1
        assert await waiting.upkeep.lapse_offers(session) == 0
    assert await whose(world) == ben.user_id
    assert len(await offer_holds(world)) == 1


async def test_an_offer_never_holds_beyond_its_start(world: World, at: At) -> None:
    owner, ada = await world.person(), await world.person()
    resource = await world.resource(offer_minutes=600)
    made = await book(world, owner, resource)
    await wait(world, ada, resource)
    at(START - HOUR)
    await cancel(world, owner, made)
    offer = await the_open(world)
    assert offer is not None
    assert offer.expires_at == START


async def test_the_longest_part_that_fits_is_offered(world: World, at: At) -> None:
    owner, ada = await world.person(), await world.person()
    resource = await world.resource(slot_minutes=30, max_minutes=180)
    await book(world, owner, resource, 0, 1)
    middle = await book(world, owner, resource, 1, 1)
    await book(world, owner, resource, 4, 2)
    # From the second hour on three hours are free once the middle one goes.
    await wait(world, ada, resource, 0, 6, least=150, most=400)
    assert await the_open(world) is None
    await cancel(world, owner, middle)
    offer = await the_open(world)
    assert offer is not None
    assert (offer.starts_at, offer.ends_at) == (START + HOUR, START + 4 * HOUR)


async def test_a_rank_comes_first_and_only_managers_set_it(world: World, at: At) -> None:
    owner, ada, ben, manager = (
        await world.person(), await world.person(), await world.person(), await world.manager()
    )  # fmt: skip
    resource = await world.resource()
    made = await book(world, owner, resource)
    await wait(world, ada, resource)
    entry = await wait(world, ben, resource)
    with pytest.raises(Forbidden):
        async with world.writing() as session:
            await waiting.entries.change(session, ben, entry.id, changes={"rank": 1})
    async with world.writing() as session:
        seen = await waiting.entries.change(session, manager, entry.id, changes={"rank": 1})
    assert (seen.rank, seen.ahead) == (1, 0)
    await cancel(world, owner, made)
    assert await whose(world) == ben.user_id


async def test_nobody_is_offered_what_they_could_not_book(world: World, at: At) -> None:
    owner, ada, ben = [await world.person() for _ in range(3)]
    resource = await world.resource(max_upcoming=1)
    made = await book(world, owner, resource)
    await book(world, ada, resource, 5)
    await wait(world, ada, resource)
    await wait(world, ben, resource)
    await cancel(world, owner, made)
    assert await whose(world) == ben.user_id


async def test_nobody_is_offered_what_overlaps_their_own(world: World, at: At) -> None:
    owner, ada = await world.person(), await world.person()
    resource = await world.resource(units=2)
    made = await book(world, owner, resource)
    await book(world, ada, resource)
    await wait(world, ada, resource)
    await cancel(world, owner, made)
    assert await the_open(world) is None


async def test_a_type_is_served_by_any_of_its_resources(world: World, at: At) -> None:
    owner, ada = await world.person(), await world.person()
    one, other = await world.resource(), await world.resource()
    made = [await book(world, owner, each) for each in (one, other)]
    await wait(world, ada, None, type_id=world.type_id)
    await cancel(world, owner, made[1])
    offer = await the_open(world)
    assert offer is not None
    assert offer.resource_id == other
    # An entry has one offer at a time.
    await cancel(world, owner, made[0])
    assert len(await offers_of(world, ada)) == 1


async def test_what_is_free_already_is_offered_at_once(world: World, at: At) -> None:
    ada = await world.person()
    resource = await world.resource()
    entry = await wait(world, ada, resource)
    assert entry.offer is not None
    assert entry.state is WaitingState.OFFERED


async def test_closing_withdraws_and_lifting_the_closure_offers(world: World, at: At) -> None:
    owner, ada, manager = await world.person(), await world.person(), await world.manager()
    resource = await world.resource()
    made = await book(world, owner, resource)
    await wait(world, ada, resource)
    await cancel(world, owner, made)
    wish = ClosureWish((resource,), START - HOUR, START + 3 * HOUR, "Service")
    async with world.writing() as session:
        closure = await bookings.displacement.close(session, manager, wish=wish)
    assert await the_open(world) is None
    assert await offer_holds(world) == []
    assert await kinds(world, ada) == ["waiting.offered", "waiting.withdrawn"]
    async with world.writing() as session:
        await resources.closures.cancel(session, manager, closure.id)
    assert await whose(world) == ada.user_id


async def test_a_resource_brought_back_is_offered(world: World, at: At) -> None:
    ada, manager = await world.person(), await world.manager()
    resource = await world.resource()
    async with world.writing() as session:
        await bookings.displacement.take_down(
            session, manager, resource, state=ResourceState.DOWN, reason="Laser"
        )
    entry = await wait(world, ada, resource)
    assert entry.offer is None
    async with world.writing() as session:
        await bookings.displacement.bring_back(session, manager, resource)
    assert await whose(world) == ada.user_id


async def test_a_new_unit_is_offered(world: World, at: At) -> None:
    owner, ada, manager = await world.person(), await world.person(), await world.manager()
    resource = await world.resource()
    await book(world, owner, resource)
    await wait(world, ada, resource)
    async with world.writing() as session:
        await resources.add_units(session, manager, resource, count=1)
    assert await whose(world) == ada.user_id


async def test_no_show_early_end_and_shortening_free_time_for_others(world: World, at: At) -> None:
    owner, *others = [await world.person() for _ in range(4)]
    resource = await world.resource(is_check_in_required=True, check_in_grace_minutes=15)
    used = await book(world, owner, resource, 0, 4)
    missed = await book(world, owner, resource, 4, 3)
    long = await book(world, owner, resource, 8, 4)
    for person, start in zip(others, (1, 4, 8), strict=True):
        await wait(world, person, resource, start, start + 3)
    async with world.writing() as session:
        await bookings.change(session, owner, long.id, changes={"ends_at": START + 9 * HOUR})
    assert await whose(world) == others[2].user_id
    async with world.writing() as session:
        await session.execute(update(Offer).values(state=OfferState.ACCEPTED))
    at(START)
    async with world.writing() as session:
        await bookings.check_in(session, owner, used.id)
    at(START + HOUR)
    async with world.writing() as session:
        await bookings.check_out(session, owner, used.id)
    assert await whose(world) == others[0].user_id
    async with world.writing() as session:
        await session.execute(update(Offer).values(state=OfferState.ACCEPTED))
    at(missed.starts_at + 16 * MINUTE)
    async with world.writing() as session:
        assert await bookings.upkeep.release_no_shows(session) == 1
    assert await whose(world) == others[1].user_id


async def test_of_two_times_freed_at_once_each_goes_to_one(world: World, at: At) -> None:
    owner, ada, ben = [await world.person() for _ in range(3)]
    made = [await book(world, owner, await world.resource()) for _ in range(2)]
    for person in (ada, ben):
        await wait(world, person, None, type_id=world.type_id)
    await asyncio.gather(*(cancel(world, owner, each) for each in made))
    assert [len(await offers_of(world, person)) for person in (ada, ben)] == [1, 1]


async def test_of_two_times_freed_at_once_one_person_gets_one(world: World, at: At) -> None:
    owner, ada = await world.person(), await world.person()
    made = [await book(world, owner, await world.resource()) for _ in range(2)]
    await wait(world, ada, None, type_id=world.type_id)
    await asyncio.gather(*(cancel(world, owner, each) for each in made))
    assert len(await offers_of(world, ada)) == 1
    assert len(await offer_holds(world)) == 1


async def test_an_offer_is_answered_by_its_person_once(world: World, at: At) -> None:
    ada, ben = await world.person(), await world.manager()
    resource = await world.resource()
    await wait(world, ada, resource)
    offer = await the_open(world)
    with pytest.raises(DomainError) as caught:
        await accept(world, ben, offer)
    assert caught.value.code == "offer-not-found"
    outcomes = await asyncio.gather(
        *(accept(world, ada, offer) for _ in range(3)), return_exceptions=True
    )
    assert sum(isinstance(one, BookingView) for one in outcomes) == 1
    assert all(isinstance(one, (BookingView, OfferOver)) for one in outcomes)


async def test_accepting_asks_the_rules_anew(world: World, at: At) -> None:
    ada = await world.person()
    resource = await world.resource(max_upcoming=1)
    await wait(world, ada, resource)
    await book(world, ada, resource, 5)
    with pytest.raises(bookings.BookingRefused):
        await accept(world, ada, await the_open(world))
    assert (await the_open(world)) is not None


async def test_a_key_for_one_resource_is_not_told_of_waiting_for_others(
    world: World, at: At
) -> None:
    person = await world.person()
    one, other = await world.resource(), await world.resource()
    mine = [await wait(world, person, each) for each in (one, other)]
    scopes: frozenset[str | None] = frozenset({f"resource:{one}"})
    granted = {Permission.BOOKINGS_READ: scopes}
    key = replace(person, kind=ActorKind.API_KEY, granted=granted)
    async with world.reading() as reads:
        seen = await waiting.entries.list_(reads, key)
        offered = await waiting.offers.list_(reads, key)
        with pytest.raises(waiting.WaitingEntryNotFound):
            await waiting.entries.get(reads, key, mine[1].id)
    assert [each.id for each in seen.items] == [mine[0].id]
    assert {each.resource.id for each in offered.items} == {one}


async def test_nobody_waits_for_centuries(world: World, at: At) -> None:
    """Whoever frees time looks through what others wait for, while a calendar is locked."""
    person, resource = await world.person(), await world.resource()
    with pytest.raises(waiting.BadWaiting) as caught:
        await wait(world, person, resource, end=24 * 365 * 500)
    assert [each.code for each in caught.value.errors] == ["too-far"]
    entry = await wait(world, person, resource)
    with pytest.raises(waiting.BadWaiting):
        async with world.writing() as session:
            latest = START.replace(year=START.year + 400)
            await waiting.entries.change(session, person, entry.id, changes={"latest_at": latest})


async def test_changing_an_entry_takes_its_calendar_first(world: World, at: At) -> None:
    """Else whoever frees time there waits for the entry, and the entry for the calendar."""
    person, resource = await world.person(), await world.resource()
    entry = await wait(world, person, resource, least=120)
    with counted(world.database) as said:
        async with world.writing() as session:
            await waiting.entries.change(session, person, entry.id, changes={"title": "New"})
    locks = [each for each in said if each.startswith("UPDATE") or "FOR UPDATE" in each]
    assert "calendar_version" in locks[0]


async def test_leaving_the_list_passes_the_offer_on(world: World, at: At) -> None:
    ada, ben = await world.person(), await world.person()
    resource = await world.resource()
    entry = await wait(world, ada, resource)
    await wait(world, ben, resource)
    async with world.writing() as session:
        seen = await waiting.entries.cancel(session, ada, entry.id)
    assert seen.state is WaitingState.CANCELLED
    assert await whose(world) == ben.user_id


async def test_time_passes_over_those_who_wait(world: World, at: At) -> None:
    owner, ada = await world.person(), await world.person()
    resource = await world.resource()
    await book(world, owner, resource)
    entry = await wait(world, ada, resource)
    at(START + 3 * HOUR)
    async with world.reading() as reads:
        seen = await waiting.entries.get(reads, ada, entry.id)
    assert seen.state is WaitingState.EXPIRED
    async with world.writing() as session:
        assert await waiting.upkeep.close_entries(session) == 1
    assert await kinds(world, ada) == ["waiting.over"]


async def test_the_sweep_serves_what_opened_without_being_freed(world: World, at: At) -> None:
    ada = await world.person()
    resource = await world.resource(earliest_minutes=7 * 60)
    entry = await wait(world, ada, resource)
    assert entry.offer is None
    at(START - 6 * HOUR)
    async with world.writing() as session:
        assert await waiting.serving.sweep(session) == 1
    with counted(world.database) as said:
        async with world.writing() as session:
            assert await waiting.serving.sweep(session) == 0
    assert len(said) == 1


async def test_cancelling_where_nobody_waits_costs_three_more(world: World, at: At) -> None:
    owner = await world.person()
    resource = await world.resource()
    made = await book(world, owner, resource)
    with counted(world.database) as said:
        await cancel(world, owner, made)
    asked = [one for one in said if "waiting_entries" in one or "free_alerts" in one]
    assert len(asked) == 2


async def test_an_alert_tells_once_until_it_has_become_less(world: World, at: At) -> None:
    owner, ada = await world.person(), await world.person()
    resource = await world.resource()
    made = [await book(world, owner, resource, hour, 1) for hour in range(3)]
    async with world.writing() as session:
        await waiting.alerts.add(
            session, ada, resource, min_minutes=120,
            earliest_at=START, latest_at=START + 3 * HOUR,
        )  # fmt: skip
    told = []
    for number in (0, 1, 2):
        await cancel(world, owner, made[number])
        told.append(len(await kinds(world, ada)))
    assert told == [0, 1, 1]
    again = await book(world, owner, resource, 1, 1)
    await cancel(world, owner, again)
    assert await kinds(world, ada) == ["waiting.free", "waiting.free"]


async def test_who_leaves_waits_for_nothing(world: World, at: At) -> None:
    ada, ben, admin = (
        await world.person(),
        await world.person(),
        await world.person(accounts.RoleName.ADMIN),
    )
    resource = await world.resource()
    await wait(world, ada, resource)
    await wait(world, ben, resource)
    assert ada.user_id is not None
    async with world.writing() as session:
        await accounts.leaving.erasure.erase(session, admin, ada.user_id, reason="Left")
    assert await whose(world) == ben.user_id
    async with world.reading() as reads:
        assert not list(await reads.scalars(select(Booking).where(Booking.title != "")))
