"""What hangs on anything the team writes: tags, links, mentions, comments, acknowledgements.

Whoever sees a thing sees what hangs on it, and nobody else; what can be discussed says so where
its kind is registered (`subjects`). A thing that is deleted takes all of it along (`forget`).
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import fulltext
from src.core.language import mark
from src.domain import notifications
from src.domain.operations import subjects
from src.domain.operations.discussion import (
    acknowledgements,
    comments,
    leaving,
    links,
    mentions,
    notices,
    revisions,
    saying,
    tags,
    telling,
    topics,
    verbs,
)
from src.domain.operations.discussion.errors import BadComment, CommentDeleted, CommentNotFound
from src.domain.operations.discussion.links import BadLink
from src.domain.operations.discussion.tags import BadTag
from src.domain.operations.discussion.views import (
    AcknowledgementView,
    CommentView,
    Named,
    RevisionView,
)

subjects.kind(
    subjects.Kind(comments.KIND, mark("Comment"), "comment", "/comments/{id}", comments.named)
)


async def forget(session: AsyncSession, subject: tuple[str, UUID]) -> None:
    """Drop everything that hangs on something that is deleted, and take back what was told of it.

    The record of events keeps that it was.
    """
    await comments.forget(session, subject)
    await acknowledgements.forget(session, subject)
    await revisions.forget(session, subject)
    await links.forget(session, subject)
    await tags.put(session, subject, [])
    await notifications.follows.forget(session, subject)
    await notifications.conceal(session, subject, ())
    await fulltext.forget(session, *subject)


__all__ = [
    "AcknowledgementView",
    "BadComment",
    "BadLink",
    "BadTag",
    "CommentDeleted",
    "CommentNotFound",
    "CommentView",
    "Named",
    "RevisionView",
    "acknowledgements",
    "comments",
    "forget",
    "leaving",
    "links",
    "mentions",
    "notices",
    "revisions",
    "saying",
    "tags",
    "telling",
    "topics",
    "verbs",
]
