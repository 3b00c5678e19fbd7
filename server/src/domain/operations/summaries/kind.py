"""Summaries among the things that are linked and found."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import language
from src.core.actor import Actor
from src.core.language import gettext as _
from src.core.language import mark
from src.domain.accounts.tables import Team
from src.domain.operations import parties, policy, subjects
from src.domain.operations.tables import Summary


async def _named(
    session: AsyncSession, actor: Actor, summary_ids: Collection[UUID]
) -> dict[UUID, str]:
    rows = await session.execute(
        select(Summary.id, Summary.on_date, func.coalesce(Team.name, ""))
        .outerjoin(Team, Team.id == Summary.team_id)
        .where(Summary.id.in_(summary_ids), policy.visible(actor, Summary.team_id))
    )
    return {
        summary_id: _("Summary of %(day)s: %(team)s", day=language.format_day(on_date),
                      team=team or _("everybody"))
        for summary_id, on_date, team in rows
    }  # fmt: skip


async def _discussed(session: AsyncSession, actor: Actor, summary_id: UUID) -> None:
    await subjects.require(session, actor, ("summary", summary_id))
    row = await session.get_one(Summary, summary_id)
    policy.require_post(actor, row.team_id)


async def _readers(session: AsyncSession, summary_id: UUID, people: Collection[UUID]) -> set[UUID]:
    row = await session.get(Summary, summary_id)
    return await parties.readers(session, row.team_id, people) if row else set()


subjects.kind(
    subjects.Kind(
        name="summary",
        words=mark("Summary"),
        icon="summary",
        path="/summaries/at/{id}",
        named=_named,
        discussed=_discussed,
        readers=_readers,
    )
)
