"""In whose name somebody may decide: their own, and that of whom they stand in for."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import Actor
from src.domain import accounts
from src.domain.approvals.tables import Delegation
from src.domain.approvals.views import Elector


def counts(now: datetime) -> ColumnElement[bool]:
    """Delegations that hold at a moment; in the query, not in a job."""
    return and_(
        Delegation.revoked_at.is_(None), Delegation.starts_at <= now, Delegation.ends_at > now
    )


async def of(session: AsyncSession, actor: Actor) -> list[Elector]:
    """Everybody in whose name the actor may decide now, themselves first.

    A program acts in its owner's name alone. Who stands in passes nothing on. One statement, and
    what tells the permissions of each person the actor stands in for.
    """
    if actor.user_id is None:
        return []
    found = [Elector(actor.user_id, actor)]
    if actor.is_program:
        return found
    standing = await session.scalars(
        select(Delegation)
        .where(Delegation.to_id == actor.user_id, counts(clock.now()))
        .order_by(Delegation.id)
    )
    for each in standing.all():
        person = await accounts.actor_of_user(session, each.from_id)
        if person is not None:
            found.append(Elector(each.from_id, person, each.resource_id, is_own=False))
    return found


async def standing_in(
    session: AsyncSession, person_ids: Collection[UUID], resource_id: UUID | None
) -> set[UUID]:
    """Who stands in for one of these people now, where the resource is concerned."""
    if not person_ids:
        return set()
    rows = await session.execute(
        select(Delegation.to_id, Delegation.resource_id).where(
            Delegation.from_id.in_(person_ids), counts(clock.now())
        )
    )
    return {to for to, bound in rows if bound in {None, resource_id}}
