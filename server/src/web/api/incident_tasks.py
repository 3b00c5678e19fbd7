"""Tasks of incidents: of one, and one's own in all."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from src.core.actor import Permission
from src.domain.operations import incidents
from src.domain.operations.incidents import room
from src.domain.operations.tables import TaskState
from src.models.common import Many, One
from src.models.incident_room import (
    IncidentTaskCreate,
    IncidentTaskMove,
    IncidentTaskRead,
    IncidentTaskUpdate,
)
from src.web import replies
from src.web.dependencies import (
    CurrentActor,
    IfMatch,
    IfMatchRequired,
    Paging,
    Reads,
    Tx,
    declares,
)
from src.web.idempotency import OnlyOnce

router = APIRouter(prefix="/api/v1/incidents/{incident_id}/tasks", tags=["incidents"])
mine = APIRouter(prefix="/api/v1/incident-tasks", tags=["incidents"])
READ = Permission.OPERATIONS_READ
_NONE = incidents.IncidentNotFound
States = Annotated[
    list[TaskState], Query(alias="state", max_length=3, description="Open, unless said.")
]


def _reply(request: Request, view: room.TaskView, *, status: int = 200) -> Response:
    return replies.one(
        request,
        IncidentTaskRead.model_validate(view),
        version=view.version,
        changed_at=view.updated_at,
        status=status,
        location=f"/api/v1/incidents/{view.incident.id}/tasks/{view.id}" if status == 201 else None,
    )


@mine.get(
    "",
    operation_id="incident_tasks_mine",
    response_model=Many[IncidentTaskRead],
    **declares(READ),
)
async def list_mine(
    actor: CurrentActor,
    reads: Reads,
    paging: Paging,
    state: States = [TaskState.OPEN],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Your own tasks in all incidents: open and overdue ones first."""
    page = await room.tasks.mine(reads, actor, states=state, paging=paging)
    return replies.many([IncidentTaskRead.model_validate(one) for one in page.items], page)


@router.get(
    "",
    operation_id="incident_tasks_list",
    response_model=Many[IncidentTaskRead],
    **declares(READ, problems=(_NONE,)),
)
async def list_tasks(incident_id: UUID, actor: CurrentActor, reads: Reads) -> Response:
    """All of an incident: open ones first, then by phase and when they are due."""
    found = await room.tasks.list_(reads, actor, incident_id)
    return replies.whole([IncidentTaskRead.model_validate(one) for one in found])


@router.post(
    "",
    operation_id="incident_tasks_create",
    status_code=201,
    response_model=One[IncidentTaskRead],
    **declares(READ, rate="write", problems=(_NONE, room.BadTask)),
)
async def add_task(
    request: Request,
    incident_id: UUID,
    body: IncidentTaskCreate,
    actor: CurrentActor,
    once: OnlyOnce,
    tx: Tx,
) -> Response:
    """Add a task, also after the incident is closed. For whoever takes part in it."""

    async def effect() -> Response:
        view = await room.tasks.add(tx, actor, incident_id, wish=body.wish())
        return _reply(request, view, status=201)

    return await once(tx, effect)


@router.get(
    "/{task_id}",
    operation_id="incident_tasks_get",
    response_model=One[IncidentTaskRead],
    **declares(READ, cache="private", problems=(_NONE, room.TaskNotFound)),
)
async def get_task(
    request: Request, incident_id: UUID, task_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One task."""
    return _reply(request, await room.tasks.get(reads, actor, incident_id, task_id))


@router.patch(
    "/{task_id}",
    operation_id="incident_tasks_update",
    response_model=One[IncidentTaskRead],
    **declares(
        READ,
        rate="write",
        problems=(_NONE, room.TaskNotFound, room.TaskNotFromThisState, room.BadTask),
    ),
)
async def change_task(
    request: Request,
    incident_id: UUID,
    task_id: UUID,
    body: IncidentTaskUpdate,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Change an open task; null takes its owner or its date away."""
    changes = body.model_dump(exclude_unset=True)
    view = await room.tasks.change(
        tx, actor, incident_id, task_id, changes=changes, expected_version=version
    )
    return _reply(request, view)


@router.post(
    "/{task_id}/transition",
    operation_id="incident_tasks_transition",
    response_model=One[IncidentTaskRead],
    **declares(
        READ,
        rate="write",
        problems=(_NONE, room.TaskNotFound, room.TaskNotFromThisState, room.BadTask),
    ),
)
async def move_task(
    request: Request,
    incident_id: UUID,
    task_id: UUID,
    body: IncidentTaskMove,
    actor: CurrentActor,
    version: IfMatch,
    tx: Tx,
) -> Response:
    """Say that it is done, dropped or open again. For its owner and whoever takes part."""
    view = await room.tasks.move(
        tx,
        actor,
        incident_id,
        task_id,
        to=body.to,
        outcome=body.outcome,
        expected_version=version,
    )
    return _reply(request, view)
