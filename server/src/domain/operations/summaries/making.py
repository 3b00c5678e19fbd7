"""Writing summaries: what is due, one day at a time, once each; and anew when asked.

Unique per scope and local date by the database's constraint: of two workers that write the same
one, the later finds it there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import chain, events, ids, operations, outbox
from src.core.actor import SYSTEM, Actor
from src.core.db import savepoint
from src.core.events import Archive
from src.core.language import gettext as _
from src.core.operations import Operation
from src.domain.operations import policy
from src.domain.operations.summaries import scopes, sections, topics, windows
from src.domain.operations.summaries.errors import (
    SummaryArchived,
    SummaryNotDue,
    SummaryNotFound,
)
from src.domain.operations.summaries.scopes import Scope
from src.domain.operations.summaries.sections import Frame
from src.domain.operations.summaries.windows import Told, Window
from src.domain.operations.tables import Summary

# Made later than that after its hour, it says so.
LATE = timedelta(hours=2)


async def publish_due(session: AsyncSession, *, now: datetime) -> int:
    """Have a job write the next summary of every scope that lacks one; how many scopes do."""
    told = await _last_told(session)
    published = 0
    for scope in await scopes.every(session):
        last = told.get(scope.name)
        if scope.is_active and _due(scope, last, now) is not None:
            published += await _publish(session, scope, last, now)
    return published


async def make_next(session: AsyncSession, name: str, *, now: datetime) -> UUID | None:
    """Write the oldest summary that a scope lacks, if one is due; its id.

    What is missing after it gets a job of its own; the last one is told to those it is for. None
    when nothing is due, and when another worker wrote it.
    """
    scope = await scopes.named(session, name)
    if scope is None or not scope.is_active:
        return None
    window = _due(scope, await told_of(session, scope), now)
    if window is None:
        return None
    made = await _make(session, scope, window, now=now)
    if made is None:
        return None
    here = Told(made.on_date, made.ends_at)
    if _due(scope, here, now) is not None:
        await _publish(session, scope, here, now)
    else:
        payload = {"summary_id": str(made.id)}
        once = f"{topics.MADE.name}:{made.id}"
        await outbox.publish(session, topics.MADE, payload, once=once)
    return made.id


async def generate(
    session: AsyncSession, actor: Actor, *, team_id: UUID | None, on_date: date, now: datetime
) -> Operation:
    """Have the summary of a date written anew from the record, of the same window.

    One that is due and not written yet is written. Needs `operations:manage` for the team.
    Raises `SummaryNotFound`, `Forbidden`, `SummaryNotDue`, `SummaryArchived`.
    """
    scope = await scopes.found(session, actor, team_id)
    policy.require_manage(actor, team_id)
    row = await of_date(session, scope, on_date)
    if row is None:
        _require_due(scope, await told_of(session, scope), on_date, now)
    else:
        await _require_at_hand(session, row)
    payload = {"scope": scope.name, "on_date": on_date.isoformat(), "by": str(actor.user_id or "")}
    return await operations.start(session, actor, topics.GENERATE, payload)


async def generate_now(
    session: AsyncSession, actor: Actor, payload: Mapping[str, Any], *, now: datetime
) -> str:
    """What the job of `generate` does; the path of the summary. Errors as there."""
    scope = await scopes.named(session, payload["scope"])
    on_date = date.fromisoformat(payload["on_date"])
    if scope is None:
        raise SummaryNotFound(_("Its team was deleted meanwhile."))
    row = await of_date(session, scope, on_date, lock=True)
    if row is not None:
        await _make_anew(session, actor, row, now=now)
    else:
        while (window := _due(scope, await told_of(session, scope), now)) is not None:
            await _make(session, scope, window, now=now)
            if window.on_date >= on_date:
                break
    return f"{scope.path}/{on_date.isoformat()}"


async def told_of(session: AsyncSession, scope: Scope) -> Told | None:
    """The last summary of a scope."""
    row = (
        await session.execute(
            select(Summary.on_date, Summary.ends_at)
            .where(Summary.scope == scope.name)
            .order_by(Summary.on_date.desc())
            .limit(1)
        )
    ).one_or_none()
    return None if row is None else Told(row.on_date, row.ends_at)


async def of_date(
    session: AsyncSession, scope: Scope, on_date: date, *, lock: bool = False
) -> Summary | None:
    """The summary of a scope and a local date."""
    wanted = select(Summary).where(Summary.scope == scope.name, Summary.on_date == on_date)
    return await session.scalar(wanted.with_for_update() if lock else wanted)


async def _last_told(session: AsyncSession) -> dict[str, Told]:
    last = (
        select(Summary.scope, func.max(Summary.on_date).label("on_date"))
        .group_by(Summary.scope)
        .subquery()
    )
    rows = await session.execute(
        select(Summary.scope, Summary.on_date, Summary.ends_at).join(
            last, (last.c.scope == Summary.scope) & (last.c.on_date == Summary.on_date)
        )
    )
    return {scope: Told(on_date, ends_at) for scope, on_date, ends_at in rows}


def _due(scope: Scope, told: Told | None, now: datetime) -> Window | None:
    return windows.due(told, now=now, minute=scope.minute, zone=scope.zone)


async def _publish(session: AsyncSession, scope: Scope, last: Told | None, now: datetime) -> bool:
    since = last.on_date.isoformat() if last else "first"
    # Of a job that died the next day's is another one.
    until = windows.latest(now, scope.minute, scope.zone).isoformat()
    once = f"{topics.MAKE.name}:{scope.name}:{since}:{until}"
    made = await outbox.publish(session, topics.MAKE, {"scope": scope.name}, once=once)
    return made is not None


async def _make(
    session: AsyncSession, scope: Scope, window: Window, *, now: datetime
) -> Summary | None:
    row = Summary(
        id=ids.new(),
        scope=scope.name,
        team_id=scope.team_id,
        on_date=window.on_date,
        timezone=scope.timezone,
        starts_at=window.starts_at,
        ends_at=window.ends_at,
        made_at=now,
        is_late=now - window.ends_at > LATE,
        content={},
    )
    row.content = await sections.collect(session, frame_of(row))
    try:
        async with savepoint(session):
            session.add(row)
            await session.flush()
    except IntegrityError:
        return None
    _record(session, SYSTEM, "summary.made", row)
    return row


async def _make_anew(session: AsyncSession, actor: Actor, row: Summary, *, now: datetime) -> None:
    await _require_at_hand(session, row)
    row.content = await sections.collect(session, frame_of(row))
    row.made_at = now
    row.is_late = now - row.ends_at > LATE
    await session.flush()
    _record(session, actor, "summary.regenerated", row)


def frame_of(row: Summary) -> Frame:
    """What a stored summary tells of."""
    return Frame(row.team_id, row.on_date, row.starts_at, row.ends_at, as_of=row.ends_at)


def _record(session: AsyncSession, actor: Actor, verb: str, row: Summary) -> None:
    changes = {"team_id": row.team_id, "on_date": row.on_date.isoformat()}
    events.record(session, actor, verb, ("summary", row.id), changes=changes)


def _require_due(scope: Scope, told: Told | None, on_date: date, now: datetime) -> None:
    if on_date > windows.latest(now, scope.minute, scope.zone):
        raise SummaryNotDue(_("Its day ends at the team's hour; until then there is a preview."))
    if told is None or on_date > told.on_date:
        return
    raise SummaryNotFound(_("Summaries began later, or another one tells of that day."))


async def _require_at_hand(session: AsyncSession, row: Summary) -> None:
    """Raise `SummaryArchived` where events of the window left the database."""
    gone = select(Archive.id).where(Archive.before_id > chain.first_id(row.starts_at)).limit(1)
    if await session.scalar(gone) is not None:
        raise SummaryArchived(_("It was written while the record was at hand, and stays so."))
