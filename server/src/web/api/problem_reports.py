"""Problem reports: what is wrong with resources, and that it is resolved."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from src.core.actor import Permission
from src.domain import maintenance, resources
from src.domain.maintenance import ProblemState
from src.models.common import Many, One
from src.models.maintenance import (
    ProblemReportCreate,
    ProblemReportRead,
    ProblemReportUpdate,
    ProblemResolve,
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

router = APIRouter(prefix="/api/v1/problems", tags=["problem reports"])
_READ = Permission.RESOURCES_READ
_MANAGE = Permission.PROBLEMS_MANAGE
_NONE = maintenance.ProblemNotFound
Resources = Annotated[list[UUID], Query(alias="resource_id", max_length=100)]
States = Annotated[
    list[ProblemState], Query(alias="state", max_length=2, description="Open, unless said.")
]


def _reply(request: Request, view: maintenance.ProblemView, *, status: int = 200) -> Response:
    return replies.one(
        request,
        ProblemReportRead.model_validate(view),
        version=view.version,
        changed_at=view.updated_at,
        status=status,
        location=f"{router.prefix}/{view.id}" if status == 201 else None,
    )


@router.get(
    "",
    operation_id="problem_reports_list",
    response_model=Many[ProblemReportRead],
    **declares(_READ),
)
async def list_problems(
    actor: CurrentActor,
    reads: Reads,
    paging: Paging,
    resource_id: Resources = [],  # noqa: B006 - FastAPI copies it
    state: States = [ProblemState.OPEN],  # noqa: B006
) -> Response:
    """Problems of what you may see, the worst first, then the newest."""
    page = await maintenance.problems.list_(
        reads, actor, resource_ids=resource_id, states=state, paging=paging
    )
    return replies.many([ProblemReportRead.model_validate(view) for view in page.items], page)


@router.post(
    "",
    operation_id="problem_reports_create",
    status_code=201,
    response_model=One[ProblemReportRead],
    **declares(
        Permission.PROBLEMS_REPORT,
        rate="write",
        problems=(resources.ResourceNotFound, maintenance.BadReport),
    ),
)
async def report_problem(
    request: Request, body: ProblemReportCreate, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Say what is wrong. What nobody can use goes down at once; its bookings stay."""

    async def effect() -> Response:
        view = await maintenance.problems.report(tx, actor, report=body.report())
        return _reply(request, view, status=201)

    return await once(tx, effect)


@router.get(
    "/{problem_id}",
    operation_id="problem_reports_get",
    response_model=One[ProblemReportRead],
    **declares(_READ, cache="private", problems=(_NONE,)),
)
async def get_problem(
    request: Request, problem_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One report."""
    return _reply(request, await maintenance.problems.get(reads, actor, problem_id))


@router.patch(
    "/{problem_id}",
    operation_id="problem_reports_update",
    response_model=One[ProblemReportRead],
    **declares(_MANAGE, rate="write", problems=(_NONE, maintenance.ProblemResolved)),
)
async def judge_problem(
    request: Request,
    problem_id: UUID,
    body: ProblemReportUpdate,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Judge it anew: how bad it is, and whether it blocks use."""
    changes = body.model_dump(exclude_unset=True)
    view = await maintenance.problems.change(
        tx, actor, problem_id, changes=changes, expected_version=version
    )
    return _reply(request, view)


@router.post(
    "/{problem_id}/resolve",
    operation_id="problem_reports_resolve",
    response_model=One[ProblemReportRead],
    **declares(
        _MANAGE,
        rate="write",
        problems=(_NONE, maintenance.BadReport, maintenance.ProblemResolved),
    ),
)
async def resolve_problem(
    request: Request,
    problem_id: UUID,
    body: ProblemResolve,
    actor: CurrentActor,
    version: IfMatch,
    tx: Tx,
) -> Response:
    """Say that it is resolved, and how; the resource comes back if nothing else keeps it down."""
    view = await maintenance.problems.resolve(
        tx, actor, problem_id, note=body.note, expected_version=version
    )
    return _reply(request, view)
