"""Housekeeping: rows nobody needs any more."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import idempotency, schedule, sweep
from src.core.language import mark
from src.tasks.handlers import Job, every

KEPT_DAYS = 14.0
BATCH = 2_000


@every(
    "maintenance.settled-jobs",
    interval=300,
    queue="maintenance",
    description=mark("Delete jobs that were done or dismissed two weeks ago"),
)
async def delete_settled_jobs(
    session: AsyncSession, _payload: dict[str, Any], _job: Job
) -> dict[str, Any]:
    """In batches, so that no transaction grows long."""
    deleted = await sweep.delete_settled(session, older_than_days=KEPT_DAYS, limit=BATCH)
    return {"deleted": deleted}


@every(
    "maintenance.schedules",
    crontab="17 3 * * *",
    queue="maintenance",
    description=mark(
        "Note which periodic work is still declared, and forget the rest after a week"
    ),
)
async def register_schedules(session: AsyncSession, _payload: dict[str, Any], _job: Job) -> None:
    """A worker that runs for weeks keeps its schedules alive."""
    await schedule.register(session, schedule.declared.values())


@every(
    "maintenance.idempotency-keys",
    interval=3600,
    queue="maintenance",
    description=mark("Delete the answers that may no longer be repeated"),
)
async def delete_kept_answers(
    session: AsyncSession, _payload: dict[str, Any], _job: Job
) -> dict[str, Any]:
    """Those older than a day."""
    return {"deleted": await idempotency.sweep(session)}
