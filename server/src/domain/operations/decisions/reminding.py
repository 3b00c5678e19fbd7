"""Reminders: of the day on which a decision is looked at again, and of those who said nothing yet.

They are noted on the row in their own transaction, so a second worker reminds nobody twice.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import SYSTEM
from src.domain import accounts
from src.domain.operations.decisions import repository, service, telling
from src.domain.operations.tables import Decision, DecisionParticipant, Stance

REVIEW_AGAIN_AFTER = timedelta(days=30)
ANSWERS_AFTER = timedelta(days=3)
ANSWERS_AGAIN_AFTER = timedelta(days=7)


async def of_reviews(session: AsyncSession, *, limit: int = 200) -> int:
    """Remind who proposed and who decided of what is due for review; how many decisions."""
    now = clock.now()
    found = await repository.to_review(
        session, today=await _today(session, now), before=now - REVIEW_AGAIN_AFTER, limit=limit
    )
    for row in found:
        asked = {one for one in (row.proposed_by, row.decided_by) if one is not None}
        await _remind(session, row, asked, "decision.review")
    await _noted(session, found, now)
    return len(found)


async def of_answers(session: AsyncSession, *, limit: int = 200) -> int:
    """Remind those who are asked and have said nothing for three days, then weekly; how many."""
    now = clock.now()
    found = await repository.unanswered(
        session,
        proposed_before=now - ANSWERS_AFTER,
        before=now - ANSWERS_AGAIN_AFTER,
        limit=limit,
    )
    for row in found:
        waiting = await session.scalars(
            select(DecisionParticipant.user_id).where(
                DecisionParticipant.decision_id == row.id,
                DecisionParticipant.stance == Stance.UNDECIDED,
            )
        )
        await _remind(session, row, set(waiting), "decision.unanswered")
    await _noted(session, found, now)
    return len(found)


async def _remind(session: AsyncSession, row: Decision, people: set[UUID], kind: str) -> None:
    heard = await telling.audience(session, row, people)
    for person_id in sorted(heard):
        await telling.notify(session, row, person_id, kind)
    changes = {"what": kind.partition(".")[2], "people": sorted(heard)}
    service.record(session, SYSTEM, "decision.reminded", row, changes=changes)


async def _noted(session: AsyncSession, found: list[Decision], now: datetime) -> None:
    if found:
        await repository.note_reminder(session, [row.id for row in found], now)


async def _today(session: AsyncSession, now: datetime) -> date:
    """The day at the institute."""
    facility = await accounts.institute(session)
    return now.astimezone(ZoneInfo(facility.timezone if facility else "UTC")).date()
