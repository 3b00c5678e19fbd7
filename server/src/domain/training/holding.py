"""What people are qualified for at a moment. Expiry is in the query, not in a job."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.domain.training.tables import QualificationGrant


def counts_at(at: datetime) -> ColumnElement[bool]:
    """The grants that hold at a moment, as a SQL condition."""
    return and_(
        QualificationGrant.revoked_at.is_(None),
        QualificationGrant.granted_at <= at,
        or_(QualificationGrant.expires_at.is_(None), QualificationGrant.expires_at > at),
    )


async def held_by(
    session: AsyncSession, person_ids: Collection[UUID], at: datetime
) -> dict[UUID, frozenset[UUID]]:
    """The qualifications each of these people holds at a moment, in one statement.

    Every person asked for is in the answer, those who hold none with an empty set.
    """
    held: dict[UUID, set[UUID]] = {person_id: set() for person_id in person_ids}
    if held:
        rows = await session.execute(
            select(QualificationGrant.person_id, QualificationGrant.qualification_id).where(
                QualificationGrant.person_id.in_(held), counts_at(at)
            )
        )
        for person_id, qualification_id in rows:
            held[person_id].add(qualification_id)
    return {person_id: frozenset(found) for person_id, found in held.items()}
