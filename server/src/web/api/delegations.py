"""Standing in: who decides in whose place."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from src.domain import approvals
from src.domain.approvals import delegations
from src.models.approvals import DelegationCreate, DelegationRead
from src.models.common import Many, One
from src.web import replies
from src.web.dependencies import (
    SIGNED_IN,
    CurrentActor,
    IfMatch,
    Paging,
    Reads,
    Tx,
    declares,
)
from src.web.idempotency import OnlyOnce

router = APIRouter(prefix="/api/v1/delegations", tags=["approvals"])
_NOT_FOUND = approvals.DelegationNotFound


def _reply(request: Request, view: delegations.DelegationView, *, status: int = 200) -> Response:
    return replies.one(
        request,
        DelegationRead.of(view),
        version=view.version,
        changed_at=view.updated_at,
        status=status,
        location=f"{router.prefix}/{view.id}" if status == 201 else None,
    )


@router.get(
    "",
    operation_id="delegations_list",
    response_model=Many[DelegationRead],
    **declares(SIGNED_IN),
)
async def list_delegations(actor: CurrentActor, reads: Reads, paging: Paging) -> Response:
    """Those of your own and those to you, the newest first."""
    page = await delegations.list_(reads, actor, paging=paging)
    return replies.many([DelegationRead.of(view) for view in page.items], page)


@router.post(
    "",
    operation_id="delegations_create",
    status_code=201,
    response_model=One[DelegationRead],
    **declares(SIGNED_IN, rate="write", problems=(approvals.BadDelegation,)),
)
async def create_delegation(
    request: Request, body: DelegationCreate, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Let somebody decide in your place for a time; they are told."""

    async def effect() -> Response:
        made = await delegations.create(tx, actor, wish=body.wish())
        return _reply(request, made, status=201)

    return await once(tx, effect)


@router.get(
    "/{delegation_id}",
    operation_id="delegations_get",
    response_model=One[DelegationRead],
    **declares(SIGNED_IN, cache="private", problems=(_NOT_FOUND,)),
)
async def get_delegation(
    request: Request, delegation_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One of them."""
    return _reply(request, await delegations.get(reads, actor, delegation_id))


@router.post(
    "/{delegation_id}/revoke",
    operation_id="delegations_revoke",
    response_model=One[DelegationRead],
    **declares(SIGNED_IN, rate="write", problems=(_NOT_FOUND,)),
)
async def revoke_delegation(
    request: Request, delegation_id: UUID, actor: CurrentActor, version: IfMatch, tx: Tx
) -> Response:
    """End it now; whoever gave it may, and whoever has it."""
    view = await delegations.revoke(tx, actor, delegation_id, expected_version=version)
    return _reply(request, view)
