"""Who hears of a blocker: its owner, the person it waits for, who raised it, and who follows it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import outbox
from src.core.actor import Actor
from src.domain import notifications
from src.domain.operations import discussion, numbering, subjects
from src.domain.operations.blockers import topics
from src.domain.operations.tables import Blocker


async def announce(
    session: AsyncSession,
    actor: Actor,
    row: Blocker,
    what: str,
    *,
    changed: Sequence[str] = ("owner_id", "waiting_on_id"),
    texts: Sequence[str] = (),
    before: Sequence[str] = (),
) -> None:
    """Have those concerned told after the commit, and people whom a text names anew."""
    payload = {
        "blocker_id": str(row.id),
        "what": what,
        "by": str(actor.user_id) if actor.user_id else None,
        "changed": list(changed),
    }
    once = f"{topics.HAPPENED.name}:{row.id}:{row.version}:{what}"
    await outbox.publish(session, topics.HAPPENED, payload, once=once)
    await discussion.saying.publish(session, actor, ("blocker", row.id), texts=texts, before=before)


async def tell(session: AsyncSession, payload: dict[str, Any]) -> int:
    """Tell whom it concerns, each once and by the nearest reason; how many people that are."""
    row = await session.get(Blocker, UUID(payload["blocker_id"]))
    if row is None:
        return 0
    reasons: dict[UUID, str] = {}
    for kind, people in (await _reasons(session, row, payload)).items():
        for person_id in people:
            reasons.setdefault(person_id, kind)
    reasons.pop(UUID(payload["by"]) if payload["by"] else row.id, None)
    heard = await audience(session, row, reasons.keys())
    for person_id in sorted(heard):
        await notify(session, row, person_id, reasons[person_id], by=payload["by"])
    return len(heard)


async def notify(
    session: AsyncSession, row: Blocker, person_id: UUID, kind: str, *, by: str | None = None
) -> None:
    """Tell one person."""
    args: dict[str, Any] = {
        "blocker": numbering.said("blocker", row.number),
        "title": row.title,
        "by": by,
        "note": row.resolution,
        "needed_by": row.needed_by.isoformat() if row.needed_by else "",
    }
    await notifications.notify(
        session,
        user_id=person_id,
        kind=kind,
        args={name: value for name, value in args.items() if value is not None},
        link=f"/blockers/{row.id}",
        subject=("blocker", row.id),
    )


async def audience(session: AsyncSession, row: Blocker, people: Collection[UUID]) -> set[UUID]:
    """Of these people those who have not muted it and may see it."""
    subject = ("blocker", row.id)
    heard = await notifications.follows.audience(session, subject, people)
    return await subjects.audience(session, subject, heard & set(people))


async def _reasons(
    session: AsyncSession, row: Blocker, payload: dict[str, Any]
) -> dict[str, Collection[UUID]]:
    """People by the kind of notification, the nearest first."""
    found: dict[str, Collection[UUID]] = {}
    if payload["what"] in {"raised", "changed"}:
        if "owner_id" in payload["changed"] and row.owner_id:
            found["blocker.owned"] = [row.owner_id]
        if "waiting_on_id" in payload["changed"] and row.waiting_on_id:
            found["blocker.waiting"] = [row.waiting_on_id]
    else:
        subject, own = ("blocker", row.id), concerned(row)
        found[f"blocker.{payload['what']}"] = await notifications.follows.audience(
            session, subject, own
        )
    return found


def concerned(row: Blocker) -> set[UUID]:
    """Who has something to do with it."""
    return {one for one in (row.owner_id, row.waiting_on_id, row.raised_by) if one is not None}
