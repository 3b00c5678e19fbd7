"""What a person who leaves takes along; what they reported stays, under "former member"."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.domain import accounts
from src.domain.maintenance.tables import ProblemReport
from src.domain.resources.tables import Resource


async def _read(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401 - whatever JSON says
    rows = await session.execute(
        select(
            Resource.name.label("resource"), ProblemReport.severity, ProblemReport.text,
            ProblemReport.is_blocking, ProblemReport.state, ProblemReport.created_at,
            ProblemReport.resolved_at,
        )
        .join(Resource, Resource.id == ProblemReport.resource_id)
        .where(ProblemReport.reported_by == user_id)
        .order_by(ProblemReport.created_at)
    )  # fmt: skip
    return [dict(row) for row in rows.mappings()]


accounts.leaving.exporting.source("problems", _read)
