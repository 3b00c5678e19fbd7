"""What the worker can do: a handler for each topic, and what runs by itself at which times.

    @handles(topics.EXPIRE)
    async def expire(session, payload, job): ...         # inside the database: exactly once

    reaches_outside(topics.MAIL, load=…, send=…, record=…)       # speaks to the outside: three steps

    @every("bookings.reminders", crontab="*/5 * * * *", queue="notifications")
    async def remind(session, payload, job): ...         # payload: {"slot": "2026-11-21T10:05:00Z"}

A handler decodes and calls a service. It runs on an event loop it shares: what computes for long
goes through `asyncio.to_thread`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import operations, outbox, schedule
from src.core.actor import SYSTEM, Actor
from src.core.db import Database, savepoint, transaction
from src.core.errors import Unavailable
from src.core.outbox import Topic
from src.tasks.queue import CLASSES

log = structlog.get_logger(__name__)

Payload = dict[str, Any]
Result = dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Job:
    """The job a handler works on. `attempt` counts from 1."""

    id: int
    topic: str
    attempt: int
    max_attempts: int
    token: str
    key: str | None = None
    request_id: str | None = None
    operation_id: UUID | None = None
    database: Database | None = field(default=None, repr=False)

    @property
    def actor(self) -> Actor:
        """The system, on behalf of the request that published the job."""
        return replace(SYSTEM, request_id=self.request_id)

    def idempotency_key(self, step: str) -> str:
        """Names one effect on the outside: the same on every attempt."""
        return f"job-{self.id}-{step}"

    async def progress(
        self, *, done: int, of: int | None = None, message: str | None = None
    ) -> None:
        """Report how far a long `send` is, in a transaction of its own.

        Raises `OperationCancelled` when a person wants it stopped; a job that belongs to no
        operation reports to nobody. Inside a transaction use `operations.progress`.
        """
        if self.operation_id is not None and self.database is not None:
            async with transaction(self.database) as session:
                await operations.progress(
                    session, self.operation_id, done=done, of=of, message=message
                )


_current: ContextVar[Job] = ContextVar("job")


def current_job() -> Job:
    """The job whose `send` is running."""
    return _current.get()


@contextmanager
def working_on(job: Job) -> Iterator[None]:
    """Make `job` the current one."""
    token = _current.set(job)
    try:
        yield
    finally:
        _current.reset(token)


Work = Callable[[AsyncSession, Payload, Job], Awaitable[Result]]
W = TypeVar("W", bound=Work)


@dataclass(frozen=True, slots=True)
class Inside:
    """Effects and `done` in one transaction."""

    topic: Topic
    work: Work


@dataclass(frozen=True, slots=True)
class Outside:
    """No transaction is open while it speaks."""

    topic: Topic
    load: Callable[[AsyncSession, Payload], Awaitable[Any]]
    send: Callable[..., Awaitable[Any]]
    record: Callable[[AsyncSession, Payload, Any], Awaitable[Result]] | None = None
    failed: Callable[[AsyncSession, Payload, str], Awaitable[None]] | None = None


@dataclass(slots=True)
class Registry:
    """Handlers by topic."""

    by_topic: dict[str, Inside | Outside] = field(default_factory=dict)

    def add(self, handler: Inside | Outside) -> None:
        """Bind a handler; a topic has one, and a class of queue that somebody serves."""
        topic = handler.topic
        if topic.name in self.by_topic:
            raise ValueError(f"the topic {topic.name!r} has two handlers")
        if topic.queue not in CLASSES:
            raise ValueError(f"nobody serves the queue {topic.queue!r}: take one of {CLASSES}")
        self.by_topic[topic.name] = handler

    async def give_up(self, session: AsyncSession, topic: str, payload: Payload, why: str) -> None:
        """Let the handler write down that a job failed or died.

        What goes wrong in that is logged, and the job ends all the same.
        """
        handler = self.by_topic.get(topic)
        if not isinstance(handler, Outside) or handler.failed is None:
            return
        try:
            async with savepoint(session):
                await handler.failed(session, payload, why)
        except Unavailable:
            raise
        except Exception:
            log.exception("the end of a job was not written down", topic=topic)

    def topics(self, queue: str | None = None) -> tuple[str, ...]:
        """The names of the topics handled here (of one class of queue)."""
        return tuple(
            name
            for name, handler in self.by_topic.items()
            if queue is None or handler.topic.queue == queue
        )


registry = Registry()


def handles(topic: Topic) -> Callable[[W], W]:
    """Register a handler inside the database: its effects and `done` are one transaction.

    It may run again after a rollback and never after its commit. It takes `session, payload, job`
    and gives a small result to keep, or None.
    """

    def register(work: W) -> W:
        registry.add(Inside(topic, work))
        return work

    return register


def reaches_outside(
    topic: Topic,
    *,
    load: Callable[[AsyncSession, Payload], Awaitable[Any]],
    send: Callable[..., Awaitable[Any]],
    record: Callable[[AsyncSession, Payload, Any], Awaitable[Result]] | None = None,
    failed: Callable[[AsyncSession, Payload, str], Awaitable[None]] | None = None,
) -> None:
    """Register a handler that speaks to the outside, in three steps.

    `load(session, payload)` gives the thing to send, or None when it is no longer needed;
    `send(thing, *, key)` speaks, without a transaction, with a key that is the same on every
    attempt; `record(session, payload, sent)` writes down, together with `done`;
    `failed(session, payload, why)` writes down, together with the job's end, that it is given up.
    """
    registry.add(Outside(topic, load, send, record, failed))


def every(
    name: str,
    *,
    queue: str,
    crontab: str | None = None,
    interval: int | None = None,
    description: str = "",
    time_limit: float = 60.0,
    max_attempts: int = 3,
) -> Callable[[W], W]:
    """Register a periodic handler: by `crontab` (institute's time zone) or `interval` in seconds.

    Each run is a job of the topic `name`, one at a time; of missed slots only the latest is run.
    """

    def register(work: W) -> W:
        topic = outbox.topic(
            name,
            queue=queue,
            max_attempts=max_attempts,
            time_limit=time_limit,
            backoff_cap=60.0,
        )
        schedule.declare(
            schedule.Declaration(
                topic=topic,
                times=schedule.times(crontab=crontab, interval=interval),
                description=description or (work.__doc__ or "").strip().partition("\n")[0],
            )
        )
        registry.add(Inside(topic, work))
        return work

    return register
