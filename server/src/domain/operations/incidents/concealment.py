"""That nobody learns of a restricted incident by a way round: the record, what was told before."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, not_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import audit
from src.core.actor import Actor, Permission, resource_scope
from src.domain import accounts, notifications
from src.domain.accounts.tables import User, UserState
from src.domain.notifications.tables import Follow
from src.domain.operations import policy as of_operations
from src.domain.operations.incidents import policy
from src.domain.operations.tables import (
    Incident,
    IncidentAssignment,
    IncidentTask,
    Visibility,
)


async def hidden(session: AsyncSession, actor: Actor) -> list[UUID]:
    """The restricted incidents the actor may not know of; their events are not theirs to read."""
    if actor.may(Permission.INCIDENTS_READ_RESTRICTED) and actor.may_anywhere(
        Permission.OPERATIONS_READ
    ):
        return []
    rows = await session.scalars(
        select(Incident.id).where(
            Incident.visibility == Visibility.RESTRICTED, not_(policy.visible(actor))
        )
    )
    return list(rows)


async def readers(session: AsyncSession, incident_id: UUID, people: Collection[UUID]) -> set[UUID]:
    """Of these people those who may know of the incident."""
    incident = await session.get(Incident, incident_id)
    if incident is None or not people:
        return set()
    scopes, permission = of_operations.scopes(incident.team_id), Permission.OPERATIONS_READ
    if incident.visibility is Visibility.OPEN:
        on = await policy.resources_of(session, incident_id)
        scopes = (*scopes, *map(resource_scope, on))
    else:  # for a resource alone nobody reads what is restricted: as in `policy.visible`
        permission = Permission.INCIDENTS_READ_RESTRICTED
    found = set(await accounts.holders(session, permission, *scopes))
    return (found | await concerned(session, incident)) & set(people)


async def concerned(session: AsyncSession, incident: Incident) -> set[UUID]:
    """Active people who have to do with it: reported it, have or had a role, own a task."""
    rows = await session.scalars(
        select(User.id).where(
            User.state == UserState.ACTIVE,
            User.id.in_(
                select(IncidentAssignment.user_id)
                .where(IncidentAssignment.incident_id == incident.id)
                .union(
                    select(IncidentTask.owner_id).where(
                        IncidentTask.incident_id == incident.id, IncidentTask.owner_id.is_not(None)
                    )
                )
            )
            | (User.id == incident.reported_by),
        )
    )
    return set(rows)


async def take_back(session: AsyncSession, incident: Incident) -> None:
    """Take what was told of it, and the following, from whoever may not know of it any more."""
    subject = ("incident", incident.id)
    scopes = of_operations.scopes(incident.team_id)
    keep = set(await accounts.holders(session, Permission.INCIDENTS_READ_RESTRICTED, *scopes))
    keep |= await concerned(session, incident)
    await notifications.conceal(session, subject, keep)
    await session.execute(
        delete(Follow).where(
            Follow.subject_type == subject[0],
            Follow.subject_id == subject[1],
            Follow.user_id.not_in(keep),
        )
    )


audit.concealed_by(hidden)
