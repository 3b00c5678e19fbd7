"""Who is told that something waits for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import Permission, resource_scope
from src.domain import accounts, notifications
from src.domain.approvals import electors, repository, stepping, subjects
from src.domain.approvals.subjects import Description
from src.domain.approvals.tables import Approval, ApprovalRule, ApprovalSeat, ApprovalVote

# So many at once are told in one notification: a series is a question, not fifty.
SEVERAL = 4


async def tell_asked(session: AsyncSession, approval_ids: Collection[UUID]) -> int:
    """Tell everybody who may decide, and those who stand in for them; how many people that are.

    What was settled meanwhile is left out. Where a rule names nobody who could decide, whoever
    looks after the rules is told as well.
    """
    wanted = select(Approval).where(Approval.id.in_(approval_ids), repository.is_live(clock.now()))
    found = list(await session.scalars(wanted.order_by(Approval.id)))
    if not found:
        return 0
    kind = found[0].subject_type
    described = await subjects.of(kind).describe(session, [one.subject_id for one in found])
    waiting = defaultdict[UUID, list[Approval]](list)
    for approval, people in zip(found, await who_decides(session, found), strict=True):
        for person_id in people | await _standing_in(session, approval, people):
            waiting[person_id].append(approval)
    for person_id in sorted(waiting):
        await _tell(session, person_id, waiting[person_id], described)
    for approval in found:
        if approval.rule_id is not None and approval.permission is not None:
            await _warn(session, approval, described.get(approval.subject_id))
    return len(waiting)


async def who_decides(
    session: AsyncSession, approvals: Sequence[Approval]
) -> list[frozenset[UUID]]:
    """Whose word each of the approvals waits for, apart from who stands in for them."""
    ids = [approval.id for approval in approvals]
    turns = {approval.id: approval.step for approval in approvals}
    seats, said = defaultdict[UUID, set[UUID]](set), defaultdict[UUID, set[UUID]](set)
    for row in await session.scalars(select(ApprovalSeat).where(ApprovalSeat.approval_id.in_(ids))):
        if row.step == turns[row.approval_id]:
            seats[row.approval_id].add(row.person_id)
    for vote in await session.scalars(
        select(ApprovalVote).where(ApprovalVote.approval_id.in_(ids))
    ):
        if vote.step == turns[vote.approval_id]:
            said[vote.approval_id] |= {vote.person_id, vote.decided_by}
    holders: dict[tuple[str, UUID | None], frozenset[UUID]] = {}
    found = []
    for approval in approvals:
        people = set(seats[approval.id])
        if approval.permission is not None:
            key = (approval.permission, approval.resource_id)
            if key not in holders:
                scopes = () if key[1] is None else (resource_scope(key[1]),)
                wanted = Permission(approval.permission)
                holders[key] = frozenset(await accounts.holders(session, wanted, *scopes))
            people |= holders[key]
        found.append(frozenset(people - said[approval.id] - stepping.own(approval)))
    return found


async def _standing_in(
    session: AsyncSession, approval: Approval, people: frozenset[UUID]
) -> set[UUID]:
    found = await electors.standing_in(session, people, approval.resource_id)
    return found - stepping.own(approval)


async def _tell(
    session: AsyncSession,
    person_id: UUID,
    approvals: Sequence[Approval],
    described: dict[UUID, Description],
) -> None:
    if len(approvals) >= SEVERAL:
        first = described.get(approvals[0].subject_id)
        await notifications.notify(
            session,
            user_id=person_id,
            kind="approval.several",
            args={"what": first.what if first else "", "count": len(approvals)},
            link="/requests",
            subject=("approval", approvals[0].id),
        )
        return
    for approval in approvals:
        description = described.get(approval.subject_id)
        if description is not None:
            await notifications.notify(
                session,
                user_id=person_id,
                kind=subjects.of(approval.subject_type).notice,
                args={
                    **description.args,
                    "approval_id": approval.id,
                    "step": approval.step,
                },
                link=f"/requests/{approval.id}",
                subject=(approval.subject_type, approval.subject_id),
            )


async def _warn(session: AsyncSession, approval: Approval, description: Description | None) -> None:
    rule = await session.get(ApprovalRule, approval.rule_id)
    told = await accounts.holders(session, Permission.APPROVALS_MANAGE)
    for user_id in told:
        await notifications.notify(
            session,
            user_id=user_id,
            kind="approval.nobody",
            args={
                "what": description.what if description else "",
                "person": approval.requested_for,
                "permission": approval.permission,
                "rule": rule.name if rule else "",
                "until_at": approval.expires_at,
            },
            link=f"/requests/{approval.id}",
            subject=(approval.subject_type, approval.subject_id),
        )
