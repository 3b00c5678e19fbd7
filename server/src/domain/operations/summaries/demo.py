"""Two weeks of summaries for the demonstration.

Its things are written at once with times that lie back, so the record has no events of those days:
what happened since last time is taken from the things themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, ids
from src.domain.accounts.tables import TeamMember
from src.domain.bookings.tables import Booking, Status
from src.domain.operations.summaries import making, scopes, sections, since, windows
from src.domain.operations.summaries.record import Happening
from src.domain.operations.summaries.scopes import Scope
from src.domain.operations.summaries.sections import Frame, Stored
from src.domain.operations.summaries.windows import Window
from src.domain.operations.tables import Blocker, Decision, Incident, StatusUpdate, Summary

DAYS = 14
_MADE_AFTER = timedelta(minutes=3)
_THINGS: tuple[tuple[str, Any, Any, Any], ...] = (
    ("incident.reported", Incident.id, Incident.reported_at, Incident.team_id),
    ("incident.resolved", Incident.id, Incident.resolved_at, Incident.team_id),
    ("incident.closed", Incident.id, Incident.closed_at, Incident.team_id),
    ("blocker.raised", Blocker.id, Blocker.raised_at, Blocker.team_id),
    ("blocker.resolved", Blocker.id, Blocker.resolved_at, Blocker.team_id),
    ("decision.proposed", Decision.id, Decision.proposed_at, Decision.team_id),
)


async def fill(session: AsyncSession, *, team_ids: Collection[UUID], now: datetime) -> int:
    """Write those of everybody and of these teams, up to the last that is due; how many.

    After everything else: they tell of it.
    """
    made = 0
    for team_id in (None, *team_ids):
        scope = await scopes.of(session, team_id)
        if scope is not None and await making.told_of(session, scope) is None:
            made += await _fortnight(session, scope, now)
    return made


async def _fortnight(session: AsyncSession, scope: Scope, now: datetime) -> int:
    last = windows.latest(now, scope.minute, scope.zone)
    for back in range(DAYS - 1, -1, -1):
        on_date = last - timedelta(days=back)
        starts_at, ends_at = (
            windows.boundary(day, scope.minute, scope.zone)
            for day in (on_date - timedelta(days=1), on_date)
        )
        session.add(await _of_day(session, scope, Window(on_date, starts_at, ends_at)))
    await session.flush()
    return DAYS


async def _of_day(session: AsyncSession, scope: Scope, window: Window) -> Summary:
    row = Summary(
        id=ids.new(), scope=scope.name, team_id=scope.team_id, on_date=window.on_date,
        timezone=scope.timezone, starts_at=window.starts_at, ends_at=window.ends_at,
        made_at=window.ends_at + _MADE_AFTER, is_late=False, content={},
    )  # fmt: skip
    frame = replace(making.frame_of(row), recorded_at=clock.now() + _MADE_AFTER)
    content = await sections.collect(session, frame)
    content["sections"][since.NAME] |= await _happened(session, frame)
    content["sections"]["instruments"]["no_shows"] = await _missed(session, frame)
    row.content = content
    return row


async def _happened(session: AsyncSession, frame: Frame) -> Stored:
    found: list[Happening] = []
    for verb, thing, at, team in _THINGS:
        wanted = select(thing).where(*_within(frame, at, team)).order_by(at)
        found += [Happening(verb, thing_id) for thing_id in await session.scalars(wanted)]
    decided = await session.execute(
        select(Decision.id, Decision.state).where(
            *_within(frame, Decision.decided_at, Decision.team_id)
        )
    )
    found += [
        Happening(f"decision.{state}", thing_id)
        for thing_id, state in decided
        if f"decision.{state}" in since.TOLD
    ]
    posts = (
        await session.execute(
            select(StatusUpdate.author_id, StatusUpdate.id)
            .where(*_within(frame, StatusUpdate.posted_at, StatusUpdate.team_id))
            .order_by(StatusUpdate.posted_at)
        )
    ).all()
    times: Counter[UUID] = Counter(author for author, _id in posts)
    last = {author: update_id for author, update_id in posts}  # noqa: C416 - rows are no pairs
    members = select(TeamMember.user_id).where(
        true() if frame.team_id is None else TeamMember.team_id == frame.team_id
    )
    silent = set(await session.scalars(members)) - set(times)
    return {
        **since.sorted_out(found),
        "posted": [
            {"person": str(who), "times": count, "id": str(last[who])}
            for who, count in times.most_common()
        ],
        "silent": sorted(map(str, silent)),
    }


async def _missed(session: AsyncSession, frame: Frame) -> list[Stored]:
    rows = await session.execute(
        select(Booking.resource_id, Booking.starts_at).where(
            Booking.status == Status.NO_SHOW,
            *_within(frame, Booking.starts_at, Booking.team_id),
        )
    )
    times: Counter[UUID] = Counter()
    first: dict[UUID, datetime] = {}
    for resource_id, starts_at in rows:
        times[resource_id] += 1
        first[resource_id] = min(starts_at, first.get(resource_id, starts_at))
    return [
        {"id": str(one), "times": count, "at": first[one].isoformat(timespec="seconds")}
        for one, count in times.most_common()
    ]


def _within(frame: Frame, at: Any, team: Any) -> tuple[ColumnElement[bool], ...]:  # noqa: ANN401
    of_team = true() if frame.team_id is None else or_(team.is_(None), team == frame.team_id)
    return (at >= frame.starts_at, at < frame.ends_at, of_team)
