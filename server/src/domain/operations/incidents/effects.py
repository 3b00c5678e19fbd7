"""What incidents do to resources: down or degraded while they go on, back when they are resolved.

What is told of it everywhere is the number of an incident that is open to all, and nothing of a
restricted one; who may know more is told more where they ask (`explain`).
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.domain import resources
from src.domain.operations import numbering
from src.domain.operations.incidents import policy
from src.domain.operations.tables import Incident, IncidentResource, IncidentState, Visibility
from src.domain.resources.tables import Effect

_GOING_ON = frozenset({IncidentState.OPEN, IncidentState.IN_PROGRESS})


def source(incident_id: UUID) -> resources.outages.Source:
    """What keeps a resource down."""
    return resources.outages.Source("incident", incident_id)


async def settle(session: AsyncSession, actor: Actor, incident: Incident) -> None:
    """Let every resource be as the incident has it now; again changes nothing."""
    wanted: dict[UUID, Effect] = {}
    if incident.state in _GOING_ON:
        rows = await session.execute(
            select(IncidentResource.resource_id, IncidentResource.effect).where(
                IncidentResource.incident_id == incident.id, IncidentResource.effect.is_not(None)
            )
        )
        wanted = {resource_id: effect for resource_id, effect in rows if effect is not None}
    mine = source(incident.id)
    # All calendars at once, in order of id, as whoever else locks several does.
    had = await resources.outages.affected(session, mine)
    await resources.calendar.lock(session, {*had, *wanted})
    gone = [one for one in had if one not in wanted]
    if gone:
        await resources.outages.end(session, actor, mine, resource_ids=gone)
    await resources.outages.begin(session, actor, wanted, source=mine, reason=_told(incident))


def _told(incident: Incident) -> str:
    if incident.visibility is Visibility.RESTRICTED:
        return ""
    return numbering.said("incident", incident.number)


async def explain(session: AsyncSession, actor: Actor, resource_id: UUID) -> list[str]:
    """The incidents that keep a resource down, as far as the actor may know of them."""
    rows = await session.execute(
        select(Incident.number, Incident.title)
        .join(IncidentResource, IncidentResource.incident_id == Incident.id)
        .where(
            IncidentResource.resource_id == resource_id,
            IncidentResource.effect == Effect.DOWN,
            Incident.state.in_(_GOING_ON),
            policy.visible(actor),
        )
        .order_by(Incident.severity_rank.desc(), Incident.id.desc())
    )
    return [f"{numbering.said('incident', number)}, {title}" for number, title in rows]


resources.outages.explained_by(explain)
