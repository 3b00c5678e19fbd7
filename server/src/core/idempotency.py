"""Answers kept under the key a caller gave, so that repeating a request repeats no effect.

The claim is a row of the same transaction as the effect: both commit, or neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary, String, delete, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from src.core.db import Identified, Table, database_now, sqlstate
from src.core.errors import Conflict, Invalid
from src.core.language import gettext as _

KEPT = 24 * 3600  # seconds an answer may be repeated
PATIENCE = 5  # seconds a twin waits for the first
_NOT_AVAILABLE = "55P03"


class IdempotencyKeyReused(Invalid):
    """The Idempotency-Key was used for another body. Use a fresh key for every new request."""

    code, title = "idempotency-key-reused", "The Idempotency-Key belongs to another request"


class RequestInProgress(Conflict):
    """The same request is being served just now. Repeat it shortly with the same key."""

    code, title = "request-in-progress", "The same request is being served"


class IdempotencyKey(Identified, Table):
    """An answer, under the digest of its credential, method, path and key."""

    __tablename__ = "idempotency_keys"

    scope: Mapped[str] = mapped_column(String(64), unique=True)
    body_digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any] | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(index=True)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered."""

    status: int
    headers: dict[str, str]
    body: bytes


async def claim(session: AsyncSession, *, scope: str, body_digest: str) -> Answer | None:
    """Take the key for this transaction (None), or give the answer it has already.

    Errors: `IdempotencyKeyReused`; `RequestInProgress` when a twin holds it for five seconds.
    """
    await session.execute(
        delete(IdempotencyKey).where(
            IdempotencyKey.scope == scope, IdempotencyKey.expires_at <= database_now()
        )
    )
    if await _insert(session, scope, body_digest):
        return None
    found = (
        await session.execute(select(IdempotencyKey).where(IdempotencyKey.scope == scope))
    ).scalar_one_or_none()
    if found is None or found.status is None:
        raise _in_progress()
    if found.body_digest != body_digest:
        raise IdempotencyKeyReused(_("Repeat it with a fresh Idempotency-Key."))
    return Answer(found.status, dict(found.headers or {}), found.body or b"")


async def _insert(session: AsyncSession, scope: str, body_digest: str) -> bool:
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = sqlite.insert if is_sqlite else postgresql.insert
    statement = (
        insert(IdempotencyKey)
        .values(scope=scope, body_digest=body_digest, expires_at=database_now(KEPT))
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.id)
    )
    if is_sqlite:  # one writer at a time: a twin has committed or has not begun
        return await session.scalar(statement) is not None
    await session.execute(text(f"SET LOCAL lock_timeout = '{int(PATIENCE * 1000)}ms'"))
    try:
        made = await session.scalar(statement)
    except DBAPIError as error:
        if sqlstate(error) == _NOT_AVAILABLE:
            raise _in_progress() from error
        raise
    await session.execute(text("SET LOCAL lock_timeout TO DEFAULT"))
    return made is not None


async def keep(session: AsyncSession, *, scope: str, answer: Answer) -> None:
    """Store the answer under the claimed key."""
    await session.execute(
        update(IdempotencyKey)
        .where(IdempotencyKey.scope == scope)
        .values(status=answer.status, headers=dict(answer.headers), body=answer.body)
    )


async def forget(session: AsyncSession, *, scope: str) -> None:
    """Give the key back: what follows is a refusal that commits, and only successes are kept."""
    await session.execute(delete(IdempotencyKey).where(IdempotencyKey.scope == scope))


async def sweep(session: AsyncSession) -> int:
    """Delete the answers that may no longer be repeated; how many there were."""
    gone = await session.execute(
        delete(IdempotencyKey).where(IdempotencyKey.expires_at <= database_now())
    )
    return int(getattr(gone, "rowcount", 0))


def _in_progress() -> RequestInProgress:
    return RequestInProgress(_("Repeat it in a second, with the same key."), retry_after=1)
