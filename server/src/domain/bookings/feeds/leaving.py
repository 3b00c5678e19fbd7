"""When a person leaves: their addresses lead nowhere any more; and what they take along."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.domain import accounts
from src.domain.bookings.tables import CalendarFeed


async def _erase(session: AsyncSession, user_id: UUID) -> None:
    theirs = or_(CalendarFeed.owner_id == user_id, CalendarFeed.subject_id == user_id)
    await session.execute(delete(CalendarFeed).where(theirs))


async def _read(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401 - whatever JSON says
    rows = await session.execute(
        select(
            CalendarFeed.name, CalendarFeed.kind, CalendarFeed.subject_id, CalendarFeed.created_at,
            CalendarFeed.revoked_at, CalendarFeed.last_used_at,
        )
        .where(CalendarFeed.owner_id == user_id)
        .order_by(CalendarFeed.id)
    )  # fmt: skip
    return [dict(row) for row in rows.mappings()]


accounts.leaving.erasure.on_erasure("calendar feeds", _erase)
accounts.leaving.exporting.source("calendar-feeds", _read)
