"""What can be searched for: each domain registers a source beside itself, `domain.search` asks all.

    finding.source("resource", title=mark("Resources"), permission=…, find=find, rank=10)

A source reads in one statement and gives what its reader may see, the nearest first.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from src.core.actor import Actor, Permission
from src.core.words import Piece

MOST_WORDS = 8
_Column = ColumnElement[Any] | InstrumentedAttribute[Any]


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found. `path` is its page; None where the reader has none of it.

    `excerpt` is the part of its text that was found, `title_pieces` the title, both in parts with
    the words that were looked for marked; the search itself fills in the latter.
    """

    id: UUID
    title: str
    subtitle: str
    path: str | None
    excerpt: tuple[Piece, ...] = ()
    title_pieces: tuple[Piece, ...] = ()


# (session, actor, q, limit) -> at most `limit` hits
Find = Callable[[AsyncSession, Actor, str, int], Awaitable[list[Hit]]]


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of things. `listing` is the page that lists all that fit, by `?q=`."""

    kind: str
    title: str
    permission: Permission
    find: Find
    rank: int
    listing: str | None = None


_sources: dict[str, Source] = {}


def source(
    kind: str,
    *,
    title: str,
    permission: Permission,
    find: Find,
    rank: int,
    listing: str | None = None,
) -> None:
    """Register a source, once. Its title is marked with `language.mark` for the catalogues."""
    if kind in _sources:
        raise ValueError(f"the source {kind!r} is registered twice")
    _sources[kind] = Source(kind, title, permission, find, rank, listing)


def sources() -> list[Source]:
    """All, in the order in which their hits are shown."""
    return sorted(_sources.values(), key=lambda one: one.rank)


def words_of(q: str | None) -> list[str]:
    """The words to look for; PostgreSQL refuses NUL in any text."""
    return (q or "").replace("\x00", " ").split()[:MOST_WORDS]


def holding(q: str, *columns: _Column) -> ColumnElement[bool]:
    """Every word of `q` stands in one of the columns, in whatever case."""
    return and_(
        True,
        *(
            or_(*(column.icontains(word, autoescape=True) for column in columns))
            for word in words_of(q)
        ),
    )


def closeness(q: str, column: _Column) -> ColumnElement[int]:
    """An order: what begins with `q`, then where a word does, what holds it, then the rest."""
    whole = " ".join(words_of(q))
    return case(
        (column.istartswith(whole, autoescape=True), 0),
        (column.icontains(f" {whole}", autoescape=True), 1),
        (column.icontains(whole, autoescape=True), 2),
        else_=3,
    )
