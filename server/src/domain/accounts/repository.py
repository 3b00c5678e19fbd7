"""The SQL of people, teams and roles."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Result,
    Select,
    and_,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, finding
from src.domain.accounts.tables import (
    LoginSession,
    RoleAssignment,
    RoleName,
    Team,
    TeamMember,
    User,
    UserState,
)


def unexpired(at: datetime | None = None) -> ColumnElement[bool]:
    """Assignments that count; expiry is a condition of every query, not a job's business."""
    return or_(RoleAssignment.expires_at.is_(None), RoleAssignment.expires_at > (at or clock.now()))


async def user_by_email(session: AsyncSession, email: str) -> User | None:
    """The person with the (case-folded) address."""
    return await session.scalar(select(User).where(User.email == email))


async def user_of_session(
    session: AsyncSession, token_hash: str, *, now: datetime, seen_after: datetime
) -> tuple[UUID, datetime, User] | None:
    """A log-in that still counts, when it was last seen, and its active person."""
    row = (
        await session.execute(
            select(LoginSession.id, LoginSession.last_seen_at, User)
            .join(User, User.id == LoginSession.user_id)
            .where(
                LoginSession.token_hash == token_hash,
                LoginSession.expires_at > now,
                LoginSession.last_seen_at > seen_after,
                User.state == UserState.ACTIVE,
            )
        )
    ).one_or_none()
    return None if row is None else (row[0], row[1], row[2])


async def teams_and_roles(
    session: AsyncSession, user_id: UUID
) -> tuple[frozenset[UUID], list[tuple[RoleName, str | None]]]:
    """The person's teams, and what roles they hold where: their own and their teams'."""
    of_teams = select(TeamMember.team_id).where(TeamMember.user_id == user_id)
    own = or_(RoleAssignment.user_id == user_id, RoleAssignment.team_id.in_(of_teams))
    rows: Result[UUID | None, RoleName, str | None] = await session.execute(
        union_all(
            select(TeamMember.team_id, literal(None, RoleAssignment.role.type), null()).where(
                TeamMember.user_id == user_id
            ),
            select(literal(None, Team.id.type), RoleAssignment.role, RoleAssignment.scope).where(
                own, unexpired()
            ),
        )
    )
    team_ids: set[UUID] = set()
    roles: list[tuple[RoleName, str | None]] = []
    for team_id, role, scope in rows:
        if team_id is not None:
            team_ids.add(team_id)
        else:
            roles.append((role, scope))
    return frozenset(team_ids), roles


async def roles_everywhere(
    session: AsyncSession, user_ids: Collection[UUID]
) -> dict[UUID, list[RoleName]]:
    """The roles given to each person themselves, without a scope."""
    rows = await session.execute(
        select(RoleAssignment.user_id, RoleAssignment.role)
        .where(RoleAssignment.user_id.in_(user_ids), RoleAssignment.scope.is_(None), unexpired())
        .order_by(RoleAssignment.role)
    )
    found: dict[UUID, list[RoleName]] = {}
    for user_id, role in rows:
        if user_id is not None:
            found.setdefault(user_id, []).append(role)
    return found


async def teams_of(
    session: AsyncSession, user_ids: Collection[UUID]
) -> dict[UUID, list[tuple[UUID, str]]]:
    """The teams of each person: id and name, by name."""
    rows = await session.execute(
        select(TeamMember.user_id, Team.id, Team.name)
        .join(Team, Team.id == TeamMember.team_id)
        .where(TeamMember.user_id.in_(user_ids))
        .order_by(Team.name)
    )
    found: dict[UUID, list[tuple[UUID, str]]] = {}
    for user_id, team_id, name in rows:
        found.setdefault(user_id, []).append((team_id, name))
    return found


async def lock_assignments(session: AsyncSession, role: RoleName) -> None:
    """Make others who give or take this role wait; SQLite has one writer anyway."""
    await session.execute(
        select(RoleAssignment.id)
        .where(RoleAssignment.role == role)
        .order_by(RoleAssignment.id)
        .with_for_update()
    )


def holders_of(roles: Iterable[RoleName], scopes: Collection[str]) -> Select[UUID]:
    """Active people who hold one of the roles everywhere or in a scope, by self or by team."""
    held = and_(
        RoleAssignment.role.in_(list(roles)),
        or_(RoleAssignment.scope.is_(None), RoleAssignment.scope.in_(scopes)),
        unexpired(),
    )
    own = select(RoleAssignment.user_id).where(held, RoleAssignment.user_id.is_not(None))
    by_team = (
        select(TeamMember.user_id)
        .join(RoleAssignment, RoleAssignment.team_id == TeamMember.team_id)
        .where(held)
    )
    return select(User.id).where(
        User.state == UserState.ACTIVE, or_(User.id.in_(own), User.id.in_(by_team))
    )


async def count_administrators(session: AsyncSession) -> int:
    """Active people who are administrators everywhere."""
    administrators = holders_of([RoleName.ADMIN], ()).subquery()
    return await session.scalar(select(func.count()).select_from(administrators)) or 0


async def renew_members(session: AsyncSession, team_id: UUID) -> None:
    """Give a team's members new versions: its name is shown with them."""
    members = select(TeamMember.user_id).where(TeamMember.team_id == team_id)
    await session.execute(
        update(User)
        .where(User.id.in_(members))
        .values(version=User.version + 1, updated_at=clock.now())
    )


async def is_team_admin(session: AsyncSession, team_id: UUID) -> bool:
    """Whether a team's members are administrators everywhere."""
    held = select(RoleAssignment.id).where(
        RoleAssignment.team_id == team_id,
        RoleAssignment.role == RoleName.ADMIN,
        RoleAssignment.scope.is_(None),
    )
    return await session.scalar(held.limit(1)) is not None


def people(
    q: str | None, *, by_email: bool, states: Collection[UserState], team_id: UUID | None
) -> Select[User]:
    """People whose name (or address) contains every word of `q`."""
    columns = (User.name, User.email) if by_email else (User.name,)
    statement = select(User).where(finding.holding(q or "", *columns))
    if states:
        statement = statement.where(User.state.in_(states))
    if team_id is not None:
        statement = statement.where(
            User.id.in_(select(TeamMember.user_id).where(TeamMember.team_id == team_id))
        )
    return statement
