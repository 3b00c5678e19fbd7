"""The record: append-only, sealed in commit order, and proved."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from src.core import audit, clock, events, ids, seals
from src.core.actor import EVERYWHERE, SYSTEM, Actor, Permission
from src.core.audit import Filter
from src.core.db import Database, reading, transaction
from src.core.errors import Forbidden
from src.core.events import Event, EventDetail
from src.core.paging import Paging
from src.core.seals import FaultKind

SUBJECT = ids.new()
BY = replace(SYSTEM, ip="192.0.2.1", request_id="r-1")


async def record(database: Database, *verbs: str) -> list[UUID]:
    """One event of each verb, in a transaction of its own."""
    made = []
    for verb in verbs:
        async with transaction(database) as session:
            made.append(
                events.record(
                    session, BY, verb, ("thing", SUBJECT),
                    changes={"n": [1, 2.5], "when": clock.now(), "ü": None},
                    personal={"name": "Zoë"},
                )
            )  # fmt: skip
    return made


async def seal(database: Database, **options: int) -> int:
    async with transaction(database) as session:
        return await seals.seal(session, **options)


async def tamper(database: Database, *statements: str, **values: object) -> None:
    """What somebody with the database's password could do: guards off, change, guards on."""
    if database.is_sqlite:
        with closing(sqlite3.connect(str(database.engine.url.database))) as connection, connection:
            guards = connection.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
            ).fetchall()
            for name, _sql in guards:
                connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                connection.execute(statement, values)
            for _name, sql in guards:
                connection.execute(sql)
        return
    async with database.engine.begin() as session:
        await session.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            await session.execute(text(statement), values)


def raw(event_id: UUID, database: Database) -> object:
    return event_id.hex if database.is_sqlite else event_id


async def found(database: Database) -> list[tuple[FaultKind, int | None, UUID | None]]:
    report = await seals.verify(database)
    return [(fault.kind, fault.seq, fault.event_id) for fault in report.faults]


async def test_seals_follow_the_order_of_commits(database: Database) -> None:
    async with transaction(database) as session:
        late = events.record(session, SYSTEM, "late", ("thing", None))
        session.expunge_all()
    first, second = await record(database, "first", "second")
    assert await seal(database) == 2
    assert await seal(database) == 0
    async with transaction(database) as session:
        event = Event(
            id=late, at=clock.now(), actor_id=None, actor_kind=SYSTEM.kind, verb="late",
            subject_type="thing", subject_id=None, changes={},
        )  # fmt: skip
        event.digest = events.digest(event)
        session.add(event)
    assert await seal(database) == 1
    async with reading(database) as reads:
        order = [(seq, event.id) for seq, event in await seals.read(reads, after=0)]
        assert [event.id for _seq, event in await seals.read(reads, after=2)] == [late]
    assert order == [(1, first), (2, second), (3, late)]
    report = await seals.verify(database)
    assert (report.is_sound, report.checked, report.last_seq) == (True, 3, 3)


async def test_two_sealers_at_once_seal_each_event_once(database: Database) -> None:
    await record(database, *(f"verb-{n}" for n in range(30)))
    sealed = 0
    while sealed < 30:
        sealed += sum(await asyncio.gather(*(seal(database, limit=4) for _ in range(4))))
    report = await seals.verify(database)
    assert (sealed, report.is_sound, report.last_seq) == (30, True, 30)


async def test_an_edited_event_is_found(database: Database) -> None:
    made = await record(database, "a", "b", "c", "d")
    await seal(database)
    await tamper(database, "UPDATE events SET verb = 'x' WHERE id = :id", id=raw(made[1], database))
    assert await found(database) == [(FaultKind.EDITED, 2, made[1])]


async def test_an_event_edited_together_with_its_digest_is_found(database: Database) -> None:
    made = await record(database, "a", "b", "c", "d")
    await seal(database)
    async with reading(database) as reads:
        event = await reads.get_one(Event, made[1])
        reads.expunge(event)
    event.verb = "x"
    await tamper(
        database, "UPDATE events SET verb = 'x', digest = :digest WHERE id = :id",
        id=raw(made[1], database), digest=events.digest(event),
    )  # fmt: skip
    assert await found(database) == [(FaultKind.EDITED, 2, made[1])]


async def test_a_removed_event_is_found(database: Database) -> None:
    made = await record(database, "a", "b", "c")
    await seal(database)
    await tamper(
        database,
        "DELETE FROM event_details WHERE event_id = :id",
        "DELETE FROM events WHERE id = :id",
        id=raw(made[1], database),
    )
    assert await found(database) == [(FaultKind.REMOVED, 2, made[1])]


async def test_a_removed_seal_is_found(database: Database) -> None:
    made = await record(database, "a", "b", "c")
    await seal(database)
    await tamper(
        database, "DELETE FROM seals WHERE seq = 2",
        "DELETE FROM event_details WHERE event_id = :id", "DELETE FROM events WHERE id = :id",
        id=raw(made[1], database),
    )  # fmt: skip
    assert await found(database) == [(FaultKind.SEAL_REMOVED, 2, None)]


async def test_an_edited_seal_is_found_and_not_its_event_blamed(database: Database) -> None:
    made = await record(database, "a", "b", "c")
    await seal(database)
    await tamper(database, "UPDATE seals SET hash = :hash WHERE seq = 2", hash="0" * 64)
    assert await found(database) == [(FaultKind.SEAL_EDITED, 2, made[1])]


async def test_an_inserted_event_is_found(database: Database) -> None:
    await record(database, "a", "b")
    await seal(database)
    old = UUID(int=int((clock.now() - timedelta(days=3)).timestamp() * 1000) << 80 | 7 << 76 | 1)
    recent = UUID(int=int((clock.now() - timedelta(hours=2)).timestamp() * 1000) << 80 | 7 << 76)
    for event_id in (old, recent):
        async with transaction(database) as session:
            event = Event(
                id=event_id, at=seals.time_of(event_id), actor_id=None, actor_kind=SYSTEM.kind,
                verb="forged", subject_type="thing", subject_id=None, changes={},
            )  # fmt: skip
            event.digest = events.digest(event)
            session.add(event)
    assert await seal(database) == 1
    assert await found(database) == [
        (FaultKind.INSERTED, 3, recent),
        (FaultKind.INSERTED, None, old),
    ]


async def test_personal_details_may_be_erased_but_not_changed(database: Database) -> None:
    made = await record(database, "a", "b")
    await seal(database)
    async with transaction(database) as session:
        await session.delete(await session.get_one(EventDetail, made[0]))
    assert await found(database) == []
    await tamper(
        database, "UPDATE event_details SET ip = '203.0.113.9' WHERE event_id = :id",
        id=raw(made[1], database),
    )  # fmt: skip
    assert await found(database) == [(FaultKind.DETAIL_EDITED, 2, made[1])]


REFUSED = [
    "UPDATE events SET verb = 'x'",
    "DELETE FROM events",
    "UPDATE seals SET hash = 'x'",
    "DELETE FROM seals",
    "UPDATE event_details SET ip = NULL",
]


@pytest.mark.parametrize("statement", REFUSED)
async def test_the_database_refuses_to_change_the_record(
    database: Database, statement: str
) -> None:
    await record(database, "a")
    await seal(database)
    with pytest.raises(DBAPIError, match="append_only"):
        async with transaction(database) as session:
            await session.execute(text(statement))
    assert (await seals.verify(database)).is_sound


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_replacing_a_row_is_refused_too(database: Database) -> None:
    await record(database, "a")
    with pytest.raises(DBAPIError, match="append_only"):
        async with transaction(database) as session:
            await session.execute(text("INSERT OR REPLACE INTO events SELECT * FROM events"))


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
@pytest.mark.parametrize("table", ["events", "seals", "event_details"])
async def test_emptying_a_table_is_refused_too(database: Database, table: str) -> None:
    with pytest.raises(DBAPIError, match="append_only"):
        async with transaction(database) as session:
            await session.execute(text(f"TRUNCATE {table} CASCADE"))


def reader(*permissions: Permission) -> Actor:
    return Actor(user_id=ids.new(), granted=dict.fromkeys(permissions, EVERYWHERE))


async def test_events_are_listed_newest_first_by_filter(database: Database) -> None:
    await record(database, "a.one", "a.two", "b.one")
    await seal(database)
    actor = reader(Permission.EVENTS_READ)

    async def verbs(wanted: Filter, **options: object) -> list[str]:
        async with reading(database) as reads:
            page = await audit.list_(reads, actor, wanted=wanted, **options)  # type: ignore[arg-type]
        return [event.verb for event in page.items]

    assert await verbs(Filter()) == ["b.one", "a.two", "a.one"]
    assert await verbs(Filter(verbs=["a.", "b.two"])) == ["a.two", "a.one"]
    assert await verbs(Filter(subject_type="thing", subject_id=SUBJECT), paging=Paging(1)) == [
        "b.one"
    ]
    assert await verbs(Filter(subject_id=ids.new())) == []
    assert await verbs(Filter(actor_id=ids.new())) == []
    assert await verbs(Filter(to=clock.now() - timedelta(hours=1))) == []
    assert len(await verbs(Filter(from_=clock.now() - timedelta(hours=1)))) == 3


async def test_personal_data_is_shown_to_those_who_manage_people_only(database: Database) -> None:
    await record(database, "a")
    for permissions, personal in (
        ((Permission.EVENTS_READ,), None),
        ((Permission.EVENTS_READ, Permission.USERS_MANAGE), {"name": "Zoë"}),
    ):
        async with reading(database) as reads:
            (event,) = (await audit.list_(reads, reader(*permissions))).items
        assert event.personal == personal
        assert event.ip == (BY.ip if personal else None)
    with pytest.raises(Forbidden):
        async with reading(database) as reads:
            await audit.list_(reads, reader(Permission.BOOKINGS_READ))
    with pytest.raises(audit.EventNotFound):
        async with reading(database) as reads:
            await audit.get(reads, SYSTEM, ids.new())
