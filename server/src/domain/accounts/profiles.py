"""What stands about a person's account, for themselves and for those who manage people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import Actor, Permission
from src.domain.accounts import sessions
from src.domain.accounts.tables import ApiKey, LoginSession, Passkey, Totp


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account is used: log-ins that count, when it was last seen, what guards it."""

    log_ins: int
    last_seen_at: datetime | None
    has_app: bool
    passkeys: int
    keys: int


async def standing(session: AsyncSession, actor: Actor, user_id: UUID) -> Standing:
    """One's own, or anybody's with `users:manage`; one statement."""
    if actor.user_id != user_id:
        actor.require(Permission.USERS_MANAGE)
    now = clock.now()
    counting = (
        LoginSession.user_id == user_id,
        LoginSession.expires_at > now,
        LoginSession.last_seen_at > now - sessions.idle_limit(),
    )
    live_keys = (
        ApiKey.user_id == user_id,
        ApiKey.revoked_at.is_(None),
        or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now),
    )
    confirmed = (Totp.user_id == user_id, Totp.confirmed_at.is_not(None))
    row = (
        await session.execute(
            select(
                select(func.count(LoginSession.id)).where(*counting).scalar_subquery(),
                select(func.max(LoginSession.last_seen_at))
                .where(LoginSession.user_id == user_id)
                .scalar_subquery(),
                select(func.count(Totp.user_id)).where(*confirmed).scalar_subquery(),
                select(func.count(Passkey.id)).where(Passkey.user_id == user_id).scalar_subquery(),
                select(func.count(ApiKey.id)).where(*live_keys).scalar_subquery(),
            )
        )
    ).one()
    return Standing(row[0], row[1], bool(row[2]), row[3], row[4])
