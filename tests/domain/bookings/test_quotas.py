"""Making quotas and projects, and who sees what of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from src.core import ids
from src.core.actor import Actor
from src.core.errors import Forbidden, PreconditionFailed
from src.domain import bookings
from src.domain.bookings import Wish, quotas
from src.domain.bookings.quotas import QuotaWish
from src.domain.bookings.tables import HolderKind, Period, QuotaUnit
from tests.support.world import HOUR, World, tomorrow

START = tomorrow(9)


def wish(**about: Any) -> QuotaWish:
    said = {
        "name": "Ten hours",
        "holder_kind": HolderKind.EVERYONE,
        "period": Period.YEAR,
        "unit": QuotaUnit.MINUTES,
        "amount": 600,
    }
    return QuotaWish(**{**said, **about})


async def make(world: World, actor: Actor, **about: Any) -> quotas.QuotaView:
    async with world.writing() as session:
        return await quotas.allocations.create(session, actor, wish=wish(**about))


async def book(world: World, actor: Actor, resource: UUID, days: int = 0) -> None:
    start = START + timedelta(days=days)
    async with world.writing() as session:
        await bookings.create(session, actor, wish=Wish(resource, start, start + HOUR))


async def test_people_see_what_is_theirs_and_where_they_stand(world: World) -> None:
    member, other, manager = await world.person(), await world.person(), await world.manager()
    resource = await world.resource()
    await book(world, member, resource)
    everyone = await make(world, manager, period=Period.YEAR)
    theirs = await make(
        world, manager, name="Theirs", holder_kind=HolderKind.PERSON, holder_id=other.user_id
    )
    async with world.reading() as reads:
        (seen,) = (await quotas.allocations.list_(reads, member)).items
        all_ = (await quotas.allocations.list_(reads, manager)).items
        with pytest.raises(quotas.QuotaNotFound):
            await quotas.allocations.get(reads, member, theirs.id)
    # What was booked before the quota was made counts, as far as it lies in this year.
    counts = START.year == seen.period_start.year
    assert (seen.id, seen.is_mine, seen.taken) == (everyone.id, True, 60 * counts)
    assert {each.id for each in all_} == {everyone.id, theirs.id}


async def test_the_ledger_shows_members_their_own_lines(world: World) -> None:
    member, other, manager = await world.person(), await world.person(), await world.manager()
    resource = await world.resource()
    made = await make(world, manager)
    await book(world, member, resource)
    await book(world, other, resource, days=1)
    async with world.reading() as reads:
        (mine,) = (await quotas.allocations.ledger_of(reads, member, made.id)).items
        both = (await quotas.allocations.ledger_of(reads, manager, made.id)).items
    assert (mine.holder_id, mine.amount, mine.holder_name) == (member.user_id, 60, member.name)
    assert len(both) == 2


async def test_a_quota_that_ended_limits_nobody(world: World) -> None:
    member, manager, resource = await world.person(), await world.manager(), await world.resource()
    made = await make(world, manager, amount=30)
    with pytest.raises(bookings.BookingRefused):
        await book(world, member, resource)
    with pytest.raises(PreconditionFailed):
        async with world.writing() as session:
            await quotas.allocations.change(
                session, manager, made.id, changes={"is_active": False}, expected_version=7
            )
    async with world.writing() as session:
        await quotas.allocations.change(session, manager, made.id, changes={"is_active": False})
    await book(world, member, resource)
    async with world.reading() as reads:
        assert (await quotas.allocations.list_(reads, member)).items == []


@pytest.mark.parametrize(
    ("about", "field"),
    [
        ({"name": " "}, "name"),
        ({"amount": -1}, "amount"),
        ({"holder_kind": HolderKind.TEAM}, "holder_id"),
        ({"holder_kind": HolderKind.PERSON, "holder_id": ids.new()}, "holder_id"),
        ({"holder_kind": HolderKind.ROLE, "role": "nobody"}, "role"),
        ({"role": "member"}, "role"),
        ({"resource_id": ids.new()}, "resource_id"),
    ],
    ids=["name", "amount", "no-holder", "unknown-holder", "role", "role-of-everyone", "resource"],
)
async def test_what_a_quota_cannot_be(world: World, about: dict[str, Any], field: str) -> None:
    with pytest.raises(quotas.BadQuota) as caught:
        await make(world, await world.manager(), **about)
    assert [each.field[0] for each in caught.value.errors] == [field]


async def test_only_who_manages_quotas_makes_them(world: World) -> None:
    member = await world.person()
    with pytest.raises(Forbidden):
        await make(world, member)
    with pytest.raises(Forbidden):
        async with world.writing() as session:
            await quotas.projects.create(session, member, code="P1", name="Mine")


async def test_projects_have_codes_of_their_own_and_can_be_ended(world: World) -> None:
    manager, team = await world.manager(), await world.team()
    member, stranger = await world.person(team_ids=[team]), await world.person()
    async with world.writing() as session:
        made = await quotas.projects.create(
            session, manager, code="ERC-1", name="Cells", team_id=team
        )
    with pytest.raises(quotas.ProjectTaken):
        async with world.writing() as session:
            await quotas.projects.create(session, manager, code="ERC-1", name="Again")
    async with world.reading() as reads:
        assert [p.code for p in (await quotas.projects.list_(reads, member, mine=True)).items] == [
            "ERC-1"
        ]
        assert (await quotas.projects.list_(reads, stranger, mine=True)).items == []
    async with world.writing() as session:
        ended = await quotas.projects.change(
            session, manager, made.id, changes={"is_active": False}
        )
    assert not ended.is_active
    async with world.reading() as reads:
        assert (await quotas.projects.list_(reads, member, mine=True)).items == []


async def test_the_forecast_tells_what_would_be_left(world: World) -> None:
    member, manager, resource = await world.person(), await world.manager(), await world.resource()
    await make(world, manager, amount=600, period=Period.DAY)
    await book(world, member, resource)
    window = quotas.facts.Window(START + HOUR, START + 3 * HOUR)
    asked = quotas.facts.Asked(ids.new(), member.user_id, window)
    async with world.reading() as reads:
        standings = await quotas.facts.standing(reads, resource, asked)
    (found,) = quotas.forecast.of(standings)
    assert (found.left, found.amount, found.share) == ("7 h", "10 h", 30)
