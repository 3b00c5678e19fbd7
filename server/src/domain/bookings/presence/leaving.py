"""When a person leaves: their PIN goes; and what they take along."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.domain import accounts
from src.domain.bookings.tables import ChecklistEntry, Kiosk, KioskPin


async def _erase(session: AsyncSession, user_id: UUID) -> None:
    await session.execute(delete(KioskPin).where(KioskPin.user_id == user_id))
    await session.execute(
        update(Kiosk)
        .where(Kiosk.created_by == user_id)
        .values(created_by=None, version=Kiosk.version + 1)
    )


async def _read(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401 - whatever JSON says
    rows = await session.execute(
        select(
            ChecklistEntry.booking_id,
            ChecklistEntry.moment,
            ChecklistEntry.answers,
            ChecklistEntry.filled_at,
        )
        .where(ChecklistEntry.filled_by == user_id)
        .order_by(ChecklistEntry.filled_at)
    )
    return [dict(row) for row in rows.mappings()]


accounts.leaving.erasure.on_erasure("checklists", _erase)
accounts.leaving.exporting.source("checklists", _read)
