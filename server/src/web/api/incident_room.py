"""What goes on in an incident: who has which role, its timeline, the updates given."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from src.core.actor import Permission
from src.core.paging import BadSort
from src.domain.operations import incidents
from src.domain.operations.incidents import room
from src.domain.operations.tables import EntryKind
from src.models.common import Many, One
from src.models.incident_room import (
    IncidentEntryRead,
    IncidentNoteCreate,
    IncidentRoleEnd,
    IncidentRoleGive,
    IncidentRoleRead,
    IncidentUpdateCreate,
)
from src.web import replies
from src.web.dependencies import CurrentActor, Paging, Reads, Tx, declares
from src.web.idempotency import OnlyOnce

router = APIRouter(prefix="/api/v1/incidents/{incident_id}", tags=["incidents"])
# Whoever has a role in an incident runs it, whatever they may do otherwise: the service decides.
READ = Permission.OPERATIONS_READ
_NONE, _CLOSED = incidents.IncidentNotFound, incidents.IncidentIsClosed
Kinds = Annotated[list[EntryKind], Query(alias="kind", max_length=len(EntryKind))]
Pinned = Annotated[bool, Query(description="Only pinned lines.")]


def _wanted(
    *,
    kind: Kinds = [],  # noqa: B006 - FastAPI copies it
    author_id: UUID | None = None,
    is_pinned: Pinned = False,
) -> room.entries.Filter:
    return room.entries.Filter(kinds=kind, author_id=author_id, is_pinned=is_pinned)


Wanted = Annotated[room.entries.Filter, Depends(_wanted)]


@router.get(
    "/roles",
    operation_id="incident_roles_list",
    response_model=Many[IncidentRoleRead],
    **declares(READ, problems=(_NONE,)),
)
async def list_roles(
    incident_id: UUID,
    actor: CurrentActor,
    reads: Reads,
    is_current: Annotated[
        bool | None, Query(description="Only those, or only former ones.")
    ] = None,
) -> Response:
    """Who has and had which role, from when until when; the current ones first."""
    found = await room.roles.list_(reads, actor, incident_id, is_current=is_current)
    return replies.whole([IncidentRoleRead.model_validate(one) for one in found])


@router.post(
    "/roles",
    operation_id="incident_roles_give",
    status_code=201,
    response_model=One[IncidentRoleRead],
    **declares(READ, rate="write", problems=(_NONE, _CLOSED, room.BadRole, room.RoleIsTaken)),
)
async def give_role(
    request: Request,
    incident_id: UUID,
    body: IncidentRoleGive,
    actor: CurrentActor,
    once: OnlyOnce,
    tx: Tx,
) -> Response:
    """Give somebody a role; whoever had it hands it over. For whoever runs the incident."""

    async def effect() -> Response:
        given = await room.roles.give(tx, actor, incident_id, **body.model_dump())
        shown = IncidentRoleRead.model_validate(given)
        return replies.one(request, shown, status=201, location=_at(incident_id, "roles"))

    return await once(tx, effect)


@router.post(
    "/roles/{assignment_id}/end",
    operation_id="incident_roles_end",
    response_model=One[IncidentRoleRead],
    **declares(
        READ,
        rate="write",
        problems=(_NONE, _CLOSED, room.RoleNotFound, room.RoleIsOver, room.BadRole),
    ),
)
async def end_role(
    request: Request,
    incident_id: UUID,
    assignment_id: UUID,
    body: IncidentRoleEnd,
    actor: CurrentActor,
    tx: Tx,
) -> Response:
    """Let a role end, with nobody else in it: one's own, or for whoever runs the incident."""
    ended = await room.roles.end(tx, actor, incident_id, assignment_id, note=body.note)
    return replies.one(request, IncidentRoleRead.model_validate(ended))


@router.get(
    "/timeline",
    operation_id="incident_timeline_list",
    response_model=Many[IncidentEntryRead],
    **declares(READ, problems=(_NONE, BadSort)),
)
async def list_entries(
    incident_id: UUID,
    actor: CurrentActor,
    reads: Reads,
    paging: Paging,
    wanted: Wanted,
    sort: Annotated[str, Query(max_length=20, description="`-at`, or `at`: the first first.")] = (
        room.entries.NEWEST
    ),
) -> Response:
    """What happened when; what was written by itself stands in `words`, in your language."""
    page = await room.entries.list_(
        reads, actor, incident_id, wanted=wanted, sort=sort, paging=paging
    )
    return replies.many([IncidentEntryRead.model_validate(one) for one in page.items], page)


@router.post(
    "/timeline",
    operation_id="incident_timeline_note",
    status_code=201,
    response_model=One[IncidentEntryRead],
    **declares(READ, rate="write", problems=(_NONE, _CLOSED, room.BadEntry)),
)
async def write_note(
    request: Request,
    incident_id: UUID,
    body: IncidentNoteCreate,
    actor: CurrentActor,
    once: OnlyOnce,
    tx: Tx,
) -> Response:
    """Write down what happened, now or earlier. Nobody changes or removes it."""

    async def effect() -> Response:
        made = await room.entries.note(tx, actor, incident_id, text=body.text, at=body.at)
        return _entry(request, incident_id, made, status=201)

    return await once(tx, effect)


@router.get(
    "/timeline/{entry_id}",
    operation_id="incident_timeline_get",
    response_model=One[IncidentEntryRead],
    **declares(READ, problems=(_NONE, room.EntryNotFound)),
)
async def get_entry(
    request: Request, incident_id: UUID, entry_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One line."""
    found = await room.entries.get(reads, actor, incident_id, entry_id)
    return _entry(request, incident_id, found)


@router.put(
    "/timeline/{entry_id}/pin",
    operation_id="incident_timeline_pin",
    response_model=One[IncidentEntryRead],
    **declares(READ, rate="write", problems=(_NONE, _CLOSED, room.EntryNotFound)),
)
async def pin_entry(
    request: Request, incident_id: UUID, entry_id: UUID, actor: CurrentActor, tx: Tx
) -> Response:
    """Let it stand on top."""
    found = await room.entries.pin(tx, actor, incident_id, entry_id, is_pinned=True)
    return _entry(request, incident_id, found)


@router.delete(
    "/timeline/{entry_id}/pin",
    operation_id="incident_timeline_unpin",
    response_model=One[IncidentEntryRead],
    **declares(READ, rate="write", problems=(_NONE, _CLOSED, room.EntryNotFound)),
)
async def unpin_entry(
    request: Request, incident_id: UUID, entry_id: UUID, actor: CurrentActor, tx: Tx
) -> Response:
    """Let it stand where it belongs again."""
    found = await room.entries.pin(tx, actor, incident_id, entry_id, is_pinned=False)
    return _entry(request, incident_id, found)


@router.get(
    "/updates",
    operation_id="incident_updates_list",
    response_model=Many[IncidentEntryRead],
    **declares(READ, problems=(_NONE,)),
)
async def list_updates(
    incident_id: UUID, actor: CurrentActor, reads: Reads, paging: Paging
) -> Response:
    """How it stood, the latest first."""
    page = await room.updates.list_(reads, actor, incident_id, paging=paging)
    return replies.many([IncidentEntryRead.model_validate(one) for one in page.items], page)


@router.post(
    "/updates",
    operation_id="incident_updates_give",
    status_code=201,
    response_model=One[IncidentEntryRead],
    **declares(READ, rate="write", problems=(_NONE, _CLOSED, room.BadUpdate)),
)
async def give_update(
    request: Request,
    incident_id: UUID,
    body: IncidentUpdateCreate,
    actor: CurrentActor,
    once: OnlyOnce,
    tx: Tx,
) -> Response:
    """Say how it stands; those concerned are told, the next is due by the priority's cadence."""

    async def effect() -> Response:
        made = await room.updates.give(tx, actor, incident_id, **body.model_dump())
        return _entry(request, incident_id, made, status=201)

    return await once(tx, effect)


def _entry(
    request: Request, incident_id: UUID, view: room.EntryView, *, status: int = 200
) -> Response:
    location = _at(incident_id, f"timeline/{view.id}") if status == 201 else None
    shown = IncidentEntryRead.model_validate(view)
    return replies.one(request, shown, changed_at=view.written_at, status=status, location=location)


def _at(incident_id: UUID, part: str) -> str:
    return f"/api/v1/incidents/{incident_id}/{part}"
