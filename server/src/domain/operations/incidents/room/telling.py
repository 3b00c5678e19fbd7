"""Who is told of what goes on in an incident's room. Nobody who may not know of it, ever."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Permission, resource_scope
from src.domain import accounts, notifications
from src.domain.operations import numbering, subjects
from src.domain.operations import policy as of_operations
from src.domain.operations.incidents import policy
from src.domain.operations.incidents.room import roles
from src.domain.operations.tables import (
    Incident,
    IncidentAssignment,
    IncidentEntry,
    IncidentReview,
    IncidentRole,
    IncidentTask,
    TaskState,
    Visibility,
)


async def tell_role(session: AsyncSession, assignment_id: UUID) -> int:
    """Tell whoever has a role now; nobody where it ended meanwhile."""
    row = await session.get(IncidentAssignment, assignment_id)
    if row is None or row.until_at is not None:
        return 0
    incident = await session.get_one(Incident, row.incident_id)
    args = {"person": row.given_by}
    kind = f"incident.role_{row.role.value}"
    return await tell(session, incident, kind, {row.user_id}, args, "#roles")


async def tell_task(session: AsyncSession, task_id: UUID, owner_id: UUID) -> int:
    """Tell whoever got a task, while it is theirs and open."""
    row = await session.get(IncidentTask, task_id)
    if row is None or row.owner_id != owner_id or row.state is not TaskState.OPEN:
        return 0
    incident = await session.get_one(Incident, row.incident_id)
    args = {**of_task(incident, row), "person": await _giver(session, row)}
    return await tell(session, incident, "incident.task_given", {owner_id}, args, f"#task-{row.id}")


async def tell_update(session: AsyncSession, entry_id: UUID, by: UUID | None) -> int:
    """Tell everybody concerned, and who follows it, that there is an update."""
    entry = await session.get(IncidentEntry, entry_id)
    if entry is None:
        return 0
    incident = await session.get_one(Incident, entry.incident_id)
    concerned = await concerned_by(session, incident)
    heard = await notifications.follows.audience(session, ("incident", incident.id), concerned)
    args = {"person": entry.author_id}
    return await tell(session, incident, "incident.updated", heard - {by}, args, "#updates")


async def tell_review(session: AsyncSession, incident_id: UUID, by: UUID | None) -> int:
    """Tell who leads and who began it that the review is signed off, or open again."""
    row = await session.get(IncidentReview, incident_id)
    if row is None:
        return 0
    incident = await session.get_one(Incident, incident_id)
    heard = set(await roles.holders(session, incident_id, *policy.RUNNING))
    heard |= {row.begun_by} if row.begun_by else set()
    kind = "incident.review_signed" if row.signed_at else "incident.review_reopened"
    return await tell(session, incident, kind, heard - {by}, {"person": by}, "/review")


async def concerned_by(session: AsyncSession, incident: Incident) -> set[UUID]:
    """Who reported it and who has a role in it."""
    found = set(await roles.holders(session, incident.id))
    return found | ({incident.reported_by} if incident.reported_by else set())


async def responsible(session: AsyncSession, incident: Incident) -> set[UUID]:
    """Who leads it; while nobody does, everybody who looks after such incidents."""
    leads = set(await roles.holders(session, incident.id, IncidentRole.LEAD))
    if leads:
        return leads
    on = await policy.resources_of(session, incident.id)
    scopes = (*of_operations.scopes(incident.team_id), *map(resource_scope, on))
    return set(await accounts.holders(session, Permission.INCIDENTS_MANAGE, *scopes))


async def tell(
    session: AsyncSession,
    incident: Incident,
    kind: str,
    people: Collection[UUID],
    args: Mapping[str, Any],
    place: str = "",
) -> int:
    """Tell those of the people who may know of the incident; how many."""
    heard = await subjects.audience(session, ("incident", incident.id), set(people))
    told = {"incident": called(incident), **args}
    for person_id in sorted(heard):
        await notifications.notify(
            session,
            user_id=person_id,
            kind=kind,
            args=told,
            link=f"/incidents/{incident.id}{place}",
            subject=("incident", incident.id),
        )
    return len(heard)


def called(incident: Incident) -> str:
    """Its number; with its title where everybody may know of it, for a mail lies open."""
    number = numbering.said("incident", incident.number)
    return number if incident.visibility is Visibility.RESTRICTED else f"{number}: {incident.title}"


def of_task(incident: Incident, row: IncidentTask) -> dict[str, Any]:
    """What is told of a task."""
    is_shown = incident.visibility is Visibility.OPEN
    return {"task": row.title if is_shown else "", "due_at": row.due_at}


async def _giver(session: AsyncSession, row: IncidentTask) -> UUID | None:
    """Who gave it last: the timeline knows."""
    found = await session.execute(
        select(IncidentEntry.author_id, IncidentEntry.details)
        .where(IncidentEntry.incident_id == row.incident_id)
        .order_by(IncidentEntry.id.desc())
        .limit(50)
    )
    for author_id, details in found:
        if details.get("task_id") == str(row.id):
            return UUID(str(author_id)) if author_id else None
    return row.created_by
