"""Challenges for passkeys: good for five minutes and one answer."""

from __future__ import annotations

import secrets
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, ids
from src.core.crypto import hash_of
from src.domain.accounts.tables import PendingKind, PendingLogIn

LIFETIME = timedelta(minutes=5)
CHALLENGE = 32  # bytes


async def begin(
    session: AsyncSession, kind: PendingKind, user_id: UUID | None
) -> tuple[bytes, str]:
    """A fresh challenge, and the secret by which `take` finds it again."""
    challenge, token, now = secrets.token_bytes(CHALLENGE), secrets.token_urlsafe(32), clock.now()
    session.add(
        PendingLogIn(
            id=ids.new(),
            kind=kind,
            token_hash=hash_of(token),
            user_id=user_id,
            data={"challenge": challenge.hex()},
            created_at=now,
            expires_at=now + LIFETIME,
        )
    )
    await session.flush()
    return challenge, token


async def take(
    session: AsyncSession, kind: PendingKind, token: str
) -> tuple[bytes, UUID | None] | None:
    """The challenge and whose it is, once; None when it is over. Whatever follows, it is spent."""
    row = (
        await session.execute(
            delete(PendingLogIn)
            .where(PendingLogIn.kind == kind, PendingLogIn.token_hash == hash_of(token))
            .returning(PendingLogIn.data, PendingLogIn.user_id, PendingLogIn.expires_at)
        )
    ).one_or_none()
    if row is None or row.expires_at <= clock.now():
        return None
    return bytes.fromhex(row.data["challenge"]), row.user_id
