"""Types of incidents: what is so of each unless said otherwise. Set by `incidents:configure`.

A type is never removed, for incidents of it are on record: it is taken out of use.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import events, ids
from src.core.actor import Actor
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.core.paging import Key, Page, Paging, paginate
from src.domain.accounts.tables import Role, User, UserState
from src.domain.operations import policy as of_operations
from src.domain.operations.incidents import policy
from src.domain.operations.incidents.errors import (
    BadIncidentType,
    IncidentTypeNotFound,
    refuse,
    require_version,
)
from src.domain.operations.incidents.leads import Leads
from src.domain.operations.incidents.views import TypeView
from src.domain.operations.parties import named
from src.domain.operations.tables import (
    IncidentPriority,
    IncidentType,
    Severity,
    TaskPhase,
    Visibility,
)

LONGEST = {"name": 120, "description": 4000}
MOST_TASKS, LONGEST_TASK, LONGEST_DUE = 30, 200, 525_600
HIGHEST_RANK = 10_000
_CODE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LONGEST_CODE = 40
_CLEARABLE = frozenset({"default_priority_id"})
FIELDS = frozenset({
    "name", "description", "rank", "default_severity", "default_priority_id",
    "default_visibility", "needs_review", "may_be_anonymous", "leads", "tasks", "is_active",
})  # fmt: skip


async def list_(
    session: AsyncSession,
    actor: Actor,
    *,
    is_active: bool | None = None,
    paging: Paging | None = None,
) -> Page[TypeView]:
    """Types in their order. One statement. Needs `operations:read`."""
    of_operations.require_read(actor)
    wanted = _whole()
    if is_active is not None:
        wanted = wanted.where(IncidentType.is_active.is_(is_active))
    keys = [
        Key(IncidentType.rank, name="rank"),
        Key(func.lower(IncidentType.name), name="name"),
        Key(IncidentType.id, name="id"),
    ]
    page = await paginate(session, wanted, keys=keys, paging=paging or Paging())
    return page.map(lambda row: _view(*row))


async def get(session: AsyncSession, actor: Actor, type_id: UUID) -> TypeView:
    """One type. Raises `IncidentTypeNotFound`, `Forbidden`."""
    of_operations.require_read(actor)
    row = (await session.execute(_whole().where(IncidentType.id == type_id))).one_or_none()
    if row is None:
        raise _not_found()
    return _view(*row)


async def create(
    session: AsyncSession, actor: Actor, *, code: str, values: Mapping[str, Any]
) -> TypeView:
    """Add a type: `name` and what else of `FIELDS`. Raises `Forbidden`, `BadIncidentType`."""
    policy.require_configure(actor)
    row = IncidentType(
        id=ids.new(),
        code=code.strip(),
        default_severity=Severity.UNDETERMINED,
        default_visibility=Visibility.OPEN,
        leads={"kind": Leads.NOBODY.value},
        tasks=[],
    )
    faults = [] if "name" in values else [_fault("name", _("It needs a name."), "missing")]
    faults += await _code_faults(session, row.code)
    refuse(BadIncidentType, faults + await _judge(session, None, values))
    _apply(row, values)
    session.add(row)
    await session.flush()
    changes = {"code": row.code, "fields": sorted(values)}
    events.record(
        session, actor, "incident_type.created", ("incident_type", row.id), changes=changes
    )
    return await get(session, actor, row.id)


async def change(
    session: AsyncSession,
    actor: Actor,
    type_id: UUID,
    *,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> TypeView:
    """Change some of `FIELDS`, for incidents that are reported from now on.

    Raises `IncidentTypeNotFound`, `Forbidden`, `BadIncidentType`, `PreconditionFailed`.
    """
    policy.require_configure(actor)
    row = await session.get(IncidentType, type_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise _not_found()
    require_version(expected_version, row.version)
    refuse(BadIncidentType, await _judge(session, row, changes))
    if done := _apply(row, changes):
        told = {"code": row.code, "fields": done}
        subject = ("incident_type", row.id)
        events.record(session, actor, "incident_type.changed", subject, changes=told)
        await session.flush()
    return await get(session, actor, type_id)


async def roles(session: AsyncSession) -> list[str]:
    """The roles whose holders could lead, by name."""
    return list(await session.scalars(select(Role.name).order_by(Role.name)))


def _apply(row: IncidentType, values: Mapping[str, Any]) -> list[str]:
    if unknown := values.keys() - FIELDS:
        raise TypeError(f"a type has no {sorted(unknown)}")
    done = []
    for field, value in values.items():
        new = value.strip() if isinstance(value, str) and field in LONGEST else value
        if field == "tasks":
            new = [_task(one) for one in value]
        if field == "leads":
            new = _leads(value)
        if getattr(row, field) != new:
            setattr(row, field, new)
            done.append(field)
    return sorted(done)


def _task(said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "title": str(said["title"]).strip(),
        "is_mandatory": bool(said.get("is_mandatory")),
        "phase": str(said.get("phase") or TaskPhase.RESPONSE),
        "due_minutes": said.get("due_minutes"),
    }


def _leads(said: Mapping[str, Any]) -> dict[str, Any]:
    kind = str(said["kind"])
    if kind not in {Leads.ROLE, Leads.PERSON}:
        return {"kind": kind}
    return {"kind": kind, "value": str(said["value"])}


async def _judge(
    session: AsyncSession, row: IncidentType | None, values: Mapping[str, Any]
) -> list[FieldError]:
    faults = [
        _fault(field, _("This cannot be empty."), "missing")
        for field, value in values.items()
        if value is None and field not in _CLEARABLE
    ]
    known = {field: value for field, value in values.items() if value is not None}
    if "name" in known:
        faults += await _name_faults(session, row, known["name"].strip())
    if len(known.get("description", "")) > LONGEST["description"]:
        detail = _("At most %(most)s characters.", most=LONGEST["description"])
        faults.append(_fault("description", detail, "too-long"))
    if not 0 <= known.get("rank", 0) <= HIGHEST_RANK:
        detail = _("A number from 0 to %(most)s.", most=HIGHEST_RANK)
        faults.append(_fault("rank", detail, "out-of-range"))
    priority_id = known.get("default_priority_id")
    if priority_id and await session.get(IncidentPriority, priority_id) is None:
        detail = _("Choose one of the priorities that are in use.")
        faults.append(_fault("default_priority_id", detail, "unknown-priority"))
    if "leads" in known:
        faults += await _leads_faults(session, known["leads"])
    return faults + _tasks_faults(known.get("tasks", ()))


async def _name_faults(
    session: AsyncSession, row: IncidentType | None, name: str
) -> list[FieldError]:
    if not 1 <= len(name) <= LONGEST["name"]:
        return [_fault("name", _("It needs a name, of 120 characters at most."))]
    same = select(IncidentType.id).where(func.lower(IncidentType.name) == name.lower())
    taken = await session.scalar(same)
    if taken is None or (row is not None and taken == row.id):
        return []
    return [_fault("name", _("There is a type of this name already."), "taken")]


async def _code_faults(session: AsyncSession, code: str) -> list[FieldError]:
    if len(code) > _LONGEST_CODE or not _CODE.fullmatch(code):
        detail = _("Lower-case letters, digits and hyphens, as in near-miss; 40 at most.")
        return [_fault("code", detail)]
    if await session.scalar(select(IncidentType.id).where(IncidentType.code == code)):
        return [_fault("code", _("There is a type of this code already."), "taken")]
    return []


async def _leads_faults(session: AsyncSession, said: Mapping[str, Any]) -> list[FieldError]:
    kind, value = said.get("kind"), said.get("value")
    if kind not in set(Leads):
        return [_fault("leads", _("Choose who leads at first."))]
    if kind == Leads.ROLE:
        known = await session.scalar(select(Role.name).where(Role.name == str(value or "")))
        return [] if known else [_fault("leads", _("Say which role."), "unknown-role")]
    if kind == Leads.PERSON:
        wanted = select(User.id).where(User.id == _id(value), User.state == UserState.ACTIVE)
        is_there = await session.scalar(wanted) is not None
        return (
            [] if is_there else [_fault("leads", _("Say who: somebody active."), "unknown-person")]
        )
    return []


def _tasks_faults(tasks: Any) -> list[FieldError]:  # noqa: ANN401 - as it was sent
    if len(tasks) > MOST_TASKS:
        return [_fault("tasks", _("At most %(most)s tasks.", most=MOST_TASKS), "too-many")]
    faults = []
    for place, one in enumerate(tasks):
        title, due = str(one.get("title", "")).strip(), one.get("due_minutes")
        if not 1 <= len(title) <= LONGEST_TASK:
            detail = _("A task needs a title, of 200 characters at most.")
            faults.append(FieldError(("tasks", place, "title"), "missing", detail))
        if str(one.get("phase") or TaskPhase.RESPONSE) not in set(TaskPhase):
            detail = _("Choose one of the list.")
            faults.append(FieldError(("tasks", place, "phase"), "invalid", detail))
        if due is not None and not 1 <= int(due) <= LONGEST_DUE:
            detail = _("Due after 1 minute to a year.")
            faults.append(FieldError(("tasks", place, "due_minutes"), "out-of-range", detail))
    return faults


def _whole() -> Select[*tuple[Any, ...]]:
    return select(IncidentType, IncidentPriority.name).outerjoin(
        IncidentPriority, IncidentPriority.id == IncidentType.default_priority_id
    )


def _view(row: IncidentType, priority: str | None) -> TypeView:
    return TypeView(
        id=row.id,
        code=row.code,
        name=row.name,
        description=row.description,
        rank=row.rank,
        default_severity=row.default_severity,
        default_priority=named(row.default_priority_id, priority),
        default_visibility=row.default_visibility,
        needs_review=row.needs_review,
        may_be_anonymous=row.may_be_anonymous,
        leads=row.leads,
        tasks=tuple(row.tasks),
        is_active=row.is_active,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _fault(field: str, detail: str, code: str = "invalid") -> FieldError:
    return FieldError((field,), code, detail)


def _id(value: object) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None


def _not_found() -> IncidentTypeNotFound:
    return IncidentTypeNotFound(_("Choose one from the list of types."))
