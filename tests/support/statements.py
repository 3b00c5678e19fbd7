"""Counts what is said to the database, for budgets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from src.core.db import Database

_FRAME = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA")


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements of both engines while it is open, without the frame of transactions."""
    said: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.lstrip().upper().startswith(_FRAME):
            said.append(statement)

    # On PostgreSQL the reading engine is a view of the other and tells it everything.
    engines = {database.engine.sync_engine}
    if database.is_sqlite:
        engines.add(database.reading_engine.sync_engine)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
