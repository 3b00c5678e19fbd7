"""Lists and search among 200,000 updates and 20,000 incidents: how long the database takes.

The plans are asked in ordinary runs too, among few rows: nothing reads a whole table.
"""

from __future__ import annotations

import statistics
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor, Permission, team_scope
from src.core.paging import Paging
from src.domain import search
from src.domain.accounts.tables import RoleName
from src.domain.operations import updates
from src.domain.operations.incidents import reading as incidents
from src.domain.operations.incidents.views import Filter
from src.domain.operations.tables import IncidentState, Severity
from tests.support import crowd
from tests.support.plans import watched, whole_tables
from tests.support.world import World

LIMIT = 0.05  # seconds of database time, at the median
TIMES = 9
TABLES = ("status_updates", "incidents", "search_documents", "tagged", "comments")
Ask = Callable[[AsyncSession, Actor], Awaitable[Any]]


def _updates(**filters: Any) -> Ask:
    async def ask(reads: AsyncSession, actor: Actor) -> Any:
        return await updates.list_(reads, actor, filters=updates.Filters(**filters))

    return ask


def _incidents(**filters: Any) -> Ask:
    async def ask(reads: AsyncSession, actor: Actor) -> Any:
        return await incidents.list_(reads, actor, wanted=Filter(**filters))

    return ask


def _search(q: str, *kinds: str) -> Ask:
    async def ask(reads: AsyncSession, actor: Actor) -> Any:
        return await search.find(reads, actor, q, 5, kinds=kinds)

    return ask


async def _second_page(reads: AsyncSession, actor: Actor) -> Any:
    first = await updates.list_(reads, actor, paging=Paging(limit=50))
    return await updates.list_(reads, actor, paging=Paging(limit=50, cursor=first.next))


def _asked(people: list[UUID], teams: list[UUID | None]) -> dict[str, Ask]:
    open_ = [IncidentState.OPEN, IncidentState.IN_PROGRESS]
    return {
        "updates": _updates(),
        "updates, two pages": _second_page,
        "updates of a person": _updates(author_ids=[people[3]]),
        "updates of a team": _updates(team_ids=[teams[3]]),
        "updates with a tag": _updates(tags=["t7"]),
        "updates with a rare word": _updates(q=crowd.RARE),
        "updates with a common word": _updates(q=crowd.COMMON),
        "incidents": _incidents(),
        "incidents that go on": _incidents(states=open_),
        "incidents of a team": _incidents(team_ids=[teams[3]]),
        "critical incidents": _incidents(severities=[Severity.CRITICAL]),
        "incidents with a word": _incidents(q=crowd.IN_TITLES),
        "search, a rare word": _search(crowd.RARE),
        "search, a common word": _search(crowd.COMMON),
        "search, words in titles": _search(crowd.IN_TITLES),
        "search, two words": _search(f"{crowd.COMMON} ba"),
        "search, two letters": _search("la"),
        "search, a number": _search("INC-777"),
        "search, nothing": _search("nothingofthekind"),
        "search, updates alone": _search(crowd.COMMON, "update"),
    }


async def _readers(world: World, teams: list[UUID | None]) -> dict[str, Actor]:
    member = await world.person()
    scopes = frozenset(team_scope(team) for team in teams[1:3] if team)
    guest = replace(member, granted={Permission.OPERATIONS_READ: frozenset[str | None](scopes)})
    return {"ehs": await world.person(RoleName.EHS), "member": member, "of two teams": guest}


async def test_lists_and_search_read_no_table_as_a_whole(world: World) -> None:
    made = await crowd.fill(world, updates=300, incidents=60)
    whole = {}
    for who, actor in (await _readers(world, made.teams)).items():
        for name, ask in _asked(made.people, made.teams).items():
            with watched(world.database) as seen:
                async with world.reading() as reads:
                    await ask(reads, actor)
            if found := await whole_tables(world.database, seen.said, TABLES):
                whole[f"{name} ({who})"] = found
    assert whole == {}


@pytest.mark.bench
async def test_lists_and_search_among_years_of_writing(world: World) -> None:
    made = await crowd.fill(world, updates=200_000, incidents=20_000)
    kind = "SQLite" if world.database.is_sqlite else "PostgreSQL"
    print(f"\n{kind}, 200,000 updates and 20,000 incidents: database time in ms, median and worst")
    slow = []
    for who, actor in (await _readers(world, made.teams)).items():
        for name, ask in _asked(made.people, made.teams).items():
            took = []
            for _ in range(TIMES):
                with watched(world.database) as seen:
                    async with world.reading() as reads:
                        await ask(reads, actor)
                took.append(seen.seconds)
            median = statistics.median(took)
            whole = await whole_tables(world.database, seen.said, TABLES)
            print(
                f"  {who:12} {name:28} {median * 1000:7.1f} {max(took) * 1000:7.1f}"
                f"  {len(seen.said)} statements {'; '.join(whole)}"
            )
            if median >= LIMIT:
                slow.append(f"{name} ({who}): {median * 1000:.0f} ms")
    assert slow == []
