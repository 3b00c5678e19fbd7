"""When a person leaves: nobody waits for what they think; and what they take along."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.domain import accounts
from src.domain.operations.tables import Decision, DecisionParticipant, DecisionState, Stance


async def _erase(session: AsyncSession, user_id: UUID) -> None:
    """Nobody waits for their word any more; the stances they took stay, without their words."""
    theirs = DecisionParticipant.user_id == user_id
    proposed = select(Decision.id).where(Decision.state == DecisionState.PROPOSED)
    await session.execute(
        delete(DecisionParticipant).where(
            theirs,
            DecisionParticipant.stance == Stance.UNDECIDED,
            DecisionParticipant.decision_id.in_(proposed),
        )
    )
    await session.execute(update(DecisionParticipant).where(theirs).values(comment=""))


async def _read(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401 - whatever JSON says
    made = await session.execute(
        select(
            Decision.number, Decision.title, Decision.context, Decision.outcome, Decision.state,
            Decision.reason, Decision.proposed_by, Decision.proposed_at, Decision.decided_by,
            Decision.decided_at, Decision.review_on,
        )
        .where(or_(Decision.proposed_by == user_id, Decision.decided_by == user_id))
        .order_by(Decision.number)
    )  # fmt: skip
    answers = await session.execute(
        select(
            Decision.number, Decision.title, DecisionParticipant.stance,
            DecisionParticipant.comment, DecisionParticipant.answered_at,
        )
        .join(Decision, Decision.id == DecisionParticipant.decision_id)
        .where(DecisionParticipant.user_id == user_id)
        .order_by(Decision.number)
    )  # fmt: skip
    return {
        "decisions": [dict(row) for row in made.mappings()],
        "stances": [dict(row) for row in answers.mappings()],
    }


accounts.leaving.erasure.on_erasure("decisions", _erase)
accounts.leaving.exporting.source("decisions", _read)
