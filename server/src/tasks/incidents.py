"""Telling whom incidents concern."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from src.domain.operations import incidents
from src.tasks.handlers import Job, handles


@handles(incidents.topics.REPORTED)
async def tell_reported(
    session: AsyncSession, payload: dict[str, Any], _job: Job
) -> dict[str, Any]:
    """Tell those who look after it, and who have booked what it takes down."""
    return {"told": await incidents.telling.tell_reported(session, payload)}


@handles(incidents.topics.MOVED)
async def tell_moved(session: AsyncSession, payload: dict[str, Any], _job: Job) -> dict[str, Any]:
    """Tell those concerned how it goes on."""
    return {"told": await incidents.telling.tell_moved(session, payload)}


@handles(incidents.topics.CHANGED)
async def tell_changed(session: AsyncSession, payload: dict[str, Any], _job: Job) -> dict[str, Any]:
    """Tell those concerned how severe it is by now, and what it concerns."""
    return {"told": await incidents.telling.tell_changed(session, payload)}
