"""Lists in pages: keyset cursors that stay right while rows come and go, or numbered pages.

A cursor holds the sort key of the row at a page's edge, so a row that is inserted elsewhere shifts
nothing. It is opaque to callers, bound to its order, and refused when it was altered. It grants
nothing: what may be seen is decided by the statement.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

import orjson
from sqlalchemy import BigInteger, ColumnElement, Select, and_, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import TypeDecorator, TypeEngine

from src.core.errors import FieldError, Invalid
from src.core.language import gettext as _

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
MAX_PAGE = 1_000_000
_CHECK = 8  # bytes

T = TypeVar("T")
U = TypeVar("U")
# The page after a row, the page before it, or the page that ends with it.
_Direction = Literal["after", "before", "until"]


class BadCursor(Invalid):
    """The cursor is not one this list gave out, or belongs to another order. Start without one."""

    code, title = "bad-cursor", "The cursor is not valid"


class BadPaging(Invalid):
    """`limit` is 1 to 200 and `page` counts from 1; give `cursor` or `page`, not both."""

    code, title = "bad-paging", "There is no such page"


class BadSort(Invalid):
    """The list cannot be sorted by that. The detail names what it can be sorted by."""

    code, title = "bad-sort", "It cannot be sorted by that"


@dataclass(frozen=True, slots=True)
class Paging:
    """Which part of a list is wanted. Raises `BadPaging` when that cannot be."""

    limit: int = DEFAULT_LIMIT
    cursor: str | None = None
    page: int | None = None

    def __post_init__(self) -> None:
        """Refuse what no list has."""
        if not 1 <= self.limit <= MAX_LIMIT:
            raise _bad_paging("limit", _("limit must be between 1 and %(most)s.", most=MAX_LIMIT))
        if self.page is not None and not 1 <= self.page <= MAX_PAGE:
            raise _bad_paging("page", _("page must be between 1 and %(most)s.", most=MAX_PAGE))
        if self.page is not None and self.cursor is not None:
            raise _bad_paging("page", _("Give either cursor or page, not both."))


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list, and the cursors to its neighbours. `total` only for numbered pages."""

    items: list[T]
    limit: int
    next: str | None = None
    previous: str | None = None
    page: int | None = None
    total: int | None = None

    def map(self, function: Callable[[T], U]) -> Page[U]:
        """The same page of other things, one by one."""
        return self.holding([function(item) for item in self.items])

    def holding(self, items: list[U]) -> Page[U]:
        """The same page with `items` in place of its own."""
        return Page(items, self.limit, self.next, self.previous, self.page, self.total)


@dataclass(frozen=True, slots=True)
class Key:
    """One column of an order: never NULL, and the last of them unique."""

    column: ColumnElement[Any] | InstrumentedAttribute[Any]
    descending: bool = False
    name: str = ""

    @property
    def signature(self) -> str:
        """What a cursor is bound to."""
        name = self.name or str(getattr(self.column, "key", self.column))
        return f"-{name}" if self.descending else name


def sorted_by(
    sort: str | None,
    columns: Mapping[str, ColumnElement[Any] | InstrumentedAttribute[Any]],
    *,
    default: str,
    unique: ColumnElement[Any] | InstrumentedAttribute[Any],
    name: str = "id",
) -> list[Key]:
    """The keys of `sort` ("-starts_at,name"), closed by the `unique` column.

    Raises `BadSort` for a name that is not among `columns`.
    """
    keys: list[Key] = []
    for word in (sort or default).split(","):
        wanted = word.strip().removeprefix("-")
        if wanted not in columns:
            detail = _(
                "Sort by %(names)s; a minus before it turns it round.", names=", ".join(columns)
            )
            raise BadSort(detail, errors=(FieldError(("sort",), "bad-sort", detail),))
        keys.append(Key(columns[wanted], word.strip().startswith("-"), wanted))
    return [*keys, Key(unique, keys[0].descending, name)]


async def paginate(
    session: AsyncSession,
    statement: Select[*tuple[Any, ...]],
    *,
    keys: Sequence[Key],
    paging: Paging,
    shown: Select[*tuple[Any, ...]] | None = None,
) -> Page[Any]:
    """One page of `statement` in the order of `keys`: one SQL statement, two with `page`.

    A statement of one entity or column gives those; one of several gives tuples. Where rows are
    dear, `statement` finds the last of the keys alone, and `shown` is what is read of those on the
    page. Raises `BadCursor`.
    """
    direction: _Direction = "after"
    values: list[Any] | None = None
    if paging.cursor is not None:
        direction, values = _decode(paging.cursor, keys)
    order = [_ordered(key, direction) for key in keys]
    wanted = statement.order_by(None).order_by(*order).limit(paging.limit + 1)
    if values is not None:
        wanted = wanted.where(_beyond(keys, values, direction))
    total = None
    if paging.page is not None:
        total = await _count(session, statement, keys)
        wanted = wanted.offset((paging.page - 1) * paging.limit)
    if shown is not None:
        # Else a database works out all that stands beside a row before it sorts and cuts.
        wanted = shown.where(keys[-1].column.in_(wanted.correlate(None))).order_by(*order)
    width = len(wanted.column_descriptions)
    wanted = wanted.add_columns(*(key.column for key in keys))
    rows = [tuple(row) for row in (await session.execute(wanted)).all()]
    page = _page(rows, width, keys, paging, (direction, values))
    return replace(page, page=paging.page, total=total)


def _page(
    rows: list[tuple[Any, ...]],
    width: int,
    keys: Sequence[Key],
    paging: Paging,
    start: tuple[_Direction, list[Any] | None],
) -> Page[Any]:
    direction, values = start
    has_more = len(rows) > paging.limit
    rows = rows[: paging.limit]
    if direction != "after":
        rows.reverse()
    items = [row[0] if width == 1 else row[:width] for row in rows]
    if not rows:
        # What lay here has gone meanwhile: leave the way back.
        back = _encode("until", values, keys) if values and direction == "after" else None
        return Page(items, paging.limit, previous=back)
    begun = values is not None or (paging.page or 1) > 1
    has_next = has_more if direction == "after" else True
    has_previous = begun if direction == "after" else has_more
    following = _encode("after", rows[-1][width:], keys) if has_next else None
    preceding = _encode("before", rows[0][width:], keys) if has_previous else None
    return Page(items, paging.limit, following, preceding)


async def _count(
    session: AsyncSession, statement: Select[*tuple[Any, ...]], keys: Sequence[Key]
) -> int:
    named = [key.column.label(f"key_{place}") for place, key in enumerate(keys)]
    rows = statement.order_by(None).with_only_columns(*named, maintain_column_froms=True)
    return (await session.execute(select(func.count()).select_from(rows.subquery()))).scalar_one()


def _ordered(key: Key, direction: _Direction) -> ColumnElement[Any]:
    backwards = direction != "after"
    return key.column.desc() if key.descending != backwards else key.column.asc()


def _beyond(keys: Sequence[Key], values: list[Any], direction: _Direction) -> ColumnElement[bool]:
    """Rows past the edge. The first key's own bound stands outside, for the index."""
    bound = [literal(value, key.column.type) for key, value in zip(keys, values, strict=True)]
    backwards = direction != "after"
    steps: list[ColumnElement[bool]] = []
    for place, key in enumerate(keys):
        falls = key.descending != backwards
        past = key.column < bound[place] if falls else key.column > bound[place]
        steps.append(and_(*(keys[i].column == bound[i] for i in range(place)), past))
    if direction == "until":
        steps.append(and_(*(key.column == value for key, value in zip(keys, bound, strict=True))))
    first = keys[0]
    falls = first.descending != backwards
    edge = first.column <= bound[0] if falls else first.column >= bound[0]
    return and_(edge, or_(*steps))


def _signature(keys: Sequence[Key]) -> str:
    return ",".join(key.signature for key in keys)


def _encode(direction: _Direction, values: Sequence[Any], keys: Sequence[Key]) -> str:
    plain = [value.value if isinstance(value, Enum) else value for value in values]
    body = orjson.dumps(
        [_signature(keys), direction, *plain], default=str
    )  # asyncpg has its own UUID
    return base64.urlsafe_b64encode(_check(body) + body).rstrip(b"=").decode()


def _decode(cursor: str, keys: Sequence[Key]) -> tuple[_Direction, list[Any]]:
    try:
        direction, plain = _opened(cursor, _signature(keys))
        values = [_typed(key.column.type, value) for key, value in zip(keys, plain, strict=True)]
    except ValueError as error:
        detail = _("Start at the beginning, without a cursor.")
        raise BadCursor(detail, errors=(FieldError(("cursor",), "bad-cursor", detail),)) from error
    return direction, values


def _opened(cursor: str, expected: str) -> tuple[_Direction, list[Any]]:
    raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    if raw[:_CHECK] != _check(raw[_CHECK:]):
        raise ValueError("altered")
    match orjson.loads(raw[_CHECK:]):
        case [signature, ("after" | "before" | "until") as direction, *plain] if (
            signature == expected
        ):
            return direction, plain
    raise ValueError("of another list")


def _check(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_CHECK, person=b"aliquot-page").digest()


def _typed(kind: TypeEngine[Any], value: object) -> object:
    """The value as the column has it; ValueError where the database could not compare it."""
    plain = kind.impl_instance if isinstance(kind, TypeDecorator) else kind
    wanted = plain.python_type
    if isinstance(value, str):
        if issubclass(wanted, UUID):
            return UUID(value)
        if issubclass(wanted, datetime):
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None:
                raise ValueError("a time without zone")
            return moment
        if "\x00" in value:
            raise ValueError("PostgreSQL knows no NUL in text")
        return wanted(value)
    if wanted is float and isinstance(value, int | float):
        return float(value)
    limit = 2**63 if isinstance(plain, BigInteger) else 2**31
    if wanted in (int, bool) and isinstance(value, int) and -limit <= value < limit:
        return value
    raise ValueError("of another type")


def _bad_paging(field: str, detail: str) -> BadPaging:
    return BadPaging(detail, errors=(FieldError((field,), "bad-paging", detail),))
