"""Whose request it is: cookies and access tokens to actors, in two statements.

The cookie holds a random secret, the row its SHA-256. A log-in ends after `idle` seconds without
use and `absolute` seconds at the latest; both stand in the query. Times of last use are collected
in memory and written once a minute by whoever calls `flush_last_seen`.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, delete, or_, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, ids
from src.core.actor import Actor, Permission
from src.core.crypto import Keyring
from src.core.db import Database, transaction
from src.domain.accounts import repository
from src.domain.accounts.roles import GRANTS
from src.domain.accounts.tables import LoginSession, User, UserState

SEEN_EVERY = 60  # seconds; a row's last_seen_at is at most about two of these old


@dataclass(frozen=True, slots=True)
class _Limits:
    idle: timedelta = timedelta(hours=12)
    absolute: timedelta = timedelta(days=14)


_limits = _Limits()
_seen: dict[UUID, datetime] = {}


def configure(*, idle: int, absolute: int) -> None:
    """Set the limits of a log-in, in seconds."""
    global _limits  # noqa: PLW0603 - one set of limits for the process
    _limits = _Limits(timedelta(seconds=idle), timedelta(seconds=absolute))


def idle_limit() -> timedelta:
    """After how long without use a log-in ends."""
    return _limits.idle


async def actor_of_session(
    session: AsyncSession,
    token: str,
    *,
    ip: str | None = None,
    request_id: str | None = None,
    is_use: bool = True,
) -> Actor | None:
    """Who is logged in with this cookie; None where it does not count (any more).

    Without `is_use` the log-in does not last longer for it.
    """
    now = clock.now()
    found = await repository.user_of_session(
        session, hash_of(token), now=now, seen_after=now - _limits.idle
    )
    if found is None:
        return None
    session_id, last_seen_at, user = found
    if is_use and now - last_seen_at > timedelta(seconds=SEEN_EVERY):
        _seen[session_id] = now
    return await actor_of(session, user, session_id=session_id, ip=ip, request_id=request_id)


async def actor_of_user(
    session: AsyncSession,
    user_id: UUID,
    *,
    ip: str | None = None,
    request_id: str | None = None,
) -> Actor | None:
    """An active person as an actor; None for anybody else."""
    user = await session.get(User, user_id)
    if user is None or user.state is not UserState.ACTIVE:
        return None
    return await actor_of(session, user, session_id=None, ip=ip, request_id=request_id)


async def actor_of_token(
    session: AsyncSession,
    keyring: Keyring,
    token: str,
    *,
    ip: str | None = None,
    request_id: str | None = None,
) -> Actor | None:
    """Who an access token was issued to. Raises `BadToken`.

    None when suspended since, or when the password was changed in a later second: a token issued
    right after the change, in the same second, counts.
    """
    bearer = keyring.bearer_of(token)
    user = await session.get(User, bearer.user_id)
    if user is None or user.state is not UserState.ACTIVE:
        return None
    changed_at = user.password_changed_at
    if changed_at is not None and bearer.issued_at < changed_at.replace(microsecond=0):
        return None
    return await actor_of(session, user, session_id=None, ip=ip, request_id=request_id)


def issue_access_token(keyring: Keyring, user_id: UUID, *, lifetime: int) -> str:
    """A bearer token for the API, valid for `lifetime` seconds."""
    return keyring.access_token(user_id, lifetime=lifetime)


async def actor_of(
    session: AsyncSession,
    user: User,
    *,
    session_id: UUID | None,
    ip: str | None,
    request_id: str | None,
) -> Actor:
    """The person as an actor, with what their own roles and their teams' roles grant."""
    team_ids, roles = await repository.teams_and_roles(session, user.id)
    granted: dict[Permission, set[str | None]] = {}
    for role, scope in roles:
        for permission in GRANTS[role]:
            granted.setdefault(permission, set()).add(scope)
    return Actor(
        user_id=user.id,
        name=user.name,
        locale=user.locale,
        timezone=user.timezone,
        team_ids=team_ids,
        granted={permission: frozenset(scopes) for permission, scopes in granted.items()},
        session_id=session_id,
        ip=ip,
        request_id=request_id,
    )


def begin(session: AsyncSession, user_id: UUID, *, device: str | None, ip: str | None) -> str:
    """Write a new log-in; the secret for its cookie."""
    token = secrets.token_urlsafe(32)
    now = clock.now()
    session.add(
        LoginSession(
            id=ids.new(),
            user_id=user_id,
            token_hash=hash_of(token),
            created_at=now,
            last_seen_at=now,
            expires_at=now + _limits.absolute,
            ip=ip,
            device=device[:200] if device else None,
        )
    )
    return token


async def end_all(session: AsyncSession, user_id: UUID, *, but: UUID | None = None) -> None:
    """End every log-in of a person, except one."""
    wanted = delete(LoginSession).where(LoginSession.user_id == user_id)
    await session.execute(wanted if but is None else wanted.where(LoginSession.id != but))


async def flush_last_seen(database: Database) -> int:
    """Write the collected times of last use in one short transaction; how many there were."""
    if not _seen:
        return 0
    seen = dict(_seen)
    _seen.clear()
    try:
        async with transaction(database) as session:
            table = LoginSession.__table__
            await (await session.connection()).execute(
                update(table)  # type: ignore[arg-type]  # a mapped class's Table
                .where(table.c.id == bindparam("of"), table.c.last_seen_at < bindparam("at"))
                .values(last_seen_at=bindparam("at")),
                [{"of": session_id, "at": at} for session_id, at in seen.items()],
            )
    except BaseException:
        for session_id, at in seen.items():
            _seen.setdefault(session_id, at)
        raise
    return len(seen)


async def sweep_sessions(session: AsyncSession) -> int:
    """Delete log-ins that ended by either limit; how many."""
    now = clock.now()
    done = await session.execute(
        delete(LoginSession)
        .where(or_(LoginSession.expires_at <= now, LoginSession.last_seen_at <= now - _limits.idle))
        .returning(LoginSession.id)
    )
    return len(done.all())


def hash_of(token: str) -> str:
    """What the row knows of the cookie's secret (256 random bits need no slow hash)."""
    return hashlib.sha256(token.encode()).hexdigest()
