"""Incidents as their readers may know them: one, and lists with what is worst on top."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, exists, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from src.core import fulltext
from src.core.actor import Actor
from src.core.language import gettext as _
from src.core.paging import Key, Page, Paging, paginate
from src.domain import resources
from src.domain.accounts.tables import Team, User
from src.domain.operations import numbering
from src.domain.operations import policy as of_operations
from src.domain.operations.discussion import links, tags
from src.domain.operations.incidents import policy, states
from src.domain.operations.incidents.errors import IncidentNotFound
from src.domain.operations.incidents.states import Who
from src.domain.operations.incidents.views import (
    Filter,
    IncidentRef,
    IncidentView,
    ResourceOn,
    TypeRef,
)
from src.domain.operations.parties import named
from src.domain.operations.tables import (
    Incident,
    IncidentAssignment,
    IncidentPriority,
    IncidentResource,
    IncidentRole,
    IncidentState,
    IncidentType,
    Tagged,
)
from src.domain.resources.tables import Effect, Location, Resource

KIND = "incident"
ACTIVE = (IncidentState.OPEN, IncidentState.IN_PROGRESS)
KEYS = (
    Key(Incident.state_rank, descending=True, name="state"),
    Key(Incident.severity_rank, descending=True, name="severity"),
    Key(Incident.id, descending=True, name="id"),
)
_REPORTER, _LEADER, _ACKNOWLEDGER = aliased(User), aliased(User), aliased(User)
_BADNESS = case({Effect.DOWN: 2, Effect.DEGRADED: 1}, value=IncidentResource.effect, else_=0)
_LEADS = aliased(IncidentAssignment)
_NUMBER = re.compile(r"(?:INC-?)?(\d{1,9})", re.IGNORECASE)
_ID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_LATEST = 20  # of those related to one


@dataclass(frozen=True, slots=True)
class _Beside:
    """What stands beside the rows of incidents."""

    resources: Mapping[UUID, Sequence[ResourceOn]] = field(default_factory=dict)
    tags: Mapping[UUID, Sequence[str]] = field(default_factory=dict)
    related: Mapping[UUID, IncidentRef] = field(default_factory=dict)
    duplicates: tuple[IncidentRef, ...] = ()
    recurrences: tuple[IncidentRef, ...] = ()
    links: links.Links = field(default_factory=lambda: links.Links((), ()))


async def get(session: AsyncSession, actor: Actor, incident_id: UUID) -> IncidentView:
    """One incident with all that is told of it. Raises `IncidentNotFound`."""
    wanted = _whole(actor).where(Incident.id == incident_id)
    row = (await session.execute(wanted)).one_or_none()
    if row is None:
        raise IncidentNotFound(_("It may be restricted to those concerned, or not exist."))
    incident: Incident = row[0]
    followers = await _followers(session, actor, incident_id)
    beside = _Beside(
        resources=await _resources(session, actor, [incident_id]),
        tags=await tags.of(session, KIND, [incident_id]),
        related=await related(session, actor, _relations([incident])),
        duplicates=tuple(ref for kind, ref in followers if kind == "duplicate"),
        recurrences=tuple(ref for kind, ref in followers if kind == "recurrence"),
        links=await links.of(session, actor, (KIND, incident_id)),
    )
    return _view(actor, row, beside)


async def list_(
    session: AsyncSession,
    actor: Actor,
    *,
    wanted: Filter | None = None,
    paging: Paging | None = None,
) -> Page[IncidentView]:
    """What the actor may know of: what goes on first, of it the most severe, the newest.

    Four statements, whatever the length. Raises `Forbidden`.
    """
    of_operations.require_read(actor)
    statement = narrowed(_whole(actor), actor, wanted or Filter())
    page = await paginate(session, statement, keys=KEYS, paging=paging or Paging())
    found = [row[0] for row in page.items]
    incident_ids = [one.id for one in found]
    beside = _Beside(
        resources=await _resources(session, actor, incident_ids),
        tags=await tags.of(session, KIND, incident_ids),
        related=await related(session, actor, _relations(found)),
    )
    return page.map(lambda row: _view(actor, row, beside))


async def running_on(
    session: AsyncSession, actor: Actor, resource_ids: Collection[UUID]
) -> dict[UUID, list[IncidentRef]]:
    """What goes on with resources, as far as the actor may know, the most severe first."""
    if not resource_ids:
        return {}
    rows = await session.execute(
        select(IncidentResource.resource_id, *_REF)
        .join(Incident, Incident.id == IncidentResource.incident_id)
        .where(
            IncidentResource.resource_id.in_(resource_ids),
            Incident.state.in_(ACTIVE),
            policy.visible(actor),
        )
        .order_by(Incident.severity_rank.desc(), Incident.id.desc())
    )
    found: dict[UUID, list[IncidentRef]] = {}
    for resource_id, id_, number, title, state in rows:
        found.setdefault(resource_id, []).append(_ref(id_, number, title, state))
    return found


async def called(session: AsyncSession, actor: Actor, said: str) -> UUID | None:
    """The incident somebody means by a number, an id or an address; None: none they know of."""
    number, id_ = _NUMBER.fullmatch(said), _ID.search(said)
    which: ColumnElement[bool] | None = None
    if number is not None:
        which = Incident.number == int(number[1])
    elif id_ is not None:
        which = Incident.id == UUID(id_[0])
    if which is None:
        return None
    found: UUID | None = await session.scalar(
        select(Incident.id).where(which, policy.visible(actor))
    )
    return found


async def often_tagged(session: AsyncSession, actor: Actor, *, most: int = 30) -> list[str]:
    """The tags that incidents have most, of those the actor may know of: a tag tells too."""
    rows = await session.scalars(
        select(Tagged.tag)
        .join(Incident, Incident.id == Tagged.subject_id)
        .where(Tagged.subject_type == KIND, policy.visible(actor))
        .group_by(Tagged.tag)
        .order_by(func.count().desc(), Tagged.tag)
        .limit(most)
    )
    return list(rows)


async def known_resources(
    session: AsyncSession, actor: Actor, resource_ids: Collection[UUID]
) -> set[UUID]:
    """Those of these resources the actor may know of."""
    return set(await resources.names(session, actor, resource_ids))


async def related(
    session: AsyncSession, actor: Actor, incident_ids: Collection[UUID]
) -> dict[UUID, IncidentRef]:
    """Those of these incidents the actor may know of, by id; one statement."""
    if not incident_ids:
        return {}
    rows = await session.execute(
        select(*_REF).where(Incident.id.in_(incident_ids), policy.visible(actor))
    )
    return {row[0]: _ref(*row) for row in rows}


def narrowed(
    statement: Select[*tuple[Any, ...]], actor: Actor, wanted: Filter
) -> Select[*tuple[Any, ...]]:
    """The statement over incidents, with what the filter finds."""
    chosen = (
        (Incident.state, wanted.states),
        (Incident.severity, wanted.severities),
        (Incident.type_id, wanted.type_ids),
        (Incident.team_id, wanted.team_ids),
    )
    for column, values in chosen:
        if values:
            statement = statement.where(column.in_(values))
    if wanted.resource_ids:
        # A resource one may not know of finds nothing.
        known = [one for one in wanted.resource_ids if resources.access.may_see(actor, one)]
        on = select(IncidentResource.incident_id).where(IncidentResource.resource_id.in_(known))
        statement = statement.where(Incident.id.in_(on))
    if wanted.tag:
        statement = statement.where(Incident.id.in_(tags.having(KIND, wanted.tag)))
    if wanted.q and wanted.q.strip():
        statement = statement.where(_saying(wanted.q.strip()))
    if wanted.is_mine:
        mine = policy.concerning(actor.user_id) if actor.user_id else false()
        statement = statement.where(mine)
    if wanted.is_near_miss is not None:
        statement = statement.where(Incident.is_near_miss.is_(wanted.is_near_miss))
    if wanted.from_ is not None:
        statement = statement.where(Incident.occurred_at >= wanted.from_)
    if wanted.to is not None:
        statement = statement.where(Incident.occurred_at < wanted.to)
    return statement


def _saying(q: str) -> ColumnElement[bool]:
    words = Incident.id.in_(fulltext.having(KIND, q))
    number = _NUMBER.fullmatch(q)
    return or_(words, Incident.number == int(number[1])) if number else words


def _whole(actor: Actor) -> Select[*tuple[Any, ...]]:
    """Incidents with all that is one of each; whether the actor runs it is the last column."""
    runs: ColumnElement[bool] = false()
    if actor.user_id is not None and not actor.is_narrowed:
        runs = exists().where(
            IncidentAssignment.incident_id == Incident.id,
            IncidentAssignment.user_id == actor.user_id,
            IncidentAssignment.until_at.is_(None),
            IncidentAssignment.role.in_(policy.RUNNING),
        )
    leads = and_(
        _LEADS.incident_id == Incident.id,
        _LEADS.role == IncidentRole.LEAD,
        _LEADS.until_at.is_(None),
    )
    return (
        select(
            Incident,
            IncidentType.code,
            IncidentType.name,
            IncidentType.needs_review,
            IncidentPriority.name,
            Team.name,
            Location.name,
            _REPORTER.name,
            _ACKNOWLEDGER.name,
            _LEADS.user_id,
            _LEADER.name,
            runs.label("runs"),
        )
        .join(IncidentType, IncidentType.id == Incident.type_id)
        .outerjoin(IncidentPriority, IncidentPriority.id == Incident.priority_id)
        .outerjoin(Team, Team.id == Incident.team_id)
        .outerjoin(Location, Location.id == Incident.location_id)
        .outerjoin(_REPORTER, _REPORTER.id == Incident.reported_by)
        .outerjoin(_ACKNOWLEDGER, _ACKNOWLEDGER.id == Incident.acknowledged_by)
        .outerjoin(_LEADS, leads)
        .outerjoin(_LEADER, _LEADER.id == _LEADS.user_id)
        .where(policy.visible(actor))
    )


_REF = (Incident.id, Incident.number, Incident.title, Incident.state)


def _ref(id_: UUID, number: int, title: str, state: IncidentState) -> IncidentRef:
    return IncidentRef(id_, numbering.said(KIND, number), title, state)


async def _resources(
    session: AsyncSession, actor: Actor, incident_ids: Collection[UUID]
) -> dict[UUID, list[ResourceOn]]:
    """What they concern, as far as the actor may know of it; what is down first."""
    found: dict[UUID, list[ResourceOn]] = {}
    if not incident_ids:
        return found
    rows = await session.execute(
        select(IncidentResource.incident_id, Resource.id, Resource.name, IncidentResource.effect)
        .join(Resource, Resource.id == IncidentResource.resource_id)
        .where(IncidentResource.incident_id.in_(incident_ids), resources.access.visible(actor))
        .order_by(_BADNESS.desc(), Resource.name)
    )
    for incident_id, id_, name, effect in rows:
        found.setdefault(incident_id, []).append(ResourceOn(id_, name, effect))
    return found


async def _followers(
    session: AsyncSession, actor: Actor, incident_id: UUID
) -> list[tuple[str, IncidentRef]]:
    """Its duplicates and recurrences, the newest first."""
    rows = await session.execute(
        select(*_REF, Incident.duplicate_of)
        .where(
            or_(Incident.duplicate_of == incident_id, Incident.recurrence_of == incident_id),
            policy.visible(actor),
        )
        .order_by(Incident.id.desc())
        .limit(_LATEST)
    )
    return [
        ("duplicate" if other == incident_id else "recurrence", _ref(id_, number, title, state))
        for id_, number, title, state, other in rows
    ]


def _relations(found: Sequence[Incident]) -> set[UUID]:
    return {other for one in found for other in (one.duplicate_of, one.recurrence_of) if other}


def _view(actor: Actor, row: Sequence[Any], beside: _Beside) -> IncidentView:
    (one, code, type_name, needs_review, priority, team, location, reporter, acknowledger,
     lead_id, lead, runs) = row  # fmt: skip
    on = tuple(beside.resources.get(one.id, ()))
    roles = policy.RUNNING if runs else ()
    may_manage = policy.may_manage(actor, one, roles, [each.id for each in on])
    is_theirs = (
        actor.user_id is not None and one.reported_by == actor.user_id and not actor.is_narrowed
    )
    who = ([Who.MANAGER] if may_manage else []) + ([Who.REPORTER] if is_theirs else [])
    return IncidentView(
        id=one.id,
        number=one.number,
        reference=numbering.said(KIND, one.number),
        type=TypeRef(one.type_id, code, type_name, needs_review),
        title=one.title,
        description=one.description,
        severity=one.severity,
        severity_rank=one.severity_rank,
        priority=named(one.priority_id, priority),
        state=one.state,
        visibility=one.visibility,
        is_near_miss=one.is_near_miss,
        team=named(one.team_id, team),
        location=named(one.location_id, location),
        resources=on,
        tags=tuple(beside.tags.get(one.id, ())),
        lead=named(lead_id, lead),
        reported_by=named(one.reported_by, reporter),
        is_anonymous=one.reported_by is None and not one.is_imported,
        occurred_at=one.occurred_at,
        reported_at=one.reported_at,
        response_due_at=one.response_due_at,
        acknowledged_at=one.acknowledged_at,
        acknowledged_by=named(one.acknowledged_by, acknowledger),
        resolved_at=one.resolved_at,
        closed_at=one.closed_at,
        next_update_at=one.next_update_at,
        resolution=one.resolution,
        duplicate_of=beside.related.get(one.duplicate_of),
        recurrence_of=beside.related.get(one.recurrence_of),
        duplicates=beside.duplicates,
        recurrences=beside.recurrences,
        links=beside.links.to,
        linked_from=beside.links.from_,
        allowed=states.allowed(one.state, who),
        may_manage=may_manage,
        is_imported=one.is_imported,
        version=one.version,
        created_at=one.created_at,
        updated_at=one.updated_at,
    )
