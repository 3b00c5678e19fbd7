"""The demonstration: an instrument on which two must agree, and somebody who stands in."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.domain import resources
from src.domain.accounts import RoleName
from src.domain.approvals import delegations, rule_book
from src.domain.approvals.rules import Approver, ApproverKind, OnDeadline, Step
from src.domain.resources.tables import Resource

INSTRUMENT = "Titan Krios cryo-TEM"
RULE = "Two of the facility agree"
_DAY = 1440


async def fill(session: AsyncSession, manager: Actor, *, stands_in: UUID, now: datetime) -> None:
    """Let requests for the instrument go by a rule, and the manager be away next week."""
    asked = (
        Approver(ApproverKind.RESPONSIBLE),
        Approver(ApproverKind.ROLE, RoleName.MANAGER.value),
        Approver(ApproverKind.ROLE, RoleName.ADMIN.value),
    )
    step = Step(
        asked, 2, _DAY, OnDeadline.ESCALATE, (Approver(ApproverKind.ROLE, RoleName.ADMIN.value),)
    )
    rule = await rule_book.create(
        session,
        manager,
        name=RULE,
        description="For instruments that are hard to get, and harder to repair.",
        steps=[step],
    )
    on = await session.scalar(select(Resource.id).where(Resource.name == INSTRUMENT))
    if on is not None:
        values = {"approval_rule_id": rule.id}
        await resources.set_policy(session, manager, resources.Level("resource", on), values=values)
    begins = (now + timedelta(days=7)).replace(hour=0, minute=0)
    away = delegations.DelegationWish(
        stands_in, begins, begins + timedelta(days=5), reason="At a conference"
    )
    await delegations.create(session, manager, wish=away)
