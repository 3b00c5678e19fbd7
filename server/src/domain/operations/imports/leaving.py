"""What is kept of somebody's imports, for themselves."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.domain import accounts
from src.domain.operations.tables import OperationsImport


async def _read(session: AsyncSession, user_id: UUID) -> list[dict[str, Any]]:
    found = await session.execute(
        select(OperationsImport.id, OperationsImport.kind, OperationsImport.name,
               OperationsImport.created_at)
        .where(OperationsImport.created_by == user_id)
        .order_by(OperationsImport.id)
    )  # fmt: skip
    return [dict(row._mapping) for row in found]  # noqa: SLF001 - SQLAlchemy's way


accounts.leaving.exporting.source("team-imports", _read)
