"""The protocol over the outbox: claim, renew, finish, fail, release; and what people do with jobs.

Every time is the database's clock, so that a worker whose clock is wrong does no harm. A claim is a
token with a lease: whoever holds no valid token changes nothing. `core.sweep` looks after leases
that ran out and hints that were lost.
"""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, CursorResult, and_, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from src.core import outbox
from src.core.db import announce, database_now
from src.core.outbox import Hint, Message, State, Topic

UNSYNCHRONISED = {"synchronize_session": False}
ERROR_LENGTH = 2000


@dataclass(frozen=True, slots=True)
class Claim:
    """A job taken: `waited` is how long it was due before, in seconds."""

    id: int
    topic: str
    queue: str
    payload: dict[str, Any]
    attempt: int
    max_attempts: int
    token: str
    key: str | None
    request_id: str | None
    operation_id: UUID | None
    waited: float


def backoff(topic: Topic, attempt: int) -> float:
    """Seconds until the next attempt: doubling, capped, and spread so that herds dissolve."""
    longest = min(topic.backoff_cap, topic.backoff_base * 2.0 ** min(attempt - 1, 60))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - no secret


def is_first_of_its_key() -> ColumnElement[bool]:
    """Whether no earlier job of the same key is still to be settled."""
    earlier = aliased(Message)
    return or_(
        Message.key.is_(None),
        ~exists(
            select(earlier.id).where(
                earlier.key == Message.key,
                earlier.id < Message.id,
                earlier.state.in_((State.QUEUED, State.RUNNING)),
            )
        ),
    )


async def claim(
    session: AsyncSession,
    message_id: int,
    *,
    topics: Collection[str],
    token: str,
    lease: float,
    worker: str,
) -> Claim | None:
    """Take a due job of a known topic for `lease` seconds; None when there is nothing to take."""
    rows = await session.execute(
        update(Message)
        .where(
            Message.id == message_id,
            Message.topic.in_(topics),
            Message.state == State.QUEUED,
            Message.run_after <= database_now(),
            is_first_of_its_key(),
        )
        .values(
            state=State.RUNNING,
            attempts=Message.attempts + 1,
            token=token,
            lease_until=database_now(lease),
            worker=worker[:120],
            started_at=database_now(),
        )
        .returning(
            Message.id,
            Message.topic,
            Message.queue,
            Message.payload,
            Message.attempts,
            Message.max_attempts,
            Message.key,
            Message.request_id,
            Message.operation_id,
            Message.run_after,
            Message.started_at,
        )
        .execution_options(**UNSYNCHRONISED)
    )
    taken = rows.one_or_none()
    if taken is None:
        return None
    due_since, started_at = taken.run_after, taken.started_at
    return Claim(
        id=taken.id,
        topic=taken.topic,
        queue=taken.queue,
        payload=taken.payload,
        attempt=taken.attempts,
        max_attempts=taken.max_attempts,
        token=token,
        key=taken.key,
        request_id=taken.request_id,
        operation_id=taken.operation_id,
        waited=max(0.0, (started_at - due_since).total_seconds()),
    )


def _held(message_id: int, token: str) -> ColumnElement[bool]:
    return and_(Message.id == message_id, Message.token == token, Message.state == State.RUNNING)


async def renew(session: AsyncSession, tokens: Collection[str], *, lease: float) -> set[str]:
    """Lengthen the leases still held; a token that does not come back is void."""
    rows = await session.execute(
        update(Message)
        .where(Message.token.in_(tokens), Message.state == State.RUNNING)
        .values(lease_until=database_now(lease))
        .returning(Message.token)
        .execution_options(**UNSYNCHRONISED)
    )
    return {token for (token,) in rows if token is not None}


async def finish(
    session: AsyncSession,
    message_id: int,
    token: str,
    *,
    result: dict[str, Any] | None = None,
) -> bool:
    """Settle as done, in the transaction of the effects; False when the token is void.

    The caller must then roll back: another worker has the job.
    """
    return await _settle(session, message_id, token, state=State.DONE, result=result, error=None)


async def fail(
    session: AsyncSession,
    claim: Claim,
    *,
    error: str,
    permanent: bool,
    delay: float,
) -> State | None:
    """Settle a failed attempt: queued again after `delay` seconds, failed or dead; None if void."""
    if not permanent and claim.attempt < claim.max_attempts:
        changed = await session.execute(
            update(Message)
            .where(_held(claim.id, claim.token))
            .values(
                state=State.QUEUED,
                run_after=database_now(delay),
                error=error[:ERROR_LENGTH],
                token=None,
                lease_until=None,
                hinted_at=None,
            )
            .execution_options(**UNSYNCHRONISED)
        )
        return State.QUEUED if _count(changed) else None
    state = State.FAILED if permanent else State.DEAD
    settled = await _settle(session, claim.id, claim.token, state=state, error=error[:ERROR_LENGTH])
    return state if settled else None


async def release(session: AsyncSession, tokens: Collection[str]) -> int:
    """Give jobs back untried, the attempt restored (a worker that ends in order)."""
    changed = await session.execute(
        update(Message)
        .where(Message.token.in_(tokens), Message.state == State.RUNNING)
        .values(
            state=State.QUEUED,
            attempts=Message.attempts - 1,
            run_after=database_now(),
            token=None,
            lease_until=None,
            hinted_at=None,
        )
        .execution_options(**UNSYNCHRONISED)
    )
    return _count(changed)


async def hint_next(session: AsyncSession, key: str | None) -> None:
    """Announce the next job of the key, which waited for this one."""
    if key is None:
        return
    row = (
        await session.execute(
            select(Message.id, Message.queue, Message.priority)
            .where(
                Message.key == key,
                Message.state == State.QUEUED,
                Message.run_after <= database_now(),
            )
            .order_by(Message.id)
            .limit(1)
        )
    ).first()
    if row is not None:
        announce(session, outbox.CHANNEL, Hint(*row))


async def _settle(
    session: AsyncSession,
    message_id: int,
    token: str,
    **values: Any,  # noqa: ANN401 - columns
) -> bool:
    changed = await session.execute(
        update(Message)
        .where(_held(message_id, token))
        .values(finished_at=database_now(), token=None, lease_until=None, **values)
        .execution_options(**UNSYNCHRONISED)
    )
    return _count(changed) == 1


def _count(result: object) -> int:
    return cast("CursorResult[Any]", result).rowcount
