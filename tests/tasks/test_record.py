"""Retention runs by itself: personal parts end, months go to the archive, their rows go."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import archiving, clock, exports, ids, outbox, seals
from src.core.actor import SYSTEM
from src.core.db import reading, transaction
from src.core.events import Archive, Event, EventDetail, Seal
from src.core.storage import create_storage
from src.domain import accounts
from src.tasks import exports as _exporting  # noqa: F401 - registers its handlers
from src.tasks import handlers, record
from tests.core.test_archives import two_months
from tests.tasks.conftest import Bench, eventually


async def started(bench: Bench, *names: str) -> None:
    """The bench at work with these handlers of ours."""
    record.configure(bench.settings)
    for name in names:
        bench.registry.add(handlers.registry.by_topic[name])
    await bench.start()


async def set_up(bench: Bench, retention: dict[str, int]) -> None:
    """An institute that decided for how many days events are kept."""
    accounts.configure(bench.settings)
    hashed = await accounts.new_hash("seventeen green bottles")
    async with transaction(bench.database) as session:
        await accounts.set_up(
            session, name="Institute", timezone="Europe/Berlin", currency="EUR", mail_from=None,
            admin_name="Ada Admin", admin_email="ada@example.org", password_hash=hashed,
        )  # fmt: skip
        await accounts.facility.update(session, SYSTEM, changes={"retention": retention})


async def rows(session: AsyncSession, table: Any, *where: Any) -> int:
    return await session.scalar(select(func.count()).select_from(table).where(*where)) or 0


RETENTION = ("events.retention", archiving.ARCHIVE.name, archiving.REMOVE.name)


async def test_months_past_every_retention_go_to_the_archive_by_themselves(bench: Bench) -> None:
    await two_months(bench.database)
    await set_up(bench, {"security": 400, "bookings": 200, "other": 300})
    await started(bench, *RETENTION)
    await bench.publish(outbox.topics["events.retention"], {"slot": "2026-01-01T00:00:00Z"})
    old = Event.at < datetime(2025, 1, 1, tzinfo=UTC)

    async def is_gone() -> bool:
        async with reading(bench.database) as reads:
            return await rows(reads, Archive) == 2 and not await rows(reads, Event, old)

    await eventually(is_gone, what="the archives of both months")
    storage = create_storage(bench.settings.storage_url, data_dir=bench.settings.data_dir)
    async with transaction(bench.database) as session:
        await seals.seal(session)
    report = await seals.verify(bench.database, storage=storage)
    assert report.faults == ()
    async with reading(bench.database) as reads:
        archived = (await reads.scalars(select(Event).where(Event.verb == "events.archived"))).all()
        assert [one.changes["month"] for one in archived] == ["2024-09", "2024-10"]
        assert await rows(reads, Event, Event.verb == "events.personal_deleted") == 1
        assert await reads.scalar(select(func.min(Seal.seq))) == 7


async def test_without_a_decision_everything_is_kept_for_ever(bench: Bench) -> None:
    made = await two_months(bench.database)
    await set_up(bench, {"bookings": 30})
    await started(bench, *RETENTION)
    job = await bench.publish(outbox.topics["events.retention"], {"slot": "2026-01-01T00:00:00Z"})
    done = await bench.settled(job)
    assert done.result == {"deleted": 6, "archived_before": None}
    async with reading(bench.database) as reads:
        assert await rows(reads, Event, Event.id.in_(made)) == 7
        assert await rows(reads, EventDetail, EventDetail.event_id.in_(made)) == 1


async def test_exports_of_a_week_ago_are_forgotten(bench: Bench) -> None:
    await started(bench, "exports.sweep", "exports.remove-old")
    storage = record.storage()
    await storage.put(exports.key_of(ids.new(), "csv"), b"new")
    old = exports.key_of(ids.new(), "csv")
    await storage.put(old, b"old")
    week = (clock.now() - timedelta(days=8)).timestamp()
    path = bench.settings.data_dir / "files" / old
    os.utime(path, (week, week))
    await bench.publish(outbox.topics["exports.sweep"], {"slot": "2026-01-01T00:00:00Z"})

    async def is_gone() -> bool:
        return not await storage.exists(old)

    await eventually(is_gone, what="the sweep")
    assert len([one async for one in storage.list(exports.FOLDER)]) == 1
