"""The one way a line comes into an incident's timeline. Lines are never changed, never removed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, ids
from src.domain.operations.tables import EntryKind, IncidentEntry

# Said within this of when it happened is said at once.
AT_ONCE = timedelta(minutes=1)


async def write(
    session: AsyncSession,
    incident_id: UUID,
    kind: EntryKind,
    *,
    author_id: UUID | None,
    at: datetime | None = None,
    text: str = "",
    details: Mapping[str, Any] | None = None,
) -> IncidentEntry:
    """Write a line: by somebody (`author_id`) or by itself; `at` where it happened earlier.

    `details` are codes and arguments, ids as text: what is read is put into words then.
    """
    now = clock.now()
    entry = IncidentEntry(
        id=ids.new(),
        incident_id=incident_id,
        kind=kind,
        at=at or now,
        created_at=now,
        author_id=author_id,
        text=text,
        details=dict(details or {}),
        is_backdated=at is not None and now - at > AT_ONCE,
    )
    session.add(entry)
    await session.flush()
    return entry
