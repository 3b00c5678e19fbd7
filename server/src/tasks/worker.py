"""A worker: consumers for its classes of work, the loop they share, the sweep and the scheduler.

The same inside the server (`embedded`) and as a process of its own (`python -m src.tasks`).
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping
from concurrent.futures import CancelledError
from contextlib import AsyncExitStack, suppress
from typing import Any, Self

import structlog
from sqlalchemy import select

from src import redis_client
from src.core import cache, live, migrations, outbox
from src.core.db import Database, Listener, create_database, reading
from src.core.migrations import Standing
from src.core.outbox import Message
from src.core.settings import Settings
from src.tasks import queue
from src.tasks.bridge import Bridge
from src.tasks.delivery import Delivery, Pace
from src.tasks.handlers import Registry, registry
from src.tasks.queue import QueueConsumer
from src.tasks.relay import Relay
from src.tasks.schedule import Scheduler, institute_zone

log = structlog.get_logger(__name__)

STUCK = 15.0  # seconds after which a loop that does not turn is ill
LOOP_PATIENCE = 5.0  # seconds the loop may take for one thing at the end
CHECK = 10.0  # seconds between looks at the consumers' threads


class Worker:
    """Everything one process needs to do jobs. `start` it, `stop` it once."""

    def __init__(
        self,
        settings: Settings,
        *,
        threads: int | None = None,
        pace: Pace | None = None,
        listeners: Mapping[str, Listener] | None = None,
        handlers: Registry = registry,
    ) -> None:
        """Open the database on a loop of its own; nothing is connected yet."""
        logging.getLogger("huey").setLevel(logging.WARNING)
        pace = pace or Pace()
        self._settings = settings
        self._threads = threads or settings.worker_threads
        self.is_stopping = False
        self.bridge = Bridge()
        self.database = self.bridge.run(_open(settings, self._threads))
        self.lanes = queue.create_lanes(settings, queue.CLASSES, self._deliver)
        self._sender = (
            (lambda hints: queue.send(self.lanes, hints))
            if settings.is_embedded
            else queue.Sender(self.lanes)
        )
        self.database.listeners.update(listeners or {})
        self._shared = AsyncExitStack()
        if not settings.is_embedded:
            self.bridge.run(_tell_servers(self.database, settings, self._shared))
        self.database.listeners[outbox.CHANNEL] = self._sender
        self.delivery = Delivery(self.database, handlers, pace)
        self.relay = Relay(self.database, self.lanes, handlers, pace)
        self.scheduler = Scheduler(self.database, institute_zone, pace.schedule)
        self.consumers: dict[str, QueueConsumer] = {}
        self._loops: list[asyncio.Task[None]] = []
        self._over = threading.Event()

    def start(self, classes: Iterable[str]) -> Self:
        """Begin: sweep, scheduler, heartbeat, and a consumer for each of `classes`."""
        for work in (self.relay.run(), self.scheduler.run(), self.delivery.keep_leases()):
            self._loops.append(self.bridge.run(_begin(work)))
        for name in classes:
            consumer = QueueConsumer(self.lanes[name], workers=self._threads)
            consumer.start()
            self.consumers[name] = consumer
        threading.Thread(target=self._look_after, name="tasks-watch", daemon=True).start()
        return self

    def _look_after(self) -> None:
        while not self._over.wait(CHECK):
            for consumer in self.consumers.values():
                consumer.check_worker_health()

    def _deliver(self, message_id: int) -> None:
        with suppress(CancelledError):  # given back
            self.bridge.run(self.delivery.deliver(message_id))

    def stop(self, grace: float, *, hurry: Callable[[], bool] = lambda: False) -> int:
        """Take nothing more, wait `grace` seconds, give the rest back; how many jobs that was.

        The waiting ends as soon as `hurry` says so.
        """
        self.is_stopping = True
        self._over.set()
        for consumer in self.consumers.values():
            consumer.stop_flag.set()
        if self._settings.is_embedded:
            for lane in self.lanes.values():
                lane.storage.close()
        try:
            returned = self._wind_up(grace, hurry)
        except TimeoutError:
            log.exception("the loop hangs; the leases of its jobs will run out")
            returned = 0
        if isinstance(self._sender, queue.Sender):
            self._sender.close()
        self.bridge.stop()
        return returned

    def _wind_up(self, grace: float, hurry: Callable[[], bool]) -> int:
        for task in self._loops[:-1]:  # the heartbeat goes on: jobs are still in flight
            self.bridge.run(_end(task), LOOP_PATIENCE)
        self._wait(grace, hurry)
        patience = 0.3 if self._settings.is_embedded else 3.0
        returned = self.bridge.run(self.delivery.give_back(patience), 2 * LOOP_PATIENCE)
        if returned:
            log.warning("jobs were given back", jobs=returned)
        self._wait(0.5 if self._settings.is_embedded else 2.0 * queue.READ_TIMEOUT)
        for task in self._loops:
            self.bridge.run(_end(task), LOOP_PATIENCE)
        self.bridge.run(self._shared.aclose(), LOOP_PATIENCE)
        self.bridge.run(self.database.dispose(), LOOP_PATIENCE)
        return returned

    def _wait(self, grace: float, hurry: Callable[[], bool] = lambda: False) -> None:
        deadline = time.monotonic() + grace
        for consumer in self.consumers.values():
            for _, thread in consumer.worker_threads:
                while thread.is_alive() and time.monotonic() < deadline and not hurry():
                    thread.join(0.05)

    def illness(self) -> list[str]:
        """What is wrong with this process itself; empty while all is well or it is stopping."""
        if self.is_stopping:
            return []
        now = time.monotonic()
        beats = {"loop": self.bridge.beat, "sweep": self.relay.beat,
                 "scheduler": self.scheduler.beat}  # fmt: skip
        found = [f"the {name} has not turned for {now - beat:.0f} s"
                 for name, beat in beats.items() if now - beat > STUCK]  # fmt: skip
        found += [
            f"job {flight.message_id} is {flight.overdue:.0f} s past its limit"
            for flight in list(self.delivery.in_flight.values())
            if flight.overdue > STUCK
        ]
        for name, consumer in self.consumers.items():
            dead = sum(not thread.is_alive() for _, thread in consumer.worker_threads)
            if dead:
                found.append(f"{dead} threads of {name} have died")
        return found

    def away(self) -> dict[str, str]:
        """What does not answer, and why: `database`, `broker`."""
        return {name: part["detail"] for name, part in self.parts().items() if not part["ok"]}

    def parts(self, timeout: float = 3.0) -> dict[str, dict[str, Any]]:
        """`database` and `broker`: whether they answer and in how long, as the server tells it."""

        def ask_database() -> None:
            self.bridge.run(asyncio.wait_for(examine(self.database), timeout))

        checks = {"database": ask_database, "broker": next(iter(self.lanes.values())).waiting}
        return {name: _asked(check) for name, check in checks.items()}


def _asked(check: Callable[[], object]) -> dict[str, Any]:
    started = time.monotonic()
    part: dict[str, Any] = {"ok": True}
    try:
        check()
    except Exception as error:  # noqa: BLE001 - a probe tells, it does not fail
        part = {"ok": False, "detail": _said(error)}
    took = round((time.monotonic() - started) * 1000, 1)
    return part | {"milliseconds": took, "is_essential": True}


class SchemaBehindError(Exception):
    """The database has not been migrated to what this code needs."""


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")


async def examine(database: Database) -> None:
    """Ask the database whether it serves. Raises whatever it says when it does not."""
    async with reading(database) as reads:
        await reads.execute(select(Message.id).limit(1))
    found = await migrations.revision(database)
    # A newer schema serves older code while a deployment rolls on.
    if found is not None and migrations.standing(found) is Standing.BEHIND:
        raise SchemaBehindError(f"its schema ({found}) is older than this code: aliquot migrate")


async def _open(settings: Settings, threads: int) -> Database:
    # Every thread may hold a connection; the heartbeat must never wait for one of them.
    needed = threads * len(queue.CLASSES) + 4
    return create_database(settings.database, pool_size=max(needed, settings.database_pool_size))


async def _tell_servers(database: Database, settings: Settings, shared: AsyncExitStack) -> None:
    """Let the servers' cache, and those who look at pages, hear what jobs change."""
    cached, client = redis_client.create_cache(settings)
    database.listeners[cache.CHANNEL] = cached.listen
    if client is not None:
        shared.push_async_callback(client.aclose)
    hub = redis_client.create_hub(settings)
    database.listeners[live.CHANNEL] = hub.listen
    shared.push_async_callback(hub.close)


async def _begin(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    return asyncio.create_task(work)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
