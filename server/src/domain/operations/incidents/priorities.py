"""Priorities of incidents: by when somebody answers, how often those concerned hear of it.

Set by `incidents:configure`. 1 is the most urgent; one that is not wanted is taken out of use.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import events, ids
from src.core.actor import Actor
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain.operations import policy as of_operations
from src.domain.operations.incidents import policy
from src.domain.operations.incidents.errors import (
    BadIncidentPriority,
    IncidentPriorityNotFound,
    refuse,
    require_version,
)
from src.domain.operations.incidents.views import PriorityView
from src.domain.operations.tables import IncidentPriority

FIELDS = frozenset({"name", "rank", "response_minutes", "update_minutes", "is_active"})
LONGEST_NAME, HIGHEST_RANK, LONGEST_MINUTES = 60, 99, 525_600
_CLEARABLE = frozenset({"response_minutes", "update_minutes"})


async def list_(
    session: AsyncSession, actor: Actor, *, is_active: bool | None = None
) -> list[PriorityView]:
    """All of them, the most urgent first. One statement. Needs `operations:read`."""
    of_operations.require_read(actor)
    wanted = select(IncidentPriority).order_by(IncidentPriority.rank, IncidentPriority.id)
    if is_active is not None:
        wanted = wanted.where(IncidentPriority.is_active.is_(is_active))
    return [_view(row) for row in await session.scalars(wanted)]


async def get(session: AsyncSession, actor: Actor, priority_id: UUID) -> PriorityView:
    """One of them. Raises `IncidentPriorityNotFound`, `Forbidden`."""
    of_operations.require_read(actor)
    row = await session.get(IncidentPriority, priority_id)
    if row is None:
        raise _not_found()
    return _view(row)


async def create(session: AsyncSession, actor: Actor, *, values: Mapping[str, Any]) -> PriorityView:
    """Add one: `name`, `rank` and what else of `FIELDS`. Raises `Forbidden`, `BadIncidentPriority`."""
    policy.require_configure(actor)
    faults = [
        FieldError((field,), "missing", _("This is needed."))
        for field in ("name", "rank")
        if values.get(field) is None
    ]
    row = IncidentPriority(id=ids.new())
    refuse(BadIncidentPriority, faults or await _judge(session, row, values))
    _apply(row, values)
    session.add(row)
    await session.flush()
    subject = ("incident_priority", row.id)
    events.record(session, actor, "incident_priority.created", subject, changes={"rank": row.rank})
    return _view(row)


async def change(
    session: AsyncSession,
    actor: Actor,
    priority_id: UUID,
    *,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> PriorityView:
    """Change some of `FIELDS`; null clears a time. What goes on keeps the times it has.

    Raises `IncidentPriorityNotFound`, `Forbidden`, `BadIncidentPriority`, `PreconditionFailed`.
    """
    policy.require_configure(actor)
    row = await session.get(
        IncidentPriority, priority_id, with_for_update=True, populate_existing=True
    )
    if row is None:
        raise _not_found()
    require_version(expected_version, row.version)
    refuse(BadIncidentPriority, await _judge(session, row, changes))
    if done := _apply(row, changes):
        subject = ("incident_priority", row.id)
        events.record(session, actor, "incident_priority.changed", subject, changes=done)
        await session.flush()
    return _view(row)


def _apply(row: IncidentPriority, values: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := values.keys() - FIELDS:
        raise TypeError(f"a priority has no {sorted(unknown)}")
    done: dict[str, Any] = {}
    for field, value in values.items():
        new = value.strip() if field == "name" else value
        if getattr(row, field) != new:
            done[field] = [getattr(row, field), new]
            setattr(row, field, new)
    return done


async def _judge(
    session: AsyncSession, row: IncidentPriority, values: Mapping[str, Any]
) -> list[FieldError]:
    faults = [
        FieldError((field,), "missing", _("This cannot be empty."))
        for field, value in values.items()
        if value is None and field not in _CLEARABLE
    ]
    known = {field: value for field, value in values.items() if value is not None}
    for field in ("response_minutes", "update_minutes"):
        if field in known and not 1 <= known[field] <= LONGEST_MINUTES:
            detail = _("1 minute to a year, or nothing.")
            faults.append(FieldError((field,), "out-of-range", detail))
    if "name" in known and not 1 <= len(known["name"].strip()) <= LONGEST_NAME:
        detail = _("It needs a name, of 60 characters at most.")
        faults.append(FieldError(("name",), "invalid", detail))
    if "rank" in known and not 1 <= known["rank"] <= HIGHEST_RANK:
        faults.append(FieldError(("rank",), "out-of-range", _("A number from 1 to 99.")))
    name, rank = known.get("name", "").strip().lower(), known.get("rank")
    rows = await session.execute(
        select(IncidentPriority.name, IncidentPriority.rank).where(
            IncidentPriority.id != row.id,
            (func.lower(IncidentPriority.name) == name) | (IncidentPriority.rank == rank),
        )
    )
    for other, its_rank in rows:
        if other.lower() == name:
            faults.append(FieldError(("name",), "taken", _("There is one of this name already.")))
        if its_rank == rank:
            faults.append(FieldError(("rank",), "taken", _("There is one of this rank already.")))
    return faults


def _view(row: IncidentPriority) -> PriorityView:
    return PriorityView(
        id=row.id,
        name=row.name,
        rank=row.rank,
        response_minutes=row.response_minutes,
        update_minutes=row.update_minutes,
        is_active=row.is_active,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _not_found() -> IncidentPriorityNotFound:
    return IncidentPriorityNotFound(_("Choose one from the list of priorities."))
