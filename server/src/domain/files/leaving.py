"""When a person leaves: their picture goes; what they uploaded they may take along."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.domain import accounts
from src.domain.files import portraits, rules
from src.domain.files.tables import Blob, File


async def _erase(session: AsyncSession, user_id: UUID) -> None:
    await portraits.erase_of(session, user_id)


async def _read(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401 - whatever JSON says
    rows = await session.execute(
        select(
            File.id, File.name, File.kind, File.subject_type, File.subject_id, File.created_at,
            Blob.size,
        )
        .join(Blob, Blob.sha256 == File.sha256)
        .where(File.uploaded_by == user_id, File.deleted_at.is_(None))
        .order_by(File.id)
    )  # fmt: skip
    return [dict(row) for row in rows.mappings()]


async def _find(
    session: AsyncSession, user_id: UUID
) -> list[accounts.leaving.exporting.StoredFile]:
    rows = await session.execute(
        select(File.name, Blob.key)
        .join(Blob, Blob.sha256 == File.sha256)
        .where(File.uploaded_by == user_id, File.deleted_at.is_(None))
        .order_by(File.id)
    )
    return [accounts.leaving.exporting.StoredFile(rules.safe_name(name), key) for name, key in rows]


accounts.leaving.erasure.on_erasure("files", _erase)
accounts.leaving.exporting.source("files", _read)
accounts.leaving.exporting.files("files", _find)
