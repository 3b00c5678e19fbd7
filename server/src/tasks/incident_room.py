"""Telling whom what goes on in incidents' rooms concerns, and reminding of what nobody saw to."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.language import mark
from src.domain.operations.incidents import room
from src.tasks.handlers import Job, every, handles


@handles(room.topics.ROLE_GIVEN)
async def tell_role(session: AsyncSession, payload: dict[str, Any], _job: Job) -> dict[str, Any]:
    """Tell whoever got a role."""
    return {"told": await room.telling.tell_role(session, UUID(payload["assignment_id"]))}


@handles(room.topics.TASK_GIVEN)
async def tell_task(session: AsyncSession, payload: dict[str, Any], _job: Job) -> dict[str, Any]:
    """Tell whoever got a task."""
    ids = UUID(payload["task_id"]), UUID(payload["owner_id"])
    return {"told": await room.telling.tell_task(session, *ids)}


@handles(room.topics.UPDATED)
async def tell_update(session: AsyncSession, payload: dict[str, Any], _job: Job) -> dict[str, Any]:
    """Tell everybody concerned that there is an update."""
    entry_id = UUID(payload["entry_id"])
    return {"told": await room.telling.tell_update(session, entry_id, _by(payload))}


@handles(room.topics.REVIEWED)
async def tell_review(session: AsyncSession, payload: dict[str, Any], _job: Job) -> dict[str, Any]:
    """Tell who leads and who wrote it what became of the review."""
    incident_id = UUID(payload["incident_id"])
    return {"told": await room.telling.tell_review(session, incident_id, _by(payload))}


@every(
    "incident-room.reminders",
    interval=60,
    queue="notifications",
    description=mark("Remind of incidents nobody answered, updates that are due and tasks"),
)
async def remind(session: AsyncSession, _payload: dict[str, Any], _job: Job) -> dict[str, Any]:
    """Each thing once."""
    return dict(await room.reminders.run(session))


def _by(payload: dict[str, Any]) -> UUID | None:
    return UUID(payload["by"]) if payload["by"] else None
