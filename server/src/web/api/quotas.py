"""Quotas, where people stand with them, and projects."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from src.core.actor import Permission
from src.domain.bookings import quotas
from src.models.common import Many, One
from src.models.quotas import (
    LedgerLineRead,
    ProjectCreate,
    ProjectRead,
    ProjectUpdate,
    QuotaCreate,
    QuotaRead,
    QuotaUpdate,
)
from src.web import replies
from src.web.dependencies import CurrentActor, IfMatchRequired, Paging, Reads, Tx, declares
from src.web.idempotency import OnlyOnce
from src.web.queries import Words

router = APIRouter(prefix="/api/v1/quotas", tags=["quotas"])
projects = APIRouter(prefix="/api/v1/projects", tags=["quotas"])
_READ = Permission.BOOKINGS_READ
_MANAGE = Permission.QUOTAS_MANAGE
_NOT_FOUND = quotas.QuotaNotFound
_NO_PROJECT = quotas.ProjectNotFound
_TAKEN = (quotas.BadProject, quotas.ProjectTaken)


def _reply(request: Request, view: quotas.QuotaView, *, status: int = 200) -> Response:
    return replies.one(
        request,
        QuotaRead.model_validate(view),
        version=view.version,
        changed_at=view.updated_at,
        status=status,
        location=f"{router.prefix}/{view.id}" if status == 201 else None,
    )


def _project(request: Request, view: quotas.ProjectView, *, status: int = 200) -> Response:
    return replies.one(
        request,
        ProjectRead.model_validate(view),
        version=view.version,
        changed_at=view.updated_at,
        status=status,
        location=f"{projects.prefix}/{view.id}" if status == 201 else None,
    )


@router.get("", operation_id="quotas_list", response_model=Many[QuotaRead], **declares(_READ))
async def list_quotas(
    actor: CurrentActor,
    reads: Reads,
    paging: Paging,
    mine: Annotated[bool, Query(description="Only those that are yours.")] = False,  # noqa: FBT002 - a query parameter
    ended: Annotated[bool, Query(description="Ended ones too.")] = False,  # noqa: FBT002 - a query parameter
) -> Response:
    """Quotas by name, and where you stand: yours, and all that you manage."""
    page = await quotas.allocations.list_(reads, actor, mine=mine, ended=ended, paging=paging)
    return replies.many([QuotaRead.model_validate(view) for view in page.items], page)


@router.post(
    "",
    operation_id="quotas_create",
    status_code=201,
    response_model=One[QuotaRead],
    **declares(_MANAGE, rate="write", problems=(quotas.BadQuota,)),
)
async def create_quota(
    request: Request, body: QuotaCreate, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Make a quota; what is booked already from its present period on counts."""

    async def effect() -> Response:
        view = await quotas.allocations.create(tx, actor, wish=body.wish())
        return _reply(request, view, status=201)

    return await once(tx, effect)


@router.get(
    "/{quota_id}",
    operation_id="quotas_get",
    response_model=One[QuotaRead],
    **declares(_READ, problems=(_NOT_FOUND,)),
)
async def get_quota(
    request: Request, quota_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One quota."""
    return _reply(request, await quotas.allocations.get(reads, actor, quota_id))


@router.patch(
    "/{quota_id}",
    operation_id="quotas_update",
    response_model=One[QuotaRead],
    **declares(_MANAGE, rate="write", problems=(_NOT_FOUND, quotas.BadQuota)),
)
async def update_quota(
    request: Request,
    quota_id: UUID,
    body: QuotaUpdate,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Change or end a quota."""
    view = await quotas.allocations.change(
        tx,
        actor,
        quota_id,
        changes=body.model_dump(exclude_unset=True),
        expected_version=version,
    )
    return _reply(request, view)


@router.get(
    "/{quota_id}/ledger",
    operation_id="quotas_ledger",
    response_model=Many[LedgerLineRead],
    **declares(_READ, problems=(_NOT_FOUND,)),
)
async def quota_ledger(
    quota_id: UUID, actor: CurrentActor, reads: Reads, paging: Paging
) -> Response:
    """What bookings reserved, used and gave back, newest first: your own, or all you manage."""
    page = await quotas.allocations.ledger_of(reads, actor, quota_id, paging=paging)
    return replies.many([LedgerLineRead.model_validate(line) for line in page.items], page)


@projects.get("", operation_id="projects_list", response_model=Many[ProjectRead], **declares(_READ))
async def list_projects(
    actor: CurrentActor,
    reads: Reads,
    paging: Paging,
    q: Words = None,
    mine: Annotated[bool, Query(description="Only those you may book for.")] = False,  # noqa: FBT002 - a query parameter
) -> Response:
    """Projects by code."""
    page = await quotas.projects.list_(reads, actor, q=q, mine=mine, paging=paging)
    return replies.many([ProjectRead.model_validate(view) for view in page.items], page)


@projects.post(
    "",
    operation_id="projects_create",
    status_code=201,
    response_model=One[ProjectRead],
    **declares(_MANAGE, rate="write", problems=_TAKEN),
)
async def create_project(
    request: Request, body: ProjectCreate, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Add a project or a cost centre."""

    async def effect() -> Response:
        view = await quotas.projects.create(tx, actor, **dict(body))
        return _project(request, view, status=201)

    return await once(tx, effect)


@projects.get(
    "/{project_id}",
    operation_id="projects_get",
    response_model=One[ProjectRead],
    **declares(_READ, cache="private", problems=(_NO_PROJECT,)),
)
async def get_project(
    request: Request, project_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One project."""
    return _project(request, await quotas.projects.get(reads, actor, project_id))


@projects.patch(
    "/{project_id}",
    operation_id="projects_update",
    response_model=One[ProjectRead],
    **declares(_MANAGE, rate="write", problems=(_NO_PROJECT, *_TAKEN)),
)
async def update_project(
    request: Request,
    project_id: UUID,
    body: ProjectUpdate,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Change a project; one that is not active is not offered any more."""
    view = await quotas.projects.change(
        tx,
        actor,
        project_id,
        changes=body.model_dump(exclude_unset=True),
        expected_version=version,
    )
    return _project(request, view)
