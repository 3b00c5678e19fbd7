"""Live updates as server-sent events: what of the notices a reader may see, for as long as he may.

A stream holds no connection to the database: it opens a short transaction to count what is unread,
and once a minute to see whether its log-in still counts.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

import orjson
import structlog
from fastapi import Request
from fastapi.sse import format_sse_event
from prometheus_client import Gauge
from sqlalchemy.exc import DBAPIError
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from src.core import operations
from src.core.actor import Actor, Permission
from src.core.crypto import BadToken
from src.core.db import reading
from src.core.errors import Limited, Unavailable
from src.core.language import gettext as _
from src.core.live import Hub, Kind, News, Notice
from src.domain import notifications, resources
from src.domain import operations as teamwork
from src.web import security

COALESCE = 0.1  # seconds that what happens together may take
HEARTBEAT = 15.0
CHECK = 60.0  # seconds between looks at the log-in
RETRY = (1000, 3000)  # milliseconds: those who lost the same server do not come back at once
PER_PERSON = 12  # browsers and programs at a time, in one server process
WAIT = 30

log = structlog.get_logger(__name__)

_open = Gauge("aliquot_live_streams", "Streams of live updates that are open.")

Event = tuple[str, dict[str, Any]]


class TooManyStreams(Limited):
    """You have as many streams of live updates open as one may have. Close another one first."""

    code, title = "too-many-streams", "Too many streams are open"


class Streams:
    """Who has how many streams open in this process."""

    def __init__(self) -> None:
        self._by_person: Counter[UUID | None] = Counter()

    def enter(self, person: UUID | None) -> None:
        """Count one more. Raises `TooManyStreams`."""
        if self._by_person[person] >= PER_PERSON:
            raise TooManyStreams(
                _("Close Aliquot in another browser, or wait until it notices."), retry_after=WAIT
            )
        self._by_person[person] += 1
        _open.inc()

    def leave(self, person: UUID | None) -> None:
        """Count one less."""
        self._by_person[person] -= 1
        if not self._by_person[person]:
            del self._by_person[person]
        _open.dec()


class Stream(StreamingResponse):
    """One open stream. Made by `open_`, which counted it; it counts itself out."""

    media_type = "text/event-stream"

    def __init__(self, request: Request, actor: Actor, after: str | None) -> None:
        headers = {"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"}
        super().__init__(self._blocks(), headers=headers)
        self._request = request
        self._actor = actor
        self._after = after
        request.state.is_stream = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the reader goes, the log-in ends or the process does."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._request.app.state.streams.leave(self._actor.user_id)

    async def _blocks(self) -> AsyncIterator[bytes]:
        if getattr(self._request.state, "is_head", False):
            return
        hub: Hub = self._request.app.state.live
        with hub.reading(self._after) as reader:
            yield format_sse_event(retry=random.randint(*RETRY))  # noqa: S311 - no secret
            sent, checked = float("-inf"), time.monotonic()
            while not reader.is_over:
                try:
                    if time.monotonic() - checked > CHECK:
                        checked = time.monotonic()
                        if not await self._is_still_known():
                            return
                    news = reader.take()
                    events = await self._shown(news)
                except Unavailable:
                    return  # the reader comes back to where it was
                except (DBAPIError, OSError) as error:  # what `reading` knows no name for
                    log.warning("a stream ended: the database failed", error=str(error))
                    return
                if events or time.monotonic() - sent >= HEARTBEAT:
                    yield _spelled(events, news.position)
                    sent = time.monotonic()
                if await reader.changed(sent + HEARTBEAT - time.monotonic()):
                    await asyncio.sleep(COALESCE)

    async def _is_still_known(self) -> bool:
        # A page that merely stays open is no use of the log-in.
        self._request.state.is_watching = True
        try:
            actor = await security.identify(self._request)
        except BadToken:
            return False
        if actor.user_id != self._actor.user_id:
            return False
        self._actor = actor  # with what they may see by now
        return True

    async def _shown(self, news: News) -> list[Event]:
        """The notices the actor may see, those of one kind in one event."""
        events: list[Event] = [("reset", {})] if news.is_reset else []
        calendars = [str(notice.id) for notice in news.notices if self._sees_calendar(notice)]
        if calendars:
            events.append(("calendar", {"resource_ids": calendars}))
        if news.is_reset or any(self._owns_notifications(notice) for notice in news.notices):
            events += await self._unread()
        if any(self._reads_update(notice) for notice in news.notices):
            events.append(("updates", {}))
        events += [
            ("operation", {"id": str(notice.id)})
            for notice in news.notices
            if notice.kind is Kind.OPERATION and operations.may_see(self._actor, notice.user_id)
        ]
        return events

    def _sees_calendar(self, notice: Notice) -> bool:
        return (
            notice.kind is Kind.CALENDAR
            and notice.id is not None
            and resources.access.may_see(self._actor, notice.id)
        )

    def _reads_update(self, notice: Notice) -> bool:
        return notice.kind is Kind.UPDATES and teamwork.policy.may_read(self._actor, notice.id)

    def _owns_notifications(self, notice: Notice) -> bool:
        return notice.kind is Kind.NOTIFICATIONS and notice.user_id == self._actor.user_id

    async def _unread(self) -> list[Event]:
        if self._actor.user_id is None or not self._actor.may(Permission.NOTIFICATIONS_READ):
            return []
        # Not from the cache, which hears of the same commit at the same time.
        async with reading(self._request.app.state.database) as reads:
            unread = await notifications.unread_count(reads, self._actor)
        return [("notifications", {"unread": unread})]


def _spelled(events: Sequence[Event], position: str) -> bytes:
    """A batch: its place stands in the last block, so that half of one is sent again."""
    if not events:
        return format_sse_event(comment="still here", id=position)
    *first, (name, data) = events
    blocks = [format_sse_event(event=kind, data_str=_json(said)) for kind, said in first]
    blocks.append(format_sse_event(event=name, data_str=_json(data), id=position))
    return b"".join(blocks)


def _json(data: dict[str, Any]) -> str:
    return orjson.dumps(data).decode()


def open_(request: Request, actor: Actor, *, after: str | None) -> Stream:
    """A stream from the place `after` on. Raises `TooManyStreams`."""
    streams: Streams = request.app.state.streams
    streams.enter(actor.user_id)
    return Stream(request, actor, after)
