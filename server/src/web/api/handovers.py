"""Shift hand-overs: given, read, taken over."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from src.core.actor import Permission
from src.domain.operations import handovers
from src.domain.operations.handovers import HandoverView, Which
from src.models.common import Many, One
from src.models.summaries import (
    HandoverAcknowledge,
    HandoverCreate,
    HandoverListed,
    HandoverRead,
)
from src.web import replies
from src.web.dependencies import CurrentActor, IfMatch, Paging, Reads, Tx, declares
from src.web.idempotency import OnlyOnce

router = APIRouter(prefix="/api/v1/handovers", tags=["handovers"])
_READ, _POST = Permission.OPERATIONS_READ, Permission.OPERATIONS_POST
_NONE = handovers.HandoverNotFound
Teams = Annotated[list[UUID], Query(alias="team_id", max_length=100)]
Those = Annotated[
    Which, Query(description="`open`: nobody has taken them; `mine`: they wait for you.")
]


def _reply(request: Request, view: HandoverView, *, status: int = 200) -> Response:
    return replies.one(
        request,
        HandoverRead.of(view),
        version=view.version,
        changed_at=view.updated_at,
        status=status,
        location=f"{router.prefix}/{view.id}" if status == 201 else None,
    )


@router.get(
    "", operation_id="handovers_list", response_model=Many[HandoverListed], **declares(_READ)
)
async def list_handovers(
    actor: CurrentActor,
    reads: Reads,
    paging: Paging,
    which: Those = Which.ALL,
    team_id: Teams = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Those you may read, the newest first."""
    page = await handovers.list_(reads, actor, which=which, team_ids=team_id, paging=paging)
    return replies.many([HandoverListed.model_validate(one) for one in page.items], page)


@router.post(
    "",
    operation_id="handovers_create",
    status_code=201,
    response_model=One[HandoverRead],
    **declares(_POST, rate="write", problems=(handovers.BadHandover,)),
)
async def give_handover(
    request: Request, body: HandoverCreate, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Hand the shift over: what is open now goes along by itself."""

    async def effect() -> Response:
        view = await handovers.give(
            tx, actor, team_id=body.team_id, to_id=body.to_id, watch=body.watch
        )
        return _reply(request, view, status=201)

    return await once(tx, effect)


@router.get(
    "/{handover_id}",
    operation_id="handovers_get",
    response_model=One[HandoverRead],
    **declares(_READ, cache="private", problems=(_NONE,)),
)
async def get_handover(
    request: Request, handover_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One hand-over, with what was open as far as you may see it."""
    return _reply(request, await handovers.get(reads, actor, handover_id))


@router.post(
    "/{handover_id}/acknowledge",
    operation_id="handovers_acknowledge",
    response_model=One[HandoverRead],
    **declares(
        _POST,
        rate="write",
        problems=(_NONE, handovers.HandoverTaken, handovers.BadHandover),
    ),
)
async def acknowledge_handover(
    request: Request,
    handover_id: UUID,
    body: HandoverAcknowledge,
    actor: CurrentActor,
    version: IfMatch,
    tx: Tx,
) -> Response:
    """Take it over: the one it was given to, else anybody of the team but who gave it."""
    view = await handovers.acknowledge(
        tx, actor, handover_id, remark=body.remark, expected_version=version
    )
    return _reply(request, view)
