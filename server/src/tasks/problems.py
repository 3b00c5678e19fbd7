"""Telling whom problems concern."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.domain import maintenance
from src.tasks.handlers import Job, handles


@handles(maintenance.topics.REPORTED)
async def tell_reported(
    session: AsyncSession, payload: dict[str, Any], _job: Job
) -> dict[str, Any]:
    """Tell those responsible, and of what blocks use those who have booked."""
    return {"told": await maintenance.telling.tell_reported(session, UUID(payload["problem_id"]))}


@handles(maintenance.topics.RESOLVED)
async def tell_resolved(
    session: AsyncSession, payload: dict[str, Any], _job: Job
) -> dict[str, Any]:
    """Tell who reported it, and those who have booked."""
    return {"told": await maintenance.telling.tell_resolved(session, UUID(payload["problem_id"]))}
