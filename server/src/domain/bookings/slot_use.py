"""Times somebody keeps for a few minutes, and becoming a booking with them (`slots`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.domain.bookings.tables import SlotHold
from src.domain.bookings.views import Wish


async def of(session: AsyncSession, actor: Actor, wishes: Iterable[Wish]) -> frozenset[UUID]:
    """The slots the wishes name, as far as they are the actor's own; most name none.

    A slot that has lapsed is no fault: the time is free, or the calendar says that it is not.
    """
    named = {wish.slot_id for wish in wishes if wish.slot_id is not None}
    if not named or actor.user_id is None:
        return frozenset()
    own = select(SlotHold.id).where(SlotHold.id.in_(named), SlotHold.person_id == actor.user_id)
    return frozenset(await session.scalars(own))


async def spend(session: AsyncSession, slot_ids: Collection[UUID]) -> None:
    """Forget slots that have become bookings; the calendar has taken their holds already."""
    if slot_ids:
        await session.execute(delete(SlotHold).where(SlotHold.id.in_(slot_ids)))
