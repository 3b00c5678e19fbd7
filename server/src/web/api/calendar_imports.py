"""A calendar as bookings: what would come of it, and doing it."""

from __future__ import annotations

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from src.core.actor import Permission
from src.core.db import reading, transaction
from src.domain import bookings, resources
from src.domain.bookings import feeds
from src.domain.bookings.feeds import bringing
from src.models.calendar_imports import CalendarImportRead
from src.models.common import One
from src.web import replies
from src.web.dependencies import CurrentActor, declares

router = APIRouter(prefix="/api/v1", tags=["bookings"])
_EXAMPLE = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Example//EN
BEGIN:VEVENT
UID:1@example.org
DTSTAMP:20261101T090000Z
DTSTART:20261123T090000Z
DTEND:20261123T100000Z
SUMMARY:Slides
END:VEVENT
END:VCALENDAR
"""
_import = declares(
    Permission.BOOKINGS_CREATE,
    rate="write",
    problems=(
        feeds.CalendarUnreadable,
        feeds.ImportOverlaps,
        feeds.ImportRefused,
        bookings.BookingRefused,
        bookings.BookingOverlaps,
        resources.ResourceNotFound,
    ),
)
_import["openapi_extra"]["requestBody"] = {
    "required": True,
    "content": {feeds.MEDIA_TYPE: {"schema": {"type": "string"}, "example": _EXAMPLE}},
}


@router.post(
    "/bookings:import",
    operation_id="bookings_import",
    response_model=One[CalendarImportRead],
    **_import,
)
async def import_calendar(
    request: Request,
    actor: CurrentActor,
    resource_id: Annotated[
        UUID | None,
        Query(description="For every event; without it, the one whose name is its LOCATION."),
    ] = None,
    dry_run: Annotated[bool, Query(description="Only say what would come of it.")] = False,  # noqa: FBT002 - a query parameter
    only_good: Annotated[  # noqa: FBT002 - a query parameter
        bool, Query(description="Leave out the events that cannot be booked.")
    ] = False,
    key: Annotated[
        list[str], Query(max_length=bringing.MOST, description="These alone; without it, all.")
    ] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Book the events of a calendar (RFC 5545): confirmed, or requested where that is needed.

    What repeats is told and booked time by time, up to 200 in all. All of them or none, unless
    `only_good`. Times without a zone are on the resource's wall.
    """
    events = await asyncio.to_thread(bringing.read, await request.body())
    database = request.app.state.database
    if dry_run:
        async with reading(database) as reads:
            plan = await bringing.preview(reads, actor, events, resource_id=resource_id)
        return replies.one(request, CalendarImportRead.of(plan))
    async with transaction(database) as tx:
        done = await bringing.take(
            tx, actor, events, resource_id=resource_id, only=key or None, only_good=only_good
        )
    return replies.one(request, CalendarImportRead.of(done.plan, done))
