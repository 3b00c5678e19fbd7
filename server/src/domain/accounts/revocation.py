"""Taking away every way in that a person has, at once: whoever holds one is out with the commit."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.domain.accounts.tables import (
    ApiKey,
    KnownDevice,
    LoginSession,
    MailedToken,
    OAuthCode,
    PendingLogIn,
    TokenFamily,
)


async def end_all_access(session: AsyncSession, user_id: UUID, *, why: str) -> None:
    """End log-ins, those on their way, mailed links, tokens and keys; no device is trusted any more.

    `why` is a word such as "suspended", kept with the tokens. The person's `access_version` is the
    caller's to raise.
    """
    for table in (LoginSession, PendingLogIn, MailedToken):
        await session.execute(delete(table).where(table.user_id == user_id))
    await end_tokens(session, user_id, why=why)
    await session.execute(
        update(ApiKey)
        .where(ApiKey.user_id == user_id, ApiKey.revoked_at.is_(None))
        .values(revoked_at=clock.now(), version=ApiKey.version + 1)
    )
    await session.execute(
        update(KnownDevice).where(KnownDevice.user_id == user_id).values(trusted_until=None)
    )


async def end_tokens(session: AsyncSession, user_id: UUID, *, why: str) -> None:
    """End the tokens of all a person's programs, and the codes they could still get some for."""
    await session.execute(delete(OAuthCode).where(OAuthCode.user_id == user_id))
    await end_families(session, TokenFamily.user_id == user_id, why=why)


async def end_families(session: AsyncSession, *which: ColumnElement[bool], why: str) -> int:
    """End log-ins of programs with all their tokens; how many counted until now."""
    done = await session.execute(
        update(TokenFamily)
        .where(*which, TokenFamily.revoked_at.is_(None))
        .values(revoked_at=clock.now(), revoked_for=why)
        .returning(TokenFamily.id)
    )
    return len(done.all())
