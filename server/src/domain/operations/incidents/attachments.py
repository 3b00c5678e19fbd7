"""Photos and files of incidents: who sees the incident sees them.

Every look at those of a restricted one is an event.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.domain import files
from src.domain.operations.incidents import policy
from src.domain.operations.tables import (
    Incident,
    IncidentAssignment,
    IncidentTask,
    Visibility,
)


async def rights(session: AsyncSession, actor: Actor, incident_id: UUID) -> files.Rights | None:
    """The actor's rights on the files of an incident; None where there is none for them.

    Whoever looks after it, reported it, has a role in it or owns a task of it adds to them.
    """
    row = await session.scalar(
        select(Incident).where(Incident.id == incident_id, policy.visible(actor))
    )
    if row is None:
        return None
    return files.Rights(
        may_read=True,
        may_attach=await _may_attach(session, actor, row),
        is_restricted=row.visibility is Visibility.RESTRICTED,
    )


async def _may_attach(session: AsyncSession, actor: Actor, row: Incident) -> bool:
    on = await policy.resources_of(session, row.id)
    if policy.may_manage(actor, row, (), on):
        return True
    if actor.user_id is None or actor.is_narrowed:
        return False
    if row.reported_by == actor.user_id:
        return True
    has_role = exists().where(
        IncidentAssignment.incident_id == row.id,
        IncidentAssignment.user_id == actor.user_id,
        IncidentAssignment.until_at.is_(None),
    )
    has_task = exists().where(
        IncidentTask.incident_id == row.id, IncidentTask.owner_id == actor.user_id
    )
    return bool(await session.scalar(select(or_(has_role, has_task))))


files.hangs_on("incident", rights)
