"""Types and priorities of incidents: what is so of them unless said otherwise."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from src.core.actor import Permission
from src.domain.operations import incidents
from src.models.common import Many, One
from src.models.incident_types import (
    IncidentPriorityCreate,
    IncidentPriorityRead,
    IncidentPriorityUpdate,
    IncidentTypeCreate,
    IncidentTypeRead,
    IncidentTypeUpdate,
)
from src.web import replies
from src.web.dependencies import CurrentActor, IfMatchRequired, Paging, Reads, Tx, declares
from src.web.idempotency import OnlyOnce

types = APIRouter(prefix="/api/v1/incident-types", tags=["incidents"])
priorities = APIRouter(prefix="/api/v1/incident-priorities", tags=["incidents"])
_READ, _CONFIGURE = Permission.OPERATIONS_READ, Permission.INCIDENTS_CONFIGURE
_NO_TYPE, _NO_PRIORITY = incidents.IncidentTypeNotFound, incidents.IncidentPriorityNotFound
Active = Annotated[bool | None, Query(description="Only those in use, or only the others.")]


def _type(request: Request, view: incidents.TypeView, *, status: int = 200) -> Response:
    return replies.one(
        request,
        IncidentTypeRead.model_validate(view),
        version=view.version,
        changed_at=view.updated_at,
        status=status,
        location=f"{types.prefix}/{view.id}" if status == 201 else None,
    )


def _priority(request: Request, view: incidents.PriorityView, *, status: int = 200) -> Response:
    return replies.one(
        request,
        IncidentPriorityRead.model_validate(view),
        version=view.version,
        changed_at=view.updated_at,
        status=status,
        location=f"{priorities.prefix}/{view.id}" if status == 201 else None,
    )


@types.get(
    "",
    operation_id="incident_types_list",
    response_model=Many[IncidentTypeRead],
    **declares(_READ),
)
async def list_types(
    actor: CurrentActor, reads: Reads, paging: Paging, is_active: Active = None
) -> Response:
    """Types in their order."""
    page = await incidents.types.list_(reads, actor, is_active=is_active, paging=paging)
    return replies.many([IncidentTypeRead.model_validate(view) for view in page.items], page)


@types.post(
    "",
    operation_id="incident_types_create",
    status_code=201,
    response_model=One[IncidentTypeRead],
    **declares(_CONFIGURE, rate="write", problems=(incidents.BadIncidentType,)),
)
async def create_type(
    request: Request, body: IncidentTypeCreate, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Add a type."""

    async def effect() -> Response:
        view = await incidents.types.create(tx, actor, code=body.code, values=body.values())
        return _type(request, view, status=201)

    return await once(tx, effect)


@types.get(
    "/{incident_type_id}",
    operation_id="incident_types_get",
    response_model=One[IncidentTypeRead],
    **declares(_READ, cache="private", problems=(_NO_TYPE,)),
)
async def get_type(
    request: Request, incident_type_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One type."""
    return _type(request, await incidents.types.get(reads, actor, incident_type_id))


@types.patch(
    "/{incident_type_id}",
    operation_id="incident_types_update",
    response_model=One[IncidentTypeRead],
    **declares(_CONFIGURE, rate="write", problems=(_NO_TYPE, incidents.BadIncidentType)),
)
async def change_type(
    request: Request,
    incident_type_id: UUID,
    body: IncidentTypeUpdate,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Change a type, for incidents reported from now on; `is_active: false` takes it out of use."""
    view = await incidents.types.change(
        tx, actor, incident_type_id, changes=body.values(), expected_version=version
    )
    return _type(request, view)


@priorities.get(
    "",
    operation_id="incident_priorities_list",
    response_model=Many[IncidentPriorityRead],
    **declares(_READ),
)
async def list_priorities(actor: CurrentActor, reads: Reads, is_active: Active = None) -> Response:
    """All priorities, the most urgent first."""
    found = await incidents.priorities.list_(reads, actor, is_active=is_active)
    return replies.whole([IncidentPriorityRead.model_validate(view) for view in found])


@priorities.post(
    "",
    operation_id="incident_priorities_create",
    status_code=201,
    response_model=One[IncidentPriorityRead],
    **declares(_CONFIGURE, rate="write", problems=(incidents.BadIncidentPriority,)),
)
async def create_priority(
    request: Request, body: IncidentPriorityCreate, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Add a priority."""

    async def effect() -> Response:
        view = await incidents.priorities.create(tx, actor, values=body.model_dump())
        return _priority(request, view, status=201)

    return await once(tx, effect)


@priorities.get(
    "/{priority_id}",
    operation_id="incident_priorities_get",
    response_model=One[IncidentPriorityRead],
    **declares(_READ, cache="private", problems=(_NO_PRIORITY,)),
)
async def get_priority(
    request: Request, priority_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One priority."""
    return _priority(request, await incidents.priorities.get(reads, actor, priority_id))


@priorities.patch(
    "/{priority_id}",
    operation_id="incident_priorities_update",
    response_model=One[IncidentPriorityRead],
    **declares(_CONFIGURE, rate="write", problems=(_NO_PRIORITY, incidents.BadIncidentPriority)),
)
async def change_priority(
    request: Request,
    priority_id: UUID,
    body: IncidentPriorityUpdate,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Change a priority; null clears a time. What goes on keeps the times it has."""
    changes = body.model_dump(exclude_unset=True)
    view = await incidents.priorities.change(
        tx, actor, priority_id, changes=changes, expected_version=version
    )
    return _priority(request, view)
