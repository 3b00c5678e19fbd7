"""Where a person is logged in: for themselves, and for who keeps the list of people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events
from src.core.actor import Actor, Permission
from src.core.language import gettext as _
from src.domain.accounts import authority
from src.domain.accounts.errors import LogInNotFound, UserNotFound
from src.domain.accounts.sessions import idle_limit
from src.domain.accounts.tables import KnownDevice, LoginSession, User


@dataclass(frozen=True, slots=True)
class LogInView:
    """A browser that is logged in. `device` is what it called itself; `method` how they came in."""

    id: UUID
    device: str
    ip: str | None
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    is_this: bool
    method: str | None
    has_factor: bool
    trusted_until: datetime | None


async def log_ins(session: AsyncSession, actor: Actor, *, most: int = 100) -> list[LogInView]:
    """The actor's own log-ins that still count, this one first, then the last seen."""
    now = clock.now()
    wanted = (
        select(LoginSession, KnownDevice.trusted_until)
        .outerjoin(KnownDevice, KnownDevice.id == LoginSession.device_id)
        .where(
            LoginSession.user_id == actor.user_id,
            LoginSession.expires_at > now,
            LoginSession.last_seen_at > now - idle_limit(),
        )
        .order_by((LoginSession.id == actor.session_id).desc(), LoginSession.last_seen_at.desc())
        .limit(most)
    )
    rows = await session.execute(wanted)
    return [
        LogInView(
            one.id,
            one.device or "",
            one.ip,
            one.created_at,
            one.last_seen_at,
            one.expires_at,
            one.id == actor.session_id,
            one.method,
            one.has_factor,
            trusted_until if trusted_until is not None and trusted_until > now else None,
        )
        for one, trusted_until in rows
    ]


async def end_log_in(session: AsyncSession, actor: Actor, log_in_id: UUID) -> None:
    """End one of the actor's own log-ins, also this one. Raises `LogInNotFound`."""
    if not await end_log_ins(session, actor, log_in_id):
        raise LogInNotFound(_("None of your log-ins has this id."))


async def end_log_ins(session: AsyncSession, actor: Actor, log_in_id: UUID | None = None) -> int:
    """End one of the actor's own log-ins, or all but this one; how many. Others' are not touched."""
    wanted = delete(LoginSession).where(LoginSession.user_id == actor.user_id)
    if log_in_id is not None:
        wanted = wanted.where(LoginSession.id == log_in_id)
    elif actor.session_id is not None:
        wanted = wanted.where(LoginSession.id != actor.session_id)
    ended = len((await session.execute(wanted.returning(LoginSession.id))).all())
    if ended:
        events.record(
            session, actor, "user.log_ins_ended", ("user", actor.user_id), changes={"ended": ended}
        )
    return ended


async def end_those_of(session: AsyncSession, actor: Actor, user_id: UUID) -> int:
    """End every log-in of a person (this one aside); how many. Needs `users:manage` over others.

    Raises `UserNotFound`, `MayNotDecide`.
    """
    actor.require(Permission.USERS_MANAGE)
    user = await session.get(User, user_id)
    if user is None:
        raise UserNotFound(_("Nobody has this id."))
    await authority.require_over(session, actor, user)
    wanted = delete(LoginSession).where(LoginSession.user_id == user_id)
    if actor.session_id is not None:
        wanted = wanted.where(LoginSession.id != actor.session_id)
    ended = len((await session.execute(wanted.returning(LoginSession.id))).all())
    if ended:
        events.record(
            session, actor, "user.log_ins_ended", ("user", user_id), changes={"ended": ended}
        )
    return ended
