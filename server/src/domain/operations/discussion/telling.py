"""Who is told of what was said: who is mentioned, who has to do with it, who follows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import markdown
from src.core.actor import EVERYWHERE, Actor, Permission
from src.domain import notifications
from src.domain.operations import subjects
from src.domain.operations.discussion import mentions
from src.domain.operations.tables import Comment

_EXCERPT = 300
# Somebody without any part in it: what they would not see stands in no notification.
_ANYBODY = Actor(
    None,
    granted=dict.fromkeys(
        (
            Permission.BOOKINGS_READ,
            Permission.OPERATIONS_READ,
            Permission.RESOURCES_READ,
            Permission.USERS_READ,
        ),
        EVERYWHERE,
    ),
)
Subject = tuple[str, UUID]


async def tell_said(session: AsyncSession, payload: Mapping[str, Any]) -> int:
    """Tell those whom a comment or a text concerns, as `saying` noted it; how many."""
    subject = (payload["subject_type"], UUID(payload["subject_id"]))
    comment = await _comment(session, payload["comment_id"])
    if payload["comment_id"] and comment is None:
        return 0  # it was deleted meanwhile
    by = UUID(payload["by"]) if payload["by"] else None
    named = mentions.Mentioned(
        frozenset(map(UUID, payload["people"])), frozenset(map(UUID, payload["teams"]))
    )
    mentioned = await tell_mentioned(
        session, subject, named, by=by, text=comment.text if comment else "",
        anchor=f"#comment-{comment.id}" if comment else "",
    )  # fmt: skip
    if comment is None or not payload["is_new_comment"]:
        return len(mentioned)
    concerned = await _concerned(session, subject)
    people = await notifications.follows.audience(session, subject, concerned)
    people = await subjects.audience(session, subject, people - mentioned - {by})
    for person_id in sorted(people):
        await _notify(session, person_id, "discussion.commented", subject, by, comment.text,
                      f"#comment-{comment.id}")  # fmt: skip
    return len(mentioned) + len(people)


async def tell_mentioned(
    session: AsyncSession,
    subject: Subject,
    named: mentions.Mentioned,
    *,
    by: UUID | None,
    text: str,
    anchor: str = "",
) -> set[UUID]:
    """Tell those named who may see the thing, but not who named them; whom.

    Who has muted it hears of it when named in person.
    """
    people = set(await mentions.people(session, named, without={by}))
    heard = await notifications.follows.audience(session, subject, people)
    people = (heard & people) | (people & named.people)
    people = await subjects.audience(session, subject, people)
    for person_id in sorted(people):
        await _notify(session, person_id, "discussion.mentioned", subject, by, text, anchor)
    return people


async def public_title(session: AsyncSession, subject: Subject) -> str | None:
    """What it is called, where everybody who reads operations may know it."""
    thing = (await subjects.things(session, _ANYBODY, [subject])).get(subject)
    return thing.title if thing else None


async def _concerned(session: AsyncSession, subject: Subject) -> set[UUID]:
    concerned = subjects.find(subject[0]).concerned
    return await concerned(session, subject[1]) if concerned else set()


async def _comment(session: AsyncSession, comment_id: str | None) -> Comment | None:
    found = await session.get(Comment, UUID(comment_id)) if comment_id else None
    return found if found is not None and found.deleted_at is None else None


async def _notify(
    session: AsyncSession,
    person_id: UUID,
    kind: str,
    subject: Subject,
    by: UUID | None,
    text: str,
    anchor: str,
) -> None:
    title = await public_title(session, subject)
    said = markdown.excerpt(text, _EXCERPT) if title is not None else ""
    await notifications.notify(
        session,
        user_id=person_id,
        kind=kind,
        args={"person": by, "title": title or "", "text": said},
        link=subjects.find(subject[0]).path.format(id=subject[1]) + anchor,
        subject=subject,
    )
