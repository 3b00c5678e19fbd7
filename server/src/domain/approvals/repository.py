"""The SQL of approvals."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, false, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from src.core import clock, reach
from src.core.actor import Actor
from src.domain.approvals import rules, subjects
from src.domain.approvals.tables import (
    Approval,
    ApprovalRule,
    ApprovalSeat,
    ApprovalState,
    ApprovalVote,
    Delegation,
)
from src.domain.approvals.views import Elector, Rule
from src.domain.resources.tables import Policy, Resource

_OF_RESOURCE: reach.Columns = {"resource": Approval.resource_id}
_OWN, _TYPE, _SITE = aliased(Policy), aliased(Policy), aliased(Policy)


async def rules_of(session: AsyncSession, resource_ids: Collection[UUID]) -> dict[UUID, Rule]:
    """The rule that counts for each resource by its policies, in one statement.

    The nearest level that names one counts; one that is no longer active does not.
    """
    if not resource_ids:
        return {}
    named = func.coalesce(_OWN.approval_rule_id, _TYPE.approval_rule_id, _SITE.approval_rule_id)
    rows = await session.execute(
        select(Resource.id, ApprovalRule)
        .outerjoin(_OWN, _OWN.resource_id == Resource.id)
        .outerjoin(_TYPE, _TYPE.type_id == Resource.type_id)
        .outerjoin(_SITE, _SITE.level == "site")
        .join(ApprovalRule, ApprovalRule.id == named)
        .where(Resource.id.in_(resource_ids), ApprovalRule.is_active)
    )
    return {resource_id: rule_of(row) for resource_id, row in rows}


def rule_of(row: ApprovalRule) -> Rule:
    """A rule as it stands in its row."""
    return Rule(row.id, row.name, tuple(rules.step_of(raw) for raw in row.steps))


async def open_of(
    session: AsyncSession, kind: str, subject_ids: Collection[UUID], *, lock: bool = False
) -> dict[UUID, Approval]:
    """The open approvals of subjects, by subject."""
    wanted = select(Approval).where(
        Approval.subject_type == kind,
        Approval.subject_id.in_(subject_ids),
        Approval.state == ApprovalState.OPEN,
    )
    if lock:
        wanted = wanted.order_by(Approval.id).with_for_update()
    found = await session.scalars(wanted.execution_options(populate_existing=True))
    return {row.subject_id: row for row in found}


async def locked(session: AsyncSession, approval_id: UUID) -> Approval | None:
    """An approval that no other transaction changes until this one ends."""
    wanted = select(Approval).where(Approval.id == approval_id).with_for_update()
    found: Approval | None = await session.scalar(wanted.execution_options(populate_existing=True))
    return found


async def seats_of(session: AsyncSession, approval: Approval) -> dict[UUID, bool]:
    """Who has a seat in the present step, and whether it came to them by escalation."""
    rows = await session.execute(
        select(ApprovalSeat.person_id, ApprovalSeat.is_escalated).where(
            ApprovalSeat.approval_id == approval.id, ApprovalSeat.step == approval.step
        )
    )
    return {row.person_id: row.is_escalated for row in rows}


async def votes_of(session: AsyncSession, approval: Approval) -> list[rules.Vote]:
    """What was said in the present step, in order."""
    rows = await session.scalars(
        select(ApprovalVote)
        .where(ApprovalVote.approval_id == approval.id, ApprovalVote.step == approval.step)
        .order_by(ApprovalVote.id)
    )
    return [rules.Vote(row.person_id, row.decided_by, row.verdict) for row in rows]


def is_live(now: datetime) -> ColumnElement[bool]:
    """Approvals that can still be decided, job or no job."""
    return and_(
        Approval.state == ApprovalState.OPEN,
        or_(Approval.expires_at.is_(None), Approval.expires_at > now),
    )


def waits_for(actor: Actor, electors: Sequence[Elector]) -> ColumnElement[bool]:
    """The approvals that wait for a word of the actor, in their own name or standing in.

    The same as `deciding` asks of one at hand.
    """
    if actor.user_id is None or not electors:
        return false()
    voted = exists().where(
        ApprovalVote.approval_id == Approval.id,
        ApprovalVote.step == Approval.step,
        or_(
            ApprovalVote.decided_by == actor.user_id,
            ApprovalVote.person_id == actor.user_id,
        ),
    )
    return and_(
        is_live(clock.now()),
        Approval.requested_by != actor.user_id,
        Approval.requested_for != actor.user_id,
        not_(voted),
        or_(*(_in_the_name_of(actor, elector) for elector in electors)),
    )


def is_seated(actor: Actor) -> ColumnElement[bool]:
    """Whether the actor, or somebody they stand in for, has a seat in what waits now."""
    now = clock.now()
    stands_in_for = select(Delegation.from_id).where(
        Delegation.to_id == actor.user_id,
        Delegation.revoked_at.is_(None),
        Delegation.starts_at <= now,
        Delegation.ends_at > now,
    )
    return exists().where(
        ApprovalSeat.approval_id == Approval.id,
        ApprovalSeat.step == Approval.step,
        or_(
            ApprovalSeat.person_id == actor.user_id,
            ApprovalSeat.person_id.in_(stands_in_for),
        ),
        is_live(now),
    )


def _in_the_name_of(actor: Actor, elector: Elector) -> ColumnElement[bool]:
    has_seat = exists().where(
        ApprovalSeat.approval_id == Approval.id,
        ApprovalSeat.step == Approval.step,
        ApprovalSeat.person_id == elector.person_id,
    )
    ways = []
    for subject in subjects.registered().values():
        reached = reach.within(elector.actor, subject.permission, _OF_RESOURCE)
        by_permission = and_(Approval.permission == subject.permission.value, reached)
        # A key of theirs decides no more than their permissions would let it.
        seated = and_(has_seat, reached) if actor.is_program else has_seat
        ways.append(and_(Approval.subject_type == subject.kind, or_(seated, by_permission)))
    may = or_(*ways, false())
    if elector.is_own:
        return may
    has_said = exists().where(
        ApprovalVote.approval_id == Approval.id,
        ApprovalVote.step == Approval.step,
        ApprovalVote.person_id == elector.person_id,
    )
    bounds = [
        Approval.requested_by != elector.person_id,
        Approval.requested_for != elector.person_id,
        not_(has_said),
    ]
    if elector.resource_id is not None:
        bounds.append(Approval.resource_id == elector.resource_id)
    return and_(may, *bounds)
