"""When a person leaves: nobody waits for them any more; and what they take along."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.domain import accounts
from src.domain.operations.tables import Blocker, BlockerState


async def _erase(session: AsyncSession, user_id: UUID) -> None:
    """What is active needs an owner who is there; what is over stays under "former member"."""
    await session.execute(
        update(Blocker)
        .where(Blocker.owner_id == user_id, Blocker.state == BlockerState.ACTIVE)
        .values(owner_id=None, version=Blocker.version + 1, updated_at=clock.now())
    )


async def _read(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401 - whatever JSON says
    rows = await session.execute(
        select(
            Blocker.number, Blocker.title, Blocker.description, Blocker.impact,
            Blocker.impact_text, Blocker.waiting_on, Blocker.waiting_on_name, Blocker.needed_by,
            Blocker.state, Blocker.resolution, Blocker.raised_by, Blocker.raised_at,
            Blocker.owner_id, Blocker.resolved_by, Blocker.resolved_at, Blocker.archived_at,
        )
        .where(
            or_(
                Blocker.raised_by == user_id,
                Blocker.owner_id == user_id,
                Blocker.waiting_on_id == user_id,
                Blocker.resolved_by == user_id,
            )
        )
        .order_by(Blocker.number)
    )  # fmt: skip
    return [dict(row) for row in rows.mappings()]


accounts.leaving.erasure.on_erasure("blockers", _erase)
accounts.leaving.exporting.source("blockers", _read)
