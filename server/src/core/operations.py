"""Work a person waits for: its progress, its result, and a way to stop it.

An operation goes along with a job of the outbox. The handler reports progress, at which it also
learns that it was cancelled; the worker settles the operation together with its job.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CursorResult,
    Index,
    String,
    Text,
    false,
    select,
    true,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from src.core import events, ids, live, outbox
from src.core.actor import Actor, Permission
from src.core.db import Identified, Table, choice, database_now
from src.core.errors import Conflict, NotFound
from src.core.language import gettext as _
from src.core.language import mark
from src.core.outbox import Message, State, Topic
from src.core.paging import Key, Page, Paging, paginate

events.verb("operation.cancelled", mark("Operation stopped"))


class OperationState(StrEnum):
    """queued -> running -> done | failed | cancelled."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN = (OperationState.QUEUED, OperationState.RUNNING)


class OperationNotFound(NotFound):
    """No such operation, or it is somebody else's."""

    code, title = "operation-not-found", "There is no such operation"


class OperationEnded(Conflict):
    """It has ended already; there is nothing to cancel."""

    code, title = "operation-ended", "The operation has ended"


class OperationCancelled(Conflict):
    """A person cancelled it; the handler stops here, and what it had not committed is undone."""

    code, title = "operation-cancelled", "The operation was cancelled"


class Operation(Identified, Table):
    """`done` of `of` steps; `link` leads to the result."""

    __tablename__ = "operations"
    __table_args__ = (Index(None, "created_by", "id"), Index(None, "message_id"))

    kind: Mapped[str] = mapped_column(String(80))
    state: Mapped[OperationState] = mapped_column(
        choice(OperationState), default=OperationState.QUEUED
    )
    done: Mapped[int] = mapped_column(default=0)
    of: Mapped[int | None]
    message: Mapped[str] = mapped_column(Text, default="")
    result: Mapped[dict[str, Any] | None]
    link: Mapped[str | None] = mapped_column(String(500))
    error: Mapped[str | None] = mapped_column(Text)
    message_id: Mapped[int | None] = mapped_column(BigInteger)
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    cancel_requested_at: Mapped[datetime | None]


async def start(
    session: AsyncSession,
    actor: Actor,
    topic: Topic,
    payload: Mapping[str, Any],
    *,
    of: int | None = None,
) -> Operation:
    """Begin an operation and publish its job; answer 202 with its address.

    `of` is the number of steps where it is known. Its kind is the topic's name.
    """
    operation_id = ids.new()
    message_id = await outbox.publish(session, topic, payload, operation_id=operation_id)
    operation = Operation(
        id=operation_id,
        kind=topic.name,
        of=of,
        message_id=message_id,
        created_by=actor.user_id,
        created_at=database_now(),
        updated_at=database_now(),
    )
    session.add(operation)
    await session.flush()
    await session.refresh(operation)
    _tell(session, operation_id, operation.created_by)
    return operation


async def progress(
    session: AsyncSession,
    operation_id: UUID,
    *,
    done: int,
    of: int | None = None,
    message: str | None = None,
) -> None:
    """Report how far it is. Raises `OperationCancelled` when a person wants it stopped."""
    values: dict[str, Any] = {"done": done}
    if of is not None:
        values["of"] = of
    if message is not None:
        values["message"] = message
    row = (
        await session.execute(
            update(Operation)
            .where(Operation.id == operation_id, Operation.state.in_(OPEN))
            .values(state=OperationState.RUNNING, updated_at=database_now(), **values)
            .returning(Operation.cancel_requested_at, Operation.created_by)
            .execution_options(synchronize_session=False)
        )
    ).first()
    if row is not None:
        _tell(session, operation_id, row.created_by)
    if row is None or row.cancel_requested_at is not None:
        raise OperationCancelled(_("It was cancelled while it ran."))


async def run(session: AsyncSession, operation_id: UUID) -> bool:
    """Its job was claimed. False when it was cancelled before."""
    row = (
        await session.execute(
            update(Operation)
            .where(Operation.id == operation_id, Operation.state.in_(OPEN))
            .values(state=OperationState.RUNNING, updated_at=database_now())
            .returning(Operation.cancel_requested_at, Operation.created_by)
            .execution_options(synchronize_session=False)
        )
    ).first()
    if row is None:
        return False
    _tell(session, operation_id, row.created_by)
    return row.cancel_requested_at is None


async def finish(
    session: AsyncSession,
    operation_id: UUID,
    *,
    result: dict[str, Any] | None = None,
    link: str | None = None,
) -> None:
    """It is done. The worker calls this with the handler's result unless the handler did."""
    await _end(session, operation_id, OperationState.DONE, result=result, link=link)


async def fail(session: AsyncSession, operation_id: UUID, *, error: str) -> None:
    """Its job failed for good."""
    await _end(session, operation_id, OperationState.FAILED, error=error)


async def end_cancelled(session: AsyncSession, operation_id: UUID) -> None:
    """The handler has stopped."""
    await _end(session, operation_id, OperationState.CANCELLED)


async def _end(
    session: AsyncSession,
    operation_id: UUID,
    state: OperationState,
    **values: Any,  # noqa: ANN401
) -> None:
    ended = await session.execute(
        update(Operation)
        .where(Operation.id == operation_id, Operation.state.in_(OPEN))
        .values(state=state, updated_at=database_now(), finished_at=database_now(), **values)
        .returning(Operation.created_by)
        .execution_options(synchronize_session=False)
    )
    for (created_by,) in ended:
        _tell(session, operation_id, created_by)


async def reopen(session: AsyncSession, operation_id: UUID) -> None:
    """Its job was queued again by a person."""
    reopened = await session.execute(
        update(Operation)
        .where(Operation.id == operation_id)
        .values(
            state=OperationState.QUEUED,
            error=None,
            finished_at=None,
            cancel_requested_at=None,
            updated_at=database_now(),
        )
        .returning(Operation.created_by)
        .execution_options(synchronize_session=False)
    )
    for (created_by,) in reopened:
        _tell(session, operation_id, created_by)


async def cancel(session: AsyncSession, actor: Actor, operation_id: UUID) -> Operation:
    """Stop it: at once while its job waits, else at its next report of progress.

    Raises `OperationNotFound`, `OperationEnded`.
    """
    operation = await session.scalar(
        select(Operation).where(Operation.id == operation_id, _visible(actor)).with_for_update()
    )
    if operation is None:
        raise _not_found()
    if operation.state not in OPEN:
        raise OperationEnded(_("It is %(state)s already.", state=operation.state))
    operation.cancel_requested_at = await session.scalar(select(database_now()))
    dismissed = await session.execute(
        update(Message)
        .where(Message.id == operation.message_id, Message.state == State.QUEUED)
        .values(state=State.DISMISSED, finished_at=database_now(), error="cancelled")
        .execution_options(synchronize_session=False)
    )
    await session.flush()
    if cast("CursorResult[Any]", dismissed).rowcount:
        await end_cancelled(session, operation_id)
    events.record(session, actor, "operation.cancelled", ("operation", operation_id))
    _tell(session, operation_id, operation.created_by)
    await session.refresh(operation)
    return operation


async def get(reads: AsyncSession, actor: Actor, operation_id: UUID) -> Operation:
    """One's own operation, or anybody's for those who may read jobs."""
    found = await reads.scalar(
        select(Operation).where(Operation.id == operation_id, _visible(actor))
    )
    if found is None:
        raise _not_found()
    return found


async def list_(
    reads: AsyncSession,
    actor: Actor,
    *,
    states: Collection[OperationState] = (),
    paging: Paging | None = None,
) -> Page[Operation]:
    """One's own operations, or everybody's for those who may read jobs; the newest first."""
    wanted = select(Operation).where(_visible(actor))
    if states:
        wanted = wanted.where(Operation.state.in_(states))
    keys = [Key(Operation.id, descending=True, name="id")]
    return await paginate(reads, wanted, keys=keys, paging=paging or Paging())


def may_see(actor: Actor, created_by: UUID | None) -> bool:
    """Whether this actor may know of an operation that person waits for."""
    own = created_by is not None and created_by == actor.user_id
    return own or actor.may(Permission.JOBS_READ)


def _tell(session: AsyncSession, operation_id: UUID, created_by: UUID | None) -> None:
    live.tell(session, live.Notice(live.Kind.OPERATION, operation_id, created_by))


def _visible(actor: Actor) -> ColumnElement[bool]:
    if actor.may(Permission.JOBS_READ):
        return true()
    if actor.user_id is None:  # `created_by = NULL` would be everything of the system's
        return false()
    return Operation.created_by == actor.user_id


def _not_found() -> OperationNotFound:
    return OperationNotFound(_("There is no such operation among yours."))
