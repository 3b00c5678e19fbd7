"""That something was said is told later, by the worker (`telling`); here it is only noted."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import outbox
from src.core.actor import Actor
from src.domain.operations.discussion import mentions, topics

Subject = tuple[str, UUID]


async def publish(
    session: AsyncSession,
    actor: Actor,
    subject: Subject,
    *,
    texts: Sequence[str],
    before: Sequence[str] = (),
    comment_id: UUID | None = None,
    is_new_comment: bool = False,
) -> None:
    """Have those told whom the texts mention and those `before` did not.

    With `is_new_comment` also those whom the thing concerns and its followers.
    """
    now, then = mentions.found(*texts), mentions.found(*before)
    people, teams = now.people - then.people, now.teams - then.teams
    if not (people or teams or is_new_comment):
        return
    payload = {
        "subject_type": subject[0],
        "subject_id": str(subject[1]),
        "comment_id": str(comment_id) if comment_id else None,
        "is_new_comment": is_new_comment,
        "by": str(actor.user_id) if actor.user_id else None,
        "people": sorted(map(str, people)),
        "teams": sorted(map(str, teams)),
    }
    await outbox.publish(session, topics.SAID, payload)
