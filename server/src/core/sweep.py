"""What keeps the outbox moving without anybody's memory: lapsed leases, lost hints, old rows.

Every worker does this every second or two; they may do it at once.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Text,
    case,
    delete,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import ledger
from src.core.db import database_now
from src.core.outbox import Hint, Message, State

DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Lapsed:
    """A job whose worker was lost."""

    id: int
    topic: str
    state: State
    error: str
    operation_id: UUID | None
    payload: dict[str, Any]


def _has_lapsed() -> ColumnElement[bool]:
    return (Message.state == State.RUNNING) & (Message.lease_until < database_now())


def _is_due(queue: str, topics: Collection[str], unhinted_for: float) -> ColumnElement[bool]:
    return (
        (Message.state == State.QUEUED)
        & (Message.run_after <= database_now())
        & (Message.queue == queue)
        & Message.topic.in_(topics)
        & or_(Message.hinted_at.is_(None), Message.hinted_at < database_now(-unhinted_for))
        & ledger.is_first_of_its_key()
    )


async def has_lapsed(reads: AsyncSession) -> bool:
    """Whether `expire` would find something (a reader does not disturb writers)."""
    return await reads.scalar(select(Message.id).where(_has_lapsed()).limit(1)) is not None


async def has_due(
    reads: AsyncSession, queue: str, *, topics: Collection[str], unhinted_for: float
) -> bool:
    """Whether `due` would find something."""
    found = select(Message.id).where(_is_due(queue, topics, unhinted_for)).limit(1)
    return await reads.scalar(found) is not None


async def expire(session: AsyncSession) -> list[Lapsed]:
    """Take jobs from workers that were lost: queued again, or dead after the last attempt."""
    is_last = Message.attempts >= Message.max_attempts
    rows = await session.execute(
        update(Message)
        .where(_has_lapsed())
        .values(
            state=case((is_last, literal(State.DEAD, Message.state.type)),
                       else_=literal(State.QUEUED, Message.state.type)),
            finished_at=case((is_last, database_now()), else_=None),
            run_after=database_now(),
            hinted_at=None,
            token=None,
            lease_until=None,
            error=func.coalesce(Message.worker, "a worker")
            + literal(" was lost during attempt ")
            + sql_cast(Message.attempts, Text),
        )
        .returning(
            Message.id,
            Message.topic,
            Message.state,
            Message.error,
            Message.operation_id,
            Message.payload,
        )
        .execution_options(**ledger.UNSYNCHRONISED)
    )  # fmt: skip
    return [
        Lapsed(row.id, row.topic, row.state, row.error or "", row.operation_id, row.payload)
        for row in rows
    ]


async def due(
    session: AsyncSession,
    queue: str,
    *,
    topics: Collection[str],
    unhinted_for: float,
    limit: int,
) -> list[Hint]:
    """Mark up to `limit` due jobs as hinted and give their hints, most urgent first.

    Only those whose last hint is older than `unhinted_for` seconds; rows another sweep has in hand
    are passed over.
    """
    candidates = (
        select(Message.id)
        .where(_is_due(queue, topics, unhinted_for))
        .order_by(Message.priority.desc(), Message.run_after, Message.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        # As a plain subquery PostgreSQL may evaluate it again for each row, past the limit.
        .cte("candidates")
    )
    rows = await session.execute(
        update(Message)
        .where(Message.id.in_(select(candidates.c.id)))
        .values(hinted_at=database_now())
        .returning(Message.id, Message.queue, Message.priority, Message.run_after)
        .execution_options(**ledger.UNSYNCHRONISED)
    )
    found = sorted(rows, key=lambda row: (-row.priority, row.run_after, row.id))
    return [Hint(row.id, row.queue, row.priority) for row in found]


async def delete_settled(session: AsyncSession, *, older_than_days: float, limit: int) -> int:
    """Delete up to `limit` jobs done or dismissed that long ago; how many it were."""
    old = (
        select(Message.id)
        .where(
            Message.state.in_((State.DONE, State.DISMISSED)),
            Message.finished_at < database_now(-older_than_days * DAY),
        )
        .order_by(Message.finished_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("old")
    )
    # RETURNING, because Python's SQLite counts no rows of a statement that begins with WITH.
    deleted = await session.execute(
        delete(Message)
        .where(Message.id.in_(select(old.c.id)))
        .returning(Message.id)
        .execution_options(**ledger.UNSYNCHRONISED)
    )
    return len(deleted.all())


async def counts(reads: AsyncSession) -> dict[tuple[str, str], int]:
    """How many jobs there are by topic and state, those done or dismissed apart."""
    rows = await reads.execute(
        select(Message.topic, Message.state, func.count())
        .where(
            or_(
                Message.state == State.QUEUED,
                Message.state == State.RUNNING,
                Message.state.in_((State.FAILED, State.DEAD)),
            )
        )
        .group_by(Message.topic, Message.state)
    )
    return {(topic, state.value): count for topic, state, count in rows}


async def oldest_due(reads: AsyncSession) -> dict[str, float]:
    """By queue, for how many seconds the oldest due job has been waiting."""
    rows = await reads.execute(
        select(Message.queue, func.min(Message.run_after), database_now())
        .where(Message.state == State.QUEUED, Message.run_after <= database_now())
        .group_by(Message.queue)
    )
    return {queue: (now - since).total_seconds() for queue, since, now in rows}
