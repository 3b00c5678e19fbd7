"""Changing what is said of an incident; null clears what can be empty, absent leaves it.

A closed one is reopened first. What becomes restricted is taken back from whoever may not know of
it any more: what they were told, and what they follow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, outbox
from src.core.actor import Actor
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain.operations.discussion import links, saying, tags
from src.domain.operations.incidents import (
    concealment,
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
    refuse,
    require_version,
)
from src.domain.operations.incidents.views import IncidentView, On
from src.domain.operations.tables import (
    SEVERITY_RANKS,
    EntryKind,
    Incident,
    IncidentPriority,
    IncidentResource,
    IncidentState,
    IncidentType,
    Visibility,
)
from src.domain.resources.tables import Effect

KIND = "incident"
_TEXTS = ("title", "description", "resolution")
_CLEARABLE = frozenset({"team_id", "location_id", "priority_id", "duplicate_of", "recurrence_of"})
_COLUMNS = (
    "title", "description", "resolution", "severity", "priority_id", "visibility", "type_id",
    "team_id", "location_id", "occurred_at", "is_near_miss", "duplicate_of", "recurrence_of",
)  # fmt: skip
CHANGEABLE = frozenset({*_COLUMNS, "resources", "tags", "links"})


async def change(
    session: AsyncSession,
    actor: Actor,
    incident_id: UUID,
    *,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> IncidentView:
    """Change some of `CHANGEABLE`: `resources` are all of them (`On`), `links` pairs, `tags` words.

    Raises `IncidentNotFound`, `Forbidden`, `IncidentIsClosed`, `BadIncident`, `BadTag`,
    `BadLink`, `PreconditionFailed`.
    """
    if unknown := changes.keys() - CHANGEABLE:
        raise TypeError(f"of an incident {sorted(unknown)} are not changed")
    row = await policy.managed(session, actor, incident_id)
    require_version(expected_version, row.version)
    if row.state is IncidentState.CLOSED:
        targets = [one.value for one in states.targets(row.state)]
        raise IncidentIsClosed(_("Reopen it with a reason, then change it."), allowed=targets)
    values = dict(changes)
    on = await _on(session, row.id)
    await _judge(session, actor, row, values, on)
    done = _apply(row, values)
    if "tags" in values and await tags.put(session, (KIND, row.id), tags.checked(values["tags"])):
        done["tags"] = True
    if "links" in values and await links.put(session, actor, (KIND, row.id), values["links"]):
        done["links"] = True
    if "resources" in values:
        is_other, down = await _put_resources(session, actor, row, on, values["resources"])
        done |= {"resources": down} if is_other else {}
    if done:
        await _follow_up(session, actor, row, done)
    return await reading.get(session, actor, incident_id)


async def _judge(
    session: AsyncSession, actor: Actor, row: Incident, values: dict[str, Any], on: Sequence[On]
) -> None:
    for name in _TEXTS:
        if isinstance(values.get(name), str):
            values[name] = values[name].strip()
    faults = [
        FieldError((name,), "missing", _("This cannot be empty."))
        for name in values
        if values[name] is None and name not in _CLEARABLE
    ]
    known = {name: value for name, value in values.items() if value is not None}
    faults += judging.of_texts(known) + judging.of_time(known.get("occurred_at"))
    if known.get("resolution") == "" and row.state is IncidentState.RESOLVED:
        detail = _("It is resolved: say how.")
        faults.append(FieldError(("resolution",), "missing", detail))
    news = {name: value for name, value in known.items() if getattr(row, name, None) != value}
    faults += await judging.of_places(session, news)
    faults += await judging.of_relations(session, actor, row, news)
    faults += await judging.of_resources(session, actor, known.get("resources", ()), known=on)
    type_ = await session.get(IncidentType, known.get("type_id", row.type_id))
    if type_ is None or (type_.id != row.type_id and not type_.is_active):
        detail = _("Choose one of the types that are in use.")
        faults.append(FieldError(("type_id",), "unknown-type", detail))
    else:
        if type_.id != row.type_id and row.visibility is Visibility.RESTRICTED:
            faults += await _faults_of_type(session, actor, row, type_)
        if known.get("visibility", row.visibility) is not row.visibility:
            team_id = known.get("team_id", row.team_id)
            faults += judging.of_visibility(actor, known["visibility"], type_, team_id)
    refuse(BadIncident, faults)


async def _faults_of_type(
    session: AsyncSession, actor: Actor, row: Incident, type_: IncidentType
) -> list[FieldError]:
    """Under a type that is open by itself whoever runs it could open what was restricted."""
    before = await session.get_one(IncidentType, row.type_id)
    if not judging.of_visibility(actor, type_.default_visibility, before, row.team_id):
        return []
    detail = _("Incidents of this type are restricted to those concerned; leave it so.")
    return [FieldError(("type_id",), "restricted", detail)]


def _apply(row: Incident, values: Mapping[str, Any]) -> dict[str, Any]:
    """Set what differs; `{field: [old, new]}`."""
    done: dict[str, Any] = {}
    for name in _COLUMNS:
        if name in values and values[name] != getattr(row, name):
            done[name] = [getattr(row, name), values[name]]
            setattr(row, name, values[name])
    if "severity" in done:
        row.severity_rank = SEVERITY_RANKS[row.severity]
    return done


async def _follow_up(
    session: AsyncSession, actor: Actor, row: Incident, done: dict[str, Any]
) -> None:
    if "priority_id" in done:
        priority = None
        if row.priority_id is not None:
            priority = await session.get(IncidentPriority, row.priority_id)
        reporting.due(row, priority)
        row.reminded_at = None
    # What hangs on it counts as a change of it: whoever read it before reads it anew.
    row.updated_at = clock.now()
    # What it leads to may be known to fewer than this one.
    hidden = {*_TEXTS, "tags", "links", "duplicate_of", "recurrence_of"}
    told = {
        name: True if name in hidden else found
        for name, found in done.items()
        if name != "visibility"
    }
    if told:
        record.write(session, actor, row, "incident.changed", changed=told)
    await session.flush()
    await _note(session, actor, row, done)
    if "visibility" in done:
        is_restricted = row.visibility is Visibility.RESTRICTED
        verb = "incident.restricted" if is_restricted else "incident.unrestricted"
        record.write(session, actor, row, verb, visibility=done["visibility"])
    await reporting.put_words(session, row)
    await effects.settle(session, actor, row)
    if row.visibility is Visibility.RESTRICTED:
        await concealment.take_back(session, row)
    if "description" in done:
        before, after = done["description"]
        await saying.publish(session, actor, (KIND, row.id), texts=[after], before=[before])
    await _publish(session, actor, row, done)


async def _publish(
    session: AsyncSession, actor: Actor, row: Incident, done: Mapping[str, Any]
) -> None:
    """Those concerned hear of what matters to them: how bad it is, and where it is."""
    if not done.keys() & {"severity", "resources", "priority_id", "type_id", "team_id"}:
        return
    payload = {
        "incident_id": str(row.id),
        "by": str(actor.user_id) if actor.user_id else None,
        "severity": [one.value for one in done["severity"]] if "severity" in done else None,
        "down": [str(one) for one in done.get("resources", ())],
    }
    once = f"incidents.changed:{row.id}:{row.version}"
    await outbox.publish(session, topics.CHANGED, payload, once=once)


async def _note(
    session: AsyncSession, actor: Actor, row: Incident, done: Mapping[str, Any]
) -> None:
    """What changed, as the timeline tells it; resources have told their own lines."""
    for name in ("severity", "visibility"):
        if name in done:
            before, after = done[name]
            details = {"code": f"{name}-changed", "before": before.value, "after": after.value}
            await _line(session, actor, row, EntryKind.CHANGE, details)
    for name, code in (("duplicate_of", "duplicate"), ("recurrence_of", "recurrence")):
        if name in done:
            target = done[name][1]
            details = {"code": f"{code}-of", "incident": str(target)}
            details = details if target else {"code": f"no-{code}"}
            await _line(session, actor, row, EntryKind.LINK, details)
    if done.keys() - {"severity", "visibility", "duplicate_of", "recurrence_of", "resources"}:
        await _line(session, actor, row, EntryKind.CHANGE, {"code": "changed"})


async def _on(session: AsyncSession, incident_id: UUID) -> list[On]:
    rows = await session.execute(
        select(IncidentResource.resource_id, IncidentResource.effect)
        .where(IncidentResource.incident_id == incident_id)
        .order_by(IncidentResource.resource_id)
    )
    return [On(resource_id, effect) for resource_id, effect in rows]


async def _put_resources(
    session: AsyncSession, actor: Actor, row: Incident, before: Sequence[On], wanted: Sequence[On]
) -> tuple[bool, list[UUID]]:
    """Let it concern these and no others; whether that changes anything, and which go down by it.

    Those the actor may not know of stay as they are: they were not shown.
    """
    known = await reading.known_resources(session, actor, [one.resource_id for one in before])
    was = {one.resource_id: one for one in before if one.resource_id in known}
    now = {one.resource_id: one for one in wanted}
    for id_ in was.keys() - now.keys():
        await session.execute(
            delete(IncidentResource).where(
                IncidentResource.incident_id == row.id, IncidentResource.resource_id == id_
            )
        )
        details = {"code": "resource-removed", "resource": str(id_)}
        await _line(session, actor, row, EntryKind.RESOURCE, details)
    for id_, one in now.items():
        if was.get(id_) == one:
            continue
        await session.merge(
            IncidentResource(incident_id=row.id, resource_id=id_, effect=one.effect)
        )
        code = "resource-spared" if id_ in was else "resource-added"
        details = {"code": "resource-effect" if one.effect else code, "resource": str(id_)}
        details |= {"effect": one.effect.value} if one.effect else {}
        await _line(session, actor, row, EntryKind.RESOURCE, details)
    await session.flush()
    down = [id_ for id_, one in now.items() if one.effect is Effect.DOWN and was.get(id_) != one]
    return was != now, down


async def _line(
    session: AsyncSession, actor: Actor, row: Incident, kind: EntryKind, details: dict[str, Any]
) -> None:
    await timeline.write(session, row.id, kind, author_id=actor.user_id, details=details)
