"""Who may do this to that, and why: by which role, given to whom, where, until when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor, Permission
from src.core.language import gettext as _
from src.domain.accounts import repository
from src.domain.accounts.access import custom, scopes
from src.domain.accounts.errors import UserNotFound
from src.domain.accounts.tables import RoleAssignment, Team, TeamMember, User, UserState

MOST = 500


@dataclass(frozen=True, slots=True)
class Reason:
    """One assignment that speaks for or against it. `team` names the team it came by."""

    role: str
    scope: str | None
    team_id: UUID | None
    team: str | None
    expires_at: datetime | None
    denies: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a person may, with every reason; a denial outweighs all the rest."""

    user_id: UUID
    name: str
    may: bool
    is_active: bool
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was asked and who may. `is_cut` where more people are concerned than are listed."""

    permission: Permission
    scope: str | None
    scope_name: str | None
    people: tuple[Verdict, ...]
    is_cut: bool = False


async def who_may(
    session: AsyncSession,
    actor: Actor,
    permission: Permission,
    *,
    scope: str | None = None,
    user_id: UUID | None = None,
) -> Answer:
    """Everybody whom some role concerns, by name, or one person; four statements.

    Within a scope, what is held everywhere counts too. Needs `access:read`; for oneself nothing.
    Raises `UnknownScope`, `UserNotFound`.
    """
    if actor.user_id is None or actor.user_id != user_id:
        actor.require(Permission.ACCESS_READ)
    scope = await scopes.checked(session, scope)
    concerned = {
        role.name: role for role in await custom.all_of(session) if role.speaks_of(permission)
    }
    found = await _concerned(session, list(concerned), scope, user_id)
    people: dict[UUID, tuple[str, UserState, list[Reason]]] = {}
    for person_id, name, state, assignment, team in found:
        reasons = people.setdefault(person_id, (name, state, []))[2]
        role = concerned[assignment.role]
        reasons += [
            Reason(role.name, assignment.scope, assignment.team_id, team, assignment.expires_at, no)
            for no, listed in ((False, role.grants), (True, role.denies))
            if permission in listed
        ]
    if user_id is not None and user_id not in people:
        user = await session.get(User, user_id)
        if user is None:
            raise UserNotFound(_("Nobody has this id."))
        people[user_id] = (user.name, user.state, [])
    called = await scopes.names(session, {scope})
    verdicts = tuple(_verdict(who, *what) for who, what in people.items())
    return Answer(
        permission,
        scope,
        called.get(scope) if scope else None,
        verdicts[:MOST],
        is_cut=len(verdicts) > MOST,
    )


def _verdict(user_id: UUID, name: str, state: UserState, reasons: Sequence[Reason]) -> Verdict:
    is_denied = any(one.denies for one in reasons)
    is_active = state is UserState.ACTIVE
    may = is_active and not is_denied and any(not one.denies for one in reasons)
    return Verdict(user_id, name, may, is_active, tuple(reasons))


async def _concerned(
    session: AsyncSession, roles: Sequence[str], scope: str | None, user_id: UUID | None
) -> list[tuple[UUID, str, UserState, RoleAssignment, str | None]]:
    where: ColumnElement[bool] = RoleAssignment.scope.is_(None)
    if scope is not None:
        where = or_(where, RoleAssignment.scope == scope)
    statement = (
        select(User.id, User.name, User.state, RoleAssignment, Team.name)
        .select_from(RoleAssignment)
        .outerjoin(TeamMember, TeamMember.team_id == RoleAssignment.team_id)
        .outerjoin(Team, Team.id == RoleAssignment.team_id)
        .join(User, or_(User.id == RoleAssignment.user_id, User.id == TeamMember.user_id))
        .where(and_(RoleAssignment.role.in_(roles), where, repository.unexpired()))
        .order_by(func.lower(User.name), User.id, RoleAssignment.id)
        .limit(MOST * 10)
    )
    if user_id is not None:
        statement = statement.where(User.id == user_id)
    rows = await session.execute(statement)
    return [(row[0], row[1], row[2], row[3], row[4]) for row in rows]
