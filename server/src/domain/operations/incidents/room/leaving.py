"""What a person who leaves takes along of incidents' rooms; what they did stays, under another name."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.domain import accounts
from src.domain.operations import numbering
from src.domain.operations.tables import (
    Incident,
    IncidentAssignment,
    IncidentEntry,
    IncidentReview,
    IncidentSubscription,
    IncidentTask,
)


async def _roles(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401 - whatever JSON says
    columns = (
        IncidentAssignment.role, IncidentAssignment.since_at, IncidentAssignment.until_at,
        IncidentAssignment.note,
    )  # fmt: skip
    wanted = (
        select(Incident.number, *columns)
        .join(Incident, Incident.id == IncidentAssignment.incident_id)
        .where(IncidentAssignment.user_id == user_id)
        .order_by(IncidentAssignment.since_at)
    )
    return await _rows(session, wanted)


async def _tasks(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401
    columns = (
        IncidentTask.title, IncidentTask.description, IncidentTask.phase, IncidentTask.state,
        IncidentTask.due_at, IncidentTask.done_at, IncidentTask.outcome,
    )  # fmt: skip
    wanted = (
        select(Incident.number, *columns)
        .join(Incident, Incident.id == IncidentTask.incident_id)
        .where(IncidentTask.owner_id == user_id)
        .order_by(IncidentTask.id)
    )
    return await _rows(session, wanted)


async def _written(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401
    columns = (
        IncidentEntry.kind, IncidentEntry.at, IncidentEntry.created_at, IncidentEntry.text,
        IncidentEntry.details,
    )  # fmt: skip
    wanted = (
        select(Incident.number, *columns)
        .join(Incident, Incident.id == IncidentEntry.incident_id)
        .where(IncidentEntry.author_id == user_id)
        .order_by(IncidentEntry.id)
    )
    return await _rows(session, wanted)


async def _reviews(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401
    columns = (
        IncidentReview.what_happened, IncidentReview.impact, IncidentReview.root_cause,
        IncidentReview.lessons, IncidentReview.signed_at,
    )  # fmt: skip
    wanted = (
        select(Incident.number, *columns)
        .join(Incident, Incident.id == IncidentReview.incident_id)
        .where(IncidentReview.begun_by == user_id)
        .order_by(Incident.number)
    )
    return await _rows(session, wanted)


async def _subscriptions(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401
    rows = await session.execute(
        select(IncidentSubscription.name, IncidentSubscription.filter)
        .where(IncidentSubscription.user_id == user_id)
        .order_by(IncidentSubscription.id)
    )
    return [dict(row) for row in rows.mappings()]


async def _rows(session: AsyncSession, wanted: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    found = []
    for row in (await session.execute(wanted)).mappings():
        values = dict(row)
        found.append({"incident": numbering.said("incident", values.pop("number")), **values})
    return found


async def _forget(session: AsyncSession, user_id: UUID) -> None:
    """What somebody who is gone subscribed to concerns nobody any more."""
    await session.execute(
        delete(IncidentSubscription).where(IncidentSubscription.user_id == user_id)
    )


accounts.leaving.exporting.source("incident-roles", _roles)
accounts.leaving.exporting.source("incident-tasks", _tasks)
accounts.leaving.exporting.source("incident-timeline", _written)
accounts.leaving.exporting.source("incident-reviews", _reviews)
accounts.leaving.exporting.source("incident-subscriptions", _subscriptions)
accounts.leaving.erasure.on_erasure("incident-room", _forget)
