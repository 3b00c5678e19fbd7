"""What stands against an approval rule, each fault at its place in the steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Permission
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain.accounts.tables import Role, User, UserState
from src.domain.approvals.rules import ALL, ANY, Approver, ApproverKind, OnDeadline, Step
from src.domain.resources.tables import Duty

MOST_STEPS, MOST_APPROVERS = 10, 20
SHORTEST, LONGEST = 5, 366 * 1440
DUTIES = ("primary", *(duty.value for duty in Duty))
_Place = tuple[str | int, ...]


async def faults(session: AsyncSession, values: Mapping[str, Any]) -> list[FieldError]:
    """Every fault of a rule's fields, in two statements at the most."""
    found = list(_of_texts(values))
    if "steps" not in values:
        return found
    steps: Sequence[Step] = values["steps"]
    if not 1 <= len(steps) <= MOST_STEPS:
        detail = _("A rule has 1 to %(most)s steps.", most=MOST_STEPS)
        return [*found, FieldError(("steps",), "invalid", detail)]
    people, roles = await _known(session, steps)
    for place, step in enumerate(steps):
        found += _of_step(step, ("steps", place))
        for name in ("approvers", "escalate_to"):
            for number, approver in enumerate(getattr(step, name)):
                at = ("steps", place, name, number)
                found += _of_approver(approver, at, people, roles)
    return found


def _of_texts(values: Mapping[str, Any]) -> Iterator[FieldError]:
    for field, limit in (("name", 120), ("description", 2000)):
        text = values.get(field)
        if text is not None and len(text) > limit:
            detail = _("At most %(limit)s characters.", limit=limit)
            yield FieldError((field,), "too-long-text", detail)
        if text is not None and "\x00" in text:
            yield FieldError((field,), "bad-character", _("A character in it cannot be stored."))
    if "name" in values and not values["name"].strip():
        yield FieldError(("name",), "missing", _("Give it a name."))


def _of_step(step: Step, at: _Place) -> Iterator[FieldError]:
    if not 1 <= len(step.approvers) <= MOST_APPROVERS:
        detail = _("Name whom to ask, at most %(most)s entries.", most=MOST_APPROVERS)
        yield FieldError((*at, "approvers"), "missing", detail)
    if step.needs not in {ANY, ALL} and not (
        isinstance(step.needs, int) and 1 <= step.needs <= MOST_APPROVERS
    ):
        detail = _("Say any, all, or how many must agree.")
        yield FieldError((*at, "needs"), "invalid", detail)
    minutes = step.deadline_minutes
    if minutes is not None and not SHORTEST <= minutes <= LONGEST:
        detail = _("A deadline is %(least)s minutes to a year.", least=SHORTEST)
        yield FieldError((*at, "deadline_minutes"), "invalid", detail)
    if minutes is None and step.on_deadline is not OnDeadline.EXPIRE:
        detail = _("Say after how long.")
        yield FieldError((*at, "deadline_minutes"), "missing", detail)
    if step.on_deadline is OnDeadline.ESCALATE and not step.escalate_to:
        detail = _("Name to whom it is passed on.")
        yield FieldError((*at, "escalate_to"), "missing", detail)
    if len(step.escalate_to) > MOST_APPROVERS:
        detail = _("Name whom to ask, at most %(most)s entries.", most=MOST_APPROVERS)
        yield FieldError((*at, "escalate_to"), "invalid", detail)


def _of_approver(
    approver: Approver, at: _Place, people: set[str], roles: set[str]
) -> Iterator[FieldError]:
    known: dict[ApproverKind, set[str]] = {
        ApproverKind.PERSON: people,
        ApproverKind.ROLE: roles,
        ApproverKind.RESPONSIBLE: {"", *DUTIES},
        ApproverKind.PERMISSION: {permission.value for permission in Permission},
    }
    if approver.value not in known[approver.kind]:
        yield FieldError((*at, "value"), "unknown-id", _("Choose one of the list."))


async def _known(session: AsyncSession, steps: Sequence[Step]) -> tuple[set[str], set[str]]:
    named = [each for step in steps for each in (*step.approvers, *step.escalate_to)]
    wanted = set()
    for each in named:
        if each.kind is ApproverKind.PERSON:
            try:
                wanted.add(UUID(each.value))
            except ValueError:
                continue
    people = set[str]()
    if wanted:
        active = select(User.id).where(User.id.in_(wanted), User.state == UserState.ACTIVE)
        people = {str(id_) for id_ in await session.scalars(active)}
    roles = set[str]()
    if any(each.kind is ApproverKind.ROLE for each in named):
        roles = {str(name) for name in await session.scalars(select(Role.name))}
    return people, roles
