"""Blockers among the things that are commented, linked, followed and found."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.core.language import mark
from src.domain.operations import numbering, parties, subjects
from src.domain.operations.blockers import repository, service, telling
from src.domain.operations.tables import Blocker


async def _named(
    session: AsyncSession, actor: Actor, blocker_ids: Collection[UUID]
) -> dict[UUID, str]:
    rows = await session.execute(
        select(Blocker.id, Blocker.number, Blocker.title).where(
            Blocker.id.in_(blocker_ids), repository.visible(actor)
        )
    )
    return {one: f"{numbering.said('blocker', number)} {title}" for one, number, title in rows}


async def _discussed(session: AsyncSession, actor: Actor, blocker_id: UUID) -> None:
    await service.writable(session, actor, blocker_id)


async def _changed(session: AsyncSession, _actor: Actor, blocker_id: UUID) -> None:
    row = await session.get(Blocker, blocker_id, with_for_update=True, populate_existing=True)
    if row is not None:
        service.require_not_archived(row)


async def _concerned(session: AsyncSession, blocker_id: UUID) -> set[UUID]:
    row = await session.get(Blocker, blocker_id)
    return telling.concerned(row) if row else set()


async def _readers(session: AsyncSession, blocker_id: UUID, people: Collection[UUID]) -> set[UUID]:
    row = await session.get(Blocker, blocker_id)
    return await parties.readers(session, row.team_id, people) if row else set()


subjects.kind(
    subjects.Kind(
        name="blocker",
        words=mark("Blocker"),
        icon="blocker",
        path="/blockers/{id}",
        named=_named,
        discussed=_discussed,
        concerned=_concerned,
        readers=_readers,
        changed=_changed,
    )
)
