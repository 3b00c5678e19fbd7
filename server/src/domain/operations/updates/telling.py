"""Who is told of a status update: whom it mentions, and who follows its author or its team."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.domain import notifications
from src.domain.operations import discussion, subjects
from src.domain.operations.tables import StatusUpdate
from src.domain.operations.updates import repository
from src.domain.operations.updates.repository import KIND


async def tell_posted(session: AsyncSession, update_id: UUID) -> int:
    """Tell them; how many. Of what was deleted meanwhile nobody is told."""
    row = await session.get(StatusUpdate, update_id)
    if row is None:
        return 0
    subject = (KIND, row.id)
    title = repository.title_of(row)
    texts = [part for part in (row.done, row.next, row.needs) if part]
    mentioned = await discussion.telling.tell_mentioned(
        session,
        subject,
        discussion.mentions.found(*texts),
        by=row.author_id,
        text="\n\n".join(texts),
    )
    followers = await notifications.follows.audience(session, ("person", row.author_id), ())
    if row.team_id is not None:
        followers |= await notifications.follows.audience(session, ("team", row.team_id), ())
    people = await subjects.audience(session, subject, followers - mentioned - {row.author_id})
    for person_id in sorted(people):
        await notifications.notify(
            session,
            user_id=person_id,
            kind="update.posted",
            args={"person": row.author_id, "title": title},
            link=f"/updates/{row.id}",
            subject=subject,
        )
    return len(mentioned) + len(people)
