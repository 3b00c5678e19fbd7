"""From roles to permissions: one statement, remembered until what a person may do changes.

What is remembered stands under the person's `access_version`, which every change of it makes new
in its own transaction and which is read with each log-in, key and token. So nothing outlives its
change, in any process, and no message needs to arrive.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import Grants, Permission
from src.core.db import ReadSession
from src.domain.accounts import repository
from src.domain.accounts.repository import HeldRole
from src.domain.accounts.roles import GRANTS
from src.domain.accounts.tables import User

PLACES = 10_000
KEPT = timedelta(minutes=5)

_Key = tuple[UUID, int]


@dataclass(frozen=True, slots=True)
class Access:
    """What a person may do, and until when that is known to hold."""

    team_ids: frozenset[UUID]
    granted: Grants
    denied: Grants
    until: datetime


_known: OrderedDict[_Key, Access] = OrderedDict()
_lock = threading.Lock()  # the worker's loop runs in a thread of its own


async def access_of(session: AsyncSession, user: User) -> Access:
    """What a person may do, by their own roles and their teams'. At most one statement."""
    key, now = (user.id, user.access_version), clock.now()
    with _lock:
        found = _known.get(key)
        if found is not None and found.until > now:
            _known.move_to_end(key)
            return found
    team_ids, roles = await repository.teams_and_roles(session, user.id)
    made = resolve(team_ids, roles, now=now)
    # A writing transaction may read what is rolled back later.
    if isinstance(session, ReadSession):
        _remember(key, made)
    return made


def resolve(team_ids: frozenset[UUID], roles: Iterable[HeldRole], *, now: datetime) -> Access:
    """Permissions within scopes. What is denied everywhere, or where it is granted, is not held."""
    granted: dict[Permission, set[str | None]] = {}
    denied: dict[Permission, set[str | None]] = {}
    until = now + KEPT
    for role in roles:
        for permission in GRANTS.get(role.name) or _known_ones(role.grants):
            granted.setdefault(permission, set()).add(role.scope)
        for permission in _known_ones(role.denies):
            denied.setdefault(permission, set()).add(role.scope)
        if role.expires_at is not None:
            until = min(until, role.expires_at)
    for permission, scopes in denied.items():
        if None in scopes:
            granted.pop(permission, None)
        elif permission in granted:
            granted[permission] -= scopes
    return Access(team_ids, _frozen(granted), _frozen(denied), until)


def _known_ones(names: Iterable[str]) -> Iterable[Permission]:
    """A newer version may have written permissions that this one does not know."""
    for name in names:
        with suppress(ValueError):
            yield Permission(name)


def _frozen(found: dict[Permission, set[str | None]]) -> Grants:
    return {permission: frozenset(scopes) for permission, scopes in found.items() if scopes}


def _remember(key: _Key, made: Access) -> None:
    with _lock:
        _known[key] = made
        while len(_known) > PLACES:
            _known.popitem(last=False)
