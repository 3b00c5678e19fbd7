"""What a thing said before it was changed: kept for as long as the thing is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, ids
from src.core.actor import Actor
from src.domain.accounts.tables import User
from src.domain.operations.discussion.views import Named, RevisionView
from src.domain.operations.tables import Revision

Subject = tuple[str, UUID]


async def keep(
    session: AsyncSession, actor: Actor, subject: Subject, content: Mapping[str, Any]
) -> int:
    """Keep what the thing said until now, as JSON; the number of that version.

    The caller holds the thing's row, so that numbers come one after the other.
    """
    mine = (Revision.subject_type == subject[0], Revision.subject_id == subject[1])
    last = await session.scalar(select(func.max(Revision.number)).where(*mine))
    row = Revision(
        id=ids.new(),
        subject_type=subject[0],
        subject_id=subject[1],
        number=(last or 0) + 1,
        content=dict(content),
        changed_by=actor.user_id,
        changed_at=clock.now(),
    )
    session.add(row)
    await session.flush()
    return row.number


async def of(session: AsyncSession, subject: Subject) -> list[RevisionView]:
    """Its versions but the present one, the first first. Who may read them is asked before."""
    rows = await session.execute(
        select(Revision, User.name)
        .outerjoin(User, User.id == Revision.changed_by)
        .where(Revision.subject_type == subject[0], Revision.subject_id == subject[1])
        .order_by(Revision.number)
    )
    return [
        RevisionView(
            number=row.number,
            content=row.content,
            changed_by=Named(row.changed_by, name or "") if row.changed_by else None,
            changed_at=row.changed_at,
        )
        for row, name in rows
    ]


async def forget(session: AsyncSession, subject: Subject) -> None:
    """Drop the versions of something that is no more."""
    await session.execute(
        delete(Revision).where(
            Revision.subject_type == subject[0], Revision.subject_id == subject[1]
        )
    )
