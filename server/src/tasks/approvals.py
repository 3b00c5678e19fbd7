"""Telling those who are to decide, and what time does to approvals."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.language import mark
from src.domain import approvals
from src.tasks.handlers import Job, every, handles


@handles(approvals.topics.ASKED)
async def tell_asked(session: AsyncSession, payload: dict[str, Any], _job: Job) -> dict[str, Any]:
    """Tell whoever may decide that something waits."""
    ids = [UUID(each) for each in payload["approval_ids"]]
    return {"told": await approvals.tell_asked(session, ids)}


@every(
    "approvals.deadlines",
    interval=60,
    queue="maintenance",
    description=mark("Pass on, approve or end what nobody decided in time"),
)
async def deadlines(session: AsyncSession, _payload: dict[str, Any], _job: Job) -> dict[str, Any]:
    """Let happen what the rules say of deadlines that have passed."""
    handed_on = await approvals.deadlines.hand_on(session)
    return {**await approvals.deadlines.run(session), "handed_on": handed_on}
