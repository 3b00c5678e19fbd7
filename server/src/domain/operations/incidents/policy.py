"""Who may know of an incident, and who looks after it.

An open one is known to whoever reads operations of its team or of a resource it concerns, and to
whoever sees a resource that it keeps from working. A restricted one to those who hold `incidents:read-restricted`, and to those concerned: who reported
it, who has or had a role in it, who owns a task of it. To everybody else it does not exist.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import reach
from src.core.actor import NOWHERE, Actor, Permission, forbidden, resource_scope
from src.core.language import gettext as _
from src.domain.operations import policy as of_operations
from src.domain.operations.incidents.errors import IncidentNotFound
from src.domain.operations.tables import (
    Incident,
    IncidentAssignment,
    IncidentResource,
    IncidentRole,
    IncidentTask,
    Visibility,
)

# Whoever has one of these runs the incident, whatever they may do otherwise.
RUNNING = frozenset({IncidentRole.LEAD, IncidentRole.EHS_LIAISON})
_TEAM = {"team": Incident.team_id}


def visible(actor: Actor) -> ColumnElement[bool]:
    """The incidents the actor may know of; a condition on `Incident`."""
    if not actor.may_anywhere(Permission.OPERATIONS_READ):
        return false()
    is_open = Incident.visibility == Visibility.OPEN
    return or_(
        and_(is_open, or_(of_operations.visible(actor, Incident.team_id), _of_resources(actor))),
        reach.within(actor, Permission.INCIDENTS_READ_RESTRICTED, _TEAM),
        concerned(actor),
    )


def concerned(actor: Actor) -> ColumnElement[bool]:
    """Those the actor has to do with: reported, has or had a role in, owns a task of.

    By a key that does less than its person this counts for nothing.
    """
    if actor.user_id is None or actor.is_narrowed:
        return false()
    return concerning(actor.user_id)


def concerning(user_id: UUID) -> ColumnElement[bool]:
    """Those a person has to do with; a condition on `Incident`."""
    mine = (
        select(IncidentAssignment.incident_id).where(IncidentAssignment.user_id == user_id),
        select(IncidentTask.incident_id).where(IncidentTask.owner_id == user_id),
    )
    return or_(Incident.reported_by == user_id, *(Incident.id.in_(found) for found in mine))


def _of_resources(actor: Actor) -> ColumnElement[bool]:
    """Those on a resource for which alone somebody reads operations, or that it keeps from working.

    Who may book a resource must know why they cannot.
    """
    granted = reach.ids_of(actor.granted.get(Permission.OPERATIONS_READ, NOWHERE), "resource")
    denied = reach.ids_of(actor.denied.get(Permission.OPERATIONS_READ, NOWHERE), "team")
    column = IncidentResource.resource_id
    hampered = and_(
        IncidentResource.effect.is_not(None),
        reach.within(actor, Permission.RESOURCES_READ, {"resource": column}),
    )
    # No EXISTS: one list of ids serves a page of thousands.
    mine = select(IncidentResource.incident_id).where(or_(column.in_(granted), hampered))
    spared = or_(Incident.team_id.is_(None), Incident.team_id.not_in(denied))
    return and_(Incident.id.in_(mine), spared)


def may_manage(
    actor: Actor,
    incident: Incident,
    roles: Collection[IncidentRole] = (),
    resource_ids: Collection[UUID] = (),
) -> bool:
    """Whether the actor, who sees it and has these roles in it now, looks after the incident."""
    if actor.user_id is not None and RUNNING.intersection(roles):
        return True
    scopes = of_operations.scopes(incident.team_id) + tuple(map(resource_scope, resource_ids))
    return actor.may(Permission.INCIDENTS_MANAGE, *scopes)


async def found(
    session: AsyncSession, actor: Actor, incident_id: UUID, *, lock: bool = False
) -> Incident:
    """The incident, as far as the actor may know of it. Raises `IncidentNotFound`."""
    wanted = select(Incident).where(Incident.id == incident_id, visible(actor))
    if lock:
        wanted = wanted.with_for_update(of=Incident).execution_options(populate_existing=True)
    row = await session.scalar(wanted)
    if row is None:
        raise IncidentNotFound(_("It may be restricted to those concerned, or not exist."))
    return row


async def roles_of(
    session: AsyncSession, actor: Actor, incident_id: UUID
) -> frozenset[IncidentRole]:
    """Which roles the actor has in the incident now."""
    if actor.user_id is None or actor.is_narrowed:
        return frozenset()
    rows = await session.scalars(
        select(IncidentAssignment.role).where(
            IncidentAssignment.incident_id == incident_id,
            IncidentAssignment.user_id == actor.user_id,
            IncidentAssignment.until_at.is_(None),
        )
    )
    return frozenset(rows)


async def require_manage(session: AsyncSession, actor: Actor, incident: Incident) -> None:
    """Raise `Forbidden` unless the actor looks after the incident."""
    if may_manage(actor, incident):
        return
    roles = await roles_of(session, actor, incident.id)
    if may_manage(actor, incident, roles, await resources_of(session, incident.id)):
        return
    raise forbidden(Permission.INCIDENTS_MANAGE)


async def managed(session: AsyncSession, actor: Actor, incident_id: UUID) -> Incident:
    """The incident, locked, to change it. Raises `IncidentNotFound`, `Forbidden`."""
    row = await found(session, actor, incident_id, lock=True)
    await require_manage(session, actor, row)
    return row


async def resources_of(session: AsyncSession, incident_id: UUID) -> list[UUID]:
    """The resources it concerns, in order of id."""
    rows = await session.scalars(
        select(IncidentResource.resource_id).where(IncidentResource.incident_id == incident_id)
    )
    return sorted(rows)


def require_configure(actor: Actor) -> None:
    """Raise `Forbidden` unless the actor sets types and priorities."""
    actor.require(Permission.INCIDENTS_CONFIGURE)
