"""What the database does for a statement: how long it takes, and whether it reads whole tables."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event

from src.core.db import Database
from tests.support.statements import _FRAME


@dataclass
class Watched:
    """The statements that were said with what they asked for, and the seconds they took."""

    said: list[tuple[str, Any]] = field(default_factory=list)
    seconds: float = 0.0


@contextmanager
def watched(database: Database) -> Iterator[Watched]:
    """Watch what is said to the database, without the frame of transactions."""
    found = Watched()
    begun: list[float] = []

    def before(_c: object, _cursor: object, _s: str, *_rest: object) -> None:
        begun.append(time.perf_counter())

    def after(_c: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        took = time.perf_counter() - begun.pop()
        if not statement.lstrip().upper().startswith(_FRAME):
            found.seconds += took
            found.said.append((statement, parameters))

    engines = {database.engine.sync_engine}
    if database.is_sqlite:
        engines.add(database.reading_engine.sync_engine)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", before)
        event.listen(engine, "after_cursor_execute", after)
    try:
        yield found
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", before)
            event.remove(engine, "after_cursor_execute", after)


async def whole_tables(
    database: Database, said: Collection[tuple[str, Any]], tables: Collection[str]
) -> list[str]:
    """Lines of the plans of these statements in which one of `tables` is read as a whole.

    On PostgreSQL what it does where it can help it: small tables are read whole otherwise.
    """
    names = "|".join(tables)
    if database.is_sqlite:
        # An index that is walked in its order stops at the limit.
        pattern = re.compile(rf"^SCAN ({names})( AS \w+)?$")
    else:
        pattern = re.compile(rf"Seq Scan on ({names})\b")
    lines: list[str] = []
    async with database.engine.connect() as connection:
        if not database.is_sqlite:
            await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for statement, parameters in said:
            explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
            rows = await connection.exec_driver_sql(f"{explain} {statement}", parameters)
            lines += [str(row[-1]).strip() for row in rows]
        await connection.rollback()
    return [line for line in lines if pattern.search(line)]
