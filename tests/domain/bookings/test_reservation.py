"""The reservation path: confirmed, requested, refused, overlapping."""

from __future__ import annotations

import pytest

from src.domain import bookings
from src.domain.bookings import Status, Wish
from src.domain.bookings.errors import BookingOverlaps
from tests.support.world import World, tomorrow


async def test_a_booking_is_confirmed_and_holds_its_time(world: World) -> None:
    actor, resource = await world.person(), await world.resource()
    wish = Wish(resource, tomorrow(9), tomorrow(11), title="Slides 4 to 9")
    async with world.writing() as session:
        view = await bookings.create(session, actor, wish=wish)
    assert view.status is Status.CONFIRMED
    assert view.unit == 1
    assert view.allowed == ("edit", "cancel")
    with pytest.raises(BookingOverlaps) as caught:
        async with world.writing() as session:
            await bookings.create(session, actor, wish=wish)
    (conflict,) = caught.value.members["conflicts"]
    assert conflict.booking_id == view.id
    assert caught.value.members["suggestions"]
