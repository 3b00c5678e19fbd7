"""An incident as other things know it: linked, commented, followed, mentioned, found."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.core.language import gettext as _
from src.core.language import mark
from src.domain.operations import numbering, subjects
from src.domain.operations.incidents import concealment, policy, states
from src.domain.operations.incidents.errors import IncidentIsClosed
from src.domain.operations.tables import Incident, IncidentState

KIND = "incident"


async def _named(
    session: AsyncSession, actor: Actor, incident_ids: Collection[UUID]
) -> dict[UUID, str]:
    rows = await session.execute(
        select(Incident.id, Incident.number, Incident.title).where(
            Incident.id.in_(incident_ids), policy.visible(actor)
        )
    )
    return {id_: f"{numbering.said(KIND, number)}: {title}" for id_, number, title in rows}


async def _discussed(session: AsyncSession, actor: Actor, incident_id: UUID) -> None:
    incident = await policy.found(session, actor, incident_id)
    if incident.state is IncidentState.CLOSED:
        targets = [one.value for one in states.targets(incident.state)]
        raise IncidentIsClosed(_("Reopen it with a reason to go on."), allowed=targets)


async def _concerned(session: AsyncSession, incident_id: UUID) -> set[UUID]:
    incident = await session.get(Incident, incident_id)
    return set() if incident is None else await concealment.concerned(session, incident)


subjects.kind(
    subjects.Kind(
        KIND,
        mark("Incident"),
        "incident",
        "/incidents/{id}",
        named=_named,
        discussed=_discussed,
        concerned=_concerned,
        readers=concealment.readers,
    )
)
