"""Status updates among the things that are commented, linked, followed and found."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.core.language import gettext as _
from src.core.language import mark
from src.domain.operations import parties, policy, subjects
from src.domain.operations.tables import StatusUpdate
from src.domain.operations.updates import repository
from src.domain.operations.updates.errors import UpdateNotFound


async def _named(
    session: AsyncSession, actor: Actor, update_ids: Collection[UUID]
) -> dict[UUID, str]:
    rows = await session.scalars(
        select(StatusUpdate).where(StatusUpdate.id.in_(update_ids), repository.visible(actor))
    )
    return {row.id: repository.title_of(row) for row in rows}


async def _discussed(session: AsyncSession, actor: Actor, update_id: UUID) -> None:
    row = await session.get(StatusUpdate, update_id)
    if row is None or not policy.may_read(actor, row.team_id):
        raise UpdateNotFound(_("It may have been deleted, or you may not see it."))
    policy.require_post(actor, row.team_id)


async def _concerned(session: AsyncSession, update_id: UUID) -> set[UUID]:
    row = await session.get(StatusUpdate, update_id)
    return {row.author_id} if row else set()


async def _readers(session: AsyncSession, update_id: UUID, people: Collection[UUID]) -> set[UUID]:
    row = await session.get(StatusUpdate, update_id)
    return await parties.readers(session, row.team_id, people) if row else set()


subjects.kind(
    subjects.Kind(
        name=repository.KIND,
        words=mark("Status update"),
        icon="update",
        path="/updates/{id}",
        named=_named,
        discussed=_discussed,
        concerned=_concerned,
        readers=_readers,
    )
)
