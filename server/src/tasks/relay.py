"""Sweeps: takes jobs from lost workers, repeats hints, refreshes the gauges. It never claims.

Every worker runs one; together they do no harm. A broker that was emptied is noticed because jobs
are due while no hint waits: then a hint counts as lost after two seconds, else after thirty.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

import structlog
from redis import RedisError

from src.core import jobs, metrics, operations, schedule, sweep
from src.core.actor import SYSTEM
from src.core.db import Database, reading, transaction
from src.core.errors import Unavailable
from src.core.outbox import State
from src.tasks import queue
from src.tasks.delivery import Pace
from src.tasks.handlers import Registry
from src.tasks.queue import Lane

log = structlog.get_logger(__name__)

HURRIED = 0.1  # seconds until the next sweep while there is more than fits


class Relay:
    """The sweep of one worker."""

    def __init__(
        self, database: Database, lanes: Mapping[str, Lane], registry: Registry, pace: Pace
    ) -> None:
        self._database = database
        self._lanes = lanes
        self._registry = registry
        self._pace = pace
        self._gauged = 0.0
        self._backlogged: set[str] = set()
        self.beat = time.monotonic()

    async def run(self) -> None:
        """Sweep for ever."""
        was_away = False
        while True:
            self.beat = time.monotonic()
            pause = self._pace.sweep
            try:
                if await self.sweep():
                    pause = HURRIED
                await self._refresh_gauges()
                was_away = False
            except (Unavailable, RedisError, OSError) as error:
                if not was_away:
                    log.warning("the sweep must wait", error=str(error))
                was_away = True
            except Exception:
                log.exception("the sweep failed")
            await asyncio.sleep(pause)

    async def sweep(self) -> bool:
        """Once: expire, then hint. Whether there is more than the queues may hold."""
        await self._expire()
        more = False
        for name in self._lanes:
            more |= await self._hint(name)
        return more

    async def _expire(self) -> None:
        async with reading(self._database) as reads:
            if not await sweep.has_lapsed(reads):
                return
        async with transaction(self._database) as session:
            for lost in await sweep.expire(session):
                metrics.lapsed.inc()
                log.warning("a worker was lost", job_id=lost.id, topic=lost.topic, state=lost.state)
                if lost.topic in schedule.declared:
                    await schedule.note_failure(session, lost.topic, lost.error)
                if lost.state is not State.DEAD:
                    continue
                jobs.record_death(session, lost.id, lost.topic)
                await self._registry.give_up(session, lost.topic, lost.payload, lost.error)
                if lost.operation_id is not None:
                    await operations.fail(session, lost.operation_id, error=lost.error)

    async def _hint(self, name: str) -> bool:
        topics = self._registry.topics(name)
        if not topics:
            return False
        lane = self._lanes[name]
        waiting = await asyncio.to_thread(lane.waiting)
        metrics.broker_hints.labels(name).set(waiting)
        room = queue.WINDOW - waiting
        is_idle = waiting <= queue.WINDOW // 20
        if room <= 0 or (not is_idle and name in self._backlogged):
            return name in self._backlogged  # look again soon, so that nobody runs dry
        unhinted_for = self._pace.rehint_idle if is_idle else self._pace.rehint
        async with reading(self._database) as reads:
            if not await sweep.has_due(reads, name, topics=topics, unhinted_for=unhinted_for):
                self._backlogged.discard(name)
                return False
        async with transaction(self._database) as session:
            hints = await sweep.due(
                session, name, topics=topics, unhinted_for=unhinted_for, limit=room
            )
        await asyncio.to_thread(queue.send, self._lanes, hints)
        is_full = len(hints) == room
        (self._backlogged.add if is_full else self._backlogged.discard)(name)
        return is_full

    async def _refresh_gauges(self) -> None:
        if time.monotonic() - self._gauged < self._pace.gauges:
            return
        self._gauged = time.monotonic()
        async with reading(self._database) as reads:
            metrics.set_jobs(await sweep.counts(reads), await sweep.oldest_due(reads))
            for shown in await schedule.list_(reads, SYSTEM):
                metrics.schedule_late.labels(shown.name).set(shown.state == "late")
                if shown.last_success_at is not None:
                    succeeded = shown.last_success_at.timestamp()
                    metrics.schedule_success.labels(shown.name).set(succeeded)
