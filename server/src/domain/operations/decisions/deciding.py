"""What becomes of a decision: accepted, rejected, withdrawn; superseded or deprecated later."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import Actor
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain.operations import parties, policy
from src.domain.operations.decisions import repository, service, states, telling
from src.domain.operations.decisions.errors import BadDecision
from src.domain.operations.decisions.views import DecisionView, Verdict
from src.domain.operations.tables import Decision, DecisionState

_DECIDES = {DecisionState.ACCEPTED, DecisionState.REJECTED, DecisionState.WITHDRAWN}


async def transition(
    session: AsyncSession,
    actor: Actor,
    decision_id: UUID,
    *,
    verdict: Verdict,
    expected_version: int | None = None,
) -> DecisionView:
    """Take it to its next state; who decided, when and why is kept.

    Raises `DecisionNotFound`, `Forbidden`, `PreconditionFailed`, `DecisionStateConflict` with the
    allowed targets, `BadDecision` without a reason, an outcome, or what takes its place.
    """
    await _lock(session, {decision_id, verdict.superseded_by or decision_id})
    row = await service.writable(session, actor, decision_id, expected_version)
    states.step(row.state, verdict.to, verdict.reason)
    await _judge(session, actor, row, verdict)
    before, row.state, row.state_rank = row.state, verdict.to, states.RANKS[verdict.to]
    row.reason = verdict.reason.strip()
    row.superseded_by, row.reminded_at = verdict.superseded_by, None
    if verdict.to in _DECIDES:
        row.decided_by, row.decided_at = actor.user_id, clock.now()
    if verdict.outcome is not None:
        row.outcome = verdict.outcome
    changes = {"state": [before, row.state], "superseded_by": verdict.superseded_by}
    service.record(
        session, actor, states.VERBS[verdict.to], row, changes=changes, reason=row.reason or None
    )
    await session.flush()
    await service.put_words(session, row)
    texts = (row.reason, verdict.outcome or "")
    await telling.announce(session, actor, row, row.state.value, texts=texts)
    return await service.get(session, actor, decision_id)


async def _lock(session: AsyncSession, decision_ids: set[UUID]) -> None:
    """Both at once in order of id: of two that would supersede each other one comes second."""
    wanted = select(Decision.id).where(Decision.id.in_(decision_ids)).order_by(Decision.id)
    await session.execute(wanted.with_for_update())


async def _judge(session: AsyncSession, actor: Actor, row: Decision, verdict: Verdict) -> None:
    faults = []
    is_accepted = verdict.to is DecisionState.ACCEPTED
    is_superseded = verdict.to is DecisionState.SUPERSEDED
    if verdict.outcome is not None and not is_accepted:
        detail = _("Only what is accepted has an outcome: give the reason instead.")
        faults.append(FieldError(("outcome",), "not-accepted", detail))
    elif is_accepted:
        faults += parties.faults_of_texts({"outcome": verdict.outcome}, service.LONGEST)
        if not await _says_what(session, row, verdict):
            detail = _("Say what was decided, or choose one of the options.")
            faults.append(FieldError(("outcome",), "missing", detail))
    fault = await _successor_fault(session, actor, row, verdict) if is_superseded else None
    if verdict.superseded_by and not is_superseded:
        detail = _("Only what is superseded names what takes its place.")
        fault = FieldError(("superseded_by",), "not-superseded", detail)
    faults += [fault] if fault else []
    if faults:
        raise BadDecision(faults[0].detail, errors=tuple(faults))


async def _says_what(session: AsyncSession, row: Decision, verdict: Verdict) -> bool:
    outcome = row.outcome if verdict.outcome is None else verdict.outcome
    if outcome.strip():
        return True
    return any(option.is_chosen for option in await repository.options(session, row.id))


async def _successor_fault(
    session: AsyncSession, actor: Actor, row: Decision, verdict: Verdict
) -> FieldError | None:
    if verdict.superseded_by is None:
        return _fault("missing", _("Say which decision takes its place."))
    if verdict.superseded_by == row.id:
        return _fault("itself", _("No decision takes its own place."))
    other = await session.get(Decision, verdict.superseded_by, populate_existing=True)
    if other is None or not policy.may_read(actor, other.team_id):
        return _fault("unknown-decision", _("There is no decision with this id."))
    if other.state is not DecisionState.ACCEPTED:
        said = states.word(other.state)
        detail = _("Only an accepted decision takes the place; that one is %(state)s.", state=said)
        return _fault("not-accepted", detail)
    return None


def _fault(code: str, detail: str) -> FieldError:
    return FieldError(("superseded_by",), code, detail)
