"""Composition root of the server: settings -> database, storage, hints, routers, handlers.

`uvicorn --factory src.app:create_app` serves it. In production only `src.tasks.queue` is imported
of the worker; all of it when the worker runs inside this process.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from types import FrameType
from typing import Any

import structlog
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from src import redis_client
from src.core import cache, live, logs, outbox
from src.core.db import Database, create_database
from src.core.live import Hub
from src.core.settings import Settings, get_settings
from src.core.storage import create_storage
from src.domain import accounts, bookings
from src.web import (
    admin,
    alarms,
    assets,
    greeting,
    incidents,
    languages,
    limiting,
    openapi,
    problems,
    security,
    streaming,
)
from src.web.api import ROUTERS as API
from src.web.compression import Compression
from src.web.credentials import SignedBodies
from src.web.middleware import Gatekeeper, Heads, Requests
from src.web.pages import ROUTERS as PAGES
from src.web.pages import problem_page
from src.web.proxies import Https, Proxies

# Of requests and answers across origins, beside what browsers allow by themselves.
ALLOWED = [
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "X-Request-Id",
]
EXPOSED = ["ETag", "Location", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id"]
FLUSH_EVERY = 60  # seconds between writes of last-seen times

log = structlog.get_logger(__name__)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the application; its lifespan opens and closes what it owns."""
    owns_process = settings is None
    if settings is None:
        settings = get_settings()
        logs.configure(settings)
    app = FastAPI(
        title="Aliquot",
        lifespan=_lifespan,
        middleware=_middleware(settings),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        swagger_ui_oauth2_redirect_url=None,
        redirect_slashes=False,
    )
    app.state.settings = settings
    app.state.alarms = alarms.Alarms()
    app.state.incidents = incidents.Incidents()
    app.state.limiter = limiting.create_limiter(settings)
    app.state.knows_device = security.knows_device
    app.state.checks = {}
    app.state.streams = streaming.Streams()
    app.state.problem_page = problem_page
    problems.install(app)
    languages.install(app)
    assets.install(app, settings)
    for router in (*API, *PAGES):
        app.include_router(router)
    openapi.install(app)
    admin.install(app, settings)
    if owns_process:
        # What is built stays until the end: to look through it there would cost Ctrl-C two seconds.
        gc.freeze()
    return app


def _middleware(settings: Settings) -> list[Middleware]:
    made = [
        Middleware(Proxies, trusted=settings.trusted_proxies),
        Middleware(languages.Languages, settings=settings),
        Middleware(Requests, settings=settings),
        Middleware(Https, settings=settings),
        Middleware(Heads),
        Middleware(Compression),
    ]
    if settings.cors_origins:
        made.append(
            Middleware(
                CORSMiddleware,
                allow_origins=list(settings.cors_origins),
                allow_credentials=settings.cors_credentials,
                allow_methods=["GET", "POST", "PATCH", "PUT", "DELETE"],
                allow_headers=ALLOWED,
                expose_headers=EXPOSED,
            )
        )
    return [*made, Middleware(Gatekeeper, settings=settings), Middleware(SignedBodies)]


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    accounts.configure(settings)
    async with AsyncExitStack() as stack:
        database = create_database(settings.database, pool_size=settings.database_pool_size)
        stack.push_async_callback(database.dispose)
        app.state.database = database
        app.state.storage = create_storage(settings.storage_url, data_dir=settings.data_dir)
        app.state.checks["storage"] = _quietly(app.state.storage.probe)
        await _start_work(app, settings, database, stack)
        await greeting.greet(settings, database)
        if app.state.limiter is not None:
            stack.push_async_callback(app.state.limiter.close)
        stack.push_async_callback(accounts.flush_last_seen, database)
        stack.push_async_callback(accounts.key_use.flush_used, database)
        stack.push_async_callback(bookings.feeds.use.flush, database)
        flushing = asyncio.create_task(_flush_forever(database))
        stack.push_async_callback(_ended, flushing)
        yield


async def _start_work(
    app: FastAPI, settings: Settings, database: Database, stack: AsyncExitStack
) -> None:
    """Send hints to the workers, or be the worker."""
    app.state.cache, client = redis_client.create_cache(settings)
    database.listeners[cache.CHANNEL] = app.state.cache.listen
    if client is not None:
        stack.push_async_callback(client.aclose)
        app.state.checks["broker"] = _quietly(client.ping)
    else:
        app.state.checks["broker"] = _in_memory
    hub = app.state.live = redis_client.create_hub(settings)
    database.listeners[live.CHANNEL] = hub.listen
    stack.push_async_callback(hub.close)
    stack.enter_context(_ending_with_a_signal(hub))
    await hub.start()
    if settings.is_embedded:
        from src.tasks import embedded  # noqa: PLC0415 - never loaded in production

        heard = {cache.CHANNEL: app.state.cache.listen, live.CHANNEL: hub.listen}
        worker = await asyncio.to_thread(embedded.start, settings, listeners=heard)
        stack.push_async_callback(asyncio.to_thread, worker.stop, settings.worker_grace)
        app.state.worker = worker
    from src.tasks import queue  # noqa: PLC0415 - after the worker chose its broker

    sender = queue.sender(settings)
    database.listeners[outbox.CHANNEL] = sender
    if isinstance(sender, queue.Sender):
        stack.push_async_callback(asyncio.to_thread, sender.close)


@contextmanager
def _ending_with_a_signal(hub: Hub) -> Iterator[None]:
    """Let streams end when the process is asked to: the server waits for them before it tells us.

    What the server does at a signal, it does as before.
    """
    wrapped: dict[signal.Signals, Callable[[int, FrameType | None], Any]] = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            theirs = signal.getsignal(number)
            if callable(theirs):
                wrapped[number] = theirs

    def heard(number: int, frame: FrameType | None) -> None:
        hub.end()
        wrapped[signal.Signals(number)](number, frame)

    for number in wrapped:
        signal.signal(number, heard)
    try:
        yield
    finally:
        for number, theirs in wrapped.items():
            signal.signal(number, theirs)


def _quietly(check: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[None]]:
    async def checked() -> None:
        await check()

    return checked


async def _in_memory() -> str:
    return "in memory"


async def _flush_forever(database: Database) -> None:
    while True:
        await asyncio.sleep(FLUSH_EVERY)
        try:
            await accounts.flush_last_seen(database)
            await accounts.key_use.flush_used(database)
            await bookings.feeds.use.flush(database)
        except Exception:
            log.exception("the times of last use were not written")


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
