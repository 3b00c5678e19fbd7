"""When a person leaves: quotas of their own end; and what they take along."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.domain import accounts
from src.domain.bookings.tables import Allocation, HolderKind, QuotaEntry


async def _erase(session: AsyncSession, user_id: UUID) -> None:
    await session.execute(
        update(Allocation)
        .where(Allocation.holder_kind == HolderKind.PERSON, Allocation.holder_id == user_id)
        .values(is_active=False, version=Allocation.version + 1)
    )


async def _read(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401 - whatever JSON says
    rows = await session.execute(
        select(
            Allocation.name,
            QuotaEntry.booking_id,
            QuotaEntry.period_start,
            QuotaEntry.kind,
            QuotaEntry.amount,
            QuotaEntry.at,
        )
        .join(Allocation, Allocation.id == QuotaEntry.allocation_id)
        .where(QuotaEntry.holder_id == user_id)
        .order_by(QuotaEntry.id)
    )
    return [dict(row) for row in rows.mappings()]


accounts.leaving.erasure.on_erasure("quotas", _erase)
accounts.leaving.exporting.source("quotas", _read)
