"""The periodic work of bookings, and telling those who decide."""

from __future__ import annotations

from sqlalchemy import select

from src.core import clock, outbox, schedule
from src.core.outbox import Message
from src.domain import bookings
from src.domain.bookings import Wish
from src.domain.notifications import Notification
from src.tasks import bookings as tasks
from src.tasks.approvals import tell_asked
from src.tasks.handlers import Job, registry
from tests.support.world import HOUR, World, tomorrow


async def test_a_request_reaches_those_who_decide_through_the_outbox(world: World) -> None:
    member, manager = await world.person(), await world.manager()
    resource = await world.resource(is_approval_required=True)
    async with world.writing() as session:
        wish = Wish(resource, tomorrow(9), tomorrow(10))
        await bookings.create(session, member, wish=wish)
    async with world.writing() as session:
        (message,) = await session.scalars(select(Message))
        topic = outbox.topics[message.topic]
        assert topic.queue == "notifications"
        job = Job(message.id, topic.name, 1, topic.max_attempts, "a-token")
        assert await tell_asked(session, message.payload, job) == {"told": 1}
    async with world.reading() as reads:
        (told,) = await reads.scalars(select(Notification))
    assert (told.user_id, told.kind) == (manager.user_id, "booking.requested")


async def test_each_periodic_task_does_its_part_and_is_declared(world: World) -> None:
    member = await world.person()
    resource = await world.resource()
    soon = clock.now() + HOUR / 2
    async with world.writing() as session:
        view = await bookings.create(session, member, wish=Wish(resource, soon, soon + HOUR))
    assert view.unit == 1
    results: dict[str, object] = {}
    for task in (
        tasks.expire_requests, tasks.release_no_shows, tasks.complete, tasks.remind
    ):  # fmt: skip
        async with world.writing() as session:
            results |= await task(session, {}, None)  # type: ignore[arg-type]
    assert results == {"expired": 0, "asked": 0, "released": 0, "completed": 0, "reminded": 0}
    declared = {name for name in schedule.declared if name.startswith("bookings.")}
    assert declared == {
        "bookings.expire-requests", "bookings.no-shows", "bookings.complete", "bookings.remind"
    }  # fmt: skip
    assert declared | {"bookings.requested"} <= set(registry.topics())
