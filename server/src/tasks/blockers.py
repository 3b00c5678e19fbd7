"""Telling whom blockers concern, and bringing up those that nobody moves."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.language import mark
from src.domain.operations import blockers
from src.tasks.handlers import Job, every, handles


@handles(blockers.topics.HAPPENED)
async def tell(session: AsyncSession, payload: dict[str, Any], _job: Job) -> dict[str, Any]:
    """Tell owner, the person waited on, and followers."""
    return {"told": await blockers.telling.tell(session, payload)}


@every(
    "blockers.nudges",
    crontab="10 8-17 * * *",
    queue="notifications",
    description=mark("Bring up blockers that nobody has moved for a week, or that are late"),
)
async def nudge(session: AsyncSession, _payload: dict[str, Any], _job: Job) -> dict[str, Any]:
    """In the hours in which people work."""
    return {"nudged": await blockers.nudging.run(session)}
