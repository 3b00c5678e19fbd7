"""Full text: what can be found by words, kept beside the rows it is made from.

A domain puts the text of a thing here in the transaction that changes it; each database keeps its
own index of it (`core.ddl`). Who may find it is asked where it is searched, by joining the rows.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Integer, String, Text, UniqueConstraint, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from src.core import clock
from src.core.db import Table

LONGEST = 100_000  # letters of a body that are indexed


class SearchDocument(Table):
    """The words of one thing. The title weighs more than the body."""

    __tablename__ = "search_documents"
    __table_args__ = (UniqueConstraint("kind", "subject_id"),)

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID]
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime]


async def put(
    session: AsyncSession, kind: str, subject_id: UUID, *, title: str, body: str = ""
) -> None:
    """Let the thing be found by these words (plain text, no markup) and no others."""
    row = await session.scalar(
        select(SearchDocument).where(
            SearchDocument.kind == kind, SearchDocument.subject_id == subject_id
        )
    )
    if row is None:
        row = SearchDocument(kind=kind, subject_id=subject_id)
        session.add(row)
    row.title, row.body, row.changed_at = title, body[:LONGEST], clock.now()
    await session.flush()


async def forget(session: AsyncSession, kind: str, subject_id: UUID) -> None:
    """Let nobody find it any more."""
    await session.execute(
        delete(SearchDocument).where(
            SearchDocument.kind == kind, SearchDocument.subject_id == subject_id
        )
    )
