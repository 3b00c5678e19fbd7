"""Telling whom status updates and comments concern."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from src.domain.operations import discussion
from src.tasks.handlers import Job, handles


@handles(discussion.topics.SAID)
async def tell_said(session: AsyncSession, payload: dict[str, Any], _job: Job) -> dict[str, Any]:
    """Tell who is mentioned, who has to do with it and who follows it."""
    return {"told": await discussion.telling.tell_said(session, payload)}
