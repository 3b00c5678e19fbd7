"""Work that must happen after a commit, written by that commit.

The database carries the truth, the queue carries a hint: see `server/docs/decisions` on Huey with
a ledger. A domain declares its topics beside itself; `src.tasks` binds a handler to each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import BigInteger, Index, Integer, String, Text, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from src.core.db import Table, announce, choice, database_now

CHANNEL = "outbox"


class State(StrEnum):
    """queued -> running -> done | failed | dead; a person may dismiss or requeue the last two."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    DEAD = "dead"
    DISMISSED = "dismissed"


class Message(Table):
    """One job. Times are the database's clock; the token is the claim's."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_due", text("priority DESC"), "run_after", "id",
              postgresql_where=text("state = 'queued'"), sqlite_where=text("state = 'queued'")),
        Index("ix_outbox_leased", "lease_until",
              postgresql_where=text("state = 'running'"), sqlite_where=text("state = 'running'")),
        Index("ix_outbox_attention", "finished_at", "id",
              postgresql_where=text("state IN ('failed', 'dead')"),
              sqlite_where=text("state IN ('failed', 'dead')")),
        Index("ix_outbox_settled", "finished_at",
              postgresql_where=text("state IN ('done', 'dismissed')"),
              sqlite_where=text("state IN ('done', 'dismissed')")),
        Index("ix_outbox_key", "key", "id",
              postgresql_where=text("key IS NOT NULL AND state IN ('queued', 'running')"),
              sqlite_where=text("key IS NOT NULL AND state IN ('queued', 'running')")),
        {"sqlite_autoincrement": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    topic: Mapped[str] = mapped_column(String(80))
    queue: Mapped[str] = mapped_column(String(20))
    payload: Mapped[dict[str, Any]]
    key: Mapped[str | None] = mapped_column(String(120))
    once: Mapped[str | None] = mapped_column(String(200), unique=True)
    priority: Mapped[int] = mapped_column(default=0)
    state: Mapped[State] = mapped_column(choice(State), default=State.QUEUED)
    run_after: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int]
    token: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]
    worker: Mapped[str | None] = mapped_column(String(120))
    hinted_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any] | None]
    error: Mapped[str | None] = mapped_column(Text)
    request_id: Mapped[str | None] = mapped_column(String(64))
    operation_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Topic:
    """A kind of work: its name, its class of queue, and how patiently it is tried.

    `time_limit` in seconds bounds one attempt; backoff is `min(cap, base * 2^(n-1)) * U(0.5, 1)`.
    """

    name: str
    queue: str
    max_attempts: int = 8
    priority: int = 0
    time_limit: float = 60.0
    backoff_base: float = 2.0
    backoff_cap: float = 900.0
    secrets: frozenset[str] = frozenset()


topics: dict[str, Topic] = {}


def topic(name: str, *, queue: str, **options: Any) -> Topic:  # noqa: ANN401 - Topic's fields
    """Declare a topic, once, beside the domain that publishes it."""
    if name in topics:
        raise ValueError(f"the topic {name!r} is declared twice")
    topics[name] = made = Topic(name, queue, **options)
    return made


@dataclass(frozen=True, slots=True)
class Hint:
    """What the queue is told after the commit."""

    message_id: int
    queue: str
    priority: int


async def publish(  # noqa: PLR0913 - every caller names two or three
    session: AsyncSession,
    topic: Topic,
    payload: Mapping[str, Any],
    *,
    key: str | None = None,
    once: str | None = None,
    delay: float = 0.0,
    run_after: datetime | None = None,
    priority: int | None = None,
    operation_id: UUID | None = None,
) -> int | None:
    """Write a job into this transaction; its id, or None when `once` is already taken.

    `key` orders jobs, one at a time, among transactions that hold the subject's row lock. `delay`
    in seconds counts by the database's clock. Payloads carry ids, never secrets.
    """
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    priority = topic.priority if priority is None else priority
    statement = (
        insert(Message)
        .values(
            topic=topic.name,
            queue=topic.queue,
            payload=dict(payload),
            key=key,
            once=once,
            priority=priority,
            state=State.QUEUED,
            run_after=run_after or database_now(delay),
            attempts=0,
            max_attempts=topic.max_attempts,
            request_id=structlog.contextvars.get_contextvars().get("request_id"),
            operation_id=operation_id,
            created_at=database_now(),
            hinted_at=None if delay or run_after else database_now(),
        )
        .on_conflict_do_nothing()
        .returning(Message.id)
    )
    message_id = await session.scalar(statement)
    if message_id is not None and not delay and run_after is None:
        announce(session, CHANNEL, Hint(message_id, topic.queue, priority))
    return message_id
