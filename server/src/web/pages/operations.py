"""Operations: how far work is that somebody waits for, its result, and a way to stop it."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from src.core import exports, operations
from src.core.language import mark
from src.core.seals import FaultKind
from src.web.dependencies import SIGNED_IN, Reads, Tx
from src.web.forms import see_other
from src.web.pages.frame import CurrentPage, shows, takes

router = APIRouter(include_in_schema=False)
REFRESH = 2  # seconds, where there are no scripts
KINDS = {
    "events.verify": mark("Verifying the record"),
    "events.export": mark("Exporting the record"),
    "accounts.export-own": mark("Collecting your data"),
}
FAULTS = {
    FaultKind.EDITED: mark("The event was edited"),
    FaultKind.REMOVED: mark("The event is gone"),
    FaultKind.INSERTED: mark("The event was inserted after the fact"),
    FaultKind.SEAL_EDITED: mark("The seal was edited"),
    FaultKind.SEAL_REMOVED: mark("Seals are missing"),
    FaultKind.DETAIL_EDITED: mark("The personal part was edited"),
    FaultKind.DETAIL_INSERTED: mark("The personal part was inserted after the fact"),
    FaultKind.ARCHIVE_MISSING: mark("The archive is gone"),
    FaultKind.ARCHIVE_EDITED: mark("The archive was edited"),
}


@router.get("/operations/{operation_id}", **shows(SIGNED_IN))
async def show_operation(page: CurrentPage, reads: Reads, operation_id: UUID) -> Response:
    """Progress, then the result; the page keeps itself up to date until it has ended."""
    operation = await operations.get(reads, page.actor, operation_id)
    return page.show(
        "operations/show.html",
        operation=operation,
        title_text=KINDS.get(operation.kind) or operation.kind,
        is_open=operation.state in operations.OPEN,
        refresh=REFRESH,
        faults=FAULTS,
        file=exports.offered(operation, page.actor),
    )


@router.post("/operations/{operation_id}/cancel", **takes(SIGNED_IN))
async def cancel_operation(page: CurrentPage, session: Tx, operation_id: UUID) -> Response:
    """Stop it at its next step."""
    await operations.cancel(session, page.actor, operation_id)
    return see_other(f"/operations/{operation_id}")
