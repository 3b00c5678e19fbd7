"""Teams: research groups and operations teams, their members and leads.

Who holds `teams:manage`, everywhere or for a team, changes it, and says who leads it. Who leads a
team (`is_lead`) is named first, holds the role `lead` for that team for as long as that is so, and
may add and remove its other members; a role of the team's goes only to those whom the one who adds
them could give it. A team that bookings or other records name cannot be deleted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String, delete, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import events, finding, ids
from src.core.actor import Actor, Permission, team_scope
from src.core.db import savepoint
from src.core.errors import FieldError, PreconditionFailed
from src.core.language import gettext as _
from src.core.paging import Key, Page, Paging, paginate
from src.domain.accounts import memberships, repository
from src.domain.accounts.access import limits
from src.domain.accounts.errors import TeamExists, TeamInUse
from src.domain.accounts.factors import enforcement
from src.domain.accounts.rules import checked_name, checked_timezone
from src.domain.accounts.tables import RoleAssignment, RoleName, Team, TeamMember

FIELDS = frozenset({"name", "timezone"})


@dataclass(frozen=True, slots=True)
class TeamView:
    """A team and how many belong to it."""

    id: UUID
    name: str
    timezone: str
    member_count: int
    version: int
    created_at: datetime
    updated_at: datetime


async def list_teams(
    session: AsyncSession,
    actor: Actor,
    *,
    q: str | None = None,
    member_id: UUID | None = None,
    paging: Paging | None = None,
) -> Page[TeamView]:
    """Teams by name; `q` finds parts of names, `member_id` the teams of a person."""
    actor.require(Permission.USERS_READ)
    statement = select(Team).where(finding.holding(q or "", Team.name))
    if member_id is not None:
        theirs = select(TeamMember.team_id).where(TeamMember.user_id == member_id)
        statement = statement.where(Team.id.in_(theirs))
    keys = [Key(func.lower(Team.name, type_=String()), name="name"), Key(Team.id, name="id")]
    page = await paginate(session, statement, keys=keys, paging=paging or Paging())
    return page.holding(await _views(session, page.items))


async def get_team(session: AsyncSession, actor: Actor, team_id: UUID) -> TeamView:
    """One team. Raises `TeamNotFound`."""
    actor.require(Permission.USERS_READ)
    return (await _views(session, [await _found(session, team_id)]))[0]


async def create_team(
    session: AsyncSession, actor: Actor, *, name: str, timezone: str = "UTC"
) -> TeamView:
    """Add a team. Raises `TeamExists`, `BadPerson`."""
    actor.require(Permission.TEAMS_MANAGE)
    team = Team(id=ids.new(), name=checked_name(name), timezone=checked_timezone(timezone))
    await _store(session, team)
    events.record(
        session, actor, "team.created", ("team", team.id), changes={"name": [None, team.name]}
    )
    return (await _views(session, [team]))[0]


async def update_team(
    session: AsyncSession,
    actor: Actor,
    team_id: UUID,
    *,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> TeamView:
    """Change name or time zone. Raises `TeamNotFound`, `TeamExists`, `PreconditionFailed`."""
    actor.require(Permission.TEAMS_MANAGE, team_scope(team_id))
    unknown = set(changes) - FIELDS
    if unknown:
        raise TypeError(f"a team has no {sorted(unknown)}")
    team = await _found(session, team_id)
    if expected_version is not None and team.version != expected_version:
        raise PreconditionFailed(_("Read the team again, then repeat the change."))
    done: dict[str, list[Any]] = {}
    for field, value in changes.items():
        new = checked_name(value) if field == "name" else checked_timezone(value)
        old = getattr(team, field)
        if new != old:
            setattr(team, field, new)
            done[field] = [old, new]
    if done:
        await _store(session, team)
        await repository.renew_members(session, team.id)
        events.record(session, actor, "team.changed", ("team", team.id), changes=done)
    return (await _views(session, [team]))[0]


async def delete_team(
    session: AsyncSession, actor: Actor, team_id: UUID, *, expected_version: int | None = None
) -> None:
    """Remove a team with its memberships and roles, if nothing else names it.

    Raises `TeamNotFound`, `TeamInUse`, `MayNotGrant`, `LastAdministrator`, `PreconditionFailed`.
    """
    actor.require(Permission.TEAMS_MANAGE, team_scope(team_id))
    team = await _found(session, team_id)
    if expected_version is not None and team.version != expected_version:
        raise PreconditionFailed(_("Read the team again, then repeat."))
    await memberships.require_roles_held(session, actor, team_id)
    await repository.lock_assignments(session, RoleName.ADMIN)
    await repository.renew_access(session, team_id=team_id)
    await repository.renew_members(session, team_id)
    roles = or_(RoleAssignment.team_id == team_id, RoleAssignment.scope == team_scope(team_id))
    try:
        async with savepoint(session):
            await session.execute(delete(RoleAssignment).where(roles))
            await session.execute(delete(TeamMember).where(TeamMember.team_id == team_id))
            await session.delete(team)
            await session.flush()
    except IntegrityError as error:
        raise TeamInUse(_("Bookings name it. Take its members out instead.")) from error
    await limits.refuse_without_administrator(session)
    await enforcement.renew(session)
    events.record(
        session, actor, "team.deleted", ("team", team_id), changes={"name": [team.name, None]}
    )


async def team_names(session: AsyncSession, team_ids: Collection[UUID]) -> dict[UUID, str]:
    """Names by id, in one statement."""
    if not team_ids:
        return {}
    rows = await session.execute(select(Team.id, Team.name).where(Team.id.in_(team_ids)))
    return {team_id: name for team_id, name in rows}  # noqa: C416 - rows are not pairs to mypy


async def _views(session: AsyncSession, teams: Sequence[Team]) -> list[TeamView]:
    rows = await session.execute(
        select(TeamMember.team_id, func.count())
        .where(TeamMember.team_id.in_([team.id for team in teams]))
        .group_by(TeamMember.team_id)
    )
    counts: dict[UUID, int] = {team_id: count for team_id, count in rows}  # noqa: C416
    return [
        TeamView(
            id=team.id,
            name=team.name,
            timezone=team.timezone,
            member_count=counts.get(team.id, 0),
            version=team.version,
            created_at=team.created_at,
            updated_at=team.updated_at,
        )
        for team in teams
    ]


async def _found(session: AsyncSession, team_id: UUID) -> Team:
    return await memberships.team_of(session, team_id)


async def _store(session: AsyncSession, team: Team) -> None:
    try:
        async with savepoint(session):
            session.add(team)
            await session.flush()
    except IntegrityError as error:
        detail = _("Another team has this name.")
        raise TeamExists(detail, errors=(FieldError(("name",), "team-exists", detail),)) from error
