"""When a person leaves: nobody waits for their word any more; and what they take along."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import SYSTEM
from src.domain import accounts
from src.domain.approvals import deciding, repository, rules, stepping, subjects
from src.domain.approvals.tables import (
    Approval,
    ApprovalSeat,
    ApprovalState,
    ApprovalVote,
    Delegation,
)


async def _erase(session: AsyncSession, user_id: UUID) -> None:
    now = clock.now()
    theirs = or_(Delegation.from_id == user_id, Delegation.to_id == user_id)
    await session.execute(
        update(Delegation)
        .where(theirs, Delegation.revoked_at.is_(None))
        .values(revoked_at=now, version=Delegation.version + 1)
    )
    await session.execute(update(Delegation).where(theirs).values(reason=""))
    await session.execute(
        update(ApprovalVote).where(ApprovalVote.decided_by == user_id).values(note=None)
    )
    await _give_up_seats(session, user_id)


async def _give_up_seats(session: AsyncSession, user_id: UUID) -> None:
    """Those who are left decide without them; where nobody is, whoever holds the permission."""
    voted = exists().where(
        ApprovalVote.approval_id == ApprovalSeat.approval_id,
        ApprovalVote.step == ApprovalSeat.step,
        ApprovalVote.person_id == ApprovalSeat.person_id,
    )
    waiting = (
        await session.scalars(
            select(Approval.id)
            .join(ApprovalSeat, ApprovalSeat.approval_id == Approval.id)
            .where(
                Approval.state == ApprovalState.OPEN,
                ApprovalSeat.step == Approval.step,
                ApprovalSeat.person_id == user_id,
                ~voted,
            )
            .order_by(Approval.id)
        )
    ).all()
    await deciding.lock(session, waiting)
    for approval_id in waiting:
        approval = await repository.locked(session, approval_id)
        if approval is None or approval.state is not ApprovalState.OPEN:
            continue
        await session.execute(
            delete(ApprovalSeat).where(
                ApprovalSeat.approval_id == approval_id,
                ApprovalSeat.step == approval.step,
                ApprovalSeat.person_id == user_id,
            )
        )
        await _settle(session, approval)


async def _settle(session: AsyncSession, approval: Approval) -> None:
    seats = await repository.seats_of(session, approval)
    votes = await repository.votes_of(session, approval)
    reached = rules.verdict_of(stepping.step_of(approval), seats, votes) if seats else None
    if reached is not None:
        await deciding.go_on(session, SYSTEM, approval, reached)
    elif not seats and approval.permission is None:
        approval.permission = subjects.of(approval.subject_type).permission.value
        await stepping.tell(session, [approval])
    await session.flush()


async def _read(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401 - whatever JSON says
    votes = await session.execute(
        select(
            Approval.subject_type, Approval.subject_id, ApprovalVote.step, ApprovalVote.verdict,
            ApprovalVote.note, ApprovalVote.is_by_link, ApprovalVote.at, ApprovalVote.person_id,
        )
        .join(Approval, Approval.id == ApprovalVote.approval_id)
        .where(ApprovalVote.decided_by == user_id)
        .order_by(ApprovalVote.id)
    )  # fmt: skip
    standing = await session.execute(
        select(
            Delegation.from_id, Delegation.to_id, Delegation.resource_id, Delegation.starts_at,
            Delegation.ends_at, Delegation.reason, Delegation.revoked_at,
        )
        .where(or_(Delegation.from_id == user_id, Delegation.to_id == user_id))
        .order_by(Delegation.id)
    )  # fmt: skip
    return {
        "decisions": [dict(row) for row in votes.mappings()],
        "delegations": [dict(row) for row in standing.mappings()],
    }


accounts.leaving.erasure.on_erasure("approvals", _erase)
accounts.leaving.exporting.source("approvals", _read)
