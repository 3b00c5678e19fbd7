"""How bookings are shared out between periods, and where people stand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from src.core import ids
from src.core.actor import Actor
from src.domain.accounts.tables import RoleName
from src.domain.bookings.quotas import facts, periods, rule
from src.domain.bookings.tables import Allocation, HolderKind, Period, QuotaBalance, QuotaUnit
from src.domain.resources.hours import Window
from src.domain.resources.tables import Resource
from tests.support.statements import counted
from tests.support.world import HOUR, World

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


@given(
    ahead=st.integers(0, 60 * 24 * 1000),
    minutes=st.integers(1, 60 * 24 * 40),
    period=st.sampled_from(Period),
)
def test_shares_are_the_whole_booking(ahead: int, minutes: int, period: Period) -> None:
    start = MONDAY + timedelta(minutes=ahead)
    window = Window(start, start + timedelta(minutes=minutes))
    shares = periods.shares(window, period=period, unit=QuotaUnit.MINUTES, zone=BERLIN)
    assert sum(shares.values()) == minutes
    assert all(periods.start_of(day, period) == day for day in shares)
    for day in shares:
        after = periods.end_of(day, period)
        assert periods.start_of(after, period) == after
        assert periods.start_of(after - timedelta(days=1), period) == day


def test_a_night_is_shared_between_its_days_also_when_the_clocks_change() -> None:
    # Berlin, 25 October 2026: 25 hours.
    window = Window(datetime(2026, 10, 24, 20, tzinfo=UTC), datetime(2026, 10, 26, 1, tzinfo=UTC))
    shares = periods.shares(window, period=Period.DAY, unit=QuotaUnit.MINUTES, zone=BERLIN)
    assert shares == {
        date(2026, 10, 24): 120,
        date(2026, 10, 25): 25 * 60,
        date(2026, 10, 26): 120,
    }
    counted = periods.shares(window, period=Period.DAY, unit=QuotaUnit.COUNT, zone=BERLIN)
    assert counted == {date(2026, 10, 24): 1}


def test_days_outside_an_allocation_do_not_count() -> None:
    window = Window(MONDAY, MONDAY + 3 * timedelta(days=1))
    shares = periods.shares(
        window,
        period=Period.DAY,
        unit=QuotaUnit.MINUTES,
        zone=ZoneInfo("UTC"),
        starts_on=date(2026, 11, 24),
        ends_on=date(2026, 11, 24),
    )
    assert shares == {date(2026, 11, 24): 1440}


async def allocation(world: World, amount: int = 600, **columns: Any) -> UUID:
    row = Allocation(
        id=ids.new(),
        name=columns.pop("name", "Quota"),
        holder_kind=columns.pop("holder_kind", HolderKind.EVERYONE),
        period=columns.pop("period", Period.WEEK),
        unit=columns.pop("unit", QuotaUnit.MINUTES),
        amount=amount,
        **columns,
    )
    async with world.writing() as session:
        session.add(row)
    return row.id


async def standing(
    world: World, actor: Actor, resource: UUID, **about: Any
) -> list[facts.Standing]:
    asked = facts.Asked(ids.new(), actor.user_id, Window(MONDAY, MONDAY + 2 * HOUR), **about)
    async with world.reading() as reads:
        with counted(world.database) as said:
            found = await facts.standing(reads, resource, asked)
        assert len(said) == 1
    return found


async def test_every_kind_of_holder_has_its_say(world: World) -> None:
    team = await world.team()
    member = await world.person(team_ids=[team])
    resource, other = await world.resource(), await world.resource()
    elsewhere = await world.resource(type_id=await world.type())
    await allocation(world, name="everyone")
    await allocation(world, name="person", holder_kind="person", holder_id=member.user_id)
    await allocation(world, name="somebody", holder_kind="person", holder_id=ids.new())
    await allocation(world, name="team", holder_kind="team", holder_id=team)
    await allocation(world, name="member", holder_kind="role", role=RoleName.MEMBER)
    await allocation(world, name="trainer", holder_kind="role", role=RoleName.TRAINER)
    await allocation(world, name="here", resource_id=resource)
    await allocation(world, name="type", type_id=world.type_id)
    await allocation(world, name="ended", is_active=False)

    async def names(on: UUID, **about: Any) -> set[str]:
        return {each.name for each in await standing(world, member, on, **about)}

    assert await names(resource) == {"everyone", "person", "member", "here", "type"}
    assert await names(resource, team_id=team) == {
        "everyone", "person", "member", "here", "type", "team",
    }  # fmt: skip
    assert await names(other) == {"everyone", "person", "member", "type"}
    assert await names(elsewhere) == {"everyone", "person", "member"}


async def test_the_message_has_the_numbers_in_it(world: World) -> None:
    member, resource = await world.person(), await world.resource()
    quota = await allocation(world, 600, name="Ten hours a week")
    async with world.writing() as session:
        session.add(
            QuotaBalance(
                allocation_id=quota,
                holder_id=member.user_id,
                period_start=MONDAY.date(),
                taken=540,
            )
        )
    (found,) = await standing(world, member, resource)
    assert (found.taken, found.adding, found.left) == (540, 120, 0)
    (violation,) = rule.violations([found])
    assert violation.code == "quota-exceeded"
    assert violation.numbers["taken"] == 540
    assert "Ten hours a week: 1 h of 10 h are left" in violation.message
    assert "this booking takes 2 h" in violation.message


async def test_several_at_once_are_counted_together_and_a_change_once(world: World) -> None:
    member, resource = await world.person(), await world.resource()
    await allocation(world, 180)
    window = Window(MONDAY, MONDAY + 2 * HOUR)
    async with world.reading() as reads:
        column = facts.column(member.user_id, around=window)
        known = facts.limits(await reads.scalar(select(column).where(Resource.id == resource)))
    first, second = (facts.Asked(ids.new(), member.user_id, window) for _each in range(2))
    found = facts.standings([(first, known), (second, known)])
    assert not found[first.booking_id][0].is_exceeded
    assert found[second.booking_id][0].taken == 120
    assert found[second.booking_id][0].is_exceeded
