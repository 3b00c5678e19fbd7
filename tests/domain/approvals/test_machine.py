"""An approval under any order of votes, deadlines, delegations and changes of the booking.

Whatever happens: it is decided once, never by whoever asked or for whom it is, nobody speaks twice
in a step, k of them is k different people, and the booking's state and hold say the same.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, ids
from src.core.actor import Actor
from src.core.errors import DomainError
from src.domain import approvals, bookings
from src.domain.accounts import RoleName
from src.domain.approvals import Approval, ApprovalState, Verdict, rules
from src.domain.approvals.rules import Approver, ApproverKind, OnDeadline, Step
from src.domain.approvals.tables import ApprovalRule, ApprovalSeat, ApprovalVote, Delegation
from src.domain.bookings import Booking, Status, Wish
from src.domain.resources.tables import Hold
from tests.support.world import HOUR, MINUTE, World, tomorrow

FULL = os.environ.get("ALIQUOT_TEST_CAMPAIGN") == "full"
SEEDS = range(40) if FULL else range(4)
STEPS = 30
START = tomorrow(9)
NEEDS: tuple[str | int, ...] = ("any", "all", 1, 2, 3)


@pytest.fixture(autouse=True)
def travelling() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START - 20 * HOUR, tick=False) as traveller:
        yield traveller


@dataclass
class Machine:
    """The institute, and what must stay true of it."""

    world: World
    random: Random
    travelling: time_machine.Traveller
    people: list[Actor]
    managers: list[Actor]
    resource_id: object = None
    requester: Actor | None = None
    booking_id: object = None
    ended: dict[object, ApprovalState] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()

    async def begin(self) -> None:
        """A rule of random steps, and a request that goes by it."""
        self.steps = tuple(self.step() for _ in range(self.random.randint(1, 3)))
        async with self.world.writing() as session:
            rule = ApprovalRule(
                id=ids.new(), name=f"Rule {ids.new()}", description="", is_active=True,
                steps=[rules.raw_of(step) for step in self.steps],
            )  # fmt: skip
            session.add(rule)
            await session.flush()
            rule_id = rule.id
        self.resource_id = await self.world.resource(
            is_approval_required=True, approval_rule_id=rule_id, request_hold_minutes=600
        )
        # A manager may ask for themselves, and may then not decide.
        self.requester = self.random.choice([*self.people, *self.managers])
        await self.ask()

    async def ask(self) -> None:
        """Ask for the time."""
        wish = Wish(self.resource_id, START, START + 2 * HOUR)  # type: ignore[arg-type]
        with suppress(DomainError):
            async with self.world.writing() as session:
                made = await bookings.create(session, self.requester, wish=wish)  # type: ignore[arg-type]
            self.booking_id = made.id

    def step(self) -> Step:
        """Some step."""
        random = self.random
        named = random.sample([*self.people, *self.managers], random.randint(1, 4))
        whom = tuple(Approver(ApproverKind.PERSON, str(one.user_id)) for one in named)
        if random.random() < 0.2:
            whom = (Approver(ApproverKind.ROLE, "manager"),)
        return Step(
            whom,
            random.choice(NEEDS),
            random.choice([None, 30, 120, 500]) or 60,
            random.choice(list(OnDeadline)),
            tuple(
                Approver(ApproverKind.PERSON, str(one.user_id))
                for one in random.sample(self.people, random.randint(1, 2))
            ),
        )

    async def anything(self) -> None:
        """One random deed; a refusal is an answer as good as any."""
        deeds = [self.vote] * 5 + [self.delegate, self.wait, self.wait, self.change, self.by_job]
        with suppress(DomainError):
            await self.random.choice(deeds)()

    async def vote(self) -> None:
        """Somebody says something, entitled or not."""
        who = self.random.choice([*self.people, *self.managers])
        verdict = self.random.choice([Verdict.APPROVE, Verdict.APPROVE, Verdict.REJECT])
        async with self.world.writing() as session:
            open_ = await approvals.open_of(session, "booking", [self.booking_id])  # type: ignore[list-item]
            for approval in open_.values():
                await approvals.decide(session, who, approval.id, verdict)

    async def delegate(self) -> None:
        """Somebody lets somebody stand in, for a while."""
        one, other = self.random.sample([*self.people, *self.managers], 2)
        async with self.world.writing() as session:
            session.add(
                Delegation(
                    id=ids.new(), from_id=one.user_id, to_id=other.user_id, resource_id=None,
                    starts_at=clock.now() - HOUR, reason="", revoked_at=None,
                    ends_at=clock.now() + self.random.randint(1, 300) * MINUTE,
                )
            )  # fmt: skip

    async def wait(self) -> None:
        """Time goes by; the worker may or may not come."""
        self.travelling.shift(timedelta(minutes=self.random.choice([1, 20, 61, 130])))
        if self.random.random() < 0.5:
            await self.by_job()

    async def by_job(self) -> None:
        """The worker comes by."""
        async with self.world.writing() as session:
            await approvals.deadlines.run(session)
        async with self.world.writing() as session:
            await bookings.upkeep.expire_requests(session)

    async def change(self) -> None:
        """The request is moved, shortened, or cancelled and asked anew."""
        how = self.random.randrange(3)
        async with self.world.writing() as session:
            if how == 0:
                await bookings.cancel(session, self.requester, self.booking_id)  # type: ignore[arg-type]
            else:
                moved = {"ends_at": START + HOUR} if how == 1 else {
                    "starts_at": START + 3 * HOUR, "ends_at": START + 4 * HOUR
                }  # fmt: skip
                await bookings.change(session, self.requester, self.booking_id, changes=moved)  # type: ignore[arg-type]
        if how == 0:
            await self.ask()

    async def holds(self) -> None:
        """What must be true now."""
        async with self.world.reading() as reads:
            every = list(await reads.scalars(select(Approval)))
            for approval in every:
                await self.of_approval(reads, approval)
            now = clock.now()
            for booking in await reads.scalars(select(Booking)):
                await of_booking(
                    reads, booking, [one for one in every if one.subject_id == booking.id], now
                )

    async def of_approval(self, reads: AsyncSession, approval: Approval) -> None:
        """Decided once, never by oneself; k different people where k were needed."""
        if approval.id in self.ended:
            assert approval.state is self.ended[approval.id]
        if approval.state is not ApprovalState.OPEN:
            self.ended[approval.id] = approval.state
        own = {approval.requested_by, approval.requested_for}
        votes = list(
            await reads.scalars(select(ApprovalVote).where(ApprovalVote.approval_id == approval.id))
        )
        seats = list(
            await reads.scalars(select(ApprovalSeat).where(ApprovalSeat.approval_id == approval.id))
        )
        assert not own & {seat.person_id for seat in seats}
        for vote in votes:
            assert not own & {vote.person_id, vote.decided_by}
        for number in range(approval.step + 1):
            spoken = [vote for vote in votes if vote.step == number]
            assert len({vote.decided_by for vote in spoken}) == len(spoken)
            assert len({vote.person_id for vote in spoken}) == len(spoken)
            asked = {seat.person_id: seat.is_escalated for seat in seats if seat.step == number}
            told = [rules.Vote(v.person_id, v.decided_by, v.verdict) for v in spoken]
            reached = rules.verdict_of(rules.step_of(approval.steps[number]), asked, told)
            if number == approval.step and approval.state is ApprovalState.OPEN:
                assert reached is None
            if reached is Verdict.REJECT:
                assert (approval.state, approval.step) == (ApprovalState.REJECTED, number)
        assert approval.latest_at is None or approval.expires_at is not None
        if approval.latest_at is not None and approval.expires_at is not None:
            assert approval.expires_at <= approval.latest_at


async def of_booking(
    reads: AsyncSession, booking: Booking, its: list[Approval], now: datetime
) -> None:
    """The request waits behind exactly one approval, and holds its time exactly as long."""
    open_ = [one for one in its if one.state is ApprovalState.OPEN]
    held = list(await reads.scalars(select(Hold).where(Hold.holder_id == booking.id)))
    if booking.status is Status.REQUESTED:
        assert len(open_) == 1
        assert booking.request_expires_at == open_[0].expires_at
        if booking.request_expires_at is not None and booking.request_expires_at > now:
            assert [hold.expires_at for hold in held] == [booking.request_expires_at]
        return
    assert open_ == []
    if booking.status is Status.CONFIRMED:
        assert [hold.expires_at for hold in held] == [None]
        assert [one.state for one in its].count(ApprovalState.APPROVED) == 1
    else:
        assert held == []


@pytest.mark.parametrize("seed", SEEDS)
async def test_whatever_happens_it_is_decided_once_and_by_others(
    world: World, seed: int, travelling: time_machine.Traveller
) -> None:
    machine = Machine(
        world,
        Random(seed),
        travelling,
        [await world.person() for _ in range(4)],
        [await world.person(RoleName.MANAGER) for _ in range(2)],
    )
    await machine.begin()
    await machine.holds()
    for _ in range(STEPS):
        await machine.anything()
        await machine.holds()
