"""The approval rules of the institute, as they are kept and changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import events, ids
from src.core.actor import Actor, Permission
from src.core.db import savepoint
from src.core.errors import FieldError, PreconditionFailed
from src.core.language import gettext as _
from src.core.paging import Key, Page, Paging, paginate
from src.domain.approvals import checking, rules
from src.domain.approvals.errors import (
    ApprovalRuleInUse,
    ApprovalRuleNotFound,
    BadApprovalRule,
)
from src.domain.approvals.rules import Step
from src.domain.approvals.tables import Approval, ApprovalRule
from src.domain.resources.tables import Policy

FIELDS = frozenset({"name", "description", "steps", "is_active"})


@dataclass(frozen=True, slots=True)
class RuleView:
    """An approval rule; `used` is how many policies name it."""

    id: UUID
    name: str
    description: str
    steps: tuple[Step, ...]
    is_active: bool
    used: int
    version: int
    created_at: datetime
    updated_at: datetime


async def list_(
    session: AsyncSession, actor: Actor, *, paging: Paging | None = None
) -> Page[RuleView]:
    """All rules by name. Raises `Forbidden` (`approvals:manage`)."""
    actor.require(Permission.APPROVALS_MANAGE)
    keys = [Key(ApprovalRule.name, name="name"), Key(ApprovalRule.id, name="id")]
    page = await paginate(session, select(ApprovalRule), keys=keys, paging=paging or Paging())
    return page.holding(await _views(session, page.items))


async def names(session: AsyncSession) -> dict[UUID, str]:
    """The active rules, to choose one for a policy."""
    rows = await session.execute(
        select(ApprovalRule.id, ApprovalRule.name)
        .where(ApprovalRule.is_active)
        .order_by(func.lower(ApprovalRule.name))
    )
    return {row.id: row.name for row in rows}


async def get(session: AsyncSession, actor: Actor, rule_id: UUID) -> RuleView:
    """One rule. Raises `Forbidden`, `ApprovalRuleNotFound`."""
    actor.require(Permission.APPROVALS_MANAGE)
    return (await _views(session, [await _found(session, rule_id)]))[0]


async def create(
    session: AsyncSession,
    actor: Actor,
    *,
    name: str,
    steps: Sequence[Step],
    description: str = "",
    is_active: bool = True,
) -> RuleView:
    """Keep a rule. Raises `Forbidden`, `BadApprovalRule` (every fault)."""
    actor.require(Permission.APPROVALS_MANAGE)
    row = ApprovalRule(id=ids.new(), name="", description="", steps=[], is_active=True)
    values = {"name": name, "description": description, "steps": steps, "is_active": is_active}
    changed = await _assign(session, row, values)
    session.add(row)
    await _store(session, row)
    subject = ("approval-rule", row.id)
    events.record(session, actor, "approval-rule.created", subject, changes=changed)
    return (await _views(session, [row]))[0]


async def update(
    session: AsyncSession,
    actor: Actor,
    rule_id: UUID,
    *,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> RuleView:
    """Change a rule; what waits already goes on as it was asked. `changes`: some of `FIELDS`.

    Raises `Forbidden`, `ApprovalRuleNotFound`, `BadApprovalRule`, `PreconditionFailed`.
    """
    actor.require(Permission.APPROVALS_MANAGE)
    row = await _found(session, rule_id, lock=True)
    _require_version(row, expected_version)
    changed = await _assign(session, row, changes)
    if changed:
        await _store(session, row)
        subject = ("approval-rule", row.id)
        events.record(session, actor, "approval-rule.updated", subject, changes=changed)
    return (await _views(session, [row]))[0]


async def delete(
    session: AsyncSession, actor: Actor, rule_id: UUID, *, expected_version: int | None = None
) -> None:
    """Remove a rule that no policy names and nothing was ever asked by.

    Raises `Forbidden`, `ApprovalRuleNotFound`, `ApprovalRuleInUse`, `PreconditionFailed`.
    """
    actor.require(Permission.APPROVALS_MANAGE)
    row = await _found(session, rule_id, lock=True)
    _require_version(row, expected_version)
    named = select(Policy.id).where(Policy.approval_rule_id == rule_id)
    asked = select(Approval.id).where(Approval.rule_id == rule_id)
    for used in (named, asked):
        if await session.scalar(used.limit(1)) is not None:
            raise ApprovalRuleInUse(
                _("Policies name it, or requests were decided by it: make it inactive instead.")
            )
    await session.delete(row)
    changes = {"name": [row.name, None]}
    events.record(
        session, actor, "approval-rule.deleted", ("approval-rule", rule_id), changes=changes
    )
    await session.flush()


async def _found(session: AsyncSession, rule_id: UUID, *, lock: bool = False) -> ApprovalRule:
    wanted = select(ApprovalRule).where(ApprovalRule.id == rule_id)
    if lock:
        wanted = wanted.with_for_update()
    row: ApprovalRule | None = await session.scalar(
        wanted.execution_options(populate_existing=True)
    )
    if row is None:
        raise ApprovalRuleNotFound(_("Choose one from the list of approval rules."))
    return row


def _require_version(row: ApprovalRule, expected: int | None) -> None:
    if expected not in {None, row.version}:
        raise PreconditionFailed(_("Read it again, then repeat the change."), version=row.version)


async def _assign(
    session: AsyncSession, row: ApprovalRule, values: Mapping[str, Any]
) -> dict[str, Any]:
    """Write what was checked into the row; what became different. Raises `BadApprovalRule`."""
    faults = await checking.faults(session, values)
    if faults:
        raise BadApprovalRule(faults[0].detail, errors=tuple(faults))
    plain = dict(values)
    if "steps" in plain:
        plain["steps"] = [rules.raw_of(step) for step in plain["steps"]]
    for field in ("name", "description"):
        if field in plain:
            plain[field] = plain[field].strip()
    changed = {
        field: [getattr(row, field), value]
        for field, value in plain.items()
        if getattr(row, field) != value
    }
    for field, value in plain.items():
        setattr(row, field, value)
    return changed


async def _store(session: AsyncSession, row: ApprovalRule) -> None:
    try:
        async with savepoint(session):
            session.add(row)
            await session.flush()
    except IntegrityError as error:
        detail = _("Another rule has this name already.")
        taken = FieldError(("name",), "name-taken", detail)
        raise BadApprovalRule(detail, errors=(taken,)) from error


async def _views(session: AsyncSession, rows: Sequence[ApprovalRule]) -> list[RuleView]:
    counted = await session.execute(
        select(Policy.approval_rule_id, func.count())
        .where(Policy.approval_rule_id.in_([row.id for row in rows]))
        .group_by(Policy.approval_rule_id)
    )
    used: dict[UUID | None, int] = {row[0]: row[1] for row in counted}
    return [
        RuleView(
            id=row.id,
            name=row.name,
            description=row.description,
            steps=tuple(rules.step_of(raw) for raw in row.steps),
            is_active=row.is_active,
            used=used.get(row.id, 0),
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row in rows
    ]
