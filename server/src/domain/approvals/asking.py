"""Asking for approval, and taking the question back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, ids
from src.core.actor import Actor
from src.domain.approvals import repository, rules, stepping, subjects
from src.domain.approvals.rules import Approver, ApproverKind, Step
from src.domain.approvals.seating import Seating
from src.domain.approvals.subjects import Subject
from src.domain.approvals.tables import Approval, ApprovalState
from src.domain.approvals.views import Asking


async def ask(session: AsyncSession, kind: str, askings: Sequence[Asking]) -> list[Approval]:
    """Open an approval for each, and have those told who are to decide.

    The subjects' rows must have been flushed. Two statements without a rule, whatever the number;
    the people of rules are looked up once each. At most one approval of a subject is open.
    """
    if not askings:
        return []
    now, subject, seating = clock.now(), subjects.of(kind), Seating(session)
    made, seats = [], list[dict[str, object]]()
    for asking in askings:
        approval = _opened(subject, asking, now)
        if asking.rule is None:
            # Whoever holds the permission when they decide: no seats to be kept.
            approval.permission = subject.permission.value
            stepping.pace(approval, _by_permission(subject))
        else:
            seats += await stepping.begin(seating, approval, 0, now=now)
        made.append(approval)
    session.add_all(made)
    await session.flush()
    await stepping.seat(session, seats)
    if subject.paced is not None:
        for approval in made:
            if approval.expires_at != approval.latest_at:
                await subject.paced(session, approval.subject_id, approval.expires_at)
    await stepping.tell(session, made)
    return made


def _opened(subject: Subject, asking: Asking, now: datetime) -> Approval:
    steps = asking.rule.steps if asking.rule is not None else (_by_permission(subject),)
    return Approval(
        id=ids.new(),
        subject_type=subject.kind,
        subject_id=asking.subject_id,
        resource_id=asking.resource_id,
        rule_id=asking.rule.id if asking.rule is not None else None,
        steps=[rules.raw_of(step) for step in steps],
        state=ApprovalState.OPEN,
        step=0,
        step_started_at=now,
        is_escalated=False,
        requested_by=asking.requested_by,
        requested_for=asking.requested_for,
        latest_at=asking.latest_at,
        asked=dict(asking.asked),
    )


def _by_permission(subject: Subject) -> Step:
    return Step((Approver(ApproverKind.PERMISSION, subject.permission.value),))


async def withdraw(
    session: AsyncSession, actor: Actor, kind: str, subject_ids: Collection[UUID]
) -> dict[UUID, Approval]:
    """Take questions back: what was asked for is asked no more. Those that were open, by subject."""
    found = await repository.open_of(session, kind, subject_ids, lock=True)
    for approval in found.values():
        settle(session, actor, approval, ApprovalState.WITHDRAWN, now=clock.now())
    if found:
        await session.flush()
    return found


def settle(
    session: AsyncSession,
    actor: Actor,
    approval: Approval,
    state: ApprovalState,
    *,
    now: datetime,
    reason: str | None = None,
    is_by_link: bool = False,
) -> None:
    """Take an open approval to its end, and write down who did it."""
    approval.state, approval.decided_at, approval.step_due_at = state, now, None
    changes: dict[str, object] = {
        "state": [ApprovalState.OPEN, state],
        "subject": [approval.subject_type, str(approval.subject_id)],
    }
    if is_by_link:
        changes["by_link"] = True
    events.record(
        session,
        actor,
        f"approval.{state.value}",
        ("approval", approval.id),
        changes=changes,
        reason=reason,
    )
