"""Amendments: the only way an accepted decision comes to say something else.

What it said before and after and why is kept for good, and shown as a difference of words.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, ids
from src.core.actor import Actor
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain.accounts.tables import User
from src.domain.operations import parties, policy
from src.domain.operations.decisions import difference, service, states, telling
from src.domain.operations.decisions.views import AmendmentView, ChangeView
from src.domain.operations.tables import Decision, DecisionAmendment

_ORDER = ("title", "context", "outcome", "review_on")


async def amend(
    session: AsyncSession,
    actor: Actor,
    decision_id: UUID,
    *,
    changes: Mapping[str, Any],
    reason: str,
    expected_version: int | None = None,
) -> AmendmentView:
    """Change title, context, outcome or the day of review of what is accepted.

    Raises `DecisionNotFound`, `Forbidden`, `PreconditionFailed`, `DecisionStateConflict`,
    `BadDecision`.
    """
    if unknown := changes.keys() - service.TEXTS:
        raise TypeError(f"of a decision {sorted(unknown)} are not amended")
    row = await service.writable(session, actor, decision_id, expected_version)
    states.require_accepted(row.state)
    wanted = {name: service.cleared(name, value) for name, value in changes.items()}
    changed = [name for name in _ORDER if name in wanted and wanted[name] != getattr(row, name)]
    _judge({name: wanted[name] for name in changed}, reason)
    texts = service.texts_of(row)
    done = {name: [_plain(getattr(row, name)), _plain(wanted[name])] for name in changed}
    for name in changed:
        setattr(row, name, wanted[name])
    if "review_on" in changed:
        row.reminded_at = None
    made = await _written(session, actor, row, done, reason)
    facts = {"number": made.number, "texts": changed}
    service.record(session, actor, "decision.amended", row, changes=facts, reason=made.reason)
    await session.flush()
    await service.put_words(session, row)
    now = (*service.texts_of(row), made.reason)
    await telling.announce(session, actor, row, "amended", texts=now, before=texts)
    return next(one for one in await of(session, actor, decision_id) if one.id == made.id)


async def of(session: AsyncSession, actor: Actor, decision_id: UUID) -> list[AmendmentView]:
    """The amendments of a decision, the first first. Raises `DecisionNotFound`."""
    row = await session.get(Decision, decision_id)
    if row is None or not policy.may_read(actor, row.team_id):
        raise service.not_found()
    rows = await session.execute(
        select(DecisionAmendment, User.name)
        .outerjoin(User, User.id == DecisionAmendment.amended_by)
        .where(DecisionAmendment.decision_id == decision_id)
        .order_by(DecisionAmendment.number)
    )
    return [_view(one, name) for one, name in rows]


async def _written(
    session: AsyncSession, actor: Actor, row: Decision, done: dict[str, Any], reason: str
) -> DecisionAmendment:
    last = await session.scalar(
        select(func.max(DecisionAmendment.number)).where(DecisionAmendment.decision_id == row.id)
    )
    made = DecisionAmendment(
        id=ids.new(),
        decision_id=row.id,
        number=(last or 0) + 1,
        changes=done,
        reason=reason.strip(),
        amended_by=actor.user_id,
        amended_at=clock.now(),
    )
    session.add(made)
    return made


def _judge(changed: Mapping[str, Any], reason: str) -> None:
    faults = parties.faults_of_texts(changed, service.LONGEST)
    if "outcome" in changed and not changed["outcome"].strip():
        detail = _("An accepted decision says what was decided.")
        faults.append(FieldError(("outcome",), "missing", detail))
    if not changed:
        detail = _("This is what it says already.")
        faults.append(FieldError(("outcome",), "unchanged", detail))
    if not 1 <= len(reason.strip()) <= states.LONGEST_REASON:
        detail = _("Say why, in at most %(most)s characters.", most=states.LONGEST_REASON)
        faults.append(FieldError(("reason",), "missing", detail))
    service.refuse(faults)


def _plain(value: Any) -> str | None:  # noqa: ANN401 - a text or a day
    return value.isoformat() if isinstance(value, date) else value


def _view(row: DecisionAmendment, name: str | None) -> AmendmentView:
    changes = []
    for field in _ORDER:
        if field in row.changes:
            before, after = (text or "" for text in row.changes[field])
            changes.append(ChangeView(field, before, after, difference.of(before, after)))
    return AmendmentView(
        id=row.id,
        number=row.number,
        reason=row.reason,
        amended_by=parties.named(row.amended_by, name),
        amended_at=row.amended_at,
        changes=tuple(changes),
    )
