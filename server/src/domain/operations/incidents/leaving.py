"""What a person who leaves takes along; what they reported stays, under "former member"."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.domain import accounts
from src.domain.operations.tables import Incident, IncidentType


async def _read(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401 - whatever JSON says
    rows = await session.execute(
        select(
            Incident.number, IncidentType.name.label("type"), Incident.title,
            Incident.description, Incident.severity, Incident.state, Incident.occurred_at,
            Incident.reported_at, Incident.resolved_at, Incident.closed_at,
        )
        .join(IncidentType, IncidentType.id == Incident.type_id)
        .where(Incident.reported_by == user_id)
        .order_by(Incident.number)
    )  # fmt: skip
    return [dict(row) for row in rows.mappings()]


accounts.leaving.exporting.source("incidents", _read)
