"""When calendar addresses were last asked for: collected in memory, written once a minute."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, or_, update

from src.core.db import Database, transaction
from src.domain.bookings.tables import CalendarFeed

USED_EVERY = timedelta(minutes=1)

_used: dict[UUID, datetime] = {}


def note(feed: CalendarFeed, now: datetime) -> None:
    """Remember that it was asked for now."""
    if feed.last_used_at is None or now - feed.last_used_at > USED_EVERY:
        _used[feed.id] = now


async def flush(database: Database) -> int:
    """Write the collected times in one short transaction; how many there were."""
    if not _used:
        return 0
    used = dict(_used)
    _used.clear()
    table = CalendarFeed.__table__
    try:
        async with transaction(database) as session:
            await (await session.connection()).execute(
                update(table)  # type: ignore[arg-type]  # a mapped class's Table
                .where(
                    table.c.id == bindparam("of"),
                    or_(table.c.last_used_at.is_(None), table.c.last_used_at < bindparam("at")),
                )
                .values(last_used_at=bindparam("at"), updated_at=table.c.updated_at),
                [{"of": feed_id, "at": at} for feed_id, at in used.items()],
            )
    except BaseException:
        for feed_id, at in used.items():
            _used.setdefault(feed_id, at)
        raise
    return len(used)
