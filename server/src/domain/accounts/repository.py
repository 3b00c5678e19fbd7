"""The SQL of people, teams and roles."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Result,
    Select,
    Text,
    and_,
    cast,
    false,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, defer

from src.core import clock, finding
from src.core.actor import Permission
from src.domain.accounts.roles import GRANTS
from src.domain.accounts.tables import (
    LoginSession,
    Role,
    RoleAssignment,
    RoleName,
    Team,
    TeamMember,
    User,
    UserState,
)

# Who is denied one of these cannot bring back what was taken from them.
VITAL = frozenset({Permission.ROLES_MANAGE, Permission.USERS_MANAGE})


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role as somebody holds it. `grants` and `denies` are what a custom role says."""

    name: str
    scope: str | None
    expires_at: datetime | None
    grants: tuple[str, ...]
    denies: tuple[str, ...]


def unexpired(at: datetime | None = None) -> ColumnElement[bool]:
    """Assignments that count; expiry is a condition of every query, not a job's business."""
    return or_(RoleAssignment.expires_at.is_(None), RoleAssignment.expires_at > (at or clock.now()))


async def user_by_email(session: AsyncSession, email: str) -> User | None:
    """The person with the (case-folded) address."""
    return await session.scalar(select(User).where(User.email == email))


async def log_in_of(
    session: AsyncSession,
    token_hash: str,
    *,
    now: datetime,
    seen_after: datetime,
    renewed_after: datetime,
) -> tuple[LoginSession, User] | None:
    """A log-in that still counts and its active person, by its secret or the one just before it.

    Every request begins with this one statement (decision 18).
    """
    # A union, not an OR: with one SQLite walks through every log-in that has not expired.
    of_secret = union_all(
        select(LoginSession.id).where(LoginSession.token_hash == token_hash),
        select(LoginSession.id).where(
            LoginSession.previous_hash == token_hash, LoginSession.renewed_at > renewed_after
        ),
    )
    row = (
        await session.execute(
            select(LoginSession, User)
            .join(User, User.id == LoginSession.user_id)
            .where(
                LoginSession.id.in_(of_secret),
                LoginSession.expires_at > now,
                LoginSession.last_seen_at > seen_after,
                User.state == UserState.ACTIVE,
            )
            .options(defer(LoginSession.id_token), defer(LoginSession.provider_session))
        )
    ).one_or_none()
    return None if row is None else (row[0], row[1])


async def teams_and_roles(
    session: AsyncSession, user_id: UUID
) -> tuple[frozenset[UUID], list[HeldRole]]:
    """The person's teams, and what roles they hold where: their own and their teams'."""
    of_teams = select(TeamMember.team_id).where(TeamMember.user_id == user_id)
    own = or_(RoleAssignment.user_id == user_id, RoleAssignment.team_id.in_(of_teams))
    found: Result[Any] = await session.execute(
        union_all(
            select(
                TeamMember.team_id,
                literal(None, Role.name.type),
                null(),
                literal(None, RoleAssignment.expires_at.type),
                literal(None, Role.grants.type),
                literal(None, Role.denies.type),
            ).where(TeamMember.user_id == user_id),
            select(
                literal(None, Team.id.type),
                Role.name,
                RoleAssignment.scope,
                RoleAssignment.expires_at,
                Role.grants,
                Role.denies,
            )
            .join(Role, Role.name == RoleAssignment.role)
            .where(own, unexpired()),
        )
    )
    team_ids: set[UUID] = set()
    roles: list[HeldRole] = []
    rows: Sequence[Any] = found.all()
    for team_id, name, scope, expires_at, grants, denies in rows:
        if team_id is not None:
            team_ids.add(team_id)
        else:
            roles.append(HeldRole(name, scope, expires_at, tuple(grants), tuple(denies)))
    return frozenset(team_ids), roles


async def roles_everywhere(
    session: AsyncSession, user_ids: Collection[UUID]
) -> dict[UUID, list[str]]:
    """The roles given to each person themselves, without a scope."""
    rows = await session.execute(
        select(RoleAssignment.user_id, RoleAssignment.role)
        .where(RoleAssignment.user_id.in_(user_ids), RoleAssignment.scope.is_(None), unexpired())
        .order_by(RoleAssignment.role)
    )
    found: dict[UUID, list[str]] = {}
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


async def lock_assignments(session: AsyncSession, role: str) -> None:
    """Make others who give or take this role wait; SQLite has one writer anyway."""
    await session.execute(
        select(RoleAssignment.id)
        .where(RoleAssignment.role == role)
        .order_by(RoleAssignment.id)
        .with_for_update()
    )


def holders_of(permission: Permission, scopes: Collection[str]) -> Select[UUID]:
    """Active people who hold a permission everywhere or in a scope, and are denied it in none."""
    granting = or_(
        RoleAssignment.role.in_(
            [name for name, granted in GRANTS.items() if permission in granted]
        ),
        RoleAssignment.role.in_(_custom(Role.grants, permission)),
    )
    denying = RoleAssignment.role.in_(_custom(Role.denies, permission))
    return select(User.id).where(
        User.state == UserState.ACTIVE,
        or_(*_held_by(granting, scopes)),
        not_(or_(*_held_by(denying, scopes))),
    )


def having_role(role: str, scopes: Collection[str]) -> Select[UUID]:
    """Active people who have a role everywhere or in a scope, by themselves or by a team."""
    held = or_(*_held_by(RoleAssignment.role == role, scopes))
    return select(User.id).where(User.state == UserState.ACTIVE, held)


def _custom(listed: InstrumentedAttribute[list[str]], permission: Permission) -> Select[str]:
    """Custom roles whose list names the permission; as text, for each database has JSON its way."""
    return select(Role.name).where(cast(listed, Text).contains(f'"{permission}"'))


def _held_by(
    role: ColumnElement[bool], scopes: Collection[str] | None
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Who holds such a role everywhere or in one of the scopes: by themselves, by a team.

    Without scopes: wherever it is.
    """
    held = and_(role, unexpired())
    if scopes is not None:
        held = and_(held, or_(RoleAssignment.scope.is_(None), RoleAssignment.scope.in_(scopes)))
    own = select(RoleAssignment.user_id).where(held, RoleAssignment.user_id.is_not(None))
    by_team = (
        select(TeamMember.user_id)
        .join(RoleAssignment, RoleAssignment.team_id == TeamMember.team_id)
        .where(held)
    )
    return User.id.in_(own), User.id.in_(by_team)


async def count_administrators(session: AsyncSession) -> int:
    """Active people who are administrators everywhere, without end and without being denied it."""
    lasting = and_(RoleAssignment.role == RoleName.ADMIN, RoleAssignment.expires_at.is_(None))
    denied = or_(
        *(
            condition
            for permission in sorted(VITAL)
            for condition in _held_by(RoleAssignment.role.in_(_custom(Role.denies, permission)), ())
        )
    )
    administrators = select(User.id).where(
        User.state == UserState.ACTIVE, or_(*_held_by(lasting, ())), not_(denied)
    )
    return await session.scalar(select(func.count()).select_from(administrators.subquery())) or 0


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


def holds(roles: Collection[str]) -> ColumnElement[bool]:
    """Of `User`: one of the roles counts for them anywhere, by themselves or by a team."""
    return or_(*_held_by(RoleAssignment.role.in_(roles), None)) if roles else false()


async def renew_access(
    session: AsyncSession,
    *,
    user_ids: Collection[UUID] = (),
    team_id: UUID | None = None,
    role: str | None = None,
) -> None:
    """What these people may do has changed: what is remembered of it counts no longer.

    People by id, the members of a team, or whoever holds a role themselves or by a team.
    """
    concerned = [User.id.in_(user_ids)]
    if team_id is not None:
        members = select(TeamMember.user_id).where(TeamMember.team_id == team_id)
        concerned.append(User.id.in_(members))
    if role is not None:
        held = RoleAssignment.role == role
        own = select(RoleAssignment.user_id).where(held, RoleAssignment.user_id.is_not(None))
        by_team = (
            select(TeamMember.user_id)
            .join(RoleAssignment, RoleAssignment.team_id == TeamMember.team_id)
            .where(held)
        )
        concerned += [User.id.in_(own), User.id.in_(by_team)]
    await session.execute(
        update(User)
        .where(or_(*concerned))
        .values(access_version=User.access_version + 1, updated_at=User.updated_at)
    )
