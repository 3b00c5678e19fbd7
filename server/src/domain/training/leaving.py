"""When a person leaves: what they ask for is taken back, their words go; what they take along."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.domain import accounts
from src.domain.resources.tables import Resource
from src.domain.training import access
from src.domain.training.tables import AccessRequest, Qualification, QualificationGrant


async def _erase(session: AsyncSession, user_id: UUID) -> None:
    await access.withdraw_all_of(session, user_id)
    theirs = AccessRequest.person_id == user_id
    await session.execute(
        update(AccessRequest).where(theirs).values(reason="", version=AccessRequest.version + 1)
    )
    await session.execute(
        update(QualificationGrant)
        .where(QualificationGrant.person_id == user_id)
        .values(note="", version=QualificationGrant.version + 1)
    )
    now = clock.now()
    held = or_(QualificationGrant.expires_at.is_(None), QualificationGrant.expires_at > now)
    await session.execute(
        update(QualificationGrant)
        .where(
            QualificationGrant.person_id == user_id, QualificationGrant.revoked_at.is_(None), held
        )
        .values(revoked_at=now)
    )


async def _read(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401 - whatever JSON says
    held = await session.execute(
        select(
            Qualification.name, QualificationGrant.granted_at, QualificationGrant.expires_at,
            QualificationGrant.revoked_at, QualificationGrant.note,
        )
        .join(Qualification, Qualification.id == QualificationGrant.qualification_id)
        .where(QualificationGrant.person_id == user_id)
        .order_by(QualificationGrant.granted_at)
    )  # fmt: skip
    asked = await session.execute(
        select(
            Resource.name.label("resource"), AccessRequest.reason, AccessRequest.state,
            AccessRequest.decision_note, AccessRequest.created_at, AccessRequest.decided_at,
        )
        .join(Resource, Resource.id == AccessRequest.resource_id)
        .where(AccessRequest.person_id == user_id)
        .order_by(AccessRequest.created_at)
    )  # fmt: skip
    return {
        "qualifications": [dict(row) for row in held.mappings()],
        "access_requests": [dict(row) for row in asked.mappings()],
    }


accounts.leaving.erasure.on_erasure("training", _erase)
accounts.leaving.exporting.source("training", _read)
