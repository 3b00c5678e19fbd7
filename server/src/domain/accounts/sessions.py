"""Whose request it is: cookies and access tokens to actors, in two statements.

The cookie holds a random secret, the row its SHA-256. It is another one after each log-in, after
each new proof of who it is, and when what they may do has changed. A log-in ends after `idle` seconds without
use and `absolute` seconds at the latest; both stand in the query. Times of last use are collected
in memory and written once a minute by whoever calls `flush_last_seen`.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, ids
from src.core.actor import Actor, ActorKind
from src.core.crypto import hash_of
from src.core.db import Database, transaction
from src.domain.accounts import repository, resolution
from src.domain.accounts.tables import LoginSession, TeamMember, User, UserState

RENEWING = timedelta(seconds=30)  # so long requests that were under way may bring the old secret
_OLD = -1  # the access version of a log-in whose secret is to be renewed
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


@dataclass(frozen=True, slots=True)
class Found:
    """A log-in that counts, and what is known of its proof."""

    actor: Actor
    # When password, passkey or code were given last. None: unknown, or told by an old secret.
    proven_at: datetime | None
    has_factor: bool
    # What they may do has changed since the secret was made: it is time for another.
    is_to_renew: bool


@dataclass(frozen=True, slots=True)
class Proof:
    """By what somebody showed who they are; of a provider also what ends its own log-in."""

    method: str
    has_factor: bool = False
    provider: str | None = None
    provider_session: str | None = None
    id_token: str | None = None  # encrypted


async def find(
    session: AsyncSession,
    token: str,
    *,
    ip: str | None = None,
    request_id: str | None = None,
    is_use: bool = True,
) -> Found | None:
    """The log-in of this cookie; None where it does not count (any more).

    Without `is_use` the log-in does not last longer for it.
    """
    now, hashed = clock.now(), hash_of(token)
    row = await repository.log_in_of(
        session,
        hashed,
        now=now,
        seen_after=now - _limits.idle,
        renewed_after=now - RENEWING,
    )
    if row is None:
        return None
    log_in, user = row
    if is_use and now - log_in.last_seen_at > timedelta(seconds=SEEN_EVERY):
        _seen[log_in.id] = now
    is_newest = log_in.token_hash == hashed
    actor = await actor_of(
        session,
        user,
        session_id=log_in.id,
        has_factor=log_in.has_factor,
        ip=ip,
        request_id=request_id,
    )
    return Found(
        actor,
        proven_at=log_in.authenticated_at if is_newest else None,
        has_factor=log_in.has_factor,
        is_to_renew=is_newest and log_in.access_version not in (None, user.access_version),
    )


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


async def actor_of(  # noqa: PLR0913 - what a credential says of its use
    session: AsyncSession,
    user: User,
    *,
    session_id: UUID | None = None,
    credential_id: UUID | None = None,
    kind: ActorKind = ActorKind.USER,
    has_factor: bool = False,
    ip: str | None,
    request_id: str | None,
) -> Actor:
    """The person as an actor, with what their own roles and their teams' roles grant.

    `has_factor`: a second factor was given when they (or who made the credential) logged in.
    """
    found = await resolution.access_of(session, user)
    return Actor(
        user_id=user.id,
        kind=kind,
        name=user.name,
        locale=user.locale,
        timezone=user.timezone,
        date_format=user.date_format,
        time_format=user.time_format,
        theme=user.theme,
        team_ids=found.team_ids,
        granted=found.granted,
        denied=found.denied,
        session_id=session_id,
        credential_id=credential_id,
        factor_due_at=user.factor_due_at,
        is_held_back=not has_factor and is_overdue(user),
        ip=ip,
        request_id=request_id,
    )


def is_overdue(user: User) -> bool:
    """Whether a role wants a second factor of them, and the time to set one up is over."""
    return user.factor_due_at is not None and user.factor_due_at <= clock.now()


def begin(
    session: AsyncSession,
    user_id: UUID,
    *,
    device: str | None,
    ip: str | None,
    proof: Proof | None = None,
    device_id: UUID | None = None,
    access_version: int | None = None,
) -> str:
    """Write a new log-in; the secret for its cookie. With a proof it counts as proven just now."""
    token = secrets.token_urlsafe(32)
    now = clock.now()
    facts = {} if proof is None else asdict(proof)
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
            device_id=device_id,
            authenticated_at=now if proof else None,
            access_version=access_version,
            **facts,
        )
    )
    return token


async def make_room(session: AsyncSession, user_id: UUID, most: int) -> int:
    """End the oldest log-ins so that one more makes `most`; how many. Lock the person before."""
    now = clock.now()
    too_many = (
        select(LoginSession.id)
        .where(
            LoginSession.user_id == user_id,
            LoginSession.expires_at > now,
            LoginSession.last_seen_at > now - _limits.idle,
        )
        .order_by(LoginSession.created_at.desc(), LoginSession.id.desc())
        .offset(most - 1)
    )
    gone = await session.execute(
        delete(LoginSession).where(LoginSession.id.in_(too_many)).returning(LoginSession.id)
    )
    return len(gone.all())


async def renewed(session: AsyncSession, token: str) -> str | None:
    """Another secret in place of this one, which counts for moments yet; None where it is not it.

    Of two requests at once one renews.
    """
    return await _new_secret(session, LoginSession.token_hash == hash_of(token))


async def proven(session: AsyncSession, session_id: UUID, *, has_factor: bool) -> str | None:
    """Who is logged in here has shown once more who they are; the new secret."""
    changes: dict[str, Any] = {"authenticated_at": clock.now()}
    if has_factor:
        changes["has_factor"] = True
    return await _new_secret(session, LoginSession.id == session_id, **changes)


async def _new_secret(
    session: AsyncSession,
    which: ColumnElement[bool],
    **changes: Any,  # noqa: ANN401 - columns
) -> str | None:
    token = secrets.token_urlsafe(32)
    of_person = select(User.access_version).where(User.id == LoginSession.user_id)
    done = await session.execute(
        update(LoginSession)
        .where(which)
        .values(
            previous_hash=LoginSession.token_hash,
            token_hash=hash_of(token),
            renewed_at=clock.now(),
            access_version=of_person.scalar_subquery(),
            **changes,
        )
        .returning(LoginSession.id)
        .execution_options(synchronize_session=False)
    )
    return None if done.one_or_none() is None else token


async def renew(session: AsyncSession, session_id: UUID | None) -> None:
    """Have the log-in's secret renewed at its next request: it may do more from now on."""
    await session.execute(
        update(LoginSession).where(LoginSession.id == session_id).values(access_version=_OLD)
    )


async def strengthened(session: AsyncSession, session_id: UUID | None) -> None:
    """A second factor was set up (or given) in this log-in; its secret is renewed."""
    await session.execute(
        update(LoginSession)
        .where(LoginSession.id == session_id)
        .values(has_factor=True, access_version=_OLD)
    )


async def end_all(session: AsyncSession, user_id: UUID, *, but: UUID | None = None) -> None:
    """End every log-in of a person, except one."""
    wanted = delete(LoginSession).where(LoginSession.user_id == user_id)
    await session.execute(wanted if but is None else wanted.where(LoginSession.id != but))


async def end_those_of_team(
    session: AsyncSession, team_id: UUID, *, but: UUID | None = None
) -> None:
    """End every log-in of a team's members, except one."""
    members = select(TeamMember.user_id).where(TeamMember.team_id == team_id)
    wanted = delete(LoginSession).where(LoginSession.user_id.in_(members))
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
