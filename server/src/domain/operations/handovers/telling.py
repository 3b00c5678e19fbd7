"""Who is told of a hand-over: whom it is for, and that it was taken, whoever gave it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import markdown
from src.domain import notifications
from src.domain.accounts.tables import Team, TeamMember
from src.domain.operations import subjects
from src.domain.operations.tables import Handover


async def tell_given(session: AsyncSession, handover_id: UUID) -> int:
    """Tell the one it is for, else the team; how many. Not once it was taken over."""
    row = await session.get(Handover, handover_id)
    if row is None or row.acknowledged_at is not None:
        return 0
    team = await session.scalar(select(Team.name).where(Team.id == row.team_id))
    args = {"person": row.from_id, "team": team or "", "watch": markdown.excerpt(row.watch)}
    people = await _for(session, row)
    for person_id in sorted(people):
        await _notify(session, row, person_id, "handover.given", args)
    return len(people)


async def tell_acknowledged(session: AsyncSession, handover_id: UUID) -> int:
    """Tell who gave it; how many."""
    row = await session.get(Handover, handover_id)
    if row is None or row.acknowledged_by is None:
        return 0
    args = {"by": row.acknowledged_by, "remark": row.remark}
    await _notify(session, row, row.from_id, "handover.acknowledged", args)
    return 1


async def _for(session: AsyncSession, row: Handover) -> set[UUID]:
    if row.to_id is not None:
        people = {row.to_id}
    else:
        people = set(
            await session.scalars(
                select(TeamMember.user_id).where(TeamMember.team_id == row.team_id)
            )
        )
    subject = ("handover", row.id)
    heard = await notifications.follows.audience(session, subject, people - {row.from_id})
    return await subjects.audience(session, subject, heard - {row.from_id})


async def _notify(
    session: AsyncSession, row: Handover, person_id: UUID, kind: str, args: dict[str, Any]
) -> None:
    await notifications.notify(
        session,
        user_id=person_id,
        kind=kind,
        args=args,
        link=f"/handovers/{row.id}",
        subject=("handover", row.id),
    )
