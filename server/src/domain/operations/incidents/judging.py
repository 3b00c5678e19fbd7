"""Whether an incident can be kept as somebody says it: every fault is found before one is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import Actor, Permission, resource_scope
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain import resources
from src.domain.operations import numbering, parties
from src.domain.operations import policy as of_operations
from src.domain.operations.incidents import policy
from src.domain.operations.incidents.views import On
from src.domain.operations.tables import (
    Incident,
    IncidentPriority,
    IncidentType,
    Visibility,
)
from src.domain.resources.tables import Location, Resource, ResourceState

LONGEST = {"title": 200, "description": 20_000, "resolution": 10_000}
LONGEST_REASON = 2000
MOST_RESOURCES = 20
_MARGIN = timedelta(minutes=5)  # between two clocks


def fault(field: str, code: str, detail: str, *rest: str | int) -> FieldError:
    """A fault of a field, or of a part of it."""
    return FieldError((field, *rest), code, detail)


def of_texts(values: dict[str, Any]) -> list[FieldError]:
    """Titles that are missing, texts that are too long."""
    return parties.faults_of_texts(values, LONGEST)


def of_time(occurred_at: datetime | None) -> list[FieldError]:
    """Nobody reports what has not happened yet."""
    if occurred_at is None or occurred_at <= clock.now() + _MARGIN:
        return []
    return [fault("occurred_at", "in-the-future", _("It cannot have happened later than now."))]


async def of_places(session: AsyncSession, values: dict[str, Any]) -> list[FieldError]:
    """Teams, places and priorities that are not there."""
    faults = await parties.faults_of_team(session, values.get("team_id"))
    if (place := values.get("location_id")) and await session.get(Location, place) is None:
        faults.append(fault("location_id", "unknown-location", _("There is no such place.")))
    if values.get("priority_id"):
        row = await session.get(IncidentPriority, values["priority_id"])
        if row is None or not row.is_active:
            detail = _("Choose one of the priorities that are in use.")
            faults.append(fault("priority_id", "unknown-priority", detail))
    return faults


async def of_resources(
    session: AsyncSession, actor: Actor, on: Sequence[On], *, known: Sequence[On] = ()
) -> list[FieldError]:
    """Resources one may not know of, or may not take down.

    Whoever may report a problem with a resource may say that it is down. What is `known` already
    stays as it is.
    """
    if len(on) > MOST_RESOURCES:
        detail = _("At most %(most)s resources.", most=MOST_RESOURCES)
        return [fault("resources", "too-many", detail)]
    if len({one.resource_id for one in on}) < len(on):
        return [fault("resources", "twice", _("Name each resource once."))]
    wanted = [one.resource_id for one in on]
    rows = await session.execute(
        select(Resource.id, Resource.state).where(
            Resource.id.in_(wanted), resources.access.visible(actor)
        )
    )
    there = {id_: state for id_, state in rows}  # noqa: C416 - no pairs to mypy
    faults = []
    for place, one in enumerate(on):
        at = ("resources", "unknown-resource", _("There is no such resource."), place)
        if one in known:
            continue
        if one.resource_id not in there:
            faults.append(fault(*at, "resource_id"))
        elif one.effect is not None and there[one.resource_id] is ResourceState.RETIRED:
            detail = _("It is retired: it cannot go down.")
            faults.append(fault("resources", "retired", detail, place, "effect"))
        elif one.effect is not None and not _may_hamper(actor, one.resource_id):
            detail = _("You may name it, but not take it down: leave its effect out.")
            faults.append(fault("resources", "forbidden", detail, place, "effect"))
    return faults


def of_visibility(
    actor: Actor, visibility: Visibility, type_: IncidentType, team_id: UUID | None
) -> list[FieldError]:
    """What a type keeps to those concerned is opened by those alone who read what is restricted."""
    is_opened = visibility is Visibility.OPEN and type_.default_visibility is Visibility.RESTRICTED
    scopes = of_operations.scopes(team_id)
    if not is_opened or actor.may(Permission.INCIDENTS_READ_RESTRICTED, *scopes):
        return []
    detail = _("Incidents of this type are restricted to those concerned; leave it so.")
    return [fault("visibility", "restricted", detail)]


async def of_relations(
    session: AsyncSession, actor: Actor, incident: Incident | None, values: dict[str, Any]
) -> list[FieldError]:
    """What it would be a duplicate or a recurrence of: another one, and no circle."""
    faults = []
    for field in ("duplicate_of", "recurrence_of"):
        target_id = values.get(field)
        if target_id is None:
            continue
        target = await session.scalar(
            select(Incident).where(Incident.id == target_id, policy.visible(actor))
        )
        if target is None:
            faults.append(fault(field, "unknown-incident", _("There is no such incident.")))
        elif incident is not None and await _leads_to(session, field, target.id, incident.id):
            detail = _("It would lead back to itself. Choose another one.")
            faults.append(fault(field, "circle", detail))
        elif field == "duplicate_of" and target.duplicate_of is not None:
            detail = _("%(reference)s is a duplicate itself: choose what it is a duplicate of.",
                       reference=numbering.said("incident", target.number))  # fmt: skip
            faults.append(fault(field, "duplicate-itself", detail))
    return faults


async def _leads_to(session: AsyncSession, field: str, from_: UUID, to: UUID) -> bool:
    seen: set[UUID] = set()
    found: UUID | None = from_
    while found is not None and found not in seen:
        if found == to:
            return True
        seen.add(found)
        found = await session.scalar(select(getattr(Incident, field)).where(Incident.id == found))
    return False


def _may_hamper(actor: Actor, resource_id: UUID) -> bool:
    scope = resource_scope(resource_id)
    return any(
        actor.may(one, scope) for one in (Permission.PROBLEMS_REPORT, Permission.PROBLEMS_MANAGE)
    )
