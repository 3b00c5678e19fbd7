"""Less than the person may: what a key or a token was given, cut out of what they hold now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor, Grants, Permission
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain.accounts import access
from src.domain.accounts.credentials.errors import BadScope, PersonOnly
from src.domain.accounts.errors import UnknownScope

MOST_SCOPES = 50


def narrow(
    actor: Actor, permissions: Collection[str] | None, scopes: Collection[str] | None = None
) -> Actor:
    """The actor with these permissions of theirs only, and within these scopes only.

    None leaves all of them. What is not held is not given; what is denied stays denied.
    """
    if permissions is None and scopes is None:
        return actor
    granted: Grants = {}
    for permission, held in actor.granted.items():
        if permissions is not None and permission not in permissions:
            continue
        within = held if scopes is None else _within(held, frozenset(scopes))
        if within:
            granted[permission] = within
    return replace(actor, granted=granted, is_narrowed=True)


def _within(held: frozenset[str | None], scopes: frozenset[str]) -> frozenset[str | None]:
    return frozenset(scopes) if None in held else held & scopes


def checked_permissions(
    actor: Actor, names: Iterable[str] | None, *, field: str = "permissions"
) -> list[str] | None:
    """Permissions the actor may hand on, in order. Raises `BadScope`."""
    if names is None:
        return None
    faults, found = [], set()
    for place, name in enumerate(names):
        try:
            permission = Permission(name)
        except ValueError:
            detail = _("There is no such permission.")
            faults.append(FieldError((field, place), "unknown-permission", detail))
            continue
        if not actor.may_anywhere(permission):
            detail = _("You do not hold this permission, so you cannot hand it on.")
            faults.append(FieldError((field, place), "permission-not-held", detail))
        found.add(permission.value)
    if faults:
        raise BadScope(_("Ask for permissions that you hold."), errors=tuple(faults))
    return sorted(found)


async def checked_scopes(
    session: AsyncSession, scopes: Sequence[str] | None, *, field: str = "scopes"
) -> list[str] | None:
    """Scopes as they stand in `Actor.granted`, in order; None: no bounds. Raises `BadScope`."""
    if scopes is None:
        return None
    found, faults = set(), []
    for place, scope in enumerate(scopes):
        try:
            found.add(await access.scopes.checked(session, scope))
        except UnknownScope as error:
            faults.append(FieldError((field, place), error.code, error.detail))
    if not faults and not 1 <= len(found) <= MOST_SCOPES:
        detail = _("Name 1 to %(most)s of them, or none at all.", most=MOST_SCOPES)
        faults.append(FieldError((field,), "bad-number", detail))
    if faults:
        raise BadScope(_("Name teams or resources that exist."), errors=tuple(faults))
    return sorted(one for one in found if one is not None)


def require_person(actor: Actor) -> UUID:
    """Whose credentials are to be changed: never by a key or a third party. Raises `PersonOnly`."""
    if actor.user_id is None or actor.is_program:
        raise PersonOnly(_("Log in with your password, or in a browser."))
    return actor.user_id
