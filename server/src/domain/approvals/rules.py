"""What steps say, and when one is decided: pure functions over what was written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from src.domain.approvals.tables import Verdict

ANY, ALL = "any", "all"


class OnDeadline(StrEnum):
    """What happens to a step nobody decided in time."""

    EXPIRE = "expire"
    ESCALATE = "escalate"
    APPROVE = "approve"


class ApproverKind(StrEnum):
    """How people are named who are asked."""

    PERSON = "person"
    ROLE = "role"
    RESPONSIBLE = "responsible"
    PERMISSION = "permission"


@dataclass(frozen=True, slots=True)
class Approver:
    """Whom to ask. `value`: a person's id, a role, a permission, or a duty.

    Without a duty `responsible` means the contact and the deputies of the resource.
    """

    kind: ApproverKind
    value: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """Whom a step asks, how many must agree (any, all, k), by when, and what happens then.

    Minutes. `escalate_to` are asked when the others were too late.
    """

    approvers: tuple[Approver, ...]
    needs: str | int = ANY
    deadline_minutes: int | None = None
    on_deadline: OnDeadline = OnDeadline.EXPIRE
    escalate_to: tuple[Approver, ...] = ()

    @property
    def length(self) -> timedelta | None:
        """How long it may take."""
        minutes = self.deadline_minutes
        return None if minutes is None else timedelta(minutes=minutes)


@dataclass(frozen=True, slots=True)
class Vote:
    """What was said for a seat; `by` is whoever said it, for themselves or standing in."""

    person_id: UUID
    by: UUID
    verdict: Verdict


def step_of(raw: Mapping[str, Any]) -> Step:
    """A step as it is stored."""
    return Step(
        approvers=_approvers(raw.get("approvers") or ()),
        needs=raw.get("needs", ANY),
        deadline_minutes=raw.get("deadline_minutes"),
        on_deadline=OnDeadline(raw.get("on_deadline") or OnDeadline.EXPIRE),
        escalate_to=_approvers(raw.get("escalate_to") or ()),
    )


def raw_of(step: Step) -> dict[str, Any]:
    """A step as it is to be stored."""
    return {
        "approvers": [{"kind": one.kind.value, "value": one.value} for one in step.approvers],
        "needs": step.needs,
        "deadline_minutes": step.deadline_minutes,
        "on_deadline": step.on_deadline.value,
        "escalate_to": [{"kind": one.kind.value, "value": one.value} for one in step.escalate_to],
    }


def needed(needs: str | int, seats: int) -> int:
    """How many must agree of so many who are asked; never more than there are."""
    if needs == ALL:
        return max(seats, 1)
    return 1 if needs == ANY else max(1, min(int(needs), seats))


def verdict_of(step: Step, seats: Mapping[UUID, bool], votes: Sequence[Vote]) -> Verdict | None:
    """What the step has come to; None while it waits. `seats`: whether each was escalated to.

    Any: whoever answers first decides. All: one rejection rejects. k: rejected as soon as so many
    have rejected that k can no longer be reached. Whoever it was escalated to, and whoever decides
    by permission because nobody had a seat, decides alone.
    """
    for vote in votes:
        if seats.get(vote.person_id, True):
            return vote.verdict
    if step.needs == ANY:
        return votes[0].verdict if votes else None
    asked = sum(not is_escalated for is_escalated in seats.values())
    agreed = sum(vote.verdict is Verdict.APPROVE for vote in votes)
    wanted = needed(step.needs, asked)
    if agreed >= wanted:
        return Verdict.APPROVE
    return Verdict.REJECT if len(votes) - agreed > asked - wanted else None


def due_at(step: Step, started_at: datetime, *, is_escalated: bool) -> datetime | None:
    """When the step's deadline passes; escalated, those it went to have as long once more.

    Counted from the start of the step, not from when a worker came by.
    """
    if step.length is None:
        return None
    return started_at + step.length * (2 if is_escalated else 1)


def lapses_at(step: Step, started_at: datetime, *, latest_at: datetime | None) -> datetime | None:
    """When the request lapses by itself if nobody does anything; never after `latest_at`."""
    ends = None
    if step.on_deadline is not OnDeadline.APPROVE:
        is_twofold = step.on_deadline is OnDeadline.ESCALATE
        ends = due_at(step, started_at, is_escalated=is_twofold)
    return _earliest(ends, latest_at)


def next_look(
    step: Step, started_at: datetime, *, is_escalated: bool, latest_at: datetime | None
) -> datetime | None:
    """When something has to happen to the step, unless somebody decides before."""
    return _earliest(due_at(step, started_at, is_escalated=is_escalated), latest_at)


def _earliest(*moments: datetime | None) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


def _approvers(raw: Sequence[Mapping[str, Any]]) -> tuple[Approver, ...]:
    return tuple(Approver(ApproverKind(one["kind"]), str(one.get("value") or "")) for one in raw)
