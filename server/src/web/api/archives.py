"""Archived months of the record. Bytes move here, so some routes take neither `Tx` nor `Reads`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from src.core import audit_archives
from src.core.actor import Permission
from src.core.db import reading
from src.core.paging import Page
from src.core.storage import ObjectMissing, StorageUnavailable
from src.models.common import Many, One
from src.models.events import ArchiveRead, EventRead
from src.web import downloads, replies
from src.web.api.events import Narrowed, event_reads
from src.web.dependencies import CurrentActor, Reads, declares

router = APIRouter(prefix="/api/v1/events/archives", tags=["events"])
_READING = (
    audit_archives.ArchiveNotFound,
    audit_archives.ArchiveUnreadable,
    ObjectMissing,
    StorageUnavailable,
)
After = Annotated[
    str | None,
    Query(alias="cursor", pattern=r"^[0-9]{1,18}$", description="`next` of the page before."),
]
Limit = Annotated[int, Query(ge=1, le=audit_archives.SHOWN, description="How many at most.")]


@router.get(
    "",
    operation_id="events_archives_list",
    response_model=Many[ArchiveRead],
    **declares(Permission.EVENTS_READ),
)
async def list_archives(actor: CurrentActor, reads: Reads) -> Response:
    """The months that left the database, the newest first."""
    found = await audit_archives.list_(reads, actor)
    return replies.whole([ArchiveRead.model_validate(each) for each in found])


@router.get(
    "/{archive_id}",
    operation_id="events_archives_get",
    response_model=One[ArchiveRead],
    **declares(Permission.EVENTS_READ, problems=(audit_archives.ArchiveNotFound,)),
)
async def get_archive(
    request: Request, archive_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One archived month: its stretch of the chain, and what is stored."""
    found = await audit_archives.get(reads, actor, archive_id)
    shown = ArchiveRead.model_validate(found)
    return replies.one(request, shown, changed_at=found.created_at)


@router.get(
    "/{archive_id}/events",
    operation_id="events_archives_events",
    response_model=Many[EventRead],
    **declares(Permission.EVENTS_READ, problems=_READING),
)
async def list_archived_events(
    *,
    request: Request,
    archive_id: UUID,
    actor: CurrentActor,
    wanted: Narrowed,
    limit: Limit = audit_archives.SHOWN,
    after: After = None,
) -> Response:
    """What happened in an archived month, in commit order. Nothing personal is archived."""
    state = request.app.state
    found = await audit_archives.read(
        state.database, state.storage, actor, archive_id,
        wanted=wanted, after=int(after or 0), limit=limit,
    )  # fmt: skip
    async with reading(state.database) as reads:
        items = await event_reads(reads, found.items)
    onward = str(found.after) if found.after is not None else None
    return replies.many(items, Page(items, limit, onward))


@router.get(
    "/{archive_id}/content",
    operation_id="events_archives_content",
    **downloads.SPECIFICATION,
    **declares(Permission.EVENTS_READ, rate="export", problems=_READING),
)
async def download_archive(request: Request, archive_id: UUID, actor: CurrentActor) -> Response:
    """The stored bytes: gzip of JSON Lines, between the first and the last link of the chain."""
    state = request.app.state
    archive, opened = await audit_archives.download(
        state.database, state.storage, actor, archive_id
    )
    name = f"record-{archive.month}.jsonl.gz"
    return downloads.attachment(
        opened.chunks, name=name, content_type="application/gzip", size=opened.size
    )
