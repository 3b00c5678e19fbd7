"""Qualifications: given, ended by date, taken away; and access that is asked for."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from src.core import clock
from src.core.actor import Actor
from src.core.errors import Forbidden
from src.domain import approvals, training
from src.domain.accounts.tables import RoleName
from src.domain.approvals import Verdict
from src.domain.notifications import Notification
from src.domain.training import AccessState, access, grants, qualifications
from src.domain.training.tables import AccessRequest, QualificationGrant
from tests.support.world import World

DAY = timedelta(days=1)


def who(actor: Actor) -> UUID:
    assert actor.user_id is not None
    return actor.user_id


async def laser(world: World, actor: Actor, *, valid_days: int | None = None) -> UUID:
    async with world.writing() as session:
        return (
            await qualifications.create(session, actor, name="Laser safety", valid_days=valid_days)
        ).id


async def held(world: World, person: Actor, *, days: float = 0) -> frozenset[UUID]:
    async with world.reading() as reads:
        found = await training.held_by(reads, [who(person)], clock.now() + DAY * days)
    return found[who(person)]


async def kinds_told(world: World, person: Actor) -> list[str]:
    async with world.reading() as reads:
        mine = select(Notification.kind).where(Notification.user_id == person.user_id)
        return list(await reads.scalars(mine.order_by(Notification.id)))


async def test_it_holds_until_its_end_and_not_a_moment_longer(world: World) -> None:
    trainer, member = await world.person(RoleName.TRAINER), await world.person()
    safety = await laser(world, trainer, valid_days=30)
    async with world.writing() as session:
        first = await grants.give(session, trainer, safety, who(member))
    assert await held(world, member, days=29.9) == {safety}
    assert await held(world, member, days=30) == frozenset()
    async with world.writing() as session:
        end = clock.now() + DAY * 90
        await grants.give(session, trainer, safety, who(member), expires_at=end)
    assert await held(world, member, days=60) == {safety}
    async with world.reading() as reads:
        (view,) = (await qualifications.list_(reads, member)).items
        page = await grants.of_qualification(reads, trainer, safety)
        mine = await grants.of_person(reads, member, who(member))
    assert view.holder_count == 1
    assert [one.expires_at for one in page.items] == [end]
    assert [one.is_current for one in mine] == [True, False]
    assert mine[1].id == first.id
    async with world.writing() as session:
        await grants.revoke(session, trainer, mine[0].id, reason="Burnt a hole")
    assert await held(world, member) == frozenset()
    assert await kinds_told(world, member) == ["qualification.granted"] * 2 + [
        "qualification.revoked"
    ]


async def test_nobody_qualifies_themselves_and_few_qualify_others(world: World) -> None:
    trainer, member = await world.person(RoleName.TRAINER), await world.person()
    safety = await laser(world, trainer)
    with pytest.raises(training.OwnQualification):
        async with world.writing() as session:
            await grants.give(session, trainer, safety, who(trainer))
    with pytest.raises(Forbidden):
        async with world.writing() as session:
            await grants.give(session, member, safety, who(trainer))
    async with world.writing() as session:
        await qualifications.update(session, trainer, safety, changes={"is_active": False})
    with pytest.raises(training.QualificationRetired):
        async with world.writing() as session:
            await grants.give(session, trainer, safety, who(member))
    async with world.reading() as reads:
        with pytest.raises(Forbidden):
            await grants.of_person(reads, member, who(trainer))


async def test_who_holds_it_is_reminded_once_before_each_end(world: World) -> None:
    trainer, member = await world.person(RoleName.TRAINER), await world.person()
    safety = await laser(world, trainer)
    async with world.writing() as session:
        given = await grants.give(
            session, trainer, safety, who(member), expires_at=clock.now() + DAY * 60
        )
        assert await training.reminders.remind(session) == 0
        soon = clock.now() + DAY * 10
        await session.execute(
            update(QualificationGrant)
            .where(QualificationGrant.id == given.id)
            .values(expires_at=soon)
        )
        assert await training.reminders.remind(session) == 1
        assert await training.reminders.remind(session) == 0
        # Who is given something for a few days knows when it ends.
        await grants.give(session, trainer, safety, who(member), expires_at=soon)
        assert await training.reminders.remind(session) == 0
    assert (await kinds_told(world, member)).count("qualification.expiring") == 1


async def test_access_is_asked_for_decided_by_others_and_gives_what_was_missing(
    world: World,
) -> None:
    trainer, member = await world.person(RoleName.TRAINER), await world.person()
    safety = await laser(world, trainer)
    resource = await world.resource(required_qualifications=[str(safety)])
    async with world.writing() as session:
        asked = await access.ask(session, member, resource, reason="Thesis, figure 3")
    assert [one.id for one in asked.qualifications] == [safety]
    with pytest.raises(training.AccessAsked):
        async with world.writing() as session:
            await access.ask(session, member, resource, reason="Please")
    with pytest.raises(Forbidden):
        async with world.writing() as session:
            await access.decide(session, member, asked.id, Verdict.APPROVE)
    async with world.writing() as session:
        open_ = await approvals.open_of(session, access.KIND, [asked.id])
        assert await approvals.tell_asked(session, [open_[asked.id].id]) >= 1
    until = clock.now() + DAY * 100
    async with world.writing() as session:
        done = await access.decide(
            session, trainer, asked.id, Verdict.APPROVE, until=until, note="Welcome"
        )
    assert (done.state, done.granted_until) == (AccessState.GRANTED, until)
    assert await held(world, member, days=99) == {safety}
    assert await held(world, member, days=101) == frozenset()
    assert await kinds_told(world, member) == ["access.granted"]
    assert "access.requested" in await kinds_told(world, trainer)
    with pytest.raises(training.AccessNotNeeded):
        async with world.writing() as session:
            await access.ask(session, member, resource, reason="Again")
    with pytest.raises(training.AccessSettled):
        async with world.writing() as session:
            await access.decide(session, trainer, asked.id, Verdict.REJECT)


async def test_access_that_is_refused_or_taken_back_can_be_asked_for_anew(world: World) -> None:
    trainer, member, mate = (
        await world.person(RoleName.TRAINER), await world.person(), await world.person()
    )  # fmt: skip
    safety = await laser(world, trainer)
    resource = await world.resource(required_qualifications=[str(safety)])
    for verdict in (Verdict.REJECT, None):
        async with world.writing() as session:
            asked = await access.ask(session, member, resource, reason="Thesis")
            if verdict is None:
                done = await access.withdraw(session, member, asked.id)
            else:
                done = await access.decide(session, trainer, asked.id, verdict, note="No")
        assert done.state in {AccessState.REJECTED, AccessState.WITHDRAWN}
    async with world.writing() as session:
        asked = await access.ask(session, member, resource, reason="Third time")
        await session.execute(
            update(AccessRequest)
            .where(AccessRequest.id == asked.id)
            .values(expires_at=clock.now() - DAY)
        )
    # Lapsed, whatever the worker does.
    async with world.writing() as session:
        again = await access.ask(session, member, resource, reason="Fourth time")
    assert again.id != asked.id
    async with world.reading() as reads:
        with pytest.raises(training.AccessRequestNotFound):
            await access.get(reads, mate, again.id)
        waiting = await access.list_(reads, trainer, states=[AccessState.OPEN])
    assert [one.id for one in waiting.items] == [again.id]
    assert await held(world, member) == frozenset()
