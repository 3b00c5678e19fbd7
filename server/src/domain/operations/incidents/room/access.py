"""Who may do what in an incident's room.

Whoever looks after the incident (`incidents:manage`, or its lead or EHS liaison whatever else they
may) runs it: gives roles, drops mandatory tasks, signs the review. Whoever has a role in it, or
reported it, takes part: writes in the timeline, gives updates, adds and does tasks, writes the
review. Everybody else who sees it reads. A closed incident is read-only, but for its tasks and for
a review that is not signed off.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor, Permission, forbidden
from src.core.errors import Forbidden
from src.core.language import gettext as _
from src.domain.operations.incidents import policy, record
from src.domain.operations.incidents.errors import IncidentIsClosed
from src.domain.operations.tables import Incident, IncidentRole, IncidentState


@dataclass(frozen=True, slots=True)
class Rights:
    """What the actor may do in one incident, who sees it."""

    roles: frozenset[IncidentRole]
    may_run: bool
    may_take_part: bool
    is_closed: bool

    @property
    def may_write(self) -> bool:
        """Whether they may write what a closed incident does not take."""
        return self.may_take_part and not self.is_closed


async def rights(session: AsyncSession, actor: Actor, incident: Incident) -> Rights:
    """The actor's rights in an incident they see; up to two statements."""
    roles = await policy.roles_of(session, actor, incident.id)
    may_run = policy.may_manage(actor, incident, roles)
    if not may_run and actor.may_anywhere(Permission.INCIDENTS_MANAGE):
        resource_ids = await policy.resources_of(session, incident.id)
        may_run = policy.may_manage(actor, incident, roles, resource_ids)
    is_reporter = (
        actor.user_id is not None
        and not actor.is_narrowed
        and incident.reported_by == actor.user_id
    )
    may_take_part = may_run or bool(roles) or is_reporter
    is_closed = incident.state is IncidentState.CLOSED
    return Rights(roles, may_run, may_take_part, is_closed)


async def running(session: AsyncSession, actor: Actor, incident_id: UUID) -> Incident:
    """The incident, locked, for whoever runs it.

    Raises `IncidentNotFound`, `Forbidden`, `IncidentIsClosed`.
    """
    incident = await policy.managed(session, actor, incident_id)
    require_not_closed(incident)
    return incident


async def taking_part(
    session: AsyncSession, actor: Actor, incident_id: UUID, *, even_closed: bool = False
) -> tuple[Incident, Rights]:
    """The incident, locked, for whoever takes part in it.

    Raises `IncidentNotFound`, `Forbidden`, `IncidentIsClosed` unless `even_closed`.
    """
    incident = await policy.found(session, actor, incident_id, lock=True)
    found = await rights(session, actor, incident)
    if not found.may_take_part:
        raise outsider()
    if not even_closed:
        require_not_closed(incident)
    return incident, found


def require_not_closed(incident: Incident) -> None:
    """Raise `IncidentIsClosed`."""
    if incident.state is IncidentState.CLOSED:
        raise IncidentIsClosed(
            _("Reopen it with a reason, then go on. Its tasks go on as they are."),
            allowed=[IncidentState.IN_PROGRESS.value],
        )


def outsider() -> Forbidden:
    """The refusal of somebody who sees the incident and has nothing to do in it."""
    refusal = forbidden(Permission.INCIDENTS_MANAGE)
    detail = _("This is for those who have a role in the incident. Ask its lead for one.")
    return Forbidden(detail, **refusal.members)


# What every event of an incident tells: codes and ids, no words of people.
facts = record.facts
