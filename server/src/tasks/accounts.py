"""Housekeeping of log-ins."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.language import mark
from src.domain import accounts
from src.tasks.handlers import Job, every


@every(
    "accounts.sweep-sessions",
    crontab="50 * * * *",
    queue="maintenance",
    description=mark("Delete log-ins that have ended by age or for want of use"),
)
async def sweep_sessions(
    session: AsyncSession, _payload: dict[str, Any], _job: Job
) -> dict[str, Any]:
    """They count for nothing already; this only makes room."""
    return {"deleted": await accounts.sweep_sessions(session)}
