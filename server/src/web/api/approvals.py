"""Approvals: what waits for somebody's word, and saying it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from src.core.actor import Actor, Permission
from src.core.db import savepoint
from src.core.errors import DomainError, FieldError, Kind
from src.core.paging import BadSort
from src.domain import approvals, bookings
from src.domain.approvals import ApprovalState, Verdict
from src.models.approvals import ApprovalBatch, ApprovalDecision, ApprovalRead, BatchDecision
from src.models.common import Batch, Many, One
from src.web import problems, replies
from src.web.dependencies import CurrentActor, IfMatch, Paging, Reads, Tx, declares
from src.web.idempotency import OnlyOnce
from src.web.queries import Sort

router = APIRouter(prefix="/api/v1/approvals", tags=["approvals"])
batches = APIRouter(prefix="/api/v1", tags=["approvals"])
# Whoever may see bookings may be asked; whose word counts is told by seats and permissions.
READ = Permission.BOOKINGS_READ
_STATES = (
    approvals.ApprovalNotFound,
    approvals.ApprovalSettled,
    bookings.BookingStateConflict,
    bookings.BookingOverlaps,
)


def _reply(request: Request, view: approvals.ApprovalView) -> Response:
    return replies.one(
        request, ApprovalRead.of(view), version=view.version, changed_at=view.updated_at
    )


@router.get(
    "",
    operation_id="approvals_list",
    response_model=Many[ApprovalRead],
    **declares(READ, problems=(BadSort,)),
)
async def list_approvals(
    *,
    actor: CurrentActor,
    reads: Reads,
    paging: Paging,
    subject_type: Annotated[list[str], Query(max_length=10)] = [],  # noqa: B006 - copied
    resource_id: Annotated[list[UUID], Query(max_length=200)] = [],  # noqa: B006
    state: Annotated[list[ApprovalState], Query(max_length=5)] = [],  # noqa: B006
    waiting: bool = True,
    mine: bool = False,
    sort: Sort = None,
) -> Response:
    """What waits for a word of yours, the oldest first.

    With `waiting=false` all you may know of; `mine` is what you asked for or what is for you.
    """
    which = approvals.inbox.Filter(
        waiting=waiting and not mine,
        mine=mine,
        kinds=subject_type,
        resource_ids=resource_id,
        states=state,
    )
    page = await approvals.inbox.list_(reads, actor, which=which, sort=sort, paging=paging)
    return replies.many([ApprovalRead.of(view) for view in page.items], page)


@router.get(
    "/{approval_id}",
    operation_id="approvals_get",
    response_model=One[ApprovalRead],
    **declares(READ, cache="private", problems=(approvals.ApprovalNotFound,)),
)
async def get_approval(
    request: Request, approval_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One with its votes, and whom it waits for until when."""
    return _reply(request, await approvals.inbox.get(reads, actor, approval_id))


@router.post(
    "/{approval_id}/approve",
    operation_id="approvals_approve",
    response_model=One[ApprovalRead],
    **declares(READ, rate="write", problems=_STATES),
)
async def approve(
    request: Request,
    approval_id: UUID,
    body: ApprovalDecision,
    actor: CurrentActor,
    version: IfMatch,
    tx: Tx,
) -> Response:
    """Agree. Nobody decides their own, standing in for somebody or not."""
    await approvals.decide(
        tx, actor, approval_id, Verdict.APPROVE, note=body.note, expected_version=version
    )
    return _reply(request, await approvals.inbox.get(tx, actor, approval_id))


@router.post(
    "/{approval_id}/reject",
    operation_id="approvals_reject",
    response_model=One[ApprovalRead],
    **declares(READ, rate="write", problems=_STATES),
)
async def reject(
    request: Request,
    approval_id: UUID,
    body: ApprovalDecision,
    actor: CurrentActor,
    version: IfMatch,
    tx: Tx,
) -> Response:
    """Refuse, best with a word why."""
    await approvals.decide(
        tx, actor, approval_id, Verdict.REJECT, note=body.note, expected_version=version
    )
    return _reply(request, await approvals.inbox.get(tx, actor, approval_id))


@batches.post(
    "/approvals:batch",
    operation_id="approvals_batch",
    status_code=207,
    response_model=Batch[ApprovalRead],
    **declares(READ, rate="write", problems=()),
)
async def decide_many(body: ApprovalBatch, actor: CurrentActor, once: OnlyOnce, tx: Tx) -> Response:
    """Decide several, each for itself: 207 with the result of every one in order."""

    async def effect() -> Response:
        return await _each(tx, actor, body.items)

    return await once(tx, effect)


async def _each(session: AsyncSession, actor: Actor, items: Sequence[BatchDecision]) -> Response:
    made: list[ApprovalRead | None] = []
    failures: list[dict[str, Any]] = []
    await approvals.lock(session, [item.id for item in items])
    for index, item in enumerate(items):
        try:
            async with savepoint(session):
                await approvals.decide(
                    session,
                    actor,
                    item.id,
                    item.verdict,
                    note=item.note,
                    expected_version=item.version,
                )
            made.append(ApprovalRead.of(await approvals.inbox.get(session, actor, item.id)))
        except DomainError as refusal:
            if refusal.kind is Kind.UNAVAILABLE:
                raise
            made.append(None)
            failures.append(_failure(index, refusal))
    return replies.batch(made, failures, status=207)


def _failure(index: int, refusal: DomainError) -> dict[str, Any]:
    error = FieldError(("items", index), refusal.code, refusal.detail)
    return {
        "pointer": problems.pointer(error.field),
        "code": error.code,
        "detail": error.detail,
    }
