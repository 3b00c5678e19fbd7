"""From one state to the next, by the table alone (`states`): buttons, interface and import.

Resolving needs notes and brings back what it kept down; closing waits for a lead, finished
mandatory tasks and, where the type says so, a review that is signed off; reopening needs a reason
and does to resources again what it did.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, outbox
from src.core.actor import Actor, Permission, forbidden
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain.operations.incidents import (
    effects,
    judging,
    policy,
    reading,
    record,
    reporting,
    states,
    timeline,
    topics,
)
from src.domain.operations.incidents.errors import (
    BadIncident,
    IncidentIsClosed,
    IncidentLacks,
    NotFromThisState,
    refuse,
    require_version,
)
from src.domain.operations.incidents.room import guards
from src.domain.operations.incidents.states import Needs, Transition, Who
from src.domain.operations.incidents.views import IncidentView
from src.domain.operations.tables import (
    STATE_RANKS,
    EntryKind,
    Incident,
    IncidentPriority,
    IncidentState,
    IncidentType,
)

_VERBS = {
    (IncidentState.IN_PROGRESS, Needs.NOTHING): "incident.started",
    (IncidentState.RESOLVED, Needs.NOTES): "incident.resolved",
    (IncidentState.CLOSED, Needs.NOTHING): "incident.closed",
    (IncidentState.IN_PROGRESS, Needs.REASON): "incident.reopened",
}


async def transition(
    session: AsyncSession,
    actor: Actor,
    incident_id: UUID,
    *,
    to: IncidentState,
    notes: str | None = None,
    reason: str | None = None,
    expected_version: int | None = None,
) -> IncidentView:
    """Let it go to another state. `notes` say how it was resolved, `reason` why it is reopened.

    Raises `IncidentNotFound`, `Forbidden`, `NotFromThisState` (with `allowed`), `IncidentLacks`,
    `BadIncident`, `PreconditionFailed`.
    """
    row = await policy.found(session, actor, incident_id, lock=True)
    way = states.find(row.state, to)
    who = await _who(session, actor, row)
    if not who:
        raise forbidden(Permission.INCIDENTS_MANAGE)
    require_version(expected_version, row.version)
    if way is None:
        raise _not_from(row, who)
    if not way.who.intersection(who):
        raise forbidden(Permission.INCIDENTS_MANAGE)
    said = _said(row, way, notes, reason)
    if way.needs is Needs.NOTES:
        row.resolution = said
    await _require_complete(session, row, way)
    await _go(session, actor, row, way, said)
    return await reading.get(session, actor, incident_id)


async def acknowledge(
    session: AsyncSession,
    actor: Actor,
    incident_id: UUID,
    *,
    expected_version: int | None = None,
) -> IncidentView:
    """Say that somebody has taken notice; again changes nothing.

    Raises `IncidentNotFound`, `Forbidden`, `IncidentIsClosed`, `PreconditionFailed`.
    """
    row = await policy.managed(session, actor, incident_id)
    require_version(expected_version, row.version)
    if row.state is IncidentState.CLOSED:
        raise IncidentIsClosed(
            _("Reopen it with a reason to go on."), allowed=_names(states.targets(row.state))
        )
    if row.acknowledged_at is None:
        _acknowledged(row, actor)
        record.write(session, actor, row, "incident.acknowledged")
        await timeline.write(
            session, row.id, EntryKind.STATE, author_id=actor.user_id,
            details={"code": "acknowledged"},
        )  # fmt: skip
        await session.flush()
    return await reading.get(session, actor, incident_id)


async def lacking(session: AsyncSession, incident: Incident, to: IncidentState) -> list[FieldError]:
    """What is missing before it can go there, of what is not said with it."""
    type_ = await session.get_one(IncidentType, incident.type_id)
    if to is IncidentState.RESOLVED:
        return await guards.lacking_for_resolve(session, incident, type_)
    if to is IncidentState.CLOSED:
        return await guards.lacking_for_close(session, incident, type_)
    return []


async def _who(session: AsyncSession, actor: Actor, row: Incident) -> set[Who]:
    who: set[Who] = set()
    roles = await policy.roles_of(session, actor, row.id)
    if policy.may_manage(actor, row, roles, await policy.resources_of(session, row.id)):
        who.add(Who.MANAGER)
    is_theirs = actor.user_id is not None and row.reported_by == actor.user_id
    if is_theirs and not actor.is_narrowed:
        who.add(Who.REPORTER)
    return who


def _not_from(row: Incident, who: set[Who]) -> NotFromThisState:
    allowed = _names(states.allowed(row.state, who))
    detail = _("From here it goes nowhere that you could let it go.")
    if allowed:
        detail = _("From here it goes to: %(allowed)s.", allowed=", ".join(allowed))
    fault = FieldError(("to",), NotFromThisState.code, detail)
    return NotFromThisState(detail, errors=(fault,), allowed=allowed, state=row.state.value)


def _said(row: Incident, way: Transition, notes: str | None, reason: str | None) -> str:
    """What has to be said with it. Raises `BadIncident`."""
    if way.needs is Needs.NOTES:
        said = (notes or "").strip() or row.resolution
        if not said:
            detail = _("Say how it was resolved.")
            refuse(BadIncident, [FieldError(("notes",), "missing", detail)])
        if len(said) > judging.LONGEST["resolution"]:
            detail = _("At most %(most)s characters.", most=judging.LONGEST["resolution"])
            refuse(BadIncident, [FieldError(("notes",), "too-long", detail)])
        return said
    if way.needs is Needs.REASON:
        said = (reason or "").strip()
        if not 1 <= len(said) <= judging.LONGEST_REASON:
            detail = _("Say why, in at most %(most)s characters.", most=judging.LONGEST_REASON)
            refuse(BadIncident, [FieldError(("reason",), "missing", detail)])
        return said
    return ""


async def _require_complete(session: AsyncSession, row: Incident, way: Transition) -> None:
    faults = await lacking(session, row, way.to)
    if faults:
        detail = " ".join(dict.fromkeys(one.detail for one in faults))
        allowed = [one for one in states.targets(row.state) if one is not way.to]
        raise IncidentLacks(detail, errors=tuple(faults), allowed=_names(allowed))


async def _go(
    session: AsyncSession, actor: Actor, row: Incident, way: Transition, said: str
) -> None:
    now, before = clock.now(), row.state
    row.state, row.state_rank = way.to, STATE_RANKS[way.to]
    if way.to is IncidentState.IN_PROGRESS:
        row.resolved_at = row.closed_at = None
        if row.acknowledged_at is None:
            _acknowledged(row, actor)
        priority = None
        if row.priority_id is not None:
            priority = await session.get(IncidentPriority, row.priority_id)
        reporting.due(row, priority)
    elif way.to is IncidentState.RESOLVED:
        row.resolved_at = now
        row.next_update_at = row.response_due_at = None
    else:
        row.closed_at = now
    row.reminded_at = None
    verb = _VERBS[way.to, way.needs]
    record.write(session, actor, row, verb, before=before)
    await timeline.write(
        session, row.id, EntryKind.STATE, author_id=actor.user_id, text=said,
        details={"code": "state-changed", "before": before.value, "after": row.state.value},
    )  # fmt: skip
    await session.flush()
    if way.needs is Needs.NOTES:
        await reporting.put_words(session, row)
    await effects.settle(session, actor, row)
    payload = {
        "incident_id": str(row.id),
        "by": str(actor.user_id) if actor.user_id else None,
        "verb": verb,
    }
    await outbox.publish(
        session, topics.MOVED, payload, once=f"incidents.moved:{row.id}:{row.version}"
    )


def _acknowledged(row: Incident, actor: Actor) -> None:
    row.acknowledged_at, row.acknowledged_by = clock.now(), actor.user_id
    row.response_due_at = None


def _names(found: tuple[IncidentState, ...] | list[IncidentState]) -> list[str]:
    return [one.value for one in found]
