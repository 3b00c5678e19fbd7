"""When a person leaves: their name goes from what others wrote; and what they take along.

What they said themselves stays, under "former member".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import String, Text, cast, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import fulltext, language
from src.core.db import Table
from src.core.fulltext import SearchDocument
from src.core.language import gettext as _
from src.domain import accounts
from src.domain.operations import tables
from src.domain.operations.discussion import mentions
from src.domain.operations.tables import Comment, Revision

# Nobody changes these, whatever the reason: a timeline proves what was known when.
_APPEND_ONLY = frozenset({tables.IncidentEntry, tables.DecisionAmendment})


async def _erase(session: AsyncSession, user_id: UUID) -> None:
    locale = (await accounts.facility.read(session)).locale
    with language.reading_as(locale):
        name = _("Former member")
    mention, said = f"%(/people/{user_id})%", set[str]()
    for table, columns in _texts():
        mapped: Any = table
        wanted = or_(*(getattr(mapped, column).like(mention) for column in columns))
        for row in (await session.scalars(select(mapped).where(wanted))).all():
            for column in columns:
                text = getattr(row, column) or ""
                said |= _names(text, user_id)
                setattr(row, column, mentions.renamed(text, user_id, name))
    kept = select(Revision).where(cast(Revision.content, String).like(mention))
    for revision in (await session.scalars(kept)).all():
        revision.content = {
            key: mentions.renamed(value, user_id, name) if isinstance(value, str) else value
            for key, value in revision.content.items()
        }
    await session.flush()
    await _unsaid(session, said, name)


async def _unsaid(session: AsyncSession, said: set[str], name: str) -> None:
    """The index holds texts without the links that say whom a name means."""
    for old in sorted(said):
        held = or_(SearchDocument.body.contains(f"@{old}", autoescape=True),
                   SearchDocument.title.contains(f"@{old}", autoescape=True))  # fmt: skip
        for row in (await session.scalars(select(SearchDocument).where(held))).all():
            title, body = (text.replace(f"@{old}", f"@{name}") for text in (row.title, row.body))
            await fulltext.put(session, row.kind, row.subject_id, title=title, body=body)


def _texts() -> Iterator[tuple[type[Table], list[str]]]:
    """Every table of what the team writes, with its columns of free text."""
    for each in (getattr(tables, name) for name in tables.__all__):
        if isinstance(each, type) and issubclass(each, Table) and each not in _APPEND_ONLY:
            found = [one.key for one in each.__mapper__.columns if isinstance(one.type, Text)]
            if found:
                yield each, found


def _names(text: str, user_id: UUID) -> set[str]:
    pattern = rf"\[@([^\]\n]{{1,200}})\]\(/people/{user_id}\)"
    return set(re.findall(pattern, text, flags=re.IGNORECASE))


async def _read(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401 - whatever JSON says
    rows = await session.execute(
        select(
            Comment.subject_type, Comment.subject_id, Comment.text, Comment.created_at,
            Comment.edited_at,
        )
        .where(Comment.author_id == user_id, Comment.deleted_at.is_(None))
        .order_by(Comment.created_at)
    )  # fmt: skip
    return [dict(row) for row in rows.mappings()]


accounts.leaving.erasure.on_erasure("discussions", _erase)
accounts.leaving.exporting.source("comments", _read)
