"""Tags: short words in lower case by which things are found again."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from sqlalchemy import Select, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.errors import FieldError, Invalid
from src.core.language import gettext as _
from src.domain.operations.tables import Tagged

MOST, LONGEST = 20, 40
_TAG = re.compile(r"[^\W_][\w+.:-]*")


class BadTag(Invalid):
    """A tag is one word of letters, digits and `+ . : -`, at most 40 characters; 20 at most."""

    code, title = "bad-tag", "These tags cannot be taken"


def checked(tags: Iterable[str]) -> list[str]:
    """The tags as they are kept: without #, in lower case, sorted, each once. Raises `BadTag`."""
    kept = sorted({found for tag in tags if (found := tag.strip().removeprefix("#").casefold())})
    bad = [tag for tag in kept if len(tag) > LONGEST or not _TAG.fullmatch(tag)]
    detail = ""
    if bad:
        detail = _("Not a tag: %(tag)s. Use letters, digits and + . : -.", tag=bad[0][:LONGEST])
    elif len(kept) > MOST:
        detail = _("At most %(limit)s tags.", limit=MOST)
    if detail:
        raise BadTag(detail, errors=(FieldError(("tags",), BadTag.code, detail),))
    return kept


async def put(session: AsyncSession, subject: tuple[str, UUID], tags: Sequence[str]) -> bool:
    """Let the thing have these (checked) tags and no others; whether that changes anything."""
    mine = (Tagged.subject_type == subject[0], Tagged.subject_id == subject[1])
    before = set(await session.scalars(select(Tagged.tag).where(*mine)))
    if gone := before - set(tags):
        await session.execute(delete(Tagged).where(*mine, Tagged.tag.in_(gone)))
    session.add_all(
        Tagged(subject_type=subject[0], subject_id=subject[1], tag=tag)
        for tag in sorted(set(tags) - before)
    )
    await session.flush()
    return before != set(tags)


async def of(
    session: AsyncSession, kind: str, subject_ids: Collection[UUID]
) -> dict[UUID, list[str]]:
    """The tags of things, sorted; one statement."""
    found: dict[UUID, list[str]] = {}
    if subject_ids:
        rows = await session.execute(
            select(Tagged.subject_id, Tagged.tag)
            .where(Tagged.subject_type == kind, Tagged.subject_id.in_(subject_ids))
            .order_by(Tagged.tag)
        )
        for subject_id, tag in rows:
            found.setdefault(subject_id, []).append(tag)
    return found


def having(kind: str, tag: str) -> Select[UUID]:
    """The ids of things with the tag, for `column.in_(…)`."""
    wanted = tag.strip().removeprefix("#").casefold()
    return select(Tagged.subject_id).where(Tagged.subject_type == kind, Tagged.tag == wanted)


async def often(session: AsyncSession, kind: str, *, most: int = 30) -> list[str]:
    """The tags such things have most, to choose from."""
    rows = await session.scalars(
        select(Tagged.tag)
        .where(Tagged.subject_type == kind)
        .group_by(Tagged.tag)
        .order_by(func.count().desc(), Tagged.tag)
        .limit(most)
    )
    return list(rows)
