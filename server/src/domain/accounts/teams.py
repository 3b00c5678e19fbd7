"""Teams: research groups and operations teams, their members and leads."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, finding, ids
from src.core.actor import Actor, Permission, team_scope
from src.core.db import savepoint
from src.core.errors import FieldError, PreconditionFailed
from src.core.language import gettext as _
from src.core.paging import Key, Page, Paging, paginate
from src.domain.accounts import repository
from src.domain.accounts.errors import TeamExists, TeamNotFound, UserNotFound
from src.domain.accounts.rules import checked_name, checked_timezone
from src.domain.accounts.tables import RoleName, Team, TeamMember, User
from src.domain.accounts.users import refuse_without_administrator

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


@dataclass(frozen=True, slots=True)
class Member:
    """One of a team."""

    user_id: UUID
    name: str
    is_lead: bool


async def list_teams(
    session: AsyncSession, actor: Actor, *, q: str | None = None, paging: Paging | None = None
) -> Page[TeamView]:
    """Teams by name; `q` finds parts of names."""
    actor.require(Permission.USERS_READ)
    statement = select(Team).where(finding.holding(q or "", Team.name))
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
    actor.require(Permission.USERS_MANAGE)
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
    actor.require(Permission.USERS_MANAGE, team_scope(team_id))
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


async def members(session: AsyncSession, actor: Actor, team_id: UUID) -> list[Member]:
    """Who belongs to a team, leads first, then by name. Raises `TeamNotFound`."""
    actor.require(Permission.USERS_READ)
    await _found(session, team_id)
    rows = await session.execute(
        select(User.id, User.name, TeamMember.is_lead)
        .join(User, User.id == TeamMember.user_id)
        .where(TeamMember.team_id == team_id)
        .order_by(TeamMember.is_lead.desc(), func.lower(User.name), User.id)
    )
    return [Member(*row) for row in rows]


async def add_member(
    session: AsyncSession, actor: Actor, team_id: UUID, user_id: UUID, *, is_lead: bool = False
) -> None:
    """Add a person to a team, or change whether they lead it.

    Raises `TeamNotFound`, `UserNotFound`.
    """
    actor.require(Permission.USERS_MANAGE, team_scope(team_id))
    team, user = await _found(session, team_id), await session.get(User, user_id)
    if user is None:
        raise UserNotFound(_("Nobody has this id."))
    member = await session.get(TeamMember, (team_id, user_id))
    if member is not None and member.is_lead == is_lead:
        return
    if member is None:
        member = TeamMember(team_id=team_id, user_id=user_id, created_at=clock.now())
        session.add(member)
    member.is_lead = is_lead
    # Each is part of what is shown of the other, so of its ETag.
    team.updated_at = user.updated_at = clock.now()
    await session.flush()
    changes = {"user_id": user_id, "is_lead": is_lead}
    events.record(session, actor, "team.member_added", ("team", team_id), changes=changes)


async def remove_member(session: AsyncSession, actor: Actor, team_id: UUID, user_id: UUID) -> None:
    """Take a person out of a team; who is not in it stays out.

    Raises `TeamNotFound`, `LastAdministrator`.
    """
    actor.require(Permission.USERS_MANAGE, team_scope(team_id))
    team = await _found(session, team_id)
    await repository.lock_assignments(session, RoleName.ADMIN)
    gone = await session.execute(
        delete(TeamMember)
        .where(TeamMember.team_id == team_id, TeamMember.user_id == user_id)
        .returning(TeamMember.user_id)
    )
    if gone.one_or_none() is not None:
        user = await session.get_one(User, user_id)
        team.updated_at = user.updated_at = clock.now()
        if await repository.is_team_admin(session, team_id):
            await refuse_without_administrator(session)
        changes = {"user_id": user_id}
        events.record(session, actor, "team.member_removed", ("team", team_id), changes=changes)


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
    team = await session.get(Team, team_id)
    if team is None:
        raise TeamNotFound(_("No team has this id."))
    return team


async def _store(session: AsyncSession, team: Team) -> None:
    try:
        async with savepoint(session):
            session.add(team)
            await session.flush()
    except IntegrityError as error:
        detail = _("Another team has this name.")
        raise TeamExists(detail, errors=(FieldError(("name",), "team-exists", detail),)) from error
