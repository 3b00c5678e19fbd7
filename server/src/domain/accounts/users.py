"""People: who there is, what roles they hold, and changing both."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, ids
from src.core.actor import Actor, Permission
from src.core.db import savepoint
from src.core.errors import FieldError, PreconditionFailed
from src.core.language import gettext as _
from src.core.paging import Key, Page, Paging, paginate
from src.domain.accounts import repository, sessions
from src.domain.accounts.errors import (
    EmailTaken,
    LastAdministrator,
    UserNotFound,
)
from src.domain.accounts.policy import may_see_details, require_grantable
from src.domain.accounts.roles import roles_with
from src.domain.accounts.rules import (
    checked_email,
    checked_locale,
    checked_name,
    checked_timezone,
)
from src.domain.accounts.tables import RoleAssignment, RoleName, User, UserState

OWN_FIELDS = frozenset({"name", "locale", "timezone"})
FIELDS = OWN_FIELDS | {"email", "state"}


@dataclass(frozen=True, slots=True)
class UserView:
    """A person as an actor may see them: without USERS_MANAGE only oneself has an address."""

    id: UUID
    name: str
    email: str | None
    locale: str | None
    timezone: str
    state: UserState | None
    roles: tuple[RoleName, ...]
    teams: tuple[tuple[UUID, str], ...]  # id and name
    version: int
    created_at: datetime
    updated_at: datetime


async def create_user(  # noqa: PLR0913 - the five facts of a person, and a password's hash
    session: AsyncSession,
    actor: Actor,
    *,
    email: str,
    name: str,
    roles: Iterable[RoleName] = (RoleName.MEMBER,),
    locale: str | None = None,
    timezone: str = "UTC",
    password_hash: str | None = None,
) -> UserView:
    """Add a person, active at once. Hash the password before (`accounts.new_hash`).

    Raises `Forbidden`, `MayNotGrant`, `BadEmail`, `BadPerson`, `EmailTaken`.
    """
    actor.require(Permission.USERS_MANAGE)
    user = User(
        id=ids.new(),
        email=checked_email(email),
        name=checked_name(name),
        locale=checked_locale(locale),
        timezone=checked_timezone(timezone),
        state=UserState.ACTIVE,
        password_hash=password_hash,
    )
    await _store(session, user)
    events.record(
        session,
        actor,
        "user.created",
        ("user", user.id),
        personal={"email": user.email, "name": user.name},
    )
    for role in dict.fromkeys(roles):
        await grant_role(session, actor, user.id, role)
    return (await view(session, actor, [user]))[0]


async def get_user(session: AsyncSession, actor: Actor, user_id: UUID) -> UserView:
    """One person. Raises `UserNotFound`; members see names, not addresses."""
    if actor.user_id != user_id:
        actor.require(Permission.USERS_READ)
    return (await view(session, actor, [await _found(session, user_id)]))[0]


async def list_users(
    session: AsyncSession,
    actor: Actor,
    *,
    q: str | None = None,
    states: Collection[UserState] = (),
    team_id: UUID | None = None,
    paging: Paging | None = None,
) -> Page[UserView]:
    """People by name. `q` finds parts of names, and of addresses for those who may see them."""
    actor.require(Permission.USERS_READ)
    statement = repository.people(
        q, by_email=actor.may(Permission.USERS_MANAGE), states=states, team_id=team_id
    )
    keys = [Key(func.lower(User.name, type_=String()), name="name"), Key(User.id, name="id")]
    page = await paginate(session, statement, keys=keys, paging=paging or Paging())
    return page.holding(await view(session, actor, page.items))


async def update_user(
    session: AsyncSession,
    actor: Actor,
    user_id: UUID,
    *,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> UserView:
    """Change name, locale, time zone (one's own too), e-mail or state (`users:manage`).

    Suspending ends all log-ins. Raises `UserNotFound`, `Forbidden`, `PreconditionFailed`,
    `EmailTaken`, `LastAdministrator`, `BadPerson`, `BadEmail`.
    """
    unknown = set(changes) - FIELDS
    if unknown:
        raise TypeError(f"a person has no {sorted(unknown)}")
    if actor.user_id != user_id or not set(changes) <= OWN_FIELDS:
        actor.require(Permission.USERS_MANAGE)
    user = await _found(session, user_id)
    if expected_version is not None and user.version != expected_version:
        raise PreconditionFailed(_("Read the person again, then repeat the change."))
    done = _apply(user, changes)
    if not done:
        return (await view(session, actor, [user]))[0]
    if "state" in done and user.state is not UserState.ACTIVE:
        with session.no_autoflush:  # `_store` alone knows what a taken address means
            await repository.lock_assignments(session, RoleName.ADMIN)
        await _store(session, user)
        await refuse_without_administrator(session)
        await sessions.end_all(session, user.id)
    else:
        await _store(session, user)
    _record_change(session, actor, user, done)
    return (await view(session, actor, [user]))[0]


def _apply(user: User, changes: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Set what differs; `{field: [old, new]}`."""
    checks: dict[str, Callable[[Any], Any]] = {
        "name": checked_name,
        "email": checked_email,
        "locale": checked_locale,
        "timezone": checked_timezone,
        "state": UserState,
    }
    done: dict[str, list[Any]] = {}
    for field, value in changes.items():
        new = checks[field](value)
        old = getattr(user, field)
        if new != old:
            setattr(user, field, new)
            done[field] = [old, new]
    return done


def _record_change(
    session: AsyncSession, actor: Actor, user: User, done: dict[str, list[Any]]
) -> None:
    personal: dict[str, Any] = {
        field: change for field, change in done.items() if field in {"name", "email"}
    }
    plain = {field: change for field, change in done.items() if field not in personal}
    events.record(
        session,
        actor,
        "user.changed",
        ("user", user.id),
        changes=plain | {"personal": sorted(personal)} if personal else plain,
        personal=personal,
    )


async def grant_role(
    session: AsyncSession, actor: Actor, user_id: UUID, role: RoleName, *, scope: str | None = None
) -> None:
    """Give a person a role, everywhere or in a scope; again is no change.

    Raises `MayNotGrant`, `UserNotFound`.
    """
    require_grantable(actor, role, *([scope] if scope else []))
    user = await _found(session, user_id)
    held = await session.scalar(_assignment(user_id, role, scope))
    if held is not None:
        return
    session.add(
        RoleAssignment(
            id=ids.new(), user_id=user_id, role=role, scope=scope, created_at=clock.now()
        )
    )
    user.updated_at = clock.now()  # roles are part of what is shown of a person, so of the ETag
    await session.flush()
    events.record(
        session, actor, "role.granted", ("user", user_id), changes={"role": role, "scope": scope}
    )


async def revoke_role(
    session: AsyncSession, actor: Actor, user_id: UUID, role: RoleName, *, scope: str | None = None
) -> None:
    """Take a role away. Raises `MayNotGrant`, `UserNotFound`, `LastAdministrator`."""
    require_grantable(actor, role, *([scope] if scope else []))
    user = await _found(session, user_id)
    await repository.lock_assignments(session, role)
    held = await session.scalar(_assignment(user_id, role, scope))
    if held is None:
        return
    await session.execute(delete(RoleAssignment).where(RoleAssignment.id == held.id))
    user.updated_at = clock.now()
    if role is RoleName.ADMIN:
        await refuse_without_administrator(session)
    events.record(
        session, actor, "role.revoked", ("user", user_id), changes={"role": role, "scope": scope}
    )


async def holders(session: AsyncSession, permission: Permission, *scopes: str) -> list[UUID]:
    """Active people who hold a permission everywhere or in one of the scopes, by id."""
    wanted = repository.holders_of(roles_with(permission), scopes).order_by(User.id)
    return list((await session.scalars(wanted)).all())


async def names(session: AsyncSession, user_ids: Collection[UUID]) -> dict[UUID, str]:
    """Names by id, in one statement."""
    if not user_ids:
        return {}
    rows = await session.execute(select(User.id, User.name).where(User.id.in_(user_ids)))
    return {user_id: name for user_id, name in rows}  # noqa: C416 - rows are not pairs to mypy


async def view(session: AsyncSession, actor: Actor, users: Sequence[User]) -> list[UserView]:
    """People as the actor may see them, in two statements for any number."""
    user_ids = [user.id for user in users]
    roles = await repository.roles_everywhere(session, user_ids) if users else {}
    teams = await repository.teams_of(session, user_ids) if users else {}
    return [
        _seen(user, tuple(roles.get(user.id, ())), tuple(teams.get(user.id, ())), actor)
        for user in users
    ]


def _seen(
    user: User, roles: tuple[RoleName, ...], teams: tuple[tuple[UUID, str], ...], actor: Actor
) -> UserView:
    details = may_see_details(actor, user.id)
    return UserView(
        id=user.id,
        name=user.name,
        email=user.email if details else None,
        locale=user.locale,
        timezone=user.timezone,
        state=user.state if details else None,
        roles=roles if details else (),
        teams=teams,
        version=user.version,
        created_at=user.created_at,
        updated_at=user.updated_at,
    )


async def _found(session: AsyncSession, user_id: UUID) -> User:
    user = await session.get(User, user_id)
    if user is None:
        raise UserNotFound(_("Nobody has this id."))
    return user


def _assignment(user_id: UUID, role: RoleName, scope: str | None) -> Any:  # noqa: ANN401
    return select(RoleAssignment).where(
        RoleAssignment.user_id == user_id,
        RoleAssignment.role == role,
        RoleAssignment.scope.is_(None) if scope is None else RoleAssignment.scope == scope,
    )


async def _store(session: AsyncSession, user: User) -> None:
    try:
        async with savepoint(session):
            session.add(user)
            await session.flush()
    except IntegrityError as error:
        detail = _("Somebody else has this address; every address belongs to one person.")
        raise EmailTaken(detail, errors=(FieldError(("email",), "email-taken", detail),)) from error


async def refuse_without_administrator(session: AsyncSession) -> None:
    """Raise `LastAdministrator` where the transaction would leave none."""
    await session.flush()
    if not await repository.count_administrators(session):
        raise LastAdministrator(_("Make somebody else administrator first."))
