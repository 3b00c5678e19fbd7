"""Where a person is logged in, for themselves to see and to end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events
from src.core.actor import Actor
from src.domain.accounts.sessions import idle_limit
from src.domain.accounts.tables import LoginSession


@dataclass(frozen=True, slots=True)
class LogInView:
    """A browser that is logged in. `device` is what it called itself."""

    id: UUID
    device: str
    ip: str | None
    created_at: datetime
    last_seen_at: datetime
    is_this: bool


async def log_ins(session: AsyncSession, actor: Actor, *, most: int = 50) -> list[LogInView]:
    """The actor's own log-ins that still count, this one first, then the last seen."""
    now = clock.now()
    wanted = (
        select(LoginSession)
        .where(
            LoginSession.user_id == actor.user_id,
            LoginSession.expires_at > now,
            LoginSession.last_seen_at > now - idle_limit(),
        )
        .order_by((LoginSession.id == actor.session_id).desc(), LoginSession.last_seen_at.desc())
        .limit(most)
    )
    return [
        LogInView(
            one.id,
            one.device or "",
            one.ip,
            one.created_at,
            one.last_seen_at,
            one.id == actor.session_id,
        )
        for one in await session.scalars(wanted)
    ]


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
