"""How long the personal part of an event is kept, and when a month may leave the database.

Retention is decided by class (`verbs.Class`) or by what stands before a verb's dot, which wins;
None keeps for ever. When an event's time has passed, its personal part is deleted, and the event
with its proof stays. When the longest time of all has passed, the whole month may be archived.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import archiving, chain, clock, events, verbs
from src.core.actor import SYSTEM
from src.core.events import Event, EventDetail
from src.core.language import mark
from src.core.verbs import Class

# What is younger is never archived: timelines and summaries read it.
LEAST = timedelta(days=90)
BATCH = 5000

Retention = Mapping[str, timedelta | None]
FOR_EVER: Retention = {}

events.verb(
    "events.personal_deleted",
    mark("Personal parts were deleted after their time"),
    kind=events.Kind.ADMINISTRATION,
)


def kept_for(retention: Retention, verb: verbs.Verb) -> timedelta | None:
    """How long the personal part of such an event is kept; None: for ever."""
    return retention.get(verb.area, retention.get(verb.retained_as))


async def delete_personal(
    session: AsyncSession, retention: Retention, *, limit: int = BATCH
) -> int:
    """Delete up to `limit` personal parts whose time has passed, the oldest first; how many."""
    deleted = 0
    for kept, wanted in _groups(retention):
        found = (
            select(EventDetail.event_id)
            .join(Event, Event.id == EventDetail.event_id)
            .where(EventDetail.event_id < chain.first_id(clock.now() - kept), wanted)
            .order_by(EventDetail.event_id)
            .limit(limit - deleted)
        )
        gone = await session.execute(
            delete(EventDetail)
            .where(EventDetail.event_id.in_(found))
            .returning(EventDetail.event_id)
            .execution_options(synchronize_session=False)
        )
        deleted += len(gone.all())
        if deleted >= limit:
            break
    if deleted:
        changes = {"deleted": deleted}
        events.record(session, SYSTEM, "events.personal_deleted", ("events", None), changes=changes)
    return deleted


def archived_before(retention: Retention) -> datetime | None:
    """Months that ended before may be archived; None while something is kept for ever."""
    classes = [retention.get(each) for each in Class]
    exceptions = [retention[area] for area in retention.keys() - set(Class)]
    kept = [each for each in (*classes, *exceptions) if each is not None]
    if len(kept) < len(classes) + len(exceptions):
        return None
    return archiving.beginning(archiving.month_of(clock.now() - max(LEAST, *kept)))


def _groups(retention: Retention) -> list[tuple[timedelta, ColumnElement[bool]]]:
    """The verbs that are kept equally long; those no code declares any more are "other"."""
    by_time: dict[timedelta, list[str]] = defaultdict(list)
    for each in verbs.declared.values():
        kept = kept_for(retention, each)
        if kept is not None:
            by_time[kept].append(each.name)
    groups: list[tuple[timedelta, ColumnElement[bool]]] = [
        (kept, Event.verb.in_(names)) for kept, names in by_time.items()
    ]
    others = retention.get(Class.OTHER)
    if others is not None:
        groups.append((others, Event.verb.not_in(list(verbs.declared))))
    return groups
