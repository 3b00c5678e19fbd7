"""How long the summary of a day of ten thousand events takes, in statements and in SQL time."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import event, insert

from src.core import chain, ids
from src.core.actor import ActorKind
from src.core.db import Database
from src.core.events import Event
from src.domain.operations.summaries import making
from tests.support.statements import counted
from tests.support.world import World

EVENTS, PEOPLE, THINGS = 10_000, 60, 2_500
MORNING = datetime(2026, 6, 10, 9, tzinfo=UTC)
VERBS = (
    ("update.posted", 30), ("incident.reported", 5), ("incident.noted", 20),
    ("incident.resolved", 4), ("incident.closed", 4), ("blocker.raised", 5),
    ("blocker.resolved", 5), ("decision.proposed", 3), ("decision.accepted", 2),
    ("booking.confirmed", 15), ("booking.no-show", 2), ("comment.posted", 5),
)  # fmt: skip

pytestmark = [pytest.mark.bench, pytest.mark.timeout(300)]


def timed(database: Database) -> list[float]:
    """The seconds of every statement from here on."""
    taken: list[float] = []

    def before(*parts: Any) -> None:
        parts[4].began = time.perf_counter()

    def after(*parts: Any) -> None:
        taken.append(time.perf_counter() - parts[4].began)

    event.listen(database.engine.sync_engine, "before_cursor_execute", before)
    event.listen(database.engine.sync_engine, "after_cursor_execute", after)
    return taken


async def a_busy_day(world: World, people: list[Any]) -> None:
    """Ten thousand events of the day before the morning."""
    random = Random(7)
    things = [ids.new() for _ in range(THINGS)]
    verbs, weights = zip(*VERBS, strict=True)
    rows = []
    for number in range(EVENTS):
        at = MORNING - timedelta(days=1) + timedelta(days=1) * number / EVENTS
        verb = random.choices(verbs, weights)[0]
        spread = random.getrandbits(60) | (2 << 62) | (7 << 76)
        rows.append({
            "id": chain.first_id(at).int | spread, "at": at, "actor_id": random.choice(people),
            "actor_kind": ActorKind.USER, "verb": verb, "subject_type": verb.partition(".")[0],
            "subject_id": random.choice(things), "changes": {"state": ["open", "resolved"]},
            "digest": "0" * 64,
        })  # fmt: skip
    async with world.writing() as session:
        for first in range(0, EVENTS, 500):
            made = [{**row, "id": _uuid(row["id"])} for row in rows[first : first + 500]]
            await session.execute(insert(Event), made)


def _uuid(number: int) -> Any:
    return type(ids.new())(int=number)


async def test_a_day_of_ten_thousand_events(world: World) -> None:
    people = [(await world.person()).user_id for _ in range(PEOPLE)]
    await a_busy_day(world, people)
    kind = "SQLite" if world.database.is_sqlite else "PostgreSQL"
    taken = timed(world.database)
    with counted(world.database) as said:
        began = time.perf_counter()
        async with world.writing() as session:
            await making.make_next(session, "all", now=MORNING + timedelta(minutes=2))
        whole = time.perf_counter() - began
    print(f"\n{kind}: {len(said)} statements, {sum(taken) * 1000:.0f} ms of SQL, "
          f"the slowest {max(taken) * 1000:.0f} ms, {whole * 1000:.0f} ms in all")  # fmt: skip
    assert len(said) < 30
