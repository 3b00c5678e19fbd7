"""Reading summaries: those there are, one of them, and what the next will say so far."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import Actor
from src.core.language import gettext as _
from src.core.paging import Key, Page, Paging, paginate
from src.domain.accounts.tables import Team
from src.domain.operations import policy
from src.domain.operations.summaries import making, rendering, scopes, sections, windows
from src.domain.operations.summaries.errors import SummaryNotFound
from src.domain.operations.summaries.scopes import Scope
from src.domain.operations.summaries.sections import Frame
from src.domain.operations.summaries.views import SummaryHead, SummaryView
from src.domain.operations.tables import Summary

DAYS = 14


async def list_(
    session: AsyncSession,
    actor: Actor,
    *,
    scope: Scope | None = None,
    from_: date | None = None,
    to: date | None = None,
    paging: Paging | None = None,
) -> Page[SummaryHead]:
    """Summaries the actor may read, the newest first; dates are [from_, to]. One statement.

    Raises `Forbidden`.
    """
    policy.require_read(actor)
    wanted: Select[Summary, str | None] = (
        select(Summary, Team.name)
        .outerjoin(Team, Team.id == Summary.team_id)
        .where(policy.visible(actor, Summary.team_id))
    )
    if scope is not None:
        wanted = wanted.where(Summary.scope == scope.name)
    if from_ is not None:
        wanted = wanted.where(Summary.on_date >= from_)
    if to is not None:
        wanted = wanted.where(Summary.on_date <= to)
    keys = [
        Key(Summary.on_date, descending=True, name="on_date"),
        Key(Summary.id, descending=True, name="id"),
    ]
    page = await paginate(session, wanted, keys=keys, paging=paging or Paging())
    return page.map(lambda row: _head(*row))


async def get(
    session: AsyncSession, actor: Actor, *, team_id: UUID | None, on_date: date
) -> SummaryView:
    """One summary as the actor may see it, in their language. Raises `SummaryNotFound`."""
    scope = await scopes.found(session, actor, team_id)
    last = await _last(session, scope, on_date)
    if not last or last[0].on_date != on_date:
        raise SummaryNotFound(_("There is none of that day. The list says which there are."))
    return await _view(session, actor, scope, last)


async def of_id(session: AsyncSession, actor: Actor, summary_id: UUID) -> SummaryView:
    """The same by its id."""
    row = await session.get(Summary, summary_id)
    if row is None:
        raise SummaryNotFound(_("There is no summary with this id."))
    return await get(session, actor, team_id=row.team_id, on_date=row.on_date)


async def newest(session: AsyncSession, actor: Actor) -> SummaryHead | None:
    """The last summary of the actor's teams, else everybody's. One statement."""
    page = await list_(session, actor, paging=Paging(limit=20))
    mine = [one for one in page.items if one.team_id in actor.team_ids]
    return next(iter(mine or page.items), None)


async def preview(
    session: AsyncSession, actor: Actor, *, team_id: UUID | None, now: datetime | None = None
) -> SummaryView:
    """What the next summary would say if its hour were now. Nothing is stored.

    Raises `SummaryNotFound`.
    """
    now = now or clock.now()
    scope = await scopes.found(session, actor, team_id)
    told = await making.told_of(session, scope)
    window = windows.coming(told, now=now, minute=scope.minute, zone=scope.zone)
    as_of = min(max(now, window.starts_at), window.ends_at)
    frame = Frame(scope.team_id, window.on_date, window.starts_at, window.ends_at, as_of)
    row = Summary(
        scope=scope.name, team_id=scope.team_id, on_date=window.on_date, timezone=scope.timezone,
        starts_at=window.starts_at, ends_at=window.ends_at, made_at=now, is_late=False, version=0,
        updated_at=now, content=await sections.collect(session, frame),
    )  # fmt: skip
    before = await _last(session, scope, window.on_date)
    return await _view(session, actor, scope, [row, *before[: DAYS - 1]])


async def _last(session: AsyncSession, scope: Scope, on_date: date) -> list[Summary]:
    """The last fourteen up to a date, the newest first."""
    rows = await session.scalars(
        select(Summary)
        .where(Summary.scope == scope.name, Summary.on_date <= on_date)
        .order_by(Summary.on_date.desc())
        .limit(DAYS)
    )
    return list(rows)


async def _view(
    session: AsyncSession, actor: Actor, scope: Scope, rows: list[Summary]
) -> SummaryView:
    """The first of the rows; the others are for its plots."""
    row = rows[0]
    wanted = [*rendering.refs_of(row.content), *rendering.incidents_in(rows)]
    things = await rendering.known(session, actor, wanted)
    following = await session.scalar(
        select(Summary.on_date)
        .where(Summary.scope == scope.name, Summary.on_date > row.on_date)
        .order_by(Summary.on_date)
        .limit(1)
    )
    return SummaryView(
        id=row.id,
        team_id=row.team_id,
        team=scope.team,
        on_date=row.on_date,
        timezone=row.timezone,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        made_at=row.made_at,
        is_late=row.is_late,
        is_preview=row.version == 0,
        sections=rendering.in_words(row.content, things),
        trends=rendering.trends(rows[::-1], things),
        previous=rows[1].on_date if len(rows) > 1 else None,
        next=following,
        version=row.version,
        updated_at=row.updated_at,
        may_generate=row.version > 0 and policy.may_manage(actor, row.team_id),
    )


def _head(row: Summary, team: str | None) -> SummaryHead:
    return SummaryHead(
        id=row.id, team_id=row.team_id, team=team, on_date=row.on_date, timezone=row.timezone,
        starts_at=row.starts_at, ends_at=row.ends_at, made_at=row.made_at, is_late=row.is_late,
        version=row.version, updated_at=row.updated_at,
    )  # fmt: skip
