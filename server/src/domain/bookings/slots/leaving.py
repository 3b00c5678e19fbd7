"""When a person leaves, the times they keep are free again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.domain import accounts, resources
from src.domain.bookings.tables import SlotHold


async def _erase(session: AsyncSession, user_id: UUID) -> None:
    ids = set(await session.scalars(select(SlotHold.id).where(SlotHold.person_id == user_id)))
    if ids:
        await resources.calendar.release(session, ids)
        await session.execute(delete(SlotHold).where(SlotHold.id.in_(ids)))


async def _read(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401 - whatever JSON says
    rows = await session.execute(
        select(
            SlotHold.id, SlotHold.resource_id, SlotHold.starts_at, SlotHold.ends_at,
            SlotHold.expires_at,
        ).where(SlotHold.person_id == user_id)
    )  # fmt: skip
    return [dict(row) for row in rows.mappings()]


accounts.leaving.erasure.on_erasure("slots", _erase)
accounts.leaving.exporting.source("slots", _read)
