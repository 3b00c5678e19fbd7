"""Jobs as people see them: the list, one job, queue it again, let it be.

What only the worker does stands in `core.ledger`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import events, operations, outbox
from src.core.actor import SYSTEM, Actor, Permission
from src.core.db import announce, database_now
from src.core.errors import Conflict, NotFound
from src.core.language import gettext as _
from src.core.language import mark
from src.core.outbox import Hint, Message, State
from src.core.paging import Key, Page, Paging, paginate

MASK = "***"
_SECRET = re.compile(r"pass|secret|token|code|credential|authorization", re.IGNORECASE)


events.verb("job.requeued", mark("Job queued again"), kind=events.Kind.ADMINISTRATION)
events.verb("job.dismissed", mark("Job dismissed"), kind=events.Kind.ADMINISTRATION)
events.verb("job.died", mark("A job was given up"), kind=events.Kind.SYSTEM_ERROR)


class JobNotFound(NotFound):
    """There is no such job. Those done are deleted after two weeks."""

    code, title = "job-not-found", "There is no such job"


class JobNotSettled(Conflict):
    """Only a job that failed or died can be queued again or dismissed."""

    code, title = "job-not-settled", "The job is not in that state"


@dataclass(frozen=True, slots=True)
class JobView:
    """A job; secrets of its payload are masked. `allowed` is what this actor may do with it."""

    id: int
    topic: str
    queue: str
    state: State
    payload: dict[str, Any]
    key: str | None
    once: str | None
    priority: int
    attempts: int
    max_attempts: int
    run_after: datetime
    worker: str | None
    error: str | None
    result: dict[str, Any] | None
    request_id: str | None
    operation_id: UUID | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    allowed: tuple[str, ...]


async def list_(
    reads: AsyncSession,
    actor: Actor,
    *,
    states: Collection[State] = (),
    topics: Collection[str] = (),
    paging: Paging,
) -> Page[JobView]:
    """Jobs, the newest first; every state and topic where none is named. Raises `Forbidden`."""
    actor.require(Permission.JOBS_READ)
    statement = select(Message)
    if states:
        statement = statement.where(Message.state.in_(states))
    if topics:
        statement = statement.where(Message.topic.in_(topics))
    page = await paginate(
        reads, statement, keys=[Key(Message.id, descending=True, name="id")], paging=paging
    )
    return page.map(lambda row: _view(row, actor))


async def get(reads: AsyncSession, actor: Actor, job_id: int) -> JobView:
    """One job. Raises `JobNotFound`, `Forbidden`."""
    actor.require(Permission.JOBS_READ)
    row = await reads.get(Message, job_id, populate_existing=True)
    if row is None:
        raise _not_found(job_id)
    return _view(row, actor)


async def requeue(session: AsyncSession, actor: Actor, job_id: int) -> JobView:
    """Queue a failed or dead job again, with as many attempts as it had at first.

    Raises `JobNotFound`, `JobNotSettled`, `Forbidden`.
    """
    row = await _settled(session, actor, job_id)
    declared = outbox.topics.get(row.topic)
    row.max_attempts = row.attempts + (declared.max_attempts if declared else 3)
    row.state = State.QUEUED
    row.finished_at = None
    await _run_now(session, row)
    if row.operation_id is not None:
        await operations.reopen(session, row.operation_id)
    announce(session, outbox.CHANNEL, Hint(row.id, row.queue, row.priority))
    _record(session, actor, "job.requeued", row)
    return _view(row, actor)


async def dismiss(session: AsyncSession, actor: Actor, job_id: int) -> JobView:
    """Say that a failed or dead job needs nothing more. Raises as `requeue`."""
    row = await _settled(session, actor, job_id)
    row.state = State.DISMISSED
    await session.flush()
    _record(session, actor, "job.dismissed", row)
    return _view(row, actor)


async def _run_now(session: AsyncSession, row: Message) -> None:
    now = await session.scalar(select(database_now()))
    row.run_after = now or row.run_after
    row.hinted_at = now
    await session.flush()


async def _settled(session: AsyncSession, actor: Actor, job_id: int) -> Message:
    actor.require(Permission.JOBS_MANAGE)
    row = await session.get(Message, job_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise _not_found(job_id)
    if row.state not in (State.FAILED, State.DEAD):
        raise JobNotSettled(
            _(
                "Job %(job)s is %(state)s; only failed and dead jobs can be changed.",
                job=job_id,
                state=row.state.value,
            )
        )
    return row


def _record(session: AsyncSession, actor: Actor, verb: str, row: Message) -> None:
    events.record(
        session, actor, verb, ("job", None), changes={"job_id": row.id, "topic": row.topic}
    )


def record_death(session: AsyncSession, job_id: int, topic: str) -> None:
    """Write down that nobody will try this job again by themselves; the error stands beside it."""
    changes = {"job_id": job_id, "topic": topic}
    events.record(session, SYSTEM, "job.died", ("job", None), changes=changes)


def masked(topic: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """The payload without what its topic or its names call a secret."""
    declared = outbox.topics.get(topic)
    secret = declared.secrets if declared else frozenset()
    return {
        name: MASK if name in secret or _SECRET.search(name) else value
        for name, value in payload.items()
    }


def _view(row: Message, actor: Actor) -> JobView:
    changes = row.state in (State.FAILED, State.DEAD) and actor.may(Permission.JOBS_MANAGE)
    return JobView(
        id=row.id,
        topic=row.topic,
        queue=row.queue,
        state=row.state,
        payload=masked(row.topic, row.payload),
        key=row.key,
        once=row.once,
        priority=row.priority,
        attempts=row.attempts,
        max_attempts=row.max_attempts,
        run_after=row.run_after,
        worker=row.worker,
        error=row.error,
        result=row.result,
        request_id=row.request_id,
        operation_id=row.operation_id,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        allowed=("requeue", "dismiss") if changes else (),
    )


def _not_found(job_id: int) -> JobNotFound:
    return JobNotFound(
        _("There is no job %(job)s; those done are deleted after two weeks.", job=job_id)
    )
