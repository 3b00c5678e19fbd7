"""Nudges: what nobody has moved for a week is brought up again, what is late sooner.

A change or a comment is a sign of life. Owner and the person waited on are reminded; where there is
neither, whoever raised it. It is noted on the row in the transaction of the reminder, so a second
worker reminds nobody twice.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import SYSTEM
from src.domain import accounts
from src.domain.operations.blockers import repository, service, telling

AGAIN_AFTER = timedelta(days=7)
LATE_AGAIN_AFTER = timedelta(days=2)


async def run(session: AsyncSession, *, limit: int = 200) -> int:
    """Remind of what is due; how many blockers that were. What is left comes next time."""
    now = clock.now()
    today = await _today(session, now)
    found = await repository.quiet(
        session, before=now - AGAIN_AFTER, late_before=now - LATE_AGAIN_AFTER, today=today,
        limit=limit,
    )  # fmt: skip
    for row in found:
        is_late = row.needed_by is not None and row.needed_by < today
        people: tuple[UUID | None, ...] = (row.owner_id, row.waiting_on_id)
        asked = {one for one in (people if any(people) else (row.raised_by,)) if one is not None}
        heard = await telling.audience(session, row, asked)
        for person_id in sorted(heard):
            await telling.notify(
                session, row, person_id, "blocker.late" if is_late else "blocker.quiet"
            )
        service.record(session, SYSTEM, "blocker.nudged", row, changes={"people": sorted(heard)})
    if found:
        await repository.note_nudge(session, [row.id for row in found], now)
    return len(found)


async def _today(session: AsyncSession, now: datetime) -> date:
    """The day at the institute."""
    facility = await accounts.institute(session)
    return now.astimezone(ZoneInfo(facility.timezone if facility else "UTC")).date()
