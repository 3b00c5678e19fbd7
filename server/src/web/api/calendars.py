"""Calendars: who has what, over a range; read again without touching rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from src.core import clock
from src.core.actor import Actor, Permission
from src.core.db import ReadSession
from src.core.errors import FieldError, Invalid
from src.domain import bookings, resources
from src.models.bookings import Calendar
from src.models.common import One
from src.web import etags, replies
from src.web.dependencies import CurrentActor, Reads, declares
from src.web.queries import End, Start

router = APIRouter(prefix="/api/v1", tags=["calendar"])
LONGEST = timedelta(days=92)
Resources = Annotated[
    list[UUID],
    Query(alias="resource_id", max_length=100, description="Without it, all you may see."),
]


@router.get(
    "/calendar",
    operation_id="calendar_get",
    response_model=One[Calendar],
    **declares(
        Permission.BOOKINGS_READ,
        cache="private",
        problems=(Invalid, resources.ResourceNotFound),
    ),
)
async def get_calendar(
    request: Request,
    actor: CurrentActor,
    reads: Reads,
    from_: Start,
    to: End,
    resource_id: Resources = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Many resources over a range of up to 92 days, with their open hours."""
    return await _calendar(request, actor, reads, resource_id or None, from_, to)


@router.get(
    "/resources/{resource_id}/calendar",
    operation_id="resources_calendar",
    response_model=One[Calendar],
    **declares(
        Permission.BOOKINGS_READ,
        cache="private",
        problems=(Invalid, resources.ResourceNotFound),
    ),
)
async def get_resource_calendar(
    request: Request,
    resource_id: UUID,
    actor: CurrentActor,
    reads: Reads,
    from_: Start,
    to: End,
) -> Response:
    """One resource over a range of up to 92 days."""
    return await _calendar(request, actor, reads, [resource_id], from_, to)


async def _calendar(
    request: Request,
    actor: Actor,
    reads: ReadSession,
    resource_ids: list[UUID] | None,
    from_: datetime,
    to: datetime,
) -> Response:
    _require_range(from_, to)
    # One row is read as cheaply as its version alone; many are not.
    is_many = resource_ids is None or len(resource_ids) > 1
    if is_many and "if-none-match" in request.headers:
        versions = await resources.calendar_versions(reads, actor, resource_ids)
        etag = _etag(actor, versions, from_, to)
        if etags.matches(request, etag):
            return _unchanged(etag)
    rows = await bookings.calendar_rows(reads, actor, resource_ids=resource_ids, from_=from_, to=to)
    etag = _etag(actor, rows.versions, from_, to)
    if etags.matches(request, etag):
        return _unchanged(etag)
    found = await bookings.calendar_of(reads, actor, rows)
    response = replies.one(request, Calendar.of(found))
    response.headers["ETag"] = etag
    return response


def _unchanged(etag: str) -> Response:
    return Response(status_code=304, headers={"ETag": etag})


def _etag(actor: Actor, versions: Mapping[UUID, int], from_: datetime, to: datetime) -> str:
    """What the answer depends on: calendars, reader, range, and the minute.

    The minute, because requests lapse and check-in opens without anything being written.
    """
    held = sorted(
        f"{permission}{sorted(map(str, scopes))}" for permission, scopes in actor.granted.items()
    )
    minute = clock.now().replace(second=0, microsecond=0)
    return etags.weak(
        actor.user_id, *held, from_.timestamp(), to.timestamp(), minute, *sorted(versions.items())
    )


def _require_range(from_: datetime, to: datetime) -> None:
    if not from_ < to <= from_ + LONGEST:
        detail = f"`to` must lie after `from`, at most {LONGEST.days} days."
        raise Invalid(detail, errors=(FieldError(("to",), "bad-range", detail),))
