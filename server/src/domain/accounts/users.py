"""People: who there is, what roles they hold, and changing both."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import String, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import events, ids
from src.core.actor import Actor, Permission
from src.core.db import savepoint
from src.core.errors import FieldError, PreconditionFailed
from src.core.language import gettext as _
from src.core.paging import Key, Page, Paging, paginate
from src.domain.accounts import address_notices, authority, repository, revocation
from src.domain.accounts.access import assignments, limits
from src.domain.accounts.access.assignments import Holder
from src.domain.accounts.errors import EmailTaken, UserNotFound, UserStateConflict
from src.domain.accounts.factors import enforcement
from src.domain.accounts.rules import (
    checked_date_format,
    checked_email,
    checked_locale,
    checked_name,
    checked_phone,
    checked_theme,
    checked_time_format,
    checked_timezone,
)
from src.domain.accounts.tables import RoleName, User, UserState
from src.domain.accounts.views import UserView, view

OWN_FIELDS = frozenset(
    {"name", "locale", "timezone", "phone", "date_format", "time_format", "theme"}
)
FIELDS = OWN_FIELDS | {"email", "state"}
# What was shown to be theirs, and when: no longer of a new one.
_PROVEN = {"email": "email_verified_at", "phone": "phone_verified_at"}
# invited -> active -> suspended, and back from there.
TARGETS: Mapping[UserState, frozenset[UserState]] = {
    UserState.INVITED: frozenset({UserState.ACTIVE, UserState.SUSPENDED}),
    UserState.ACTIVE: frozenset({UserState.SUSPENDED}),
    UserState.SUSPENDED: frozenset({UserState.ACTIVE}),
}


async def create_user(  # noqa: PLR0913 - the five facts of a person, and a password's hash
    session: AsyncSession,
    actor: Actor,
    *,
    email: str,
    name: str,
    roles: Iterable[str] = (RoleName.MEMBER,),
    locale: str | None = None,
    timezone: str = "UTC",
    password_hash: str | None = None,
    state: UserState = UserState.ACTIVE,
) -> UserView:
    """Add a person, active at once unless they are invited only. Hash the password before.

    Raises `Forbidden`, `MayNotGrant`, `BadEmail`, `BadPerson`, `EmailTaken`.
    """
    actor.require(Permission.USERS_MANAGE)
    user = User(
        id=ids.new(),
        email=checked_email(email),
        name=checked_name(name),
        locale=checked_locale(locale),
        timezone=checked_timezone(timezone),
        state=state,
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
        await assignments.grant(session, actor, Holder(user.id), role)
    return (await view(session, actor, [user]))[0]


async def get_user(session: AsyncSession, actor: Actor, user_id: UUID) -> UserView:
    """One person. Raises `UserNotFound`; members see names, not addresses.

    Of somebody who was erased those who manage people still see that they were there.
    """
    if actor.user_id != user_id:
        actor.require(Permission.USERS_READ)
    user = await session.get(User, user_id)
    if user is None or (user.erased_at is not None and not actor.may(Permission.USERS_MANAGE)):
        raise _nobody()
    return (await view(session, actor, [user]))[0]


async def list_users(
    session: AsyncSession,
    actor: Actor,
    *,
    q: str | None = None,
    states: Collection[UserState] = (),
    team_id: UUID | None = None,
    role: str | None = None,
    paging: Paging | None = None,
) -> Page[UserView]:
    """People by name, without those who were erased; a constant number of statements.

    `q` finds parts of names, and of addresses for those who may see them. `role` finds who holds
    it anywhere, by themselves or by a team, and needs `users:manage`.
    """
    actor.require(Permission.USERS_READ)
    if role is not None:
        actor.require(Permission.USERS_MANAGE)
    statement = repository.people(
        q, by_email=actor.may(Permission.USERS_MANAGE), states=states, team_id=team_id
    ).where(User.erased_at.is_(None))
    if role is not None:
        statement = statement.where(repository.holds([role]))
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
    reason: str | None = None,
) -> UserView:
    """Change what `OWN_FIELDS` names (one's own too), e-mail or state (`users:manage`).

    Suspending ends all log-ins, tokens and keys at once; `reason` is kept with it. Raises
    `UserNotFound`, `Forbidden`, `MayNotDecide`, `PreconditionFailed`, `EmailTaken`,
    `LastAdministrator`, `UserStateConflict`, `BadPerson`, `BadEmail`.
    """
    user = await _changeable(session, actor, user_id, changes)
    if expected_version is not None and user.version != expected_version:
        raise PreconditionFailed(_("Read the person again, then repeat the change."))
    before = user.state
    with session.no_autoflush:  # `_store` alone knows what a taken address means
        done = _apply(user, changes)
        if user.state is not before:
            _require_target(before, user.state)
            await repository.lock_assignments(session, RoleName.ADMIN)
    if not done:
        return (await view(session, actor, [user]))[0]
    await _store(session, user)
    if "email" in done:
        await address_notices.tell(session, user, done["email"][0])
    if user.state is not before:
        done.pop("state")
        await _record_state(session, actor, user, before, reason)
    if done:
        _record_change(session, actor, user, done)
    return (await view(session, actor, [user]))[0]


async def _changeable(
    session: AsyncSession, actor: Actor, user_id: UUID, fields: Collection[str]
) -> User:
    unknown = set(fields) - FIELDS
    if unknown:
        raise TypeError(f"a person has no {sorted(unknown)}")
    is_plain = set(fields) <= OWN_FIELDS
    # What is one's own is the person's to change, not that of a key which may read people.
    if actor.user_id != user_id or not is_plain or actor.is_program:
        actor.require(Permission.USERS_MANAGE)
    user = await found(session, user_id)
    if not is_plain:
        await authority.require_over(session, actor, user)
    return user


def _require_target(before: UserState, wanted: UserState) -> None:
    if wanted not in TARGETS[before]:
        allowed = sorted(str(target) for target in TARGETS[before])
        detail = _("From here on there is only: %(allowed)s.", allowed=", ".join(allowed))
        fault = FieldError(("state",), UserStateConflict.code, detail)
        raise UserStateConflict(detail, errors=(fault,), allowed=allowed)


async def _record_state(
    session: AsyncSession, actor: Actor, user: User, before: UserState, reason: str | None
) -> None:
    """Whoever is active no more is out with this commit; one administrator is always left."""
    if user.state is UserState.SUSPENDED:
        await limits.refuse_without_administrator(session)
        await revocation.end_all_access(session, user.id, why="suspended")
    user.access_version += 1
    await session.flush()
    await enforcement.renew(session, [user.id])
    verb = "user.suspended" if user.state is UserState.SUSPENDED else "user.reactivated"
    changes = {"state": [before, user.state]}
    events.record(session, actor, verb, ("user", user.id), changes=changes, reason=reason or None)


def _apply(user: User, changes: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Set what differs; `{field: [old, new]}`."""
    checks: dict[str, Callable[[Any], Any]] = {
        "name": checked_name,
        "email": checked_email,
        "locale": checked_locale,
        "timezone": checked_timezone,
        "phone": checked_phone,
        "date_format": checked_date_format,
        "time_format": checked_time_format,
        "theme": checked_theme,
        "state": UserState,
    }
    done: dict[str, list[Any]] = {}
    for field, value in changes.items():
        new = checks[field](value)
        old = getattr(user, field)
        if new != old:
            setattr(user, field, new)
            if field in _PROVEN:
                setattr(user, _PROVEN[field], None)
            done[field] = [old, new]
    return done


def _record_change(
    session: AsyncSession, actor: Actor, user: User, done: dict[str, list[Any]]
) -> None:
    personal: dict[str, Any] = {
        field: change for field, change in done.items() if field in {"name", "email", "phone"}
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


async def holders(session: AsyncSession, permission: Permission, *scopes: str) -> list[UUID]:
    """Active people who hold a permission everywhere or in one of the scopes, by id."""
    wanted = repository.holders_of(permission, scopes).order_by(User.id)
    return list((await session.scalars(wanted)).all())


async def role_holders(session: AsyncSession, role: str, *scopes: str) -> list[UUID]:
    """Active people who have a role everywhere or in one of the scopes, by id."""
    wanted = repository.having_role(role, scopes).order_by(User.id)
    return list((await session.scalars(wanted)).all())


async def names(session: AsyncSession, user_ids: Collection[UUID]) -> dict[UUID, str]:
    """Names by id, in one statement."""
    if not user_ids:
        return {}
    rows = await session.execute(select(User.id, User.name).where(User.id.in_(user_ids)))
    return {user_id: name for user_id, name in rows}  # noqa: C416 - rows are not pairs to mypy


async def found(session: AsyncSession, user_id: UUID) -> User:
    """The person's row, for this domain alone. Raises `UserNotFound`, for who was erased too."""
    user = await session.get(User, user_id)
    if user is None or user.erased_at is not None:
        raise _nobody()
    return user


def _nobody() -> UserNotFound:
    return UserNotFound(_("Nobody has this id."))


async def _store(session: AsyncSession, user: User) -> None:
    try:
        async with savepoint(session):
            session.add(user)
            await session.flush()
    except IntegrityError as error:
        detail = _("Somebody else has this address; every address belongs to one person.")
        raise EmailTaken(detail, errors=(FieldError(("email",), "email-taken", detail),)) from error
