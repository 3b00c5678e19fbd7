"""Roles that follow from groups of a provider's directory, at each log-in.

What a person gave stays theirs; what a provider gave it takes again. So the mapping touches only
assignments whose source it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events
from src.core.actor import SYSTEM, Actor
from src.core.db import savepoint
from src.core.errors import DomainError
from src.core.providers import Provider
from src.domain.accounts.access import assignments
from src.domain.accounts.access.assignments import Holder
from src.domain.accounts.devices import Client
from src.domain.accounts.errors import LastAdministrator, RoleNotFound, UnknownScope
from src.domain.accounts.tables import RoleAssignment

_Role = tuple[str, str | None]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Held:
    source: str
    counts: bool


def wanted(provider: Provider, groups: Iterable[str]) -> set[_Role]:
    """The roles, and where, that these groups give."""
    return {
        (given.role, given.scope)
        for group in groups
        for given in provider.group_roles.get(group, ())
    }


async def apply(
    session: AsyncSession,
    user_id: UUID,
    provider: Provider,
    groups: Iterable[str],
    client: Client,
) -> None:
    """Give what the groups say and take what they say no more. Lock the person before.

    A role that does not exist is passed over; the last administrator stays. Both are recorded.
    """
    by = directory(client)
    held = await _held(session, user_id)
    given = {role for role, one in held.items() if one.source == provider.source}
    asked = wanted(provider, groups)
    for role in sorted(given - asked, key=str):
        await _take(session, by, user_id, role)
    for role in sorted(asked - given, key=str):
        former = held.get(role)
        if former is not None and former.counts:
            continue  # a person gave it, for as long as they chose
        if former is not None:
            await _take(session, by, user_id, role)
        await _give(session, by, user_id, role, provider)


def directory(client: Client) -> Actor:
    """Who does what a directory says: nobody in person, from this address."""
    return replace(SYSTEM, ip=client.ip, request_id=client.request_id)


async def _held(session: AsyncSession, user_id: UUID) -> dict[_Role, _Held]:
    rows = await session.scalars(select(RoleAssignment).where(RoleAssignment.user_id == user_id))
    now = clock.now()
    return {
        (row.role, row.scope): _Held(row.source, row.expires_at is None or row.expires_at > now)
        for row in rows
    }


async def _give(
    session: AsyncSession, by: Actor, user_id: UUID, role: _Role, provider: Provider
) -> None:
    name, scope = role
    try:
        async with savepoint(session):
            await assignments.grant(
                session, by, Holder(user_id), name, scope=scope, source=provider.source
            )
    except (RoleNotFound, UnknownScope) as error:
        _record(session, by, user_id, "security.role_not_given", role, error)


async def _take(session: AsyncSession, by: Actor, user_id: UUID, role: _Role) -> None:
    name, scope = role
    try:
        async with savepoint(session):
            await assignments.take(session, by, Holder(user_id), name, scope=scope)
    except (LastAdministrator, RoleNotFound, UnknownScope) as error:
        _record(session, by, user_id, "security.role_kept", role, error)


def _record(
    session: AsyncSession, by: Actor, user_id: UUID, verb: str, role: _Role, error: DomainError
) -> None:
    log.warning("the directory's roles are not followed", role=role, why=error.code)
    changes = {"role": role[0], "scope": role[1], "why": error.code}
    events.record(session, by, verb, ("user", user_id), changes=changes)
