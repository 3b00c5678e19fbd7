"""How a step begins: who gets a seat, until when it waits, and who is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import outbox
from src.domain.approvals import rules, subjects
from src.domain.approvals.rules import Step
from src.domain.approvals.seating import Seating
from src.domain.approvals.tables import Approval, ApprovalSeat
from src.domain.approvals.topics import ASKED


def steps_of(approval: Approval) -> tuple[Step, ...]:
    """The steps as they were when it was asked."""
    return tuple(rules.step_of(raw) for raw in approval.steps)


def step_of(approval: Approval) -> Step:
    """The step it is in."""
    return rules.step_of(approval.steps[approval.step])


async def begin(
    seating: Seating, approval: Approval, number: int, *, now: datetime
) -> list[dict[str, object]]:
    """Let the step begin; the seats that are to be written.

    Where nobody remains who could decide, it goes to the holders of the subject's permission. A
    step that asks for more people than it names is filled up with them.
    """
    approval.step, approval.step_started_at, approval.is_escalated = number, now, False
    step = step_of(approval)
    people = await seating.people(step.approvers, approval.resource_id) - own(approval)
    approval.permission = None
    if not people:
        approval.permission = subjects.of(approval.subject_type).permission.value
    elif isinstance(step.needs, int) and len(people) < step.needs:
        people |= await _holders(seating, approval)
    pace(approval, step)
    return [_seat(approval, person_id) for person_id in sorted(people)]


async def escalate(seating: Seating, approval: Approval) -> list[dict[str, object]]:
    """Pass the step on to those it names for that; the seats that are to be written.

    One word of theirs decides. Where there is nobody, the holders of the permission may.
    """
    step = step_of(approval)
    approval.is_escalated = True
    people = await seating.people(step.escalate_to, approval.resource_id) - own(approval)
    if not people:
        approval.permission = subjects.of(approval.subject_type).permission.value
    pace(approval, step)
    return [_seat(approval, person_id, is_escalated=True) for person_id in sorted(people)]


def own(approval: Approval) -> frozenset[UUID]:
    """Who asked, and for whom: nobody decides what is their own."""
    return frozenset({approval.requested_by, approval.requested_for})


def pace(approval: Approval, step: Step) -> None:
    """Write down until when the step waits; never longer than what is asked for can wait."""
    started, latest = approval.step_started_at, approval.latest_at
    approval.expires_at = rules.lapses_at(step, started, latest_at=latest)
    approval.step_due_at = rules.next_look(
        step, started, is_escalated=approval.is_escalated, latest_at=latest
    )


async def seat(session: AsyncSession, rows: Sequence[dict[str, object]]) -> None:
    """Write seats, in one statement."""
    if rows:
        await session.execute(insert(ApprovalSeat), list(rows))


async def tell(session: AsyncSession, approvals: Sequence[Approval]) -> None:
    """Have those who are to decide told, once this transaction commits; once for each step."""
    if not approvals:
        return
    first = approvals[0]
    # Once for each time it comes to others: a step, its escalation, the holders of a permission.
    turn = f"{first.id}:{first.step}:{int(first.is_escalated)}:{first.permission or ''}"
    await outbox.publish(
        session,
        ASKED,
        {"approval_ids": [str(each.id) for each in approvals]},
        once=f"{ASKED.name}:{turn}",
    )


async def _holders(seating: Seating, approval: Approval) -> frozenset[UUID]:
    permission = subjects.of(approval.subject_type).permission
    asked = rules.Approver(rules.ApproverKind.PERMISSION, permission.value)
    return await seating.people([asked], approval.resource_id) - own(approval)


def _seat(approval: Approval, person_id: UUID, *, is_escalated: bool = False) -> dict[str, object]:
    return {
        "approval_id": approval.id,
        "step": approval.step,
        "person_id": person_id,
        "is_escalated": is_escalated,
    }
