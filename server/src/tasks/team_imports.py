"""Files of teams that move in: looked through, taken over, forgotten after a week."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.language import mark
from src.domain.operations import imports
from src.tasks.handlers import Job, current_job, every, reaches_outside


async def _load(_session: AsyncSession, payload: dict[str, Any]) -> UUID:
    return UUID(payload["import_id"])


async def _send(import_id: UUID, *, key: str) -> dict[str, Any]:  # noqa: ARG001 - rows have keys
    """In many short transactions: one that is stopped ends between two of them."""
    job = current_job()
    if job.database is None:
        raise RuntimeError("a job without its database")

    async def progress(done: int, of: int) -> None:
        await job.progress(done=done, of=of)

    return await imports.run(job.database, import_id, progress)


async def _record(
    session: AsyncSession, payload: dict[str, Any], result: dict[str, Any]
) -> dict[str, Any]:
    await imports.finish(session, UUID(payload["import_id"]), result)
    return {"import_id": payload["import_id"], **{k: v for k, v in result.items() if k != "faults"}}


@every(
    "operations.imports-forget",
    crontab="20 4 * * *",
    queue="maintenance",
    description=mark("Forget files of teams that moved in a week ago"),
)
async def forget(session: AsyncSession, _payload: dict[str, Any], _job: Job) -> dict[str, Any]:
    """Forget files of teams that moved in a week ago."""
    return {"forgotten": await imports.forget_old(session)}


reaches_outside(imports.topics.RUN, load=_load, send=_send, record=_record)
