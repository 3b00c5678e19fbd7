"""What time does to the record: personal parts end, months go to the archive, partitions are made."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import archiving, outbox, partitions, retention
from src.core.archiving import Plan
from src.core.events import Archive
from src.core.language import mark
from src.core.retention import Retention
from src.core.settings import Settings
from src.core.storage import Storage, create_storage
from src.domain import accounts
from src.tasks.handlers import Job, current_job, every, handles, reaches_outside

_storages: list[Storage] = []


def configure(settings: Settings) -> None:
    """Open the store; the worker calls it before its first job."""
    _storages[:] = [create_storage(settings.storage_url, data_dir=settings.data_dir)]


def storage() -> Storage:
    """Where objects are stored."""
    if not _storages:
        raise RuntimeError("the worker was started without its settings")
    return _storages[0]


@every(
    "events.partitions",
    crontab="5 1 * * *",
    queue="maintenance",
    description=mark("Make room for the months of the record to come"),
)
async def make_partitions(
    session: AsyncSession, _payload: dict[str, Any], _job: Job
) -> dict[str, Any]:
    """Make room for the months of the record to come."""
    return {"made": await partitions.make(session)}


@every(
    "events.retention",
    crontab="20 3 * * *",
    queue="maintenance",
    description=mark("Delete what is personal in the record after its time; archive old months"),
)
async def keep_retention(
    session: AsyncSession, payload: dict[str, Any], _job: Job
) -> dict[str, Any]:
    """Delete what is personal in the record after its time; archive old months."""
    kept = await _retention(session)
    deleted = await retention.delete_personal(session, kept)
    if deleted == retention.BATCH:
        await outbox.publish(session, outbox.topics["events.retention"], payload)
        return {"deleted": deleted}
    before = retention.archived_before(kept)
    if before is None:
        return {"deleted": deleted, "archived_before": None}
    wish = {"before": before.isoformat()}
    await outbox.publish(session, archiving.ARCHIVE, wish)
    return {"deleted": deleted, "archived_before": wish["before"]}


async def _retention(session: AsyncSession) -> Retention:
    decided = (await accounts.facility.read(session)).retention
    return {kind: timedelta(days=days) for kind, days in decided.items()}


async def _load(session: AsyncSession, payload: dict[str, Any]) -> Plan | None:
    return await archiving.due(session, before=datetime.fromisoformat(payload["before"]))


async def _send(plan: Plan, *, key: str) -> Archive:  # noqa: ARG001 - a month has one address
    """Write and prove in short steps: no transaction is open for so long."""
    job = current_job()
    if job.database is None:
        raise RuntimeError("a job without its database")

    async def progress(done: int, of: int) -> None:
        await job.progress(done=done, of=of)

    return await archiving.write(job.database, storage(), plan, progress=progress)


async def _record(
    session: AsyncSession, payload: dict[str, Any], archive: Archive
) -> dict[str, Any]:
    await archiving.keep(session, archive)
    await outbox.publish(session, archiving.ARCHIVE, payload)  # until no month is due
    return {"month": archive.month, "events": archive.events, "bytes": archive.size}


reaches_outside(archiving.ARCHIVE, load=_load, send=_send, record=_record)


@handles(archiving.REMOVE)
async def remove_archived(
    session: AsyncSession, payload: dict[str, Any], _job: Job
) -> dict[str, Any]:
    """Remove what is archived, part by part; then the partitions that are empty."""
    removed = await archiving.remove(session)
    if removed:
        await outbox.publish(session, archiving.REMOVE, payload)
        return {"removed": removed}
    return {"dropped": await partitions.drop_empty(session)}
