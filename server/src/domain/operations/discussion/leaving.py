"""What a person who leaves takes along: what they said to others. It stays, under "former member"."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.domain import accounts
from src.domain.operations.tables import Comment


async def _read(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401 - whatever JSON says
    rows = await session.execute(
        select(
            Comment.subject_type, Comment.subject_id, Comment.text, Comment.created_at,
            Comment.edited_at,
        )
        .where(Comment.author_id == user_id, Comment.deleted_at.is_(None))
        .order_by(Comment.created_at)
    )  # fmt: skip
    return [dict(row) for row in rows.mappings()]


accounts.leaving.exporting.source("comments", _read)
