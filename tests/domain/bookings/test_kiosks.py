"""The tablet at the instrument: what it shows, and how a PIN is tried."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine

from src.core import ids
from src.core.actor import Actor
from src.core.errors import Forbidden
from src.domain import bookings
from src.domain.accounts.tables import User, UserState
from src.domain.bookings import Wish, presence
from src.domain.bookings.errors import BookingNotFound
from src.domain.bookings.presence import kiosks, pins
from tests.support.statements import counted
from tests.support.world import HOUR, MINUTE, World, tomorrow

START = tomorrow(9)


@pytest.fixture
async def at() -> AsyncIterator[Any]:
    """Sets the clock of the process; it goes on from there."""
    with time_machine.travel(START, tick=True) as traveller:
        yield traveller.move_to


async def book(world: World, actor: Actor, resource: UUID, start: Any = START) -> UUID:
    async with world.writing() as session:
        return (await bookings.create(session, actor, wish=Wish(resource, start, start + HOUR))).id


async def make(world: World, manager: Actor, *resources: UUID) -> kiosks.NewKiosk:
    async with world.writing() as session:
        return await kiosks.create(session, manager, name="Hall", resource_ids=resources)


async def test_a_kiosk_shows_who_is_on_and_who_is_next(world: World, at: Any) -> None:
    member, other, manager = await world.person(), await world.person(), await world.manager()
    here, elsewhere = await world.resource(), await world.resource()
    now = await book(world, member, here)
    following = await book(world, other, here, START + HOUR)
    await book(world, member, elsewhere)
    made = await make(world, manager, here)
    async with world.reading() as reads:
        with counted(world.database) as said:
            board = await kiosks.board(reads, made.token)
    assert len(said) == 3
    (place,) = board.places
    assert [turn.booking_id for turn in place.now] == [now]
    assert [turn.booking_id for turn in place.next] == [following]
    assert (place.now[0].person, place.now[0].can_check_in) == (member.name, True)
    assert not place.next[0].can_check_in


async def test_only_who_manages_its_instruments_makes_a_kiosk(world: World) -> None:
    with pytest.raises(Forbidden):
        await make(world, await world.person(), await world.resource())
    manager, resource = await world.manager(), await world.resource()
    await make(world, manager, resource)
    with pytest.raises(presence.KioskTaken):
        await make(world, manager, resource)
    with pytest.raises(presence.BadKiosk):
        await make(world, manager, ids.new())


async def test_a_revoked_kiosk_shows_nothing(world: World, at: Any) -> None:
    manager, resource = await world.manager(), await world.resource()
    made = await make(world, manager, resource)
    async with world.writing() as session:
        await kiosks.revoke(session, manager, made.kiosk.id)
    async with world.reading() as reads:
        for token in (made.token, "nothing", ""):
            with pytest.raises(presence.KioskNotFound):
                await kiosks.board(reads, token)


async def test_people_act_there_on_their_own_bookings_alone(world: World, at: Any) -> None:
    member, manager = await world.person(), await world.manager()
    here, elsewhere = await world.resource(), await world.resource()
    mine, far = await book(world, member, here), await book(world, member, elsewhere)
    made = await make(world, manager, here)
    async with world.writing() as session:
        kiosk_id, actor = await kiosks.whose(session, made.token, mine)
        assert (kiosk_id, actor.user_id, actor.granted) == (made.kiosk.id, member.user_id, {})
        with pytest.raises(BookingNotFound):
            await kiosks.whose(session, made.token, far)
    async with world.writing() as session:
        assert (await presence.arrive(session, actor, mine)).status is bookings.Status.IN_USE
    async with world.writing() as session:
        (await session.get_one(User, member.user_id)).state = UserState.SUSPENDED
    async with world.reading() as reads:
        with pytest.raises(BookingNotFound):
            await kiosks.whose(reads, made.token, mine)


@pytest.mark.parametrize(
    "pin", ["12345", "1234567", "12345a", "000000", "123456", "987654", "١٢٣٤٥٦"]
)
async def test_a_pin_has_six_digits_that_are_not_guessed_at_once(pin: str) -> None:
    with pytest.raises(presence.BadPin):
        await pins.new_hash(pin)


async def tried(world: World, user_id: UUID, pin: str) -> bool:
    async with world.writing() as session:
        attempt = await pins.begin(session, user_id)
    is_right = await attempt.is_right(pin)
    async with world.writing() as session:
        if is_right:
            await pins.succeeded(session, user_id)
    return is_right


@pytest.mark.parametrize("has_pin", [True, False])
async def test_wrong_pins_wait_ever_longer_whether_there_is_one_or_not(
    world: World, at: Any, has_pin: bool
) -> None:
    member = await world.person()
    assert member.user_id is not None
    if has_pin:
        made = await pins.new_hash("271828")
        async with world.writing() as session:
            await pins.put(session, member, pin_hash=made)
    for _try in range(pins.FREE + 1):
        assert not await tried(world, member.user_id, "314159")
    with pytest.raises(presence.PinLocked) as caught:
        await tried(world, member.user_id, "271828")
    assert 0 < (caught.value.retry_after or 0) <= 30  # the clock goes on
    at(START + MINUTE)
    assert await tried(world, member.user_id, "271828") is has_pin
    if not has_pin:
        with pytest.raises(presence.PinLocked) as caught:
            await tried(world, member.user_id, "271828")
        assert 30 < (caught.value.retry_after or 0) <= 60


async def test_the_right_pin_forgets_what_was_typed_before(world: World, at: Any) -> None:
    member = await world.person()
    assert member.user_id is not None
    made = await pins.new_hash("271828")
    async with world.writing() as session:
        await pins.put(session, member, pin_hash=made)
        assert await pins.set_at(session, member) is not None
    for _round in range(3):
        for _try in range(pins.FREE - 1):
            assert not await tried(world, member.user_id, "314159")
        assert await tried(world, member.user_id, "271828")
    async with world.writing() as session:
        await pins.remove(session, member)
        assert await pins.set_at(session, member) is None
    assert not await tried(world, member.user_id, "271828")


def test_the_wait_doubles_up_to_an_hour() -> None:
    waits = [pins.delay(failures) for failures in range(pins.FREE + 1, pins.FREE + 40)]
    assert waits[:3] == [timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2)]
    assert waits[-1] == timedelta(hours=1)
    assert waits == sorted(waits)
