"""Structured updates: what the conditions are, what is being done, what is needed.

Giving one moves the time of the next by the priority's cadence, while the incident goes on.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, outbox
from src.core.actor import Actor
from src.core.language import gettext as _
from src.core.paging import Page, Paging
from src.domain.operations.discussion import saying
from src.domain.operations.incidents import timeline
from src.domain.operations.incidents.room import access, entries, topics
from src.domain.operations.incidents.room.errors import BadUpdate, refuse
from src.domain.operations.incidents.room.views import EntryView
from src.domain.operations.tables import (
    EntryKind,
    Incident,
    IncidentPriority,
    IncidentState,
)

LONGEST = 4000
GOING_ON = frozenset({IncidentState.OPEN, IncidentState.IN_PROGRESS})


async def list_(
    session: AsyncSession, actor: Actor, incident_id: UUID, *, paging: Paging | None = None
) -> Page[EntryView]:
    """The updates of an incident, the latest first. Raises `IncidentNotFound`."""
    wanted = entries.Filter(kinds=(EntryKind.UPDATE,))
    return await entries.list_(session, actor, incident_id, wanted=wanted, paging=paging)


async def give(
    session: AsyncSession,
    actor: Actor,
    incident_id: UUID,
    *,
    conditions: str,
    actions: str = "",
    needs: str = "",
) -> EntryView:
    """Tell those concerned how it stands; the next one is due by the priority's cadence.

    Raises `IncidentNotFound`, `Forbidden`, `IncidentIsClosed`, `BadUpdate`.
    """
    incident, _rights = await access.taking_part(session, actor, incident_id)
    said = {"conditions": conditions.strip(), "actions": actions.strip(), "needs": needs.strip()}
    faults = [
        (name, _("At most %(most)s characters.", most=LONGEST))
        for name, text in said.items()
        if len(text) > LONGEST
    ]
    if not said["conditions"]:
        faults.append(("conditions", _("Say how it stands now.")))
    if faults:
        raise refuse(BadUpdate, *faults)
    entry = await timeline.write(
        session, incident.id, EntryKind.UPDATE, author_id=actor.user_id, details=said
    )
    following_at = await following(session, incident)
    # No new version of the incident: whoever changes it meanwhile changes something else.
    await session.execute(
        update(Incident)
        .where(Incident.id == incident.id)
        .values(next_update_at=following_at, updated_at=Incident.updated_at)
    )
    changes = {**access.facts(incident), "entry_id": entry.id, "next_at": following_at}
    events.record(
        session, actor, "incident.update_given", ("incident", incident.id), changes=changes
    )
    await saying.publish(session, actor, ("incident", incident.id), texts=list(said.values()))
    payload = {"entry_id": str(entry.id), "by": str(actor.user_id) if actor.user_id else None}
    await outbox.publish(session, topics.UPDATED, payload, once=f"{topics.UPDATED.name}:{entry.id}")
    return await entries.get(session, actor, incident_id, entry.id)


async def following(session: AsyncSession, incident: Incident) -> datetime | None:
    """When those concerned shall hear of it next, from now on; None where nothing says so."""
    if incident.state not in GOING_ON or incident.priority_id is None:
        return None
    priority = await session.get(IncidentPriority, incident.priority_id)
    if priority is None or priority.update_minutes is None:
        return None
    return clock.now() + timedelta(minutes=priority.update_minutes)
