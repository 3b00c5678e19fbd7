"""What time does to approvals, and who is told that it comes to them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import select, update

from src.core import ids
from src.core.actor import Actor
from src.core.outbox import Message
from src.domain import approvals, bookings
from src.domain.accounts.tables import User, UserState
from src.domain.approvals import Approval, ApprovalState, rules
from src.domain.approvals.rules import Approver, ApproverKind, OnDeadline, Step
from src.domain.approvals.tables import ApprovalRule
from src.domain.bookings import Booking, BookingView, Status, Wish
from src.domain.notifications import Notification
from tests.support.world import HOUR, World, tomorrow

START = tomorrow(9)


@pytest.fixture(autouse=True)
async def clock() -> AsyncIterator[time_machine.Traveller]:
    with time_machine.travel(START - 40 * HOUR, tick=False) as traveller:
        yield traveller


def person(actor: Actor) -> Approver:
    return Approver(ApproverKind.PERSON, str(actor.user_id))


async def ruled(world: World, *steps: Step) -> UUID:
    """A resource whose requests go by these steps, and wait for a day at the most."""
    async with world.writing() as session:
        rule = ApprovalRule(
            id=ids.new(), name=f"Rule {ids.new()}", description="", is_active=True,
            steps=[rules.raw_of(step) for step in steps],
        )  # fmt: skip
        session.add(rule)
    return await world.resource(
        is_approval_required=True, approval_rule_id=rule.id, request_hold_minutes=24 * 60
    )


async def ask(world: World, actor: Actor, on: UUID) -> BookingView:
    async with world.writing() as session:
        return await bookings.create(session, actor, wish=Wish(on, START, START + HOUR))


async def by_time(world: World) -> dict[str, int]:
    async with world.writing() as session:
        return await approvals.deadlines.run(session)


async def told(world: World) -> dict[object, list[str]]:
    """Let the worker tell whoever is asked; the kinds of what each person heard."""
    async with world.writing() as session:
        for message in await session.scalars(
            select(Message).where(Message.topic == "approvals.asked")
        ):
            await approvals.tell_asked(
                session, [UUID(one) for one in message.payload["approval_ids"]]
            )
            await session.delete(message)
    heard: dict[object, list[str]] = {}
    async with world.reading() as reads:
        for one in await reads.scalars(select(Notification).order_by(Notification.id)):
            heard.setdefault(one.user_id, []).append(one.kind)
    return heard


async def status(world: World, booking_id: UUID) -> Status:
    async with world.reading() as reads:
        return (await reads.get_one(Booking, booking_id)).status


async def test_a_step_is_passed_on_then_lapses(world: World, clock: time_machine.Traveller) -> None:
    member, first, second = [await world.person() for _ in range(3)]
    step = Step((person(first),), "all", 60, OnDeadline.ESCALATE, (person(second), person(member)))
    made = await ask(world, member, await ruled(world, step))
    assert await told(world) == {first.user_id: ["booking.requested"]}
    clock.shift(HOUR * 61 / 60)
    assert await by_time(world) == {"escalated": 1}
    assert await by_time(world) == {}
    # Whoever asked is not among those it went to.
    assert await told(world) == {
        first.user_id: ["booking.requested", "booking.requested"],
        second.user_id: ["booking.requested"],
    }
    clock.shift(HOUR)
    assert await by_time(world) == {"expired": 1}
    assert await status(world, made.id) is Status.EXPIRED


async def test_a_step_that_counts_as_approved_goes_on_by_itself(
    world: World, clock: time_machine.Traveller
) -> None:
    member, first, second = [await world.person() for _ in range(3)]
    silent = Step((person(first),), "any", 60, OnDeadline.APPROVE)
    made = await ask(world, member, await ruled(world, silent, Step((person(second),))))
    clock.shift(HOUR * 61 / 60)
    assert await by_time(world) == {"approved": 1}
    assert await status(world, made.id) is Status.REQUESTED
    async with world.writing() as session:
        done = await bookings.approve(session, second, made.id)
    assert done.status is Status.CONFIRMED


async def test_where_nobody_is_left_it_goes_to_the_permission_and_administrators_hear(
    world: World,
) -> None:
    manager = await world.manager()
    member, asked = await world.person(), await world.person()
    # The only one named asks for themselves.
    made = await ask(world, asked, await ruled(world, Step((person(asked),))))
    heard = await told(world)
    assert heard == {manager.user_id: ["booking.requested", "approval.nobody"]}
    async with world.writing() as session:
        assert (await bookings.approve(session, manager, made.id)).status is Status.CONFIRMED

    on = await ruled(world, Step((person(asked),)))
    await ask(world, member, on)
    await told(world)
    async with world.writing() as session:
        wanted = update(User).where(User.id == asked.user_id)
        await session.execute(wanted.values(state=UserState.SUSPENDED))
    async with world.writing() as session:
        assert await approvals.deadlines.hand_on(session) == 1
    async with world.writing() as session:
        assert await approvals.deadlines.hand_on(session) == 0
    async with world.reading() as reads:
        open_ = select(Approval.permission).where(Approval.state == ApprovalState.OPEN)
        assert list(await reads.scalars(open_)) == ["bookings:approve"]
    assert len((await told(world))[manager.user_id]) == 4
