"""Who leads an incident at first, as its type has it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.domain import accounts, resources
from src.domain.accounts.tables import User, UserState
from src.domain.operations import policy as of_operations
from src.domain.operations.tables import (
    Incident,
    IncidentAssignment,
    IncidentRole,
    IncidentState,
    IncidentType,
)
from src.domain.resources.tables import Duty

_ASKED = frozenset({"primary", Duty.DEPUTY})
_ENDED = (IncidentState.RESOLVED, IncidentState.CLOSED)


class Leads(StrEnum):
    """Who leads the incidents of a type.

    Whoever reports it, who is responsible for the resource, the holder of a role who leads fewest,
    somebody by name, or nobody until somebody takes it.
    """

    REPORTER = "reporter"
    RESPONSIBLE = "responsible"
    ROLE = "role"
    PERSON = "person"
    NOBODY = "nobody"


async def first(
    session: AsyncSession, incident: Incident, type_: IncidentType, resource_ids: Sequence[UUID]
) -> UUID | None:
    """Who leads it; None where there is nobody such."""
    kind, value = Leads(type_.leads.get("kind", Leads.NOBODY)), type_.leads.get("value")
    if kind is Leads.REPORTER:
        return await _active(session, incident.reported_by)
    if kind is Leads.PERSON:
        return await _active(session, UUID(str(value)))
    if kind is Leads.RESPONSIBLE:
        known = await resources.responsible_for(session, resource_ids) if resource_ids else {}
        asked = (one.id for id_ in resource_ids for one in known.get(id_, ()) if one.role in _ASKED)
        return next(asked, None)
    if kind is Leads.ROLE:
        scopes = of_operations.scopes(incident.team_id)
        return await _freest(session, await accounts.role_holders(session, str(value), *scopes))
    return None


async def _active(session: AsyncSession, user_id: UUID | None) -> UUID | None:
    found: UUID | None = await session.scalar(
        select(User.id).where(User.id == user_id, User.state == UserState.ACTIVE)
    )
    return found


async def _freest(session: AsyncSession, people: Sequence[UUID]) -> UUID | None:
    """Who leads the fewest that go on; of several the first by id."""
    if not people:
        return None
    rows = await session.execute(
        select(IncidentAssignment.user_id, func.count())
        .join(Incident, Incident.id == IncidentAssignment.incident_id)
        .where(
            IncidentAssignment.user_id.in_(people),
            IncidentAssignment.role == IncidentRole.LEAD,
            IncidentAssignment.until_at.is_(None),
            Incident.state.not_in(_ENDED),
        )
        .group_by(IncidentAssignment.user_id)
    )
    leading = {user_id: int(count) for user_id, count in rows}
    return min(people, key=lambda one: (leading.get(one, 0), one))
