"""Comments: what people say to anything that can be discussed.

Who sees the thing sees them. One's own can be changed, with its versions kept, and deleted; who
looks after operations everywhere deletes those of others. The place of a deleted one is kept.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, fulltext, ids, markdown
from src.core.actor import Actor, Permission, forbidden
from src.core.errors import FieldError, PreconditionFailed
from src.core.language import gettext as _
from src.core.paging import Key, Page, Paging, paginate
from src.domain.accounts.tables import User
from src.domain.operations import subjects
from src.domain.operations.discussion import revisions, saying
from src.domain.operations.discussion.errors import BadComment, CommentDeleted, CommentNotFound
from src.domain.operations.discussion.views import CommentView, Named, RevisionView
from src.domain.operations.subjects import SubjectNotFound
from src.domain.operations.tables import Comment

LONGEST = 10_000
KIND = "comment"
Subject = tuple[str, UUID]


async def add(session: AsyncSession, actor: Actor, subject: Subject, *, text: str) -> CommentView:
    """Comment on something.

    Raises `SubjectNotFound`, `Forbidden`, `BadComment`, and what else keeps the actor from writing
    beside it (`subjects.Kind.discussed`).
    """
    author_id = _poster(actor)
    await subjects.require(session, actor, subject)
    await subjects.require_discussed(session, actor, subject)
    text = _checked(text)
    row = Comment(
        id=ids.new(),
        subject_type=subject[0],
        subject_id=subject[1],
        author_id=author_id,
        text=text,
    )
    session.add(row)
    await session.flush()
    events.record(session, actor, "comment.added", subject, changes={"comment_id": row.id})
    await fulltext.put(session, KIND, row.id, title="", body=markdown.plain(text))
    await saying.publish(
        session, actor, subject, texts=[text], comment_id=row.id, is_new_comment=True
    )
    return await get(session, actor, row.id)


async def get(session: AsyncSession, actor: Actor, comment_id: UUID) -> CommentView:
    """One comment. Raises `CommentNotFound`."""
    row = (
        await session.execute(
            select(Comment, User.name)
            .join(User, User.id == Comment.author_id)
            .where(Comment.id == comment_id)
        )
    ).first()
    if row is None:
        raise _not_found()
    await _require_seen(session, actor, row[0])
    return _view(actor, *row)


async def of(
    session: AsyncSession, actor: Actor, subject: Subject, *, paging: Paging | None = None
) -> Page[CommentView]:
    """What was said to it, the first first. Raises `SubjectNotFound`."""
    await subjects.require(session, actor, subject)
    wanted = (
        select(Comment, User.name)
        .join(User, User.id == Comment.author_id)
        .where(Comment.subject_type == subject[0], Comment.subject_id == subject[1])
    )
    page = await paginate(session, wanted, keys=[Key(Comment.id)], paging=paging or Paging())
    return page.map(lambda row: _view(actor, *row))


async def change(
    session: AsyncSession,
    actor: Actor,
    comment_id: UUID,
    *,
    text: str,
    expected_version: int | None = None,
) -> CommentView:
    """Change one's own; what it said before is kept.

    Raises `CommentNotFound`, `Forbidden`, `CommentDeleted`, `BadComment`, `PreconditionFailed`.
    """
    row = await _opened(session, actor, comment_id, expected_version)
    if row.author_id != actor.user_id:
        raise forbidden(Permission.OPERATIONS_POST)
    text = _checked(text)
    if text == row.text:
        return await get(session, actor, comment_id)
    before, row.text, row.edited_at = row.text, text, clock.now()
    number = await revisions.keep(session, actor, (KIND, row.id), {"text": before})
    subject = (row.subject_type, row.subject_id)
    changes = {"comment_id": row.id, "revision": number}
    events.record(session, actor, "comment.changed", subject, changes=changes)
    await fulltext.put(session, KIND, row.id, title="", body=markdown.plain(text))
    await saying.publish(session, actor, subject, texts=[text], before=[before], comment_id=row.id)
    return await get(session, actor, comment_id)


async def remove(
    session: AsyncSession, actor: Actor, comment_id: UUID, *, expected_version: int | None = None
) -> None:
    """Delete one's own, or (with `operations:manage` everywhere) anybody's; its place is kept.

    Raises `CommentNotFound`, `Forbidden`, `CommentDeleted`, `PreconditionFailed`.
    """
    row = await _opened(session, actor, comment_id, expected_version)
    if not _may_remove(actor, row):
        raise forbidden(Permission.OPERATIONS_MANAGE)
    row.text, row.deleted_at = "", clock.now()
    await session.flush()
    await revisions.forget(session, (KIND, row.id))
    await fulltext.forget(session, KIND, row.id)
    subject = (row.subject_type, row.subject_id)
    changes = {"comment_id": row.id, "author_id": row.author_id}
    events.record(session, actor, "comment.deleted", subject, changes=changes)


async def versions(session: AsyncSession, actor: Actor, comment_id: UUID) -> list[RevisionView]:
    """What it said before, the first first. Raises `CommentNotFound`."""
    await get(session, actor, comment_id)
    return await revisions.of(session, (KIND, comment_id))


async def named(
    session: AsyncSession, actor: Actor, comment_ids: Collection[UUID]
) -> dict[UUID, str]:
    """The beginnings of those the actor may see, by id."""
    rows = (
        await session.scalars(
            select(Comment).where(Comment.id.in_(comment_ids), Comment.deleted_at.is_(None))
        )
    ).all()
    seen = await subjects.things(
        session, actor, {(row.subject_type, row.subject_id) for row in rows}
    )
    return {
        row.id: markdown.excerpt(row.text, 80)
        for row in rows
        if (row.subject_type, row.subject_id) in seen
    }


async def forget(session: AsyncSession, subject: Subject) -> None:
    """Drop what was said to something that is no more."""
    rows = await session.scalars(
        select(Comment)
        .where(Comment.subject_type == subject[0], Comment.subject_id == subject[1])
        .order_by(Comment.id)
    )
    for row in rows.all():
        await revisions.forget(session, (KIND, row.id))
        await fulltext.forget(session, KIND, row.id)
        await session.delete(row)
    await session.flush()


async def count(session: AsyncSession, subject: Subject) -> int:
    """How many there are, without those deleted."""
    found = await session.scalar(
        select(func.count()).where(
            Comment.subject_type == subject[0],
            Comment.subject_id == subject[1],
            Comment.deleted_at.is_(None),
        )
    )
    return found or 0


async def _opened(
    session: AsyncSession, actor: Actor, comment_id: UUID, expected_version: int | None
) -> Comment:
    row = await session.get(Comment, comment_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise _not_found()
    await _require_seen(session, actor, row)
    _poster(actor)
    # What is archived takes no changes of its comments either.
    await subjects.require_discussed(session, actor, (row.subject_type, row.subject_id))
    if expected_version not in {None, row.version}:
        raise PreconditionFailed(
            _("Read it again, then repeat the change."), current_version=row.version
        )
    if row.deleted_at is not None:
        raise CommentDeleted(_("Write a new comment instead."))
    return row


async def _require_seen(session: AsyncSession, actor: Actor, row: Comment) -> None:
    try:
        await subjects.require(session, actor, (row.subject_type, row.subject_id))
    except SubjectNotFound as error:
        raise _not_found() from error


def _poster(actor: Actor) -> UUID:
    if actor.user_id is None or not actor.may_anywhere(Permission.OPERATIONS_POST):
        raise forbidden(Permission.OPERATIONS_POST)
    return actor.user_id


def _may_remove(actor: Actor, row: Comment) -> bool:
    return row.author_id == actor.user_id or actor.may(Permission.OPERATIONS_MANAGE)


def _checked(text: str) -> str:
    text = text.strip()
    if 1 <= len(text) <= LONGEST:
        return text
    detail = _("Say something, in at most %(most)s characters.", most=LONGEST)
    raise BadComment(detail, errors=(FieldError(("text",), BadComment.code, detail),))


def _view(actor: Actor, row: Comment, author: str) -> CommentView:
    is_there = row.deleted_at is None
    may_post = actor.may_anywhere(Permission.OPERATIONS_POST)
    return CommentView(
        id=row.id,
        subject_type=row.subject_type,
        subject_id=row.subject_id,
        author=Named(row.author_id, author),
        text=row.text,
        edited_at=row.edited_at,
        deleted_at=row.deleted_at,
        may_change=is_there and may_post and row.author_id == actor.user_id,
        may_remove=is_there and may_post and _may_remove(actor, row),
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _not_found() -> CommentNotFound:
    return CommentNotFound(_("It may have been removed, or you may not see what it is about."))
