"""What time does to approvals: steps are passed on, approved or lapse.

Reads do not wait for this (`deciding.state_at`, `repository.is_live`), and what is held for a
subject is let go by itself. A bounded number at a time; what is left comes next time.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events
from src.core.actor import SYSTEM
from src.core.db import savepoint
from src.core.errors import DomainError, Kind
from src.domain.accounts.tables import User, UserState
from src.domain.approvals import asking, deciding, repository, rules, stepping, subjects
from src.domain.approvals.seating import Seating
from src.domain.approvals.tables import (
    Approval,
    ApprovalSeat,
    ApprovalState,
    ApprovalVote,
    Verdict,
)

BATCH = 100


async def run(session: AsyncSession, *, limit: int = BATCH) -> dict[str, int]:
    """Let happen what is due; how often each thing was. Running it twice does nothing twice."""
    now, done = clock.now(), Counter[str]()
    due = (Approval.state == ApprovalState.OPEN, Approval.step_due_at <= now)
    rows = await session.execute(
        select(Approval.id, Approval.subject_type, Approval.subject_id)
        .where(*due)
        .order_by(Approval.step_due_at, Approval.id)
        .limit(limit)
    )
    found = rows.all()
    # All subjects at once, in an order of their own, before the approvals.
    for kind in sorted({row.subject_type for row in found} & subjects.registered().keys()):
        lock = subjects.of(kind).lock
        if lock is not None:
            await lock(session, [row.subject_id for row in found if row.subject_type == kind])
    for row in found:
        if row.subject_type in subjects.registered():
            done[await _settle(session, row.id, now)] += 1
    return {what: times for what, times in done.items() if what}


async def hand_on(session: AsyncSession, *, limit: int = BATCH) -> int:
    """Let the holders of the permission decide where nobody who was asked is left; how often.

    Whoever was suspended or has left since the step began answers no more.
    """
    said = exists().where(
        ApprovalVote.approval_id == Approval.id,
        ApprovalVote.step == Approval.step,
        ApprovalVote.person_id == ApprovalSeat.person_id,
    )
    left = exists().where(
        ApprovalSeat.approval_id == Approval.id,
        ApprovalSeat.step == Approval.step,
        ApprovalSeat.person_id == User.id,
        User.state == UserState.ACTIVE,
        ~said,
    )
    stranded = (
        Approval.state == ApprovalState.OPEN,
        Approval.permission.is_(None),
        Approval.subject_type.in_(subjects.registered()),
        ~left,
    )
    found = list(await session.scalars(select(Approval.id).where(*stranded).limit(limit)))
    await deciding.lock(session, found)
    for approval_id in sorted(found):
        approval = await repository.locked(session, approval_id)
        if approval is None or approval.state is not ApprovalState.OPEN:
            continue
        approval.permission = subjects.of(approval.subject_type).permission.value
        changes = {"step": approval.step, "to": approval.permission}
        subject = ("approval", approval.id)
        events.record(session, SYSTEM, "approval.escalated", subject, changes=changes)
        await session.flush()
        await stepping.tell(session, [approval])
    return len(found)


async def _settle(session: AsyncSession, approval_id: UUID, now: datetime) -> str:
    """What became of one; empty when somebody else was faster."""
    try:
        async with savepoint(session):
            return await _by_time(session, approval_id, now)
    except DomainError as refusal:
        if refusal.kind is Kind.UNAVAILABLE:
            raise
    # It can no longer be had, although nobody said no: then it has lapsed.
    approval = await repository.locked(session, approval_id)
    if approval is None or approval.state is not ApprovalState.OPEN:
        return ""
    return await _expire(session, approval, now)


async def _by_time(session: AsyncSession, approval_id: UUID, now: datetime) -> str:
    approval = await repository.locked(session, approval_id)
    if approval is None or approval.state is not ApprovalState.OPEN:
        return ""
    if deciding.state_at(approval, now) is ApprovalState.EXPIRED:
        return await _expire(session, approval, now)
    if approval.step_due_at is None or approval.step_due_at > now:
        return ""
    step = stepping.step_of(approval)
    if step.on_deadline is rules.OnDeadline.APPROVE:
        await deciding.go_on(session, SYSTEM, approval, Verdict.APPROVE)
        await session.flush()
        return "approved"
    if step.on_deadline is rules.OnDeadline.ESCALATE and not approval.is_escalated:
        await _escalate(session, approval)
        return "escalated"
    return await _expire(session, approval, now)


async def _expire(session: AsyncSession, approval: Approval, now: datetime) -> str:
    asking.settle(session, SYSTEM, approval, ApprovalState.EXPIRED, now=now)
    await session.flush()
    await subjects.of(approval.subject_type).expired(session, approval.subject_id)
    await session.flush()
    return "expired"


async def _escalate(session: AsyncSession, approval: Approval) -> None:
    """Those who had their time keep their seats; whoever comes to it now decides alone."""
    known = await repository.seats_of(session, approval)
    rows = await stepping.escalate(Seating(session), approval)
    new = [row for row in rows if row["person_id"] not in known]
    if not new:
        approval.permission = subjects.of(approval.subject_type).permission.value
    events.record(
        session,
        SYSTEM,
        "approval.escalated",
        ("approval", approval.id),
        changes={"step": approval.step, "to": [str(row["person_id"]) for row in new]},
    )
    await session.flush()
    await stepping.seat(session, new)
    await stepping.tell(session, [approval])
