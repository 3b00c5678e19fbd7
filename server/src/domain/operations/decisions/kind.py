"""Decisions among the things that are commented, linked, followed and found."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.core.language import mark
from src.domain.operations import numbering, parties, policy, subjects
from src.domain.operations.decisions import repository, service, telling
from src.domain.operations.tables import Decision


async def _named(
    session: AsyncSession, actor: Actor, decision_ids: Collection[UUID]
) -> dict[UUID, str]:
    rows = await session.execute(
        select(Decision.id, Decision.number, Decision.title).where(
            Decision.id.in_(decision_ids), repository.visible(actor)
        )
    )
    return {one: f"{numbering.said('decision', number)} {title}" for one, number, title in rows}


async def _discussed(session: AsyncSession, actor: Actor, decision_id: UUID) -> None:
    row = await session.get(Decision, decision_id)
    if row is None or not policy.may_read(actor, row.team_id):
        raise service.not_found()
    policy.require_post(actor, row.team_id)


async def _concerned(session: AsyncSession, decision_id: UUID) -> set[UUID]:
    row = await session.get(Decision, decision_id)
    return await telling.concerned(session, row) if row else set()


async def _readers(session: AsyncSession, decision_id: UUID, people: Collection[UUID]) -> set[UUID]:
    row = await session.get(Decision, decision_id)
    return await parties.readers(session, row.team_id, people) if row else set()


subjects.kind(
    subjects.Kind(
        name="decision",
        words=mark("Decision"),
        icon="decision",
        path="/decisions/{id}",
        named=_named,
        discussed=_discussed,
        concerned=_concerned,
        readers=_readers,
    )
)
