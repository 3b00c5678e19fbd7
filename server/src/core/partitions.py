"""Months of events as partitions, on PostgreSQL: made ahead, dropped when they are empty.

What lands in the default partition, because a month was not made in time, is read as everything
else. On SQLite there is nothing to do.
"""

from __future__ import annotations

import re

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import archiving, chain, clock, ddl
from src.core.db import savepoint, sqlstate

AHEAD = 3
_TAKEN = "23514"  # the default partition holds rows of that month
_NAME = re.compile(r"events_\d{4}_\d{2}")
# Whoever reads the record for long must not keep those who write it waiting.
_BRIEFLY = text("SET LOCAL lock_timeout = '2s'")


async def make(session: AsyncSession, *, ahead: int = AHEAD) -> list[str]:
    """Make the partitions of the months to come; the names of those made."""
    if session.get_bind().dialect.name != "postgresql":
        return []
    there = set(await existing(session))
    await session.execute(_BRIEFLY)
    made, month = [], archiving.month_of(clock.now())
    for _ in range(ahead):
        month = archiving.following(month)
        name = f"events_{month.replace('-', '_')}"
        if name not in there and await _make(session, name, month):
            made.append(name)
    return made


async def drop_empty(session: AsyncSession) -> list[str]:
    """Drop the partitions of archived months from which every row is gone; their names."""
    if session.get_bind().dialect.name != "postgresql":
        return []
    newest: str | None = await session.scalar(text("SELECT max(month) FROM event_archives"))
    await session.execute(_BRIEFLY)
    dropped = []
    for name in await existing(session):
        month = name.removeprefix("events_").replace("_", "-")
        if newest is None or month > newest:
            continue
        if await session.scalar(text(f"SELECT NOT EXISTS (SELECT 1 FROM {name})")):  # noqa: S608 - a name of ours
            await session.execute(text(f"ALTER TABLE events DETACH PARTITION {name}"))
            await session.execute(text(f"DROP TABLE {name}"))
            dropped.append(name)
    return dropped


async def existing(session: AsyncSession) -> list[str]:
    """The names of the partitions of months, in order."""
    rows = await session.scalars(
        text(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = 'events'::regclass ORDER BY 1"
        )
    )
    return [name for name in rows if _NAME.fullmatch(name)]


async def _make(session: AsyncSession, name: str, month: str) -> bool:
    start, end = (
        chain.first_id(archiving.beginning(each)) for each in (month, archiving.following(month))
    )
    try:
        async with savepoint(session):
            for statement in ddl.partition_of_events(name, str(start), str(end)):
                await session.execute(text(statement))
    except DBAPIError as error:
        if sqlstate(error) != _TAKEN:
            raise
        return False
    return True
