"""All SQL of status updates."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    exists,
    false,
    func,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from src.core import finding, fulltext, markdown
from src.core.actor import Actor
from src.domain.accounts.tables import Team, User
from src.domain.operations import policy
from src.domain.operations.discussion import tags
from src.domain.operations.parties import Named, named
from src.domain.operations.tables import (
    Acknowledgement,
    Comment,
    StatusUpdate,
    Tagged,
)
from src.domain.operations.updates.views import Filters, UpdateView

KIND = "update"
_TITLE = 90
_AUTHOR = aliased(User)


def visible(actor: Actor) -> ColumnElement[bool]:
    """The updates the actor may read; a condition on `StatusUpdate`."""
    return policy.visible(actor, StatusUpdate.team_id)


def whole(actor: Actor) -> Select[*tuple[Any, ...]]:
    """Updates with names, tags and counts, in one statement; read rows by `view_of`."""
    of_it = and_(Tagged.subject_type == KIND, Tagged.subject_id == StatusUpdate.id)
    its_tags = select(func.aggregate_strings(Tagged.tag, " ")).where(of_it)
    is_read: ColumnElement[bool] = false()
    if actor.user_id is not None:
        is_read = exists().where(*_acknowledged(), Acknowledgement.user_id == actor.user_id)
    return (
        select(
            StatusUpdate,
            _AUTHOR.name,
            Team.name,
            its_tags.correlate(StatusUpdate).scalar_subquery(),
            _count(Comment, Comment.subject_type, Comment.subject_id, Comment.deleted_at.is_(None)),
            _count(Acknowledgement, Acknowledgement.subject_type, Acknowledgement.subject_id),
            is_read,
        )
        .join(_AUTHOR, _AUTHOR.id == StatusUpdate.author_id)
        .outerjoin(Team, Team.id == StatusUpdate.team_id)
    )


def found(actor: Actor) -> Select[UUID]:
    """The ids of the updates the actor may read: a page is cut of them before more is read."""
    return select(StatusUpdate.id).where(visible(actor))


def narrowed(
    wanted: Select[*tuple[Any, ...]],
    filters: Filters,
    authors: Collection[UUID] = (),
    *,
    is_frequent: bool = False,
) -> Select[*tuple[Any, ...]]:
    """Only what the filters ask for; `authors` are those called as `q` says (`called`)."""
    if filters.author_ids:
        wanted = wanted.where(StatusUpdate.author_id.in_(filters.author_ids))
    if filters.team_ids:
        teams = [team_id for team_id in filters.team_ids if team_id is not None]
        to_all = StatusUpdate.team_id.is_(None) if None in filters.team_ids else false()
        wanted = wanted.where(or_(to_all, StatusUpdate.team_id.in_(teams)))
    for tag in filters.tags:
        wanted = wanted.where(StatusUpdate.id.in_(tags.having(KIND, tag)))
    if filters.from_ is not None:
        wanted = wanted.where(StatusUpdate.posted_at >= filters.from_)
    if filters.to is not None:
        wanted = wanted.where(StatusUpdate.posted_at < filters.to)
    if filters.q and is_frequent:
        has_words = fulltext.has(KIND, filters.q, StatusUpdate.id)
        wanted = wanted.where(or_(has_words, StatusUpdate.author_id.in_(authors)))
    elif filters.q:
        wanted = wanted.where(StatusUpdate.id.in_(_saying(filters.q, authors)))
    return wanted


def _saying(q: str, authors: Collection[UUID]) -> Select[Any] | CompoundSelect[Any]:
    """The ids of those with these words, and of those by whoever is called so.

    A union only where it must be: without it the database stops at the limit for frequent words.
    """
    words = fulltext.having(KIND, q)
    if not authors:
        return words
    row = aliased(StatusUpdate)
    return union_all(words, select(row.id).where(row.author_id.in_(authors)))


async def called(session: AsyncSession, q: str | None) -> list[UUID]:
    """Whoever is called so; no statement where nothing is asked."""
    if not finding.words_of(q):
        return []
    return list(await session.scalars(select(User.id).where(finding.holding(q or "", User.name))))


def view_of(actor: Actor, row: StatusUpdate, *more: Any) -> UpdateView:  # noqa: ANN401 - a row
    """What `whole` found, for this reader."""
    author, team, its_tags, comments, acknowledgements, is_read = more
    is_own = row.author_id == actor.user_id and policy.may_post(actor, row.team_id)
    return UpdateView(
        id=row.id,
        author=Named(row.author_id, author),
        team=named(row.team_id, team),
        title=title_of(row),
        done=row.done,
        next=row.next,
        needs=row.needs,
        tags=tuple(sorted((its_tags or "").split())),
        comments=comments,
        acknowledgements=acknowledgements,
        is_acknowledged=bool(is_read),
        posted_at=row.posted_at,
        edited_at=row.edited_at,
        may_change=is_own,
        may_remove=is_own or policy.may_manage(actor, row.team_id),
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def title_of(row: StatusUpdate) -> str:
    """The beginning of what it says."""
    said = (part for part in (row.done, row.next, row.needs) if part)
    return markdown.excerpt(next(said, ""), _TITLE)


def _acknowledged() -> tuple[ColumnElement[bool], ...]:
    return (
        Acknowledgement.subject_type == KIND,
        Acknowledgement.subject_id == StatusUpdate.id,
    )


def _count(
    table: Any,  # noqa: ANN401 - a mapped class
    kind: Any,  # noqa: ANN401 - its columns
    subject_id: Any,  # noqa: ANN401
    *more: ColumnElement[bool],
) -> ColumnElement[int]:
    found = (
        select(func.count())
        .select_from(table)
        .where(kind == KIND, subject_id == StatusUpdate.id, *more)
    )
    return found.correlate(StatusUpdate).scalar_subquery()


def by_id(actor: Actor, update_id: UUID) -> Select[*tuple[Any, ...]]:
    """One update, if the actor may read it."""
    return whole(actor).where(StatusUpdate.id == update_id, visible(actor))
