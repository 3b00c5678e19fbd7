"""Months of the record in the object store: proved before their rows go, readable afterwards."""

from __future__ import annotations

import gzip
import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import orjson
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import (
    archives,
    archiving,
    audit_archives,
    chain,
    clock,
    events,
    ids,
    outbox,
    partitions,
    retention,
    seals,
)
from src.core.actor import EVERYWHERE, SYSTEM, Actor, Permission
from src.core.audit import Filter
from src.core.chain import FaultKind
from src.core.db import Database, reading, transaction
from src.core.errors import Forbidden
from src.core.events import Archive, Event, EventDetail, Seal
from src.core.storage import Storage, create_storage
from src.domain import accounts as _accounts  # noqa: F401 - declares its verbs
from src.domain import bookings as _bookings  # noqa: F401 - declares its verbs
from tests.core.test_seals import record, seal, tamper
from tests.support.databases import on_postgresql

SEPTEMBER, OCTOBER = datetime(2024, 9, 10, tzinfo=UTC), datetime(2024, 10, 10, tzinfo=UTC)
LATER = datetime(2024, 11, 1, tzinfo=UTC)
AUDITOR = Actor(user_id=ids.new(), granted={Permission.EVENTS_READ: EVERYWHERE})


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return create_storage("", data_dir=tmp_path)


@pytest.fixture
async def months(database: Database) -> AsyncIterator[None]:
    """Partitions made by the test are gone before the database serves the next one."""
    yield
    async with database.engine.begin() as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        async with AsyncSession(connection) as session:
            for name in await partitions.existing(session):
                for table in ("seals", "event_details", name):
                    await session.execute(text(f"DELETE FROM {table}"))
                await session.execute(text(f"ALTER TABLE events DETACH PARTITION {name}"))
                await session.execute(text(f"DROP TABLE {name}"))


async def happened(
    database: Database, at: datetime, verb: str = "booking.confirmed", **more: UUID | None
) -> UUID:
    """An event of that time, with something personal beside it."""
    event_id = UUID(int=chain.first_id(at).int | 7 << 76 | 2 << 62 | secrets.randbits(60))
    detail = EventDetail(event_id=event_id, personal={"name": "Zoë"}, ip="::1", salt="s")
    event = Event(
        id=event_id, at=at, actor_kind=SYSTEM.kind, verb=verb, subject_type="thing",
        changes={"n": [1, 2.5], "ü": None}, reason="Because of \u2028 it",
        personal_digest=events.personal_digest(detail),
        **{"actor_id": None, "subject_id": None, **more},
    )  # fmt: skip
    event.digest = events.digest(event)
    async with transaction(database) as session:
        session.add_all([event, detail])
    return event_id


async def two_months(database: Database, many: int = 3) -> list[UUID]:
    """Events of September and October and one of today, all sealed."""
    made = [
        await happened(database, month + timedelta(hours=hour))
        for month in (SEPTEMBER, OCTOBER)
        for hour in range(many)
    ]
    made += await record(database, "user.logged_in")
    await seal(database)
    return made


async def archive(database: Database, storage: Storage, *, before: datetime = LATER) -> Archive:
    """The oldest month, written, recorded and sealed; its rows are still there."""
    async with reading(database) as reads:
        plan = await archiving.due(reads, before=before)
    assert plan is not None
    made = await archiving.write(database, storage, plan)
    async with transaction(database) as session:
        await archiving.keep(session, made)
    await seal(database)
    return made


async def removed(database: Database) -> int:
    total = 0
    while True:
        async with transaction(database) as session:
            now = await archiving.remove(session, limit=2)
        total += now
        if not now:
            return total


async def faults(database: Database, storage: Storage) -> list[tuple[FaultKind, int | None]]:
    report = await seals.verify(database, storage=storage)
    return [(fault.kind, fault.seq) for fault in report.faults]


async def rows(database: Database, table: type) -> int:
    async with reading(database) as reads:
        return await reads.scalar(select(func.count()).select_from(table)) or 0


async def test_archived_months_leave_the_database_and_the_chain_goes_on_over_them(
    database: Database, storage: Storage
) -> None:
    made = await two_months(database)
    for month in ("2024-09", "2024-10"):
        kept = await archive(database, storage)
        assert (kept.month, kept.events) == (month, 3)
        assert await faults(database, storage) == [], "with the rows still there"
    assert await removed(database) == 6
    async with reading(database) as reads:
        assert await archiving.due(reads, before=LATER) is None
        left = list(await reads.scalars(select(Event.id).order_by(Event.id)))
    assert left[0] == made[6]
    assert (await rows(database, Seal), await rows(database, EventDetail)) == (3, 1)
    report = await seals.verify(database, storage=storage)
    assert (report.faults, report.checked, report.last_seq) == ((), 9, 9)


async def test_an_archive_is_lines_of_json_that_hold_nothing_personal(
    database: Database, storage: Storage
) -> None:
    made = await two_months(database)
    kept = await archive(database, storage)
    stored = await storage.read(kept.key, limit=10**6)
    first, *told, last = map(orjson.loads, gzip.decompress(stored).splitlines())
    assert (first["month"], first["first_seq"], first["previous_hash"]) == ("2024-09", 1, "0" * 64)
    assert last == {"last_seq": 3, "last_hash": kept.last_hash}
    assert [(UUID(one["id"]), one["seq"]) for one in told] == list(
        zip(made[:3], (1, 2, 3), strict=True)
    )
    assert "Zoë".encode() not in gzip.decompress(stored)


async def test_archived_events_are_read_page_by_page_and_filtered(
    database: Database, storage: Storage
) -> None:
    about = ids.new()
    await happened(database, SEPTEMBER, "user.logged_in", subject_id=about)
    made = await two_months(database)
    kept = await archive(database, storage)
    await removed(database)

    async def read(*, after: int = 0, **wanted: object) -> tuple[list[UUID], int | None]:
        page = await audit_archives.read(
            database, storage, AUDITOR, kept.id,
            wanted=Filter(**wanted), after=after, limit=2,  # type: ignore[arg-type]
        )  # fmt: skip
        return [one.id for one in page.items], page.after

    first, after = await read()
    second, end = await read(after=after or 0)
    assert (set(made[:3]) < {*first, *second}, after, end) == (True, 2, None)
    assert (await read(subject_id=about))[1] is None
    assert len((await read(subject_id=about))[0]) == len((await read(verbs=["user."]))[0]) == 1
    assert len((await read(from_=SEPTEMBER + timedelta(hours=1)))[0]) == 2
    assert await read(verbs=["user.logged_out"]) == ([], None)
    with pytest.raises(Forbidden):
        await audit_archives.read(database, storage, replace(AUDITOR, granted={}), kept.id)
    with pytest.raises(audit_archives.ArchiveNotFound):
        await audit_archives.read(database, storage, AUDITOR, ids.new())


async def rewrite(storage: Storage, kept: Archive, old: str, new: str) -> None:
    whole = gzip.decompress(await storage.read(kept.key, limit=10**6)).decode()
    assert old in whole
    await storage.put(kept.key, gzip.compress(whole.replace(old, new, 1).encode()))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("booking.confirmed", "booking.cancelled"), (FaultKind.EDITED, 1)),
        (("aliquot-events", "another"), (FaultKind.ARCHIVE_EDITED, 1)),
        (('"format"', '"more":1,"format"'), (FaultKind.ARCHIVE_EDITED, 1)),
    ],
)
async def test_an_archive_that_was_edited_is_found(
    database: Database, storage: Storage, change: tuple[str, str], fault: tuple[FaultKind, int]
) -> None:
    await two_months(database)
    kept = await archive(database, storage)
    await removed(database)
    await rewrite(storage, kept, *change)
    assert await faults(database, storage) == [fault]


async def test_an_event_taken_out_of_an_archive_is_named(
    database: Database, storage: Storage
) -> None:
    await two_months(database)
    kept = await archive(database, storage)
    await removed(database)
    whole = gzip.decompress(await storage.read(kept.key, limit=10**6)).splitlines(keepends=True)
    await storage.put(kept.key, gzip.compress(b"".join(whole[:2] + whole[3:])))
    assert await faults(database, storage) == [(FaultKind.SEAL_REMOVED, 2)]


async def test_an_archive_that_is_gone_or_broken_off_is_found_and_the_rest_still_proved(
    database: Database, storage: Storage
) -> None:
    await two_months(database)
    kept = await archive(database, storage)
    await removed(database)
    whole = await storage.read(kept.key, limit=10**6)
    await storage.put(kept.key, whole[: len(whole) // 2])
    assert (FaultKind.ARCHIVE_EDITED, 1) in await faults(database, storage)
    await storage.delete([kept.key])
    assert await faults(database, storage) == [(FaultKind.ARCHIVE_MISSING, 1)]
    with pytest.raises(Exception, match="not where they were stored"):
        await audit_archives.read(database, storage, AUDITOR, kept.id)


async def test_an_archive_nobody_recorded_and_one_recorded_otherwise_are_found(
    database: Database, storage: Storage
) -> None:
    await two_months(database)
    await archive(database, storage)
    await tamper(database, "UPDATE event_archives SET size = size + 1")
    assert await faults(database, storage) == [(FaultKind.ARCHIVE_EDITED, 1)]
    await tamper(
        database,
        "UPDATE event_archives SET size = size - 1, created_at = :then, id = :id",
        then=(clock.now() - timedelta(days=2)).replace(tzinfo=None).isoformat(" ")
        if database.is_sqlite
        else clock.now() - timedelta(days=2),
        id=ids.new().hex if database.is_sqlite else ids.new(),
    )
    assert await faults(database, storage) == [(FaultKind.ARCHIVE_EDITED, 1)]


async def test_a_month_that_does_not_prove_sound_stays_where_it_is(
    database: Database, storage: Storage
) -> None:
    await two_months(database)
    await tamper(database, "UPDATE events SET verb = 'x' WHERE verb = 'booking.confirmed'")
    with pytest.raises(archiving.ArchiveUnsound):
        await archive(database, storage)
    assert (await rows(database, Archive), await rows(database, Event)) == (0, 7)


REFUSED = [
    "DELETE FROM events",
    "UPDATE events SET verb = 'x'",
    "DELETE FROM seals WHERE seq > 3",
    "UPDATE seals SET hash = 'x' WHERE seq = 1",
    "DELETE FROM events WHERE id IN (SELECT event_id FROM seals WHERE seq = 1)",
    "UPDATE event_archives SET last_seq = 100",
    "DELETE FROM event_archives",
]


@pytest.mark.parametrize("statement", REFUSED)
async def test_beside_an_archive_nothing_else_may_go(
    database: Database, storage: Storage, statement: str
) -> None:
    await two_months(database)
    await archive(database, storage)
    before = await rows(database, Event), await rows(database, Seal)
    with pytest.raises(DBAPIError, match="append_only"):
        async with transaction(database) as session:
            await session.execute(text(statement))
    assert before == (await rows(database, Event), await rows(database, Seal))


async def test_stragglers_of_a_month_go_with_the_next_one(
    database: Database, storage: Storage
) -> None:
    edge = datetime(2024, 10, 1, tzinfo=UTC)
    await happened(database, edge - timedelta(seconds=20))
    await happened(database, edge + timedelta(seconds=5))
    await seal(database)
    late = await happened(database, edge - timedelta(seconds=10))
    await seal(database)
    await record(database, "user.logged_in")
    await seal(database)
    first, second = [await archive(database, storage) for _ in range(2)]
    assert [(one.month, one.events) for one in (first, second)] == [("2024-09", 1), ("2024-10", 2)]
    page = await audit_archives.read(database, storage, AUDITOR, second.id)
    assert late in {one.id for one in page.items}
    assert await removed(database) == 3
    assert await faults(database, storage) == []


async def test_the_youngest_month_stays_so_that_the_chain_goes_on(
    database: Database, storage: Storage
) -> None:
    await happened(database, SEPTEMBER)
    await seal(database)
    async with reading(database) as reads:
        assert await archiving.due(reads, before=LATER) is None
    await happened(database, OCTOBER)
    await seal(database)
    await archive(database, storage)
    await removed(database)
    async with reading(database) as reads:
        assert await archiving.due(reads, before=OCTOBER) is None
    assert await faults(database, storage) == []


def days(**kept: int | None) -> dict[str, timedelta | None]:
    return {kind: None if many is None else timedelta(days=many) for kind, many in kept.items()}


@pytest.mark.parametrize(
    ("kept", "left"),
    [
        ({}, ["booking.confirmed", "team.created", "user.logged_in", "x.undeclared"]),
        (days(bookings=30), ["team.created", "user.logged_in", "x.undeclared"]),
        (days(security=30, other=1000), ["booking.confirmed", "team.created", "x.undeclared"]),
        (days(other=30, team=None), ["booking.confirmed", "team.created", "user.logged_in"]),
        (days(security=30, bookings=30, other=30), []),
    ],
)
async def test_personal_parts_end_by_the_retention_of_their_kind_and_the_record_stays_sound(
    database: Database, kept: dict[str, timedelta | None], left: Sequence[str]
) -> None:
    verbs = ["booking.confirmed", "team.created", "user.logged_in", "x.undeclared"]
    for verb in verbs:
        await happened(database, clock.now() - timedelta(days=200), verb)
    await record(database, "user.logged_in")
    await seal(database)
    async with transaction(database) as session:
        deleted = await retention.delete_personal(session, kept)
    async with reading(database) as reads:
        found = await reads.scalars(
            select(Event.verb)
            .join(EventDetail, EventDetail.event_id == Event.id)
            .order_by(Event.verb)
        )
        assert sorted(found) == sorted([*left, "user.logged_in"])
    assert deleted == len(verbs) - len(left)
    assert (await seals.verify(database)).is_sound


def test_months_are_archived_when_the_longest_retention_has_passed_and_never_by_default() -> None:
    assert retention.archived_before({}) is None
    assert retention.archived_before(days(security=400, bookings=100)) is None
    assert retention.archived_before(days(security=400, bookings=100, other=10, team=None)) is None
    kept = days(security=400, bookings=100, other=10)
    month = archiving.month_of(clock.now() - timedelta(days=400))
    assert retention.archived_before(kept) == archiving.beginning(month)
    young = days(security=1, bookings=1, other=1)
    month = archiving.month_of(clock.now() - retention.LEAST)
    assert retention.archived_before(young) == archiving.beginning(month)
    assert archiving.following("2024-12") == "2025-01"


async def test_what_is_personal_about_one_person_is_erased_and_the_record_stays_sound(
    database: Database,
) -> None:
    person, other = ids.new(), ids.new()
    verb = "user.changed"
    async with transaction(database) as session:
        for actor, subject in ((person, other), (other, person), (other, other)):
            by = Actor(user_id=actor, ip="192.0.2.9")
            events.record(session, by, verb, ("user", subject), personal={"name": "Zoë"})
    await seal(database)
    async with transaction(database) as session:
        assert await events.erase_personal(session, person) == 2
    assert (await rows(database, Event), await rows(database, EventDetail)) == (3, 1)
    assert (await seals.verify(database)).is_sound


@on_postgresql
@pytest.mark.usefixtures("months")
async def test_months_are_made_ahead_and_dropped_once_their_rows_are_archived(
    database: Database, storage: Storage
) -> None:
    september = ["2024-09", "2024-10"]
    async with transaction(database) as session:
        for month in september:
            await partitions._make(session, f"events_{month.replace('-', '_')}", month)
    await two_months(database)
    async with transaction(database) as session:
        made = await partitions.make(session)
        assert len(made) == partitions.AHEAD
        assert await partitions.make(session) == []
    guarded = ("DELETE FROM events_2024_09", "TRUNCATE events_2024_09 CASCADE")
    for statement in guarded:
        with pytest.raises(DBAPIError, match="append_only"):
            async with transaction(database) as session:
                await session.execute(text(statement))
    await archive(database, storage)
    async with transaction(database) as session:
        assert await partitions.drop_empty(session) == [], "rows are still in it"
    await removed(database)
    async with transaction(database) as session:
        assert await partitions.drop_empty(session) == ["events_2024_09"]
    assert await faults(database, storage) == []


@on_postgresql
@pytest.mark.usefixtures("months")
async def test_a_month_that_was_not_made_in_time_stays_readable_in_the_default_partition(
    database: Database, storage: Storage
) -> None:
    ahead = archiving.beginning(archiving.following(archiving.month_of(clock.now())))
    early = await happened(database, ahead + timedelta(days=1))
    async with transaction(database) as session:
        made = await partitions.make(session, ahead=2)
        assert len(made) == 1
        assert await session.get(Event, early) is not None


async def test_removal_is_asked_for_when_an_archive_is_recorded(
    database: Database, storage: Storage
) -> None:
    await two_months(database)
    await archive(database, storage)
    async with reading(database) as reads:
        topics = list(await reads.scalars(select(outbox.Message.topic)))
        assert await archives.end(reads) == (3, (await archives.list_(reads))[0].last_hash)
    assert topics == [archiving.REMOVE.name]
