"""Who has not said anything: members of a team without an update in so many of its local days."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, language
from src.core.actor import Actor
from src.core.language import gettext as _
from src.domain import accounts
from src.domain.accounts.tables import Team, TeamMember, User, UserState
from src.domain.operations import policy
from src.domain.operations.parties import Named
from src.domain.operations.tables import StatusUpdate
from src.domain.operations.updates.views import Silence

LONGEST = 31  # days


async def list_(
    session: AsyncSession,
    actor: Actor,
    *,
    team_id: UUID | None = None,
    last: date | None = None,
    days: int = 1,
) -> list[Silence]:
    """Of the actor's teams (or the one asked for) who said nothing to it in `days` days.

    The days are the team's own, the last of them `last` (today). Two statements. Who is neither
    of a team nor looks after it does not learn this. Raises `TeamNotFound`, `Forbidden`.
    """
    policy.require_read(actor)
    if team_id is not None and not _may_ask(actor, team_id):
        raise accounts.TeamNotFound(_("Choose one of your teams."))
    teams = await _windows(session, {team_id} if team_id else actor.team_ids, last, days)
    if team_id is not None and not teams:
        raise accounts.TeamNotFound(_("Choose one of your teams."))
    if not teams:
        return []
    found: dict[UUID, list[tuple[Named, bool]]] = {}
    rows = await session.execute(
        select(TeamMember.team_id, User.id, User.name, exists().where(_said(teams)))
        .join(User, User.id == TeamMember.user_id)
        .where(
            TeamMember.team_id.in_([one.team.id for one in teams]),
            User.state == UserState.ACTIVE,
        )
        .order_by(func.lower(User.name), User.id)
    )
    for of_team, user_id, name, has_said in rows:
        found.setdefault(of_team, []).append((Named(user_id, name), has_said))
    return [_with_members(one, found.get(one.team.id, [])) for one in teams]


def window(timezone: str, last: date | None, days: int) -> tuple[date, date, datetime, datetime]:
    """First and last local day, and the moments [from, to) they cover; a day may have 23 hours."""
    zone = language.zone_of(timezone)
    last = last or clock.now().astimezone(zone).date()
    first = last - timedelta(days=max(1, min(days, LONGEST)) - 1)
    starts_at, ends_at = (
        datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)
        for day in (first, last + timedelta(days=1))
    )
    return first, last, starts_at, ends_at


def _may_ask(actor: Actor, team_id: UUID) -> bool:
    is_of_it = team_id in actor.team_ids and policy.may_read(actor, team_id)
    return is_of_it or policy.may_manage(actor, team_id)


async def _windows(
    session: AsyncSession, team_ids: Collection[UUID], last: date | None, days: int
) -> list[Silence]:
    rows = await session.execute(
        select(Team.id, Team.name, Team.timezone)
        .where(Team.id.in_(team_ids))
        .order_by(func.lower(Team.name), Team.id)
    )
    return [
        Silence(Named(team_id, name), timezone, *window(timezone, last, days), 0, ())
        for team_id, name, timezone in rows
    ]


def _said(teams: Collection[Silence]) -> ColumnElement[bool]:
    by_team = or_(
        *(
            and_(
                TeamMember.team_id == one.team.id,
                StatusUpdate.posted_at >= one.starts_at,
                StatusUpdate.posted_at < one.ends_at,
            )
            for one in teams
        )
    )
    to_it = or_(StatusUpdate.team_id == TeamMember.team_id, StatusUpdate.team_id.is_(None))
    return and_(StatusUpdate.author_id == TeamMember.user_id, to_it, by_team)


def _with_members(one: Silence, people: list[tuple[Named, bool]]) -> Silence:
    silent = tuple(person for person, has_said in people if not has_said)
    return Silence(
        one.team, one.timezone, one.first, one.last, one.starts_at, one.ends_at,
        members=len(people), silent=silent,
    )  # fmt: skip
