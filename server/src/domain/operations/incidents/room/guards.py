"""What an incident lacks before it may go on: asked by its machine of states."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.errors import FieldError
from src.core.language import gettext as _
from src.core.language import ngettext
from src.domain.operations.tables import (
    Incident,
    IncidentAssignment,
    IncidentReview,
    IncidentRole,
    IncidentTask,
    IncidentType,
    TaskState,
)


async def lacking_for_resolve(
    session: AsyncSession,  # noqa: ARG001 - as of the other guards
    incident: Incident,
    type_: IncidentType,  # noqa: ARG001
) -> list[FieldError]:
    """What keeps it from being resolved: notes that say how."""
    if incident.resolution.strip():
        return []
    return [FieldError(("resolution",), "missing", _("Say how it was resolved."))]


async def lacking_for_close(
    session: AsyncSession, incident: Incident, type_: IncidentType
) -> list[FieldError]:
    """What keeps it from being closed: a lead, mandatory tasks, a review that is signed off.

    A task that was dropped holds up nothing: whoever runs the incident said why.
    """
    found = []
    if not await _has_lead(session, incident.id):
        found.append(
            FieldError(("lead",), "missing", _("Nobody leads it: give somebody the role."))
        )
    if left := await _mandatory_open(session, incident.id):
        detail = ngettext(
            "%(num)s mandatory task is not done.", "%(num)s mandatory tasks are not done.", left
        )
        found.append(FieldError(("tasks",), "unfinished", detail))
    if type_.needs_review and not await _is_signed(session, incident.id):
        found.append(FieldError(("review",), "unsigned", _("Its review is not signed off.")))
    return found


async def _has_lead(session: AsyncSession, incident_id: UUID) -> bool:
    wanted = select(IncidentAssignment.id).where(
        IncidentAssignment.incident_id == incident_id,
        IncidentAssignment.role == IncidentRole.LEAD,
        IncidentAssignment.until_at.is_(None),
    )
    return await session.scalar(wanted) is not None


async def _mandatory_open(session: AsyncSession, incident_id: UUID) -> int:
    wanted = select(func.count()).where(
        IncidentTask.incident_id == incident_id,
        IncidentTask.is_mandatory.is_(True),
        IncidentTask.state == TaskState.OPEN,
    )
    return await session.scalar(wanted) or 0


async def _is_signed(session: AsyncSession, incident_id: UUID) -> bool:
    wanted = select(IncidentReview.signed_at).where(IncidentReview.incident_id == incident_id)
    return await session.scalar(wanted) is not None
