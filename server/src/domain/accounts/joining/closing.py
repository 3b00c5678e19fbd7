"""Closing an account until a mailed link opens it again."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, ids
from src.domain.accounts import devices, revocation, second_step, sessions
from src.domain.accounts.tables import PasswordHistory, User


async def lock(session: AsyncSession, user: User, *, why: str) -> None:
    """Nobody gets in or stays in: only a mailed link leads to a new password.

    Mailed links stay: with one of them an owner takes an account back.
    """
    now = clock.now()
    if user.password_hash is not None:
        session.add(
            PasswordHistory(
                id=ids.new(), user_id=user.id, password_hash=user.password_hash, created_at=now
            )
        )
    user.password_hash, user.password_changed_at = None, now
    await session.flush()
    await devices.forget_all(session, user.id)
    await second_step.end_all(session, user.id)
    await sessions.end_all(session, user.id)
    await revocation.end_tokens(session, user.id, why=why)
