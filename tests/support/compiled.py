"""What SQLAlchemy compiles is kept for the process, not for an engine.

Nearly every test opens a database of its own, and so an engine of its own, which would compile each
statement anew: a sixth of what the tests of pages cost.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
from sqlalchemy.engine import Engine
from sqlalchemy.util import LRUCache

_kept: dict[type, LRUCache[Any, Any]] = {}
_begin = Engine.__init__


def _begin_with_what_is_known(self: Engine, *args: Any, **options: Any) -> None:
    _begin(self, *args, **options)
    kind = type(self.dialect)
    if kind in (SQLiteDialect_aiosqlite, PGDialect_asyncpg):
        self._compiled_cache = _kept.setdefault(kind, LRUCache(4000))


def _is_same(self: object, other: object) -> bool:
    return type(self) is type(other)


def _hash(self: object) -> int:
    return hash(type(self))


def share() -> None:
    """From now on. The dialect is part of what a statement is kept by: one is as good as another.

    All engines of a dialect are made by `create_database`, with the same options.
    """
    Engine.__init__ = _begin_with_what_is_known  # type: ignore[method-assign]
    for dialect in (SQLiteDialect_aiosqlite, PGDialect_asyncpg):
        dialect.__eq__ = _is_same  # type: ignore[method-assign]
        dialect.__hash__ = _hash  # type: ignore[method-assign]
