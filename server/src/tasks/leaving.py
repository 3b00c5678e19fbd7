"""Collecting all that is stored of a person, for themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, exports
from src.domain import accounts
from src.tasks.handlers import current_job, reaches_outside
from src.tasks.record import storage


@dataclass(frozen=True, slots=True)
class _Made:
    file: dict[str, Any]


async def _load(_session: AsyncSession, payload: dict[str, Any]) -> UUID:
    return UUID(payload["user_id"])


async def _send(user_id: UUID, *, key: str) -> _Made:  # noqa: ARG001 - an operation has one file
    job = current_job()
    if job.database is None or job.operation_id is None:
        raise RuntimeError("an export belongs to an operation")

    async def progress(done: int, of: int) -> None:
        await job.progress(done=done, of=of)

    address = exports.key_of(job.operation_id, "zip")
    content = accounts.leaving.exporting.chunks(job.database, storage(), user_id, progress)
    stored = await storage().put(address, content)
    name = f"my-data-{clock.now():%Y-%m-%d}.zip"
    return _Made(exports.told(address, stored, name=name, content_type="application/zip"))


async def _record(_session: AsyncSession, _payload: dict[str, Any], made: _Made) -> dict[str, Any]:
    return {"file": made.file}


reaches_outside(accounts.leaving.exporting.EXPORT, load=_load, send=_send, record=_record)
