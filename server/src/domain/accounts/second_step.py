"""A log-in between its password (or its provider) and its second factor.

Its secret is in a cookie, the row holds its hash and whose log-in it is: a code of anybody else
fits nothing. Ten minutes and five wrong codes end it.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, ids
from src.core.crypto import hash_of
from src.core.db import Database, transaction
from src.core.language import gettext as _
from src.domain.accounts import factors, login
from src.domain.accounts.devices import Client
from src.domain.accounts.errors import CodeRefused, LogInOver
from src.domain.accounts.factors import RelyingParty
from src.domain.accounts.login import Opened, Proven
from src.domain.accounts.sessions import Proof
from src.domain.accounts.tables import PendingKind, PendingLogIn, User

LIFETIME = timedelta(minutes=10)
MOST_WRONG = 5
AT_ONCE = 10  # log-ins of one person that wait for a code
PASSKEY = "passkey"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A log-in whose password was right: the secret for its cookie, and what may be asked for."""

    secret: str
    methods: frozenset[str]


async def go_on(database: Database, proven: Proven, client: Client) -> Opened | Waiting:
    """Open a session, or wait for the second factor. Raises as `login.accept` does."""
    async with transaction(database) as session:
        if not proven.needs_factor:
            return await login.open_proven(session, proven, client)
        await login.still_right(session, proven, client)
        secret = await wait(session, proven.user_id, is_known=proven.is_known)
        return Waiting(secret, proven.methods)


async def wait(
    session: AsyncSession, user_id: UUID, *, is_known: bool, proof: Proof | None = None
) -> str:
    """Let a log-in wait for its second factor; the secret for its cookie.

    `proof`: what came first, where that was no password.
    """
    secret, now = secrets.token_urlsafe(32), clock.now()
    older = (
        select(PendingLogIn.id)
        .where(
            PendingLogIn.user_id == user_id,
            PendingLogIn.kind == PendingKind.SECOND_FACTOR,
        )
        .order_by(PendingLogIn.created_at.desc(), PendingLogIn.id.desc())
        .offset(AT_ONCE - 1)
    )
    await session.execute(delete(PendingLogIn).where(PendingLogIn.id.in_(older)))
    session.add(
        PendingLogIn(
            id=ids.new(),
            kind=PendingKind.SECOND_FACTOR,
            token_hash=hash_of(secret),
            user_id=user_id,
            data={"is_known": is_known, **({"proof": asdict(proof)} if proof else {})},
            created_at=now,
            expires_at=now + LIFETIME,
        )
    )
    await session.flush()
    return secret


async def waiting(session: AsyncSession, secret: str) -> Waiting | None:
    """The log-in that waits under this secret; None when it is over."""
    row = await _found(session, secret)
    if row is None or row.user_id is None:
        return None
    methods = await factors.methods_of(session, row.user_id)
    return Waiting(secret, methods) if methods else None


async def give_code(
    database: Database, secret: str, code: str, client: Client, *, trust: bool = False
) -> Opened:
    """Finish the log-in with a code of the app or a backup code; `trust`: ask here no more.

    Raises `LogInOver`, `CodeRefused` (both recorded), `TooManyAttempts`.
    """
    async with transaction(database) as session:
        row, user = await _taken(session, secret)
        is_known = bool(row.data.get("is_known"))
        if not await login.is_right_code(session, user, code, client, is_known=is_known):
            await _count(session, row)
        await session.delete(row)
        return await login.open_session(session, user, client, _proof(row), trust=trust)


async def ask_passkey(session: AsyncSession, secret: str, rp: RelyingParty) -> tuple[str, str]:
    """Options for the browser as JSON, and the token that goes with its answer.

    Raises `LogInOver`.
    """
    row = await _found(session, secret)
    if row is None:
        raise _over()
    return await factors.passkeys.begin_authentication(session, user_id=row.user_id, rp=rp)


async def give_passkey(
    database: Database,
    secret: str | None,
    client: Client,
    *,
    pending_token: str,
    credential_json: str,
    rp: RelyingParty,
    trust: bool = False,
) -> Opened:
    """Finish a log-in with a passkey; without a secret the passkey is all there is.

    Raises `LogInOver`, `PasskeyRefused`.
    """
    async with transaction(database) as session:
        user_id = await factors.passkeys.finish_authentication(
            session,
            pending_token=pending_token,
            credential_json=credential_json,
            rp=rp,
            ip=client.ip,
            request_id=client.request_id,
        )
        proof = Proof(PASSKEY, has_factor=True)
        if secret is not None:
            row, user = await _taken(session, secret)
            if user.id != user_id:
                raise _over()
            proof = _proof(row)
            await session.delete(row)
        elif (found := await login.locked(session, user_id)) is None:
            raise _over()
        else:
            user = found
        return await login.open_session(session, user, client, proof, trust=trust)


async def sweep(session: AsyncSession) -> int:
    """Remove whatever was begun and is over; how many."""
    gone = await session.scalars(
        delete(PendingLogIn)
        .where(PendingLogIn.expires_at <= clock.now())
        .returning(PendingLogIn.id)
    )
    return len(gone.all())


async def end_all(session: AsyncSession, user_id: UUID) -> None:
    """End whatever is on its way for a person, as when their password changes."""
    await session.execute(delete(PendingLogIn).where(PendingLogIn.user_id == user_id))


async def _found(session: AsyncSession, secret: str) -> PendingLogIn | None:
    return await session.scalar(
        select(PendingLogIn).where(
            PendingLogIn.kind == PendingKind.SECOND_FACTOR,
            PendingLogIn.token_hash == hash_of(secret),
            PendingLogIn.expires_at > clock.now(),
        )
    )


async def _taken(session: AsyncSession, secret: str) -> tuple[PendingLogIn, User]:
    """The log-in and its person, locked: first the person, as a change of the password does."""
    first = await _found(session, secret)
    user = None if first is None or first.user_id is None else await _locked(session, first)
    row = None
    if user is not None:
        row = await session.scalar(
            select(PendingLogIn)
            .where(PendingLogIn.token_hash == hash_of(secret))
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    if row is None or user is None or row.attempts >= MOST_WRONG:
        raise _over()
    return row, user


def _proof(row: PendingLogIn) -> Proof:
    """By what the log-in is opened, now that the factor was given too."""
    first = row.data.get("proof") or {"method": login.PASSWORD}
    return Proof(**{**first, "has_factor": True})


async def _locked(session: AsyncSession, row: PendingLogIn) -> User | None:
    return None if row.user_id is None else await login.locked(session, row.user_id)


async def _count(session: AsyncSession, row: PendingLogIn) -> None:
    """Count a wrong code and refuse it; after the last one the log-in is over."""
    row.attempts += 1
    if row.attempts < MOST_WRONG:
        await session.flush()
        raise CodeRefused(_("Wait for the next code of the app, or use a backup code."))
    await session.delete(row)
    await session.flush()
    raise _over()


def _over() -> LogInOver:
    return LogInOver(_("It took too long, or too many codes were wrong. Log in once more."))
