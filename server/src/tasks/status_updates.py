"""Telling whom status updates and comments concern."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.domain.operations import discussion, updates
from src.tasks.handlers import Job, handles


@handles(discussion.topics.SAID)
async def tell_said(session: AsyncSession, payload: dict[str, Any], _job: Job) -> dict[str, Any]:
    """Tell who is mentioned, who has to do with it and who follows it."""
    return {"told": await discussion.telling.tell_said(session, payload)}


@handles(updates.topics.POSTED)
async def tell_posted(session: AsyncSession, payload: dict[str, Any], _job: Job) -> dict[str, Any]:
    """Tell whom it mentions, and who follows its author or its team."""
    return {"told": await updates.telling.tell_posted(session, UUID(payload["update_id"]))}
