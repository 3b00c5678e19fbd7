"""What a person who leaves takes along: hand-overs they gave and took; those stay there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.domain import accounts
from src.domain.operations.tables import Handover


async def _read(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401 - whatever JSON says
    rows = await session.scalars(
        select(Handover)
        .where(or_(Handover.from_id == user_id, Handover.acknowledged_by == user_id))
        .order_by(Handover.id)
    )
    return [
        {
            "given_at": row.given_at,
            "watch": row.watch if row.from_id == user_id else None,
            "acknowledged_at": row.acknowledged_at,
            "remark": row.remark if row.acknowledged_by == user_id else None,
        }
        for row in rows
    ]


accounts.leaving.exporting.source("handovers", _read)
