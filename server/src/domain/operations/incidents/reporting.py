"""Reporting an incident: what its type says is so of it, unless something else is said.

What it does to resources is done at once; whom it concerns is told afterwards by the worker.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, fulltext, ids, markdown, outbox
from src.core.actor import Actor, Permission, forbidden
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain.operations import numbering
from src.domain.operations import policy as of_operations
from src.domain.operations.discussion import links, saying, tags
from src.domain.operations.incidents import effects, judging, leads, reading, record, timeline
from src.domain.operations.incidents import topics as to_tell
from src.domain.operations.incidents.errors import BadIncident, refuse
from src.domain.operations.incidents.room import roles, tasks
from src.domain.operations.incidents.views import IncidentView, Report
from src.domain.operations.tables import (
    SEVERITY_RANKS,
    STATE_RANKS,
    EntryKind,
    Incident,
    IncidentPriority,
    IncidentResource,
    IncidentRole,
    IncidentState,
    IncidentType,
)

KIND = "incident"


@dataclass(frozen=True, slots=True)
class _Settled:
    """A report with what its type says, and nothing left open."""

    report: Report
    type: IncidentType
    priority: IncidentPriority | None
    tags: list[str]


async def report(session: AsyncSession, actor: Actor, *, report: Report) -> IncidentView:
    """Say what went wrong. Needs `operations:post` (in the team, if it is a team's).

    Raises `Forbidden`, `BadIncident` (every fault), `BadTag`, `BadLink`.
    """
    if actor.user_id is None:
        raise forbidden(Permission.OPERATIONS_POST)
    require_report(actor, report.team_id)
    row = await make(session, actor, report)
    return await reading.get(session, actor, row.id)


def require_report(actor: Actor, team_id: UUID | None) -> None:
    """Raise `Forbidden` for whoever reports no incidents (of the team). Everybody else may."""
    may = actor.may_anywhere(Permission.OPERATIONS_POST)
    if team_id is not None:
        may = actor.may(Permission.OPERATIONS_POST, *of_operations.scopes(team_id))
    if not may:
        raise forbidden(Permission.OPERATIONS_POST)


async def make(
    session: AsyncSession, actor: Actor, report: Report, *, by: Actor | None = None
) -> Incident:
    """Write down a report by somebody who may; in the name of `by`, if that is somebody else."""
    settled = await _settle(session, actor, report)
    named = by or actor
    row = await _store(session, named, settled)
    await tags.put(session, (KIND, row.id), settled.tags)
    if report.links:
        await links.put(session, actor, (KIND, row.id), report.links)
    verb = "incident.imported" if row.is_imported else "incident.reported"
    record.write(session, named, row, verb, is_near_miss=row.is_near_miss)
    await timeline.write(
        session, row.id, EntryKind.STATE, author_id=row.reported_by, at=row.reported_at,
        details={"code": "reported"},
    )  # fmt: skip
    await _begin(session, named, row, settled)
    await put_words(session, row)
    await effects.settle(session, named, row)
    await saying.publish(session, named, (KIND, row.id), texts=[row.description])
    if not row.is_imported:
        payload = {"incident_id": str(row.id), "by": str(named.user_id) if named.user_id else None}
        once = f"{to_tell.REPORTED.name}:{row.id}"
        await outbox.publish(session, to_tell.REPORTED, payload, once=once)
    return row


async def put_words(session: AsyncSession, row: Incident) -> None:
    """Let it be found by its words; who may see it is asked where it is searched."""
    body = "\n".join((markdown.plain(row.description), markdown.plain(row.resolution)))
    title = f"{numbering.said(KIND, row.number)} {row.title}"
    await fulltext.put(session, KIND, row.id, title=title, body=body.strip())


def due(row: Incident, priority: IncidentPriority | None) -> None:
    """Set by when somebody answers, and when those concerned hear of it next."""
    asks = priority if not row.is_imported else None  # what came from elsewhere is over
    response = asks.response_minutes if asks else None
    cadence = asks.update_minutes if asks else None
    row.response_due_at = None
    if response and row.acknowledged_at is None:
        row.response_due_at = row.reported_at + timedelta(minutes=response)
    is_going_on = row.state in reading.ACTIVE
    now = clock.now()
    row.next_update_at = now + timedelta(minutes=cadence) if cadence and is_going_on else None


async def _settle(session: AsyncSession, actor: Actor, said: Report) -> _Settled:
    type_ = await session.get(IncidentType, said.type_id)
    if type_ is None or not type_.is_active:
        detail = _("Choose one of the types that are in use.")
        raise BadIncident(detail, errors=(FieldError(("type_id",), "unknown-type", detail),))
    whole = replace(
        said,
        title=said.title.strip(),
        description=said.description.strip(),
        severity=said.severity or type_.default_severity,
        priority_id=said.priority_id or type_.default_priority_id,
        visibility=said.visibility or type_.default_visibility,
    )
    values = {
        name: getattr(said, name)
        for name in ("title", "description", "team_id", "location_id", "priority_id",
                     "recurrence_of")
    }  # fmt: skip
    faults = judging.of_texts(values) + judging.of_time(said.occurred_at)
    faults += await judging.of_places(session, values)
    faults += await judging.of_resources(session, actor, said.resources)
    faults += await judging.of_relations(session, actor, None, values)
    if said.visibility is not None:
        faults += judging.of_visibility(actor, said.visibility, type_, said.team_id)
    refuse(BadIncident, faults)
    priority = None
    if whole.priority_id is not None:
        priority = await session.get(IncidentPriority, whole.priority_id)
    return _Settled(whole, type_, priority, tags.checked(said.tags))


async def _store(session: AsyncSession, by: Actor, settled: _Settled) -> Incident:
    said, now = settled.report, clock.now()
    severity = said.severity or settled.type.default_severity
    row = Incident(
        id=ids.new(),
        number=await numbering.following(session, KIND),
        type_id=settled.type.id,
        title=said.title,
        description=said.description,
        severity=severity,
        severity_rank=SEVERITY_RANKS[severity],
        priority_id=settled.priority.id if settled.priority else None,
        state=IncidentState.OPEN,
        state_rank=STATE_RANKS[IncidentState.OPEN],
        visibility=said.visibility or settled.type.default_visibility,
        is_near_miss=said.is_near_miss,
        team_id=said.team_id,
        location_id=said.location_id,
        reported_by=by.user_id,
        occurred_at=said.occurred_at or now,
        reported_at=said.reported_at or now,
        resolution="",
        recurrence_of=said.recurrence_of,
        is_imported=said.is_imported,
    )
    due(row, settled.priority)
    session.add(row)
    await session.flush()
    session.add_all(
        IncidentResource(incident_id=row.id, resource_id=one.resource_id, effect=one.effect)
        for one in said.resources
    )
    await session.flush()
    return row


async def _begin(session: AsyncSession, by: Actor, row: Incident, settled: _Settled) -> None:
    """Who leads it, and the tasks it begins with; what is imported has its own."""
    if row.is_imported:
        return
    resource_ids = [one.resource_id for one in settled.report.resources]
    leader = await leads.first(session, row, settled.type, resource_ids)
    if leader is not None:
        await roles.begin(session, by, row, role=IncidentRole.LEAD, user_id=leader)
    await tasks.of_type(session, by, row, settled.type)
