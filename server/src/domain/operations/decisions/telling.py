"""Who hears of a decision: who proposed it, who is asked, who decided it, and who follows it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import outbox
from src.core.actor import Actor
from src.domain import notifications
from src.domain.operations import discussion, numbering, subjects
from src.domain.operations.decisions import topics
from src.domain.operations.tables import Decision, DecisionParticipant

ASKED = frozenset({"proposed", "asked"})


async def announce(
    session: AsyncSession,
    actor: Actor,
    row: Decision,
    what: str,
    *,
    people: Sequence[UUID] = (),
    texts: Sequence[str] = (),
    before: Sequence[str] = (),
) -> None:
    """Have those concerned told after the commit, and people whom a text names anew."""
    payload = {
        "decision_id": str(row.id),
        "what": what,
        "by": str(actor.user_id) if actor.user_id else None,
        "people": [str(one) for one in people],
    }
    once = f"{topics.HAPPENED.name}:{row.id}:{row.version}:{what}"
    await outbox.publish(session, topics.HAPPENED, payload, once=once)
    await discussion.saying.publish(
        session, actor, ("decision", row.id), texts=texts, before=before
    )


async def tell(session: AsyncSession, payload: dict[str, Any]) -> int:
    """Tell those who are asked, or whom it concerns; how many people that are."""
    row = await session.get(Decision, UUID(payload["decision_id"]))
    if row is None:
        return 0
    what = payload["what"]
    if what in ASKED:
        kind, people = "decision.asked", set(map(UUID, payload["people"]))
    else:
        kind, people = f"decision.{what}", await concerned(session, row)
        people = await notifications.follows.audience(session, ("decision", row.id), people)
    by = UUID(payload["by"]) if payload["by"] else None
    heard = await audience(session, row, people - {by})
    for person_id in sorted(heard):
        await notify(session, row, person_id, kind, by=by)
    return len(heard)


async def notify(
    session: AsyncSession, row: Decision, person_id: UUID, kind: str, *, by: UUID | None = None
) -> None:
    """Tell one person."""
    args: dict[str, Any] = {
        "decision": numbering.said("decision", row.number),
        "title": row.title,
        "by": by,
        "reason": row.reason,
        "day": row.review_on.isoformat() if row.review_on else "",
    }
    await notifications.notify(
        session,
        user_id=person_id,
        kind=kind,
        args={name: value for name, value in args.items() if value is not None},
        link=f"/decisions/{row.id}",
        subject=("decision", row.id),
    )


async def audience(session: AsyncSession, row: Decision, people: Collection[UUID]) -> set[UUID]:
    """Of these people those who have not muted it and may see it."""
    subject = ("decision", row.id)
    heard = await notifications.follows.audience(session, subject, people)
    return await subjects.audience(session, subject, heard & set(people))


async def concerned(session: AsyncSession, row: Decision) -> set[UUID]:
    """Who has something to do with it."""
    asked = select(DecisionParticipant.user_id).where(DecisionParticipant.decision_id == row.id)
    found = {*await session.scalars(asked), row.proposed_by, row.decided_by}
    return {one for one in found if one is not None}
