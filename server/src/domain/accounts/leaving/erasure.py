"""Erasing a person: what is personal goes, what they did stays under "former member".

The row stays, so that history keeps its threads; its name is "Former member" in the institute's
language, its address one that nobody can have. The address itself can be used anew.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, language
from src.core.actor import Actor, Permission
from src.core.errors import Unauthenticated
from src.core.language import gettext as _
from src.core.operations import Operation
from src.domain.accounts import authority, facility, repository, revocation, users
from src.domain.accounts.access import limits
from src.domain.accounts.tables import (
    ApiKey,
    BackupCode,
    Identity,
    KnownDevice,
    OAuthClient,
    Passkey,
    PasswordHistory,
    PhoneCode,
    RoleAssignment,
    RoleName,
    TeamMember,
    TokenFamily,
    Totp,
    User,
    UserState,
)

Hook = Callable[[AsyncSession, UUID], Awaitable[None]]
# Nobody can receive mail there (RFC 2606), and nobody can register it.
DOMAIN = "erased.invalid"
_OWN = (
    RoleAssignment,
    TeamMember,
    ApiKey,
    TokenFamily,
    KnownDevice,
    Totp,
    BackupCode,
    Passkey,
    Identity,
    PasswordHistory,
    PhoneCode,
)

_hooks: dict[str, Hook] = {}


def on_erasure(name: str, hook: Hook) -> None:
    """Have a domain forget a person too, in the same transaction; once for each domain."""
    if name in _hooks:
        raise ValueError(f"{name!r} is registered twice")
    _hooks[name] = hook


async def erase_me(session: AsyncSession, actor: Actor) -> None:
    """Erase oneself, for good. Ask for a recent proof before.

    Raises `LastAdministrator`, `UserNotFound`.
    """
    if actor.user_id is None:
        raise Unauthenticated(_("Log in as a person."))
    await erase(session, actor, actor.user_id)


async def erase(
    session: AsyncSession, actor: Actor, user_id: UUID, *, reason: str | None = None
) -> None:
    """Erase a person, for good: oneself, or with `users:manage` who may not do more than one may.

    Raises `UserNotFound`, `Forbidden`, `MayNotDecide`, `LastAdministrator`.
    """
    if actor.user_id != user_id:
        actor.require(Permission.USERS_MANAGE)
    await repository.lock_assignments(session, RoleName.ADMIN)
    user = await users.found(session, user_id)
    await authority.require_over(session, actor, user)
    # The upper domains first: what they tell people by the lower ones is forgotten with the rest.
    for hook in reversed(_hooks.values()):
        await hook(session, user_id)
    await _forget_account(session, user)
    await limits.refuse_without_administrator(session)
    await events.erase_personal(session, user_id)
    # Without the address of use: it would be a trace of the one who is gone.
    by = replace(actor, ip=None)
    events.record(session, by, "user.erased", ("user", user_id), reason=reason or None)


async def _forget_account(session: AsyncSession, user: User) -> None:
    await revocation.end_all_access(session, user.id, why="erased")
    await session.execute(
        update(OAuthClient)
        .where(OAuthClient.owner_id == user.id, OAuthClient.revoked_at.is_(None))
        .values(revoked_at=clock.now(), version=OAuthClient.version + 1)
    )
    for table in _OWN:
        column: Any = table.user_id
        await session.execute(delete(table).where(column == user.id))
    await session.execute(
        update(Operation).where(Operation.created_by == user.id).values(result=None, link=None)
    )
    locale = (await facility.read(session)).locale
    with language.reading_as(locale):
        user.name = _("Former member")
    user.email = f"{user.id.hex}@{DOMAIN}"
    user.state = UserState.SUSPENDED
    user.locale, user.timezone = None, "UTC"
    user.phone = user.phone_verified_at = user.email_verified_at = None
    user.date_format = user.time_format = user.theme = None
    user.password_hash = user.password_changed_at = None
    user.factor_due_at = user.last_log_in_at = None
    user.erased_at = clock.now()
    user.access_version += 1
    await session.flush()
