"""Years of what a large institute writes, as rows: for benchmarks and for plans of statements."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import insert, text

from src.core import clock, ids, words
from src.core.fulltext import SearchDocument
from src.domain.operations.tables import (
    SEVERITY_RANKS,
    STATE_RANKS,
    Incident,
    IncidentState,
    IncidentType,
    Severity,
    StatusUpdate,
    Tagged,
    Visibility,
)
from tests.support.world import World

PEOPLE, TEAMS, TEXTS, BATCH = 40, 8, 400, 2000
RARE, COMMON, IN_TITLES = "zirconium", "laser", "interlock"
_SYLLABLES = [
    "ba",
    "ce",
    "di",
    "fo",
    "gu",
    "la",
    "me",
    "ni",
    "po",
    "ru",
    "sa",
    "te",
    "vi",
    "xo",
    "zy",
    "kra",
    "ple",
    "stri",
]


@dataclass
class Crowd:
    """Who wrote it, and to whom."""

    people: list[UUID] = field(default_factory=list)
    teams: list[UUID | None] = field(default_factory=list)


async def fill(world: World, *, updates: int, incidents: int) -> Crowd:
    """So many of each, spread over three years; one text of ten speaks of the `COMMON` word."""
    crowd = Crowd([_id(await world.person()) for _ in range(PEOPLE)])
    crowd.teams = [None, *[await world.team() for _ in range(TEAMS)]]
    type_id = ids.new()
    kind = IncidentType(
        id=type_id, code="crowd", name="Crowd", default_severity=Severity.LOW,
        default_visibility=Visibility.OPEN,
    )  # fmt: skip
    async with world.writing() as session:
        session.add(kind)
    chance = random.Random(7)
    texts = [_text(chance, number) for number in range(TEXTS)]
    await _write(world, _updates(chance, crowd, texts, updates))
    await _write(world, _incidents(chance, crowd, texts, incidents, type_id))
    async with world.database.engine.begin() as connection:
        if not world.database.is_sqlite:
            await connection.execute(text("ANALYZE"))
    return crowd


def _id(actor: Any) -> UUID:
    found: UUID = actor.user_id
    return found


async def _write(world: World, rows: Iterator[dict[Any, list[dict[str, Any]]]]) -> None:
    while batch := list(islice(rows, BATCH)):
        async with world.database.engine.begin() as connection:
            for table in batch[0]:
                if found := [row for one in batch for row in one[table]]:
                    await connection.execute(insert(table), found)


def _updates(
    chance: random.Random, crowd: Crowd, texts: Sequence[tuple[str, str]], count: int
) -> Iterator[dict[Any, list[dict[str, Any]]]]:
    for number, at in enumerate(_times(count)):
        said, folded = texts[number % len(texts)]
        if number % (count // 5 or 1) == 1:
            said, folded = f"{said} {RARE}", f"{folded} {RARE}"
        id_ = ids.new()
        row = {"id": id_, "author_id": chance.choice(crowd.people), "team_id": chance.choice(crowd.teams),
               "done": said, "next": "", "needs": "", "posted_at": at, "version": 1}  # fmt: skip
        tags = [{"subject_type": "update", "subject_id": id_, "tag": f"t{number % 50}"}]
        document = _document("update", id_, (said[:80], words.indexed(said[:80])), (said, folded))
        yield {StatusUpdate: [row], SearchDocument: [document], Tagged: tags}


def _incidents(
    chance: random.Random, crowd: Crowd, texts: Sequence[tuple[str, str]], count: int, type_id: UUID
) -> Iterator[dict[Any, list[dict[str, Any]]]]:
    severities, states = list(Severity), list(IncidentState)
    for number, at in enumerate(_times(count), 1):
        said, folded = texts[number % len(texts)]
        state = states[-1] if number % 50 else chance.choice(states)
        severity = chance.choice(severities)
        title = f"{IN_TITLES if number % 100 == 0 else 'Trouble'} {number % 977}"
        id_ = ids.new()
        row = {
            "id": id_, "number": number, "type_id": type_id, "title": title, "description": said,
            "severity": severity, "severity_rank": SEVERITY_RANKS[severity], "state": state,
            "state_rank": STATE_RANKS[state], "team_id": chance.choice(crowd.teams),
            "visibility": Visibility.RESTRICTED if number % 20 == 0 else Visibility.OPEN,
            "is_near_miss": False, "reported_by": chance.choice(crowd.people), "occurred_at": at,
            "reported_at": at, "resolution": "", "is_imported": False, "version": 1,
        }  # fmt: skip
        spoken = (title, words.indexed(title))
        document = _document("incident", id_, spoken, (said, f"inc {number} {folded}"))
        yield {Incident: [row], SearchDocument: [document], Tagged: []}


def _document(
    kind: str, subject_id: UUID, title: tuple[str, str], body: tuple[str, str]
) -> dict[str, Any]:
    return {"kind": kind, "subject_id": subject_id, "title": title[0], "folded_title": title[1],
            "body": body[0], "folded_body": body[1], "changed_at": clock.now()}  # fmt: skip


def _times(count: int) -> Iterator[datetime]:
    begin, length = clock.now() - timedelta(days=3 * 365), timedelta(days=3 * 365)
    return (begin + length * number / count for number in range(count))


def _text(chance: random.Random, number: int) -> tuple[str, str]:
    said = ["".join(chance.choices(_SYLLABLES, k=chance.randint(1, 4))) for _ in range(30)]
    if number % 10 == 0:
        said.insert(chance.randrange(30), COMMON)
    whole = " ".join(said)
    return whole, words.indexed(whole)
