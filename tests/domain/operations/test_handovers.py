"""Shift hand-overs: given with what is open, read as far as one may, taken over once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from src.core import ids
from src.core.actor import Actor
from src.core.errors import Forbidden
from src.core.events import Event
from src.domain.accounts.tables import RoleName
from src.domain.notifications import Notification
from src.domain.operations import handovers, morning
from src.domain.operations.handovers import HandoverView, Which
from src.domain.operations.tables import (
    SEVERITY_RANKS,
    Incident,
    IncidentState,
    IncidentType,
    Severity,
    Visibility,
)
from tests.support.statements import counted
from tests.support.world import World


async def given(
    world: World, by: Actor, team_id: UUID | None, to: Actor | None = None, watch: str = "Hums"
) -> HandoverView:
    async with world.writing() as session:
        return await handovers.give(
            session, by, team_id=team_id, to_id=to.user_id if to else None, watch=watch
        )


async def taken(world: World, by: Actor, handover_id: UUID, remark: str = "") -> HandoverView:
    async with world.writing() as session:
        return await handovers.acknowledge(session, by, handover_id, remark=remark)


async def incidents(world: World) -> tuple[UUID, UUID]:
    """One that everybody may know of, and one that is restricted."""
    kind = IncidentType(
        id=ids.new(), code="spill", name="Spill", rank=1, leads={}, tasks=[],
        default_severity=Severity.LOW, default_visibility=Visibility.OPEN,
    )  # fmt: skip
    at = datetime.now(UTC) - timedelta(hours=1)
    rows = [
        Incident(
            id=ids.new(), number=number, type_id=kind.id, title=f"Leak {number}",
            severity=Severity.HIGH, severity_rank=SEVERITY_RANKS[Severity.HIGH],
            state=IncidentState.OPEN, state_rank=0, visibility=visibility, occurred_at=at,
            reported_at=at,
        )
        for number, visibility in enumerate(Visibility, 1)
    ]  # fmt: skip
    async with world.writing() as session:
        session.add(kind)
        await session.flush()
        session.add_all(rows)
    return rows[0].id, rows[1].id


async def test_what_is_open_goes_along_and_each_reads_what_they_may(world: World) -> None:
    team_id = await world.team()
    giver = await world.person(RoleName.EHS, team_ids=[team_id])
    taker = await world.person(team_ids=[team_id])
    shown, hidden = await incidents(world)
    made = await given(world, giver, team_id)
    assert {item.id for part in made.sections for item in part.items} == {shown, hidden}
    async with world.reading() as reads:
        theirs = await handovers.get(reads, taker, made.id)
    assert [item.id for part in theirs.sections for item in part.items] == [shown]
    assert str(hidden) not in repr(theirs)
    assert theirs.may_acknowledge
    async with world.reading() as reads:
        event = await reads.scalar(select(Event).where(Event.verb == "handover.given"))
    assert event
    assert event.changes == {"team_id": str(team_id), "to_id": None}


async def test_the_next_person_takes_it_over_once_and_who_gave_it_is_told(world: World) -> None:
    team_id = await world.team()
    giver, taker, third = [await world.person(team_ids=[team_id]) for _ in range(3)]
    made = await given(world, giver, team_id, to=taker)
    for wrong in (giver, third):
        with pytest.raises(Forbidden):
            await taken(world, wrong, made.id)
    done = await taken(world, taker, made.id, remark=" Thanks ")
    assert done.acknowledged_by
    assert (done.acknowledged_by.id, done.remark) == (taker.user_id, "Thanks")
    with pytest.raises(handovers.HandoverTaken):
        await taken(world, taker, made.id)
    async with world.writing() as session:
        assert await handovers.telling.tell_given(session, made.id) == 0  # it is taken already
        assert await handovers.telling.tell_acknowledged(session, made.id) == 1
        told = await session.scalar(select(Notification.user_id))
    assert told == giver.user_id


async def test_a_teams_waits_for_any_other_member_and_they_are_told(world: World) -> None:
    team_id, other = await world.team(), await world.team()
    giver, mate = [await world.person(team_ids=[team_id]) for _ in range(2)]
    stranger = await world.person(team_ids=[other])
    made = await given(world, giver, team_id)
    async with world.writing() as session:
        assert await handovers.telling.tell_given(session, made.id) == 1
    waiting = {}
    for name, who in (("giver", giver), ("mate", mate), ("stranger", stranger)):
        async with world.reading() as reads:
            page = await handovers.list_(reads, who, which=Which.MINE)
            found = await morning.of(reads, who, most=6)
        assert found
        assert len(found.handovers) == len(page.items)
        waiting[name] = [one.id for one in page.items]
    assert waiting == {"giver": [], "mate": [made.id], "stranger": []}
    await taken(world, mate, made.id)


async def test_it_is_for_somebody_else_who_reads_the_team(world: World) -> None:
    team_id = await world.team()
    giver = await world.person(team_ids=[team_id])
    outsider = await world.person(RoleName.MEMBER)
    with pytest.raises(handovers.BadHandover):
        await given(world, giver, team_id, to=giver)
    with pytest.raises(handovers.BadHandover):
        await given(world, giver, ids.new(), to=outsider, watch="x" * 10_001)
    with pytest.raises(Forbidden):
        await given(world, Actor(None), team_id)


async def test_lists_and_the_morning_take_few_statements(world: World) -> None:
    team_id = await world.team()
    giver, mate = [await world.person(team_ids=[team_id]) for _ in range(2)]
    for _ in range(12):
        await given(world, giver, team_id)
    async with world.reading() as reads:
        with counted(world.database) as said:
            assert len((await handovers.list_(reads, mate)).items) == 12
        assert len(said) == 1
        with counted(world.database) as said:
            found = await morning.of(reads, mate, most=6)
        assert found
        assert len(found.handovers) == 6
        assert len(said) <= 6
