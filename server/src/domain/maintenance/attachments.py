"""Photos on problem reports: who sees the resource sees them, who reported it adds them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.domain import files
from src.domain.maintenance import policy
from src.domain.maintenance.tables import ProblemReport
from src.domain.resources.tables import Resource


async def rights(session: AsyncSession, actor: Actor, problem_id: UUID) -> files.Rights | None:
    """The actor's rights on the files of a report; None where there is no such report."""
    row = await session.scalar(
        select(ProblemReport)
        .join(Resource, Resource.id == ProblemReport.resource_id)
        .where(ProblemReport.id == problem_id, policy.visible(actor))
    )
    if row is None:
        return None
    is_theirs = row.reported_by == actor.user_id and policy.may_report(actor, row.resource_id)
    may_attach = is_theirs or policy.may_manage(actor, row.resource_id)
    return files.Rights(may_read=True, may_attach=may_attach)


files.hangs_on("problem", rights)
