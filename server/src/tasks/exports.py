"""Files that people asked for: the record as a file; and forgetting what was made a week ago."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import audit_export, clock, exports, outbox
from src.core.actor import Permission
from src.core.audit_export import Writer
from src.core.language import mark
from src.domain import accounts
from src.tasks.handlers import Job, current_job, every, reaches_outside
from src.tasks.record import storage

SWEEP = outbox.topic("exports.remove-old", queue="maintenance", max_attempts=3)


@dataclass(frozen=True, slots=True)
class _Made:
    file: dict[str, Any]
    rows: int


async def _load(_session: AsyncSession, payload: dict[str, Any]) -> dict[str, Any]:
    return payload


async def _send(payload: dict[str, Any], *, key: str) -> _Made:  # noqa: ARG001 - an operation has one file
    """Read and write in short steps; a cancelled export ends between two of them."""
    job = current_job()
    if job.database is None or job.operation_id is None:
        raise RuntimeError("an export belongs to an operation")

    async def progress(done: int, of: int) -> None:
        await job.progress(done=done, of=of)

    writer = Writer.of(job.database, payload, _names, progress)
    address = exports.key_of(job.operation_id, writer.format)
    stored = await storage().put(address, writer.chunks())
    needs = [Permission.EVENTS_READ] + [Permission.USERS_MANAGE] * writer.with_personal
    name = f"record-{clock.now():%Y-%m-%d}.{writer.format}"
    file = exports.told(
        address, stored, name=name, content_type=writer.format.content_type, needs=needs
    )
    return _Made(file, writer.rows)


async def _names(session: AsyncSession, people: set[UUID]) -> dict[UUID, str]:
    return await accounts.names(session, people)


async def _record(_session: AsyncSession, _payload: dict[str, Any], made: _Made) -> dict[str, Any]:
    return {"rows": made.rows, "file": made.file}


@every(
    "exports.sweep",
    crontab="50 4 * * *",
    queue="maintenance",
    description=mark("Forget files that were exported a week ago"),
)
async def sweep(session: AsyncSession, payload: dict[str, Any], _job: Job) -> None:
    """Forget files that were exported a week ago."""
    await outbox.publish(session, SWEEP, {}, once=f"{SWEEP.name}:{payload['slot']}")


async def _all(_session: AsyncSession, _payload: dict[str, Any]) -> str:
    return "all"


async def _swept(_thing: str, *, key: str) -> int:  # noqa: ARG001 - removing twice is no harm
    return await exports.sweep(storage())


async def _told(_session: AsyncSession, _payload: dict[str, Any], count: int) -> dict[str, Any]:
    return {"removed": count}


reaches_outside(audit_export.EXPORT, load=_load, send=_send, record=_record)
reaches_outside(SWEEP, load=_all, send=_swept, record=_told)
