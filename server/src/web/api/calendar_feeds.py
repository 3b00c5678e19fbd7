"""Calendars elsewhere: one's own addresses of them, and what stands at an address."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from src.core import language
from src.core.actor import Permission
from src.domain import bookings
from src.domain.bookings import feeds
from src.domain.bookings.feeds import BadFeed, FeedNotFound, FeedView, NewFeed, TooManyFeeds
from src.models.common import Many, One
from src.models.feeds import FeedCreate, FeedCreated, FeedRead, FeedUpdate
from src.web import etags, replies
from src.web.dependencies import (
    PUBLIC,
    SIGNED_IN,
    CurrentActor,
    IfMatchRequired,
    Reads,
    Tx,
    declares,
)

router = APIRouter(prefix="/api/v1/me/calendar-feeds", tags=["me"])
served = APIRouter(tags=["calendar"])
ICS = f"{feeds.MEDIA_TYPE}; charset=utf-8"
SPECIFICATION: dict[str, Any] = {
    "response_class": Response,
    "responses": {
        200: {
            "description": "A calendar (RFC 5545)",
            "content": {feeds.MEDIA_TYPE: {"schema": {"type": "string"}}},
        }
    },
}
_FOUND = (FeedNotFound,)


def _reply(request: Request, view: FeedView) -> Response:
    return replies.one(request, FeedRead.of(view), version=view.version, changed_at=view.updated_at)


def _handed_over(request: Request, made: NewFeed) -> Response:
    """The only answer that holds the secret: no idempotency keeps it, no cache, no browser."""
    return replies.one(
        request,
        FeedCreated.of_new(made, request.app.state.settings.base_url),
        changed_at=made.view.updated_at,
        status=201,
        location=f"{router.prefix}/{made.view.id}",
    )


@router.get(
    "",
    operation_id="calendar_feeds_list",
    response_model=Many[FeedRead],
    **declares(SIGNED_IN),
)
async def list_feeds(actor: CurrentActor, reads: Reads) -> Response:
    """Your addresses, the newest first; those that were revoked within a month too."""
    return replies.whole([FeedRead.of(view) for view in await feeds.list_(reads, actor)])


@router.post(
    "",
    operation_id="calendar_feeds_create",
    status_code=201,
    response_model=One[FeedCreated],
    **declares(SIGNED_IN, rate="write", problems=(BadFeed, TooManyFeeds)),
)
async def create_feed(request: Request, body: FeedCreate, actor: CurrentActor, tx: Tx) -> Response:
    """Make an address of a calendar. `address` is shown in this answer and never again.

    The answer is not kept for an Idempotency-Key: repeated, the request makes another address.
    """
    return _handed_over(request, await feeds.create(tx, actor, wish=body.wish()))


@router.get(
    "/{feed_id}",
    operation_id="calendar_feeds_get",
    response_model=One[FeedRead],
    **declares(SIGNED_IN, cache="private", problems=_FOUND),
)
async def get_feed(request: Request, feed_id: UUID, actor: CurrentActor, reads: Reads) -> Response:
    """One of your addresses."""
    return _reply(request, await feeds.get(reads, actor, feed_id))


@router.patch(
    "/{feed_id}",
    operation_id="calendar_feeds_update",
    response_model=One[FeedRead],
    **declares(SIGNED_IN, rate="write", problems=(*_FOUND, BadFeed)),
)
async def update_feed(
    request: Request,
    feed_id: UUID,
    body: FeedUpdate,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Call it otherwise; programs show the name when they read it the next time."""
    view = await feeds.rename(tx, actor, feed_id, name=body.name, expected_version=version)
    return _reply(request, view)


@router.post(
    "/{feed_id}/renew",
    operation_id="calendar_feeds_renew",
    status_code=201,
    response_model=One[FeedCreated],
    **declares(SIGNED_IN, rate="write", problems=_FOUND),
)
async def renew_feed(request: Request, feed_id: UUID, actor: CurrentActor, tx: Tx) -> Response:
    """Replace the address by another one; the one before is 404 from now on."""
    return _handed_over(request, await feeds.renew(tx, actor, feed_id))


@router.delete(
    "/{feed_id}",
    operation_id="calendar_feeds_revoke",
    status_code=204,
    **declares(SIGNED_IN, rate="write", problems=_FOUND),
)
async def revoke_feed(feed_id: UUID, actor: CurrentActor, tx: Tx) -> Response:
    """End an address at once: it is 404 from now on."""
    await feeds.revoke(tx, actor, feed_id)
    return replies.nothing()


@served.get(
    "/calendar/{token}.ics",
    operation_id="calendar_feeds_read",
    **SPECIFICATION,
    **declares(PUBLIC, cache="private", problems=_FOUND),
)
async def read_feed(
    request: Request,
    token: Annotated[str, Path(max_length=200, description="The secret of the address.")],
    reads: Reads,
) -> Response:
    """The calendar at an address, from 90 days back to 400 ahead, as its maker may see it.

    With `If-None-Match` it is 304 as long as nothing has changed.
    """
    opened = await feeds.open_(reads, token, base_url=request.app.state.settings.base_url)
    etag = etags.weak(*await feeds.version(reads, opened))
    if etags.matches(request, etag):
        return Response(status_code=304, headers={"ETag": etag})
    with language.reading_as(opened.locale, "UTC"):
        content = await feeds.text(reads, opened)
    return Response(content, headers={"ETag": etag}, media_type=ICS)


@served.get(
    "/api/v1/bookings/{booking_id}/calendar.ics",
    operation_id="bookings_calendar_file",
    **SPECIFICATION,
    **declares(Permission.BOOKINGS_READ, problems=(bookings.BookingNotFound,)),
)
async def get_booking_file(
    request: Request, booking_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """A booking you may read as a calendar file, with the UID it has in every calendar."""
    base_url = request.app.state.settings.base_url
    content = await feeds.file(reads, actor, booking_id, base_url=base_url)
    headers = {"Content-Disposition": 'attachment; filename="booking.ics"'}
    return Response(content, headers=headers, media_type=ICS)
