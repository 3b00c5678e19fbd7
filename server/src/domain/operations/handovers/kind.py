"""Hand-overs among the things that are commented, linked and found."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import language
from src.core.actor import Actor
from src.core.language import gettext as _
from src.core.language import mark
from src.domain.accounts.tables import User
from src.domain.operations import parties, subjects
from src.domain.operations import policy as of_operations
from src.domain.operations.handovers import policy
from src.domain.operations.tables import Handover


async def _named(
    session: AsyncSession, actor: Actor, handover_ids: Collection[UUID]
) -> dict[UUID, str]:
    rows = await session.execute(
        select(Handover.id, Handover.given_at, User.name)
        .join(User, User.id == Handover.from_id)
        .where(Handover.id.in_(handover_ids), policy.visible(actor))
    )
    return {
        one: _("Hand-over by %(name)s, %(moment)s", name=name,
               moment=language.format_moment(given_at))
        for one, given_at, name in rows
    }  # fmt: skip


async def _discussed(session: AsyncSession, actor: Actor, handover_id: UUID) -> None:
    await subjects.require(session, actor, ("handover", handover_id))
    row = await session.get_one(Handover, handover_id)
    of_operations.require_post(actor, row.team_id)


async def _concerned(session: AsyncSession, handover_id: UUID) -> set[UUID]:
    row = await session.get(Handover, handover_id)
    people = (row.from_id, row.to_id, row.acknowledged_by) if row else ()
    return {one for one in people if one is not None}


async def _readers(session: AsyncSession, handover_id: UUID, people: Collection[UUID]) -> set[UUID]:
    row = await session.get(Handover, handover_id)
    if row is None:
        return set()
    own = set(people) & {row.from_id, row.to_id}
    return own | await parties.readers(session, row.team_id, people)


subjects.kind(
    subjects.Kind(
        name="handover",
        words=mark("Hand-over"),
        icon="handover",
        path="/handovers/{id}",
        named=_named,
        discussed=_discussed,
        concerned=_concerned,
        readers=_readers,
    )
)
