"""Full text: what can be found by words, kept beside the rows it is made from.

A domain puts the text of a thing here in the transaction that changes it; each database keeps its
own index of the folded words (`core.words`, `core.ddl`). Who may find it is asked where it is
searched: the rows of the noun are part of the statement, with what the reader may see of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Index,
    Integer,
    Row,
    Select,
    String,
    Text,
    UniqueConstraint,
    cast,
    column,
    delete,
    false,
    func,
    literal,
    literal_column,
    select,
    table,
    union_all,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType

from src.core import clock, words
from src.core.db import Table
from src.core.words import Word

LONGEST = 100_000  # letters of a body that are indexed
# Of so many of the latest hits, and of the latest in titles, the order is made.
CANDIDATES = 24
LATEST = 4000  # documents of a kind that PostgreSQL looks through before it asks its index
FREQUENT = 2000  # hits beyond which SQLite filters a list row by row
INDEX = "search_index"  # SQLite's
_Column = ColumnElement[Any] | InstrumentedAttribute[Any]


class SearchDocument(Table):
    """The words of one thing, as they are read and as they are looked for."""

    __tablename__ = "search_documents"
    __table_args__ = (UniqueConstraint("kind", "subject_id"), Index(None, "kind", "id"))

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID]
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    folded_title: Mapped[str] = mapped_column(Text)
    folded_body: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Noun:
    """What is looked for: its kind, its row's id and time, and what else is told of a hit.

    `source` joins the tables of `more` to the noun's; `where` is what the reader may see. Where it
    `has_title`, words in titles count for more.
    """

    kind: str
    id: InstrumentedAttribute[UUID]
    at: _Column
    source: Any
    where: ColumnElement[bool]
    more: Sequence[_Column] = ()
    has_title: bool = True


def document(kind: str, subject_id: UUID, *, title: str, body: str = "") -> SearchDocument:
    """A new row for a thing that has none yet: where many are written at once."""
    row = SearchDocument(kind=kind, subject_id=subject_id)
    _fill(row, title, body)
    return row


async def put(
    session: AsyncSession, kind: str, subject_id: UUID, *, title: str, body: str = ""
) -> None:
    """Let the thing be found by these words (plain text, no markup) and no others."""
    row = await session.scalar(
        select(SearchDocument).where(
            SearchDocument.kind == kind, SearchDocument.subject_id == subject_id
        )
    )
    if row is None:
        session.add(document(kind, subject_id, title=title, body=body))
    else:
        _fill(row, title, body)
    await session.flush()


async def forget(session: AsyncSession, kind: str, subject_id: UUID) -> None:
    """Let nobody find it any more."""
    await session.execute(
        delete(SearchDocument).where(
            SearchDocument.kind == kind, SearchDocument.subject_id == subject_id
        )
    )


async def find(
    session: AsyncSession, noun: Noun, sought: Sequence[Word], *, limit: int
) -> Sequence[Row[Any]]:
    """What begins with every word, in titles first, then the latest; one statement.

    Rows of `id`, `title`, `body`, `at` and the noun's `more`, in this order.
    """
    if not sought:
        return []
    found = await session.execute(statement(session, noun, sought, limit=limit))
    return found.all()


def statement(
    session: AsyncSession, noun: Noun, sought: Sequence[Word], *, limit: int
) -> Select[*tuple[Any, ...]]:
    """What `find` says to the database."""
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    matching = _on_postgresql if is_postgresql else _on_sqlite
    ways = [*matching(noun, sought, in_title=False)]
    parts = [select(way.subquery(), literal(1).label("place")) for way in ways]
    if noun.has_title:
        ways = [*matching(noun, sought, in_title=True)]
        parts += [select(way.subquery(), literal(0).label("place")) for way in ways]
    both = union_all(*parts).subquery()
    best = (
        select(both.c.id, both.c.subject_id, func.min(both.c.place).label("place"))
        .group_by(both.c.id, both.c.subject_id)
        .subquery()
    )
    return (
        select(noun.id, SearchDocument.title, SearchDocument.body, noun.at.label("at"), *noun.more)
        .select_from(noun.source)
        .join(best, best.c.subject_id == noun.id)
        .join(SearchDocument, SearchDocument.id == best.c.id)
        .order_by(best.c.place, noun.at.desc(), best.c.id.desc())
        .limit(limit)
    )


def having(kind: str, q: str) -> Select[Any]:
    """The ids of things with words that begin so, for `column.in_(…)`: the filter of a list.

    Nothing has what holds no letter and no digit.
    """
    sought = words.sought(q)
    found = SearchDocument.__table__.alias()
    asked = (_asked_of_postgresql(kind, sought, in_title=False), _asked_of_sqlite(kind, sought))
    asked_of_kind = (literal(each, Text) for each in (kind, *asked))
    matching = _Matching(found.c.id, *asked_of_kind)
    return select(found.c.subject_id).where(matching if sought else false())


async def is_frequent(session: AsyncSession, kind: str, q: str) -> bool:
    """Whether so many have these words that a list does better to look at each, in its order.

    One statement on SQLite; PostgreSQL knows by itself, by its statistics.
    """
    sought = words.sought(q)
    if not sought or session.get_bind().dialect.name == "postgresql":
        return False
    index = table(INDEX, column("rowid", Integer))
    match = literal_column(INDEX).op("MATCH")(literal(_asked_of_sqlite(kind, sought)))
    hit = select(index.c.rowid).where(match).offset(FREQUENT).limit(1)
    return (await session.scalar(hit)) is not None


def has(kind: str, q: str, subject_id: _Column) -> ColumnElement[bool]:
    """Whether the one with this id has these words: what `having` says, asked for each row."""
    found = SearchDocument.__table__.alias()
    text = literal(" ") + found.c.folded_title + " " + found.c.folded_body + " "
    said = [
        func.instr(text, f" {word.text} " if word.is_whole else f" {word.text}") > 0
        for word in words.sought(q)
    ]
    its = select(found.c.id).where(found.c.kind == kind, found.c.subject_id == subject_id, *said)
    return its.limit(1).scalar_subquery().is_not(None)


class _Matching(FunctionElement[Any]):
    """Of (id, kind, tsquery, FTS5's query): what the database at hand understands."""

    type = NullType()  # as a truth value SQLite is asked whether it is 1, and looks at every row
    inherit_cache = True
    name = "matching"


@compiles(_Matching, "postgresql")
def _matching_on_postgresql(element: _Matching, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ANN401
    id_, kind, query, _fts5 = element.clauses
    of = compiler.process(id_, **kw).rpartition(".")[0]
    is_of_kind = f"{of}.kind = {compiler.process(kind, **kw)}"
    return f"({is_of_kind} AND {of}.words @@ CAST({compiler.process(query, **kw)} AS tsquery))"


@compiles(_Matching, "sqlite")
def _matching_on_sqlite(element: _Matching, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ANN401
    # Its query names the kind: by the column every row of the kind would be looked at.
    parts = list(element.clauses)
    id_, query = compiler.process(parts[0], **kw), compiler.process(parts[3], **kw)
    return f"({id_} IN (SELECT rowid FROM {INDEX} WHERE {INDEX} MATCH {query}))"  # noqa: S608 - parts of a statement


def is_there(
    column: InstrumentedAttribute[UUID], *where: ColumnElement[bool]
) -> ColumnElement[bool]:
    """Whether there is such a row, asked for each row alone.

    As EXISTS it would be turned into a join of whole tables where few rows are asked about.
    """
    return select(column).where(*where).limit(1).scalar_subquery().is_not(None)


def _seen(noun: Noun, subject_id: Any) -> ColumnElement[bool]:  # noqa: ANN401 - a column
    return is_there(noun.id, noun.id == subject_id, noun.where)


def _on_postgresql(noun: Noun, sought: Sequence[Word], *, in_title: bool) -> list[Select[Any]]:
    """First among the latest: frequent words need no more. Else whatever the index has of them.

    Left to itself it would walk through everything for a word that is nowhere, or read every row
    with a word that is everywhere.
    """
    asked = _asked_of_postgresql(noun.kind, sought, in_title=in_title)
    query = cast(cast(literal(asked), Text), TSQUERY)
    documents, name = SearchDocument.__table__, "titles" if in_title else "texts"
    words_: ColumnElement[Any] = literal_column("words")
    latest = (
        select(documents.c.id, documents.c.subject_id, words_)
        .where(documents.c.kind == noun.kind)
        .order_by(documents.c.id.desc())
        .limit(LATEST)
        .subquery()
    )
    near = (
        select(latest.c.id, latest.c.subject_id)
        .where(latest.c.words.op("@@")(query), _seen(noun, latest.c.subject_id))
        .order_by(latest.c.id.desc())
        .limit(CANDIDATES)
        .cte(f"near_{name}")
        .prefix_with("MATERIALIZED")
    )
    enough = select(func.count()).select_from(near).scalar_subquery() >= CANDIDATES
    all_ = (
        select(documents.c.id, documents.c.subject_id)
        .where(words_.op("@@")(query), ~enough)
        .cte(f"all_{name}")
        .prefix_with("MATERIALIZED")
    )
    ordered = select(all_).order_by(all_.c.id.desc()).offset(0).subquery()
    rest = (
        select(ordered.c.id, ordered.c.subject_id)
        .where(_seen(noun, ordered.c.subject_id))
        .limit(CANDIDATES)
    )
    return [select(near), rest]


def _on_sqlite(noun: Noun, sought: Sequence[Word], *, in_title: bool) -> list[Select[Any]]:
    # The order of the rows is the index's own, so it stops at the limit.
    match = _asked_of_sqlite(noun.kind, sought, in_title=in_title)
    index = table(INDEX, column("rowid", Integer))
    found = SearchDocument.__table__.alias("found")
    return [
        select(found.c.id, found.c.subject_id)
        .select_from(index)
        .join(found, found.c.id == index.c.rowid)
        .where(literal_column(INDEX).op("MATCH")(literal(match)), _seen(noun, found.c.subject_id))
        .order_by(index.c.rowid.desc())
        .limit(CANDIDATES)
    ]


def _asked_of_postgresql(kind: str, sought: Sequence[Word], *, in_title: bool) -> str:
    # Words in titles are indexed once more as `t:word`; words hold letters and digits alone.
    mark = "t:" if in_title else ""
    asked = [f"'{mark}{word.text}'" + ("" if word.is_whole else ":*") for word in sought]
    return " & ".join([f"'kind:{kind}'", *asked])


def _asked_of_sqlite(kind: str, sought: Sequence[Word], *, in_title: bool = False) -> str:
    columns = "folded_title" if in_title else "folded_title folded_body"
    asked = " AND ".join(f'"{word.text}"' + ("" if word.is_whole else "*") for word in sought)
    return f'kind : "{kind}" AND {{{columns}}} : ({asked})'


def _fill(row: SearchDocument, title: str, body: str) -> None:
    row.title, row.body = title, body[:LONGEST]
    row.folded_title, row.folded_body = words.indexed(title), words.indexed(row.body)
    row.changed_at = clock.now()
