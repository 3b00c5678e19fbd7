"""What is known already of the people, roles and teams a table names: read for all rows at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor, Permission, team_scope
from src.core.errors import DomainError
from src.domain.accounts import memberships, rules
from src.domain.accounts.access import custom, limits
from src.domain.accounts.imports.reading import Row
from src.domain.accounts.tables import RoleAssignment, RoleName, Team, TeamMember, User

BATCH = 500
T = TypeVar("T")


@dataclass(slots=True)
class Known:
    """People by address, teams by name in small letters, roles, and who holds and belongs to what.

    `refused` says of a role or team why this actor may not give it.
    """

    users: dict[str, User] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    roles: frozenset[str] = frozenset()
    held: dict[tuple[UUID, str], RoleAssignment] = field(default_factory=dict)
    members: dict[tuple[UUID, UUID], bool] = field(default_factory=dict)  # whether they lead
    refused_roles: dict[str, str] = field(default_factory=dict)
    refused_teams: dict[UUID, str] = field(default_factory=dict)
    refused_leads: dict[UUID, str] = field(default_factory=dict)


async def look_up(session: AsyncSession, actor: Actor, rows: Collection[Row]) -> Known:
    """All at once: some statements for every 500 people, and one for each team that is named."""
    known = Known()
    for batch in _batches({rules.fold(row.cells.get("email", "")) for row in rows}):
        found = await session.scalars(select(User).where(User.email.in_(batch)))
        known.users |= {user.email: user for user in found}
    teams = {name.lower() for row in rows for name in _team_names(row)}
    for batch in _batches(teams):
        named = await session.scalars(select(Team).where(func.lower(Team.name).in_(batch)))
        known.teams |= {team.name.lower(): team for team in named}
    for ids in _batches({user.id for user in known.users.values()}):
        await _standing(session, known, ids)
    await _limits(session, actor, known, {name for row in rows for name in row.list_of("roles")})
    return known


async def _standing(session: AsyncSession, known: Known, user_ids: Collection[UUID]) -> None:
    held = await session.scalars(
        select(RoleAssignment).where(
            RoleAssignment.user_id.in_(user_ids), RoleAssignment.scope.is_(None)
        )
    )
    known.held |= {(one.user_id, one.role): one for one in held if one.user_id is not None}
    members = await session.execute(
        select(TeamMember.user_id, TeamMember.team_id, TeamMember.is_lead).where(
            TeamMember.user_id.in_(user_ids)
        )
    )
    known.members |= {(user_id, team_id): leads for user_id, team_id, leads in members}


async def _limits(
    session: AsyncSession, actor: Actor, known: Known, wanted: Collection[str]
) -> None:
    """What this actor may not give, and why: nobody gives more than they hold."""
    described = {role.name: role for role in await custom.all_of(session)}
    known.roles = frozenset(described)
    for name in {*wanted, str(RoleName.MEMBER)} & known.roles:
        role = described[name]
        try:
            limits.require_held(actor, {*role.grants, *role.denies})
        except DomainError as refusal:
            known.refused_roles[name] = refusal.detail
    lead = described[RoleName.LEAD]
    for team in known.teams.values():
        scope = team_scope(team.id)
        try:
            actor.require(Permission.TEAMS_MANAGE, scope)
            await memberships.require_roles_held(session, actor, team.id)
        except DomainError as refusal:
            known.refused_teams[team.id] = refusal.detail
        try:
            limits.require_held(actor, {*lead.grants, *lead.denies}, scope)
        except DomainError as refusal:
            known.refused_leads[team.id] = refusal.detail


def _team_names(row: Row) -> list[str]:
    return [*row.list_of("teams"), *row.list_of("leads")]


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch
