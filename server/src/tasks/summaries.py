"""Writing summaries when they are due, and telling of them and of hand-overs."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, operations
from src.core.actor import SYSTEM
from src.core.db import database_now
from src.core.language import mark
from src.domain import accounts
from src.domain.operations import handovers, summaries
from src.tasks.handlers import Job, every, handles


@every(
    "summaries.due",
    crontab="*/5 * * * *",
    queue="maintenance",
    description=mark(
        "Write the summaries of teams whose hour has come, and those that are missing"
    ),
)
async def publish_due(session: AsyncSession, _payload: dict[str, Any], _job: Job) -> dict[str, Any]:
    """A job for each scope that lacks one."""
    now = await _now(session)
    return {"scopes": await summaries.making.publish_due(session, now=now)}


@handles(summaries.topics.MAKE)
async def make(session: AsyncSession, payload: dict[str, Any], _job: Job) -> dict[str, Any]:
    """One day of one scope; the next missing one gets a job of its own."""
    now = await _now(session)
    made = await summaries.making.make_next(session, payload["scope"], now=now)
    return {"summary_id": str(made) if made else None}


@handles(summaries.topics.GENERATE)
async def generate(session: AsyncSession, payload: dict[str, Any], job: Job) -> None:
    """Write one anew, for whoever asked for it."""
    by = UUID(payload["by"]) if payload["by"] else None
    actor = (await accounts.actor_of_user(session, by)) if by else SYSTEM
    now = await _now(session)
    path = await summaries.making.generate_now(session, actor or SYSTEM, payload, now=now)
    if job.operation_id is not None:
        await operations.finish(session, job.operation_id, link=path)


@handles(summaries.topics.MADE)
async def tell(session: AsyncSession, payload: dict[str, Any], _job: Job) -> dict[str, Any]:
    """Tell those it is for."""
    return {"told": await summaries.telling.tell(session, UUID(payload["summary_id"]))}


@handles(handovers.topics.GIVEN)
async def tell_given(session: AsyncSession, payload: dict[str, Any], _job: Job) -> dict[str, Any]:
    """Tell whom it is for."""
    return {"told": await handovers.telling.tell_given(session, UUID(payload["handover_id"]))}


@handles(handovers.topics.ACKNOWLEDGED)
async def tell_acknowledged(
    session: AsyncSession, payload: dict[str, Any], _job: Job
) -> dict[str, Any]:
    """Tell who gave it."""
    told = await handovers.telling.tell_acknowledged(session, UUID(payload["handover_id"]))
    return {"told": told}


async def _now(session: AsyncSession) -> datetime:
    """By two clocks: a worker's that runs ahead must not close a day that is not over."""
    there = await session.scalar(select(database_now()))
    return min(there or clock.now(), clock.now())
