"""Who holds which role, where, and until when; giving and taking it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, ids
from src.core.actor import Actor, Permission
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.core.paging import Key, Page, Paging, paginate
from src.domain.accounts import repository, sessions
from src.domain.accounts.access import custom, limits, scopes
from src.domain.accounts.errors import (
    AssignmentNotFound,
    BadExpiry,
    TeamNotFound,
    UserNotFound,
)
from src.domain.accounts.factors import enforcement
from src.domain.accounts.tables import RoleAssignment, RoleName, Team, User


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a role: a person or a team."""

    user_id: UUID | None = None
    team_id: UUID | None = None

    @property
    def subject(self) -> tuple[str, UUID | None]:
        """What the event is about."""
        return ("user", self.user_id) if self.user_id else ("team", self.team_id)


@dataclass(frozen=True, slots=True)
class AssignmentView:
    """A role as somebody holds it. `source` is empty where a person gave it."""

    id: UUID
    user_id: UUID | None
    user_name: str | None
    team_id: UUID | None
    team_name: str | None
    role: str
    scope: str | None
    scope_name: str | None
    expires_at: datetime | None
    created_at: datetime
    granted_by: UUID | None
    source: str


async def list_(
    session: AsyncSession,
    actor: Actor,
    *,
    user_id: UUID | None = None,
    team_id: UUID | None = None,
    role: str | None = None,
    scope: str | None = None,
    paging: Paging | None = None,
) -> Page[AssignmentView]:
    """What is held and has not expired, newest first; a constant number of statements.

    One's own needs nothing, others' `access:read`.
    """
    if actor.user_id is None or actor.user_id != user_id:
        actor.require(Permission.ACCESS_READ)
    statement = (
        select(RoleAssignment, User.name, Team.name)
        .outerjoin(User, User.id == RoleAssignment.user_id)
        .outerjoin(Team, Team.id == RoleAssignment.team_id)
        .where(repository.unexpired())
    )
    for column, value in (
        (RoleAssignment.user_id, user_id),
        (RoleAssignment.team_id, team_id),
        (RoleAssignment.role, role),
        (RoleAssignment.scope, scope),
    ):
        if value is not None:
            statement = statement.where(column == value)
    keys = [Key(RoleAssignment.id, descending=True, name="id")]
    page = await paginate(session, statement, keys=keys, paging=paging or Paging())
    return page.holding(await _views(session, page.items))


async def grant(
    session: AsyncSession,
    actor: Actor,
    holder: Holder,
    role: str,
    *,
    scope: str | None = None,
    expires_at: datetime | None = None,
    source: str = "",
) -> AssignmentView:
    """Give a person or a team a role, everywhere or in a scope; again changes until when.

    Needs `users:manage` there and everything the role grants. Raises `MayNotGrant`,
    `RoleNotFound`, `UnknownScope`, `BadExpiry`, `UserNotFound`, `TeamNotFound`,
    `LastAdministrator` where that would leave no lasting one.
    """
    scope = await scopes.checked(session, scope)
    said = await _require_grantable(session, actor, role, scope)
    if expires_at is not None and expires_at <= clock.now():
        detail = _("Choose a time that lies ahead.")
        raise BadExpiry(detail, errors=(FieldError(("expires_at",), BadExpiry.code, detail),))
    await _require_holder(session, holder)
    row = await session.scalar(select(RoleAssignment).where(*_is(holder, role, scope)))
    if row is not None and row.expires_at == expires_at:
        return (await _views(session, [await _whole(session, row.id)]))[0]
    if row is None:
        row = RoleAssignment(
            id=ids.new(),
            user_id=holder.user_id,
            team_id=holder.team_id,
            role=role,
            scope=scope,
            source=source,
            created_at=clock.now(),
        )
        session.add(row)
    row.expires_at, row.granted_by = expires_at, actor.user_id
    await _changed(session, holder)
    if said.denies & repository.VITAL or (role == RoleName.ADMIN and expires_at is not None):
        await limits.refuse_without_administrator(session)
    changes = {"role": role, "scope": scope, "expires_at": expires_at}
    events.record(session, actor, "role.granted", holder.subject, changes=changes)
    return (await _views(session, [await _whole(session, row.id)]))[0]


async def revoke(session: AsyncSession, actor: Actor, assignment_id: UUID) -> None:
    """Take a role away, by its assignment. Raises as `take` does, and `AssignmentNotFound`."""
    actor.require(Permission.ACCESS_READ)
    row = await session.get(RoleAssignment, assignment_id)
    if row is None:
        raise AssignmentNotFound(_("It was taken away already, or has never been given."))
    await take(session, actor, Holder(row.user_id, row.team_id), row.role, scope=row.scope)


async def take(
    session: AsyncSession, actor: Actor, holder: Holder, role: str, *, scope: str | None = None
) -> bool:
    """Take a role away; False where it was not held.

    Needs what giving it needs. Raises `MayNotGrant`, `RoleNotFound`, `UnknownScope`,
    `UserNotFound`, `TeamNotFound`, `LastAdministrator`.
    """
    await _require_grantable(session, actor, role, scope)
    await _require_holder(session, holder)
    await repository.lock_assignments(session, role)
    gone = await session.execute(
        delete(RoleAssignment).where(*_is(holder, role, scope)).returning(RoleAssignment.id)
    )
    if gone.one_or_none() is None:
        return False
    await _changed(session, holder)
    await _log_out(session, actor, holder)
    if role == RoleName.ADMIN:
        await limits.refuse_without_administrator(session)
    changes = {"role": role, "scope": scope}
    events.record(session, actor, "role.revoked", holder.subject, changes=changes)
    return True


async def _require_grantable(
    session: AsyncSession, actor: Actor, role: str, scope: str | None
) -> custom.Described:
    """What the role says. Raises `MayNotGrant` where that is more than the actor may say there."""
    where = () if scope is None else (scope,)
    actor.require(Permission.USERS_MANAGE, *where)
    found = await custom.described(session, role)
    # What a role refuses its holders is as much of a power as what it grants.
    limits.require_held(actor, {*found.grants, *found.denies}, *where)
    return found


async def _require_holder(session: AsyncSession, holder: Holder) -> None:
    if (holder.user_id is None) == (holder.team_id is None):
        raise TypeError("a role is held by a person or by a team")
    if holder.user_id is not None and await session.get(User, holder.user_id) is None:
        raise UserNotFound(_("Nobody has this id."))
    if holder.team_id is not None and await session.get(Team, holder.team_id) is None:
        raise TeamNotFound(_("No team has this id."))


async def _changed(session: AsyncSession, holder: Holder) -> None:
    """Roles are part of what is shown of a holder, so of its ETag, and of what it may do."""
    row: User | Team
    if holder.user_id is not None:
        row = await session.get_one(User, holder.user_id)
    else:
        row = await session.get_one(Team, holder.team_id)
    row.updated_at = clock.now()
    await session.flush()
    await repository.renew_access(
        session,
        user_ids=[holder.user_id] if holder.user_id else (),
        team_id=holder.team_id,
    )
    await enforcement.renew(
        session, [holder.user_id] if holder.user_id else None, team_id=holder.team_id
    )


async def _log_out(session: AsyncSession, actor: Actor, holder: Holder) -> None:
    """Who loses a role logs in anew; whoever takes their own from themselves stays."""
    if holder.user_id is not None:
        await sessions.end_all(session, holder.user_id, but=actor.session_id)
    elif holder.team_id is not None:
        await sessions.end_those_of_team(session, holder.team_id, but=actor.session_id)


def _is(holder: Holder, role: str, scope: str | None) -> tuple[ColumnElement[bool], ...]:
    return (
        RoleAssignment.user_id.is_not_distinct_from(holder.user_id),
        RoleAssignment.team_id.is_not_distinct_from(holder.team_id),
        RoleAssignment.role == role,
        RoleAssignment.scope.is_not_distinct_from(scope),
    )


_Row = tuple[RoleAssignment, str | None, str | None]


async def _whole(session: AsyncSession, assignment_id: UUID) -> _Row:
    found = await session.execute(
        select(RoleAssignment, User.name, Team.name)
        .outerjoin(User, User.id == RoleAssignment.user_id)
        .outerjoin(Team, Team.id == RoleAssignment.team_id)
        .where(RoleAssignment.id == assignment_id)
    )
    row, user_name, team_name = found.one()
    return row, user_name, team_name


async def _views(session: AsyncSession, rows: Sequence[_Row]) -> list[AssignmentView]:
    called = await scopes.names(session, {row.scope for row, _user, _team in rows})
    return [
        AssignmentView(
            id=row.id,
            user_id=row.user_id,
            user_name=user_name,
            team_id=row.team_id,
            team_name=team_name,
            role=row.role,
            scope=row.scope,
            scope_name=called.get(row.scope) if row.scope else None,
            expires_at=row.expires_at,
            created_at=row.created_at,
            granted_by=row.granted_by,
            source=row.source,
        )
        for row, user_name, team_name in rows
    ]
