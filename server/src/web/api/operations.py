"""Operations: work somebody waits for."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from src.core import exports, operations
from src.core.db import reading
from src.core.operations import Operation, OperationEnded, OperationNotFound, OperationState
from src.core.storage import ObjectMissing, StorageUnavailable
from src.models.common import Many, One
from src.models.jobs import OperationRead
from src.web import downloads, replies
from src.web.dependencies import SIGNED_IN, CurrentActor, Paging, Reads, Tx, declares

router = APIRouter(prefix="/api/v1/operations", tags=["operations"])
States = Annotated[list[OperationState], Query(alias="state", max_length=len(OperationState))]


def shown(request: Request, operation: Operation, *, status: int = 200) -> Response:
    """An operation; with 202 its address is in Location."""
    return replies.one(
        request,
        OperationRead.model_validate(operation),
        version=operation.done,
        changed_at=operation.updated_at,
        status=status,
        location=f"{router.prefix}/{operation.id}" if status == 202 else None,
    )


@router.get(
    "",
    operation_id="operations_list",
    response_model=Many[OperationRead],
    **declares(SIGNED_IN, programs=True),
)
async def list_operations(
    actor: CurrentActor,
    reads: Reads,
    paging: Paging,
    state: States = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Your own, the newest first; everybody's with `jobs:read`."""
    page = await operations.list_(reads, actor, states=state, paging=paging)
    return replies.many([OperationRead.model_validate(one) for one in page.items], page)


@router.get(
    "/{operation_id}",
    operation_id="operations_get",
    response_model=One[OperationRead],
    **declares(SIGNED_IN, cache="private", programs=True, problems=(OperationNotFound,)),
)
async def get_operation(
    request: Request, operation_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """How far it is. Your own, or anybody's with `jobs:read`."""
    return shown(request, await operations.get(reads, actor, operation_id))


@router.get(
    "/{operation_id}/file",
    operation_id="operations_file",
    **downloads.SPECIFICATION,
    **declares(
        SIGNED_IN,
        problems=(OperationNotFound, exports.ExportGone, ObjectMissing, StorageUnavailable),
    ),
)
async def download_file(request: Request, operation_id: UUID, actor: CurrentActor) -> Response:
    """The file an operation of yours made, for a week."""
    state = request.app.state
    async with reading(state.database) as reads:
        file = await exports.get(reads, actor, operation_id)
    opened = await state.storage.open(file.key)
    return downloads.attachment(
        opened.chunks, name=file.name, content_type=file.content_type, size=opened.size
    )


@router.post(
    "/{operation_id}/cancel",
    operation_id="operations_cancel",
    response_model=One[OperationRead],
    **declares(SIGNED_IN, rate="write", problems=(OperationNotFound, OperationEnded)),
)
async def cancel_operation(
    request: Request, operation_id: UUID, actor: CurrentActor, tx: Tx
) -> Response:
    """Stop it: at once while it waits, else at its next step."""
    return shown(request, await operations.cancel(tx, actor, operation_id))
