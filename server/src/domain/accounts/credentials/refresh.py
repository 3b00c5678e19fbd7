"""Refresh tokens: each is exchanged once for the next, and one that comes twice ends its family.

The next token is computed from the one before by a key of the server's. So a client whose answer
was lost, or that asked twice at once, gets the same answer again for a few seconds, no second
chain of tokens comes to be, and a thief's copy is still found out: whoever comes with a token
whose successor is in use ends them all.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events
from src.core.actor import Actor
from src.core.crypto import hash_of
from src.core.language import gettext as _
from src.domain.accounts import letters
from src.domain.accounts.credentials import mails, tokens
from src.domain.accounts.credentials.errors import BadRefreshToken, BadScope, RefreshTokenReused
from src.domain.accounts.credentials.tokens import Tokens
from src.domain.accounts.devices import Client
from src.domain.accounts.tables import OAuthClient, RefreshToken, TokenFamily, User

GRACE = timedelta(seconds=10)
_PURPOSE = "next refresh token"
REUSED = "reused"


async def exchange(
    session: AsyncSession,
    token: str,
    *,
    client: Client,
    client_id: UUID | None = None,
    scope: Collection[str] | None = None,
) -> Tokens:
    """The next pair of tokens. `client_id` is the third party that asks, proved by the caller.

    `scope` makes the access token narrower. Raises `BadRefreshToken`, `RefreshTokenReused` (kept,
    and the person mailed), `BadScope`.
    """
    now = clock.now()
    taken = await session.scalar(
        update(RefreshToken)
        .where(
            RefreshToken.token_hash == hash_of(token),
            RefreshToken.used_at.is_(None),
            RefreshToken.expires_at > now,
        )
        .values(used_at=now)
        .returning(RefreshToken.family_id)
    )
    if taken is None:
        family, following = await _repeated(session, token, now, client, client_id)
    else:
        family = await _alive(session, taken, now, client_id)
        following = _successors(token)[0]
        tokens.add_refresh(session, family, following, now)
        family.last_used_at = now
        family.ip = client.ip or family.ip
        await session.flush()
    if scope is not None and family.permissions is not None:
        beyond = set(scope) - set(family.permissions)
        if beyond:
            raise BadScope(_("A refreshed token may do no more than the first one."))
    return tokens.issued(family, following, scope=scope)


async def _repeated(
    session: AsyncSession, token: str, now: datetime, client: Client, client_id: UUID | None
) -> tuple[TokenFamily, str]:
    """The same answer again, within the grace and while nobody went on from it."""
    row = await session.scalar(
        select(RefreshToken).where(RefreshToken.token_hash == hash_of(token))
    )
    if row is None or row.used_at is None:
        raise _bad()
    family = await _alive(session, row.family_id, now, client_id)
    if now - row.used_at <= GRACE:
        following = {hash_of(one): one for one in _successors(token)}
        unused = await session.scalar(
            select(RefreshToken.token_hash).where(
                RefreshToken.token_hash.in_(following), RefreshToken.used_at.is_(None)
            )
        )
        if unused is not None:
            return family, following[unused]
    await _end(session, family, client)
    raise RefreshTokenReused(_("Log in again."))


async def _alive(
    session: AsyncSession, family_id: UUID, now: datetime, client_id: UUID | None
) -> TokenFamily:
    family = await session.scalar(
        select(TokenFamily)
        .join(User, User.id == TokenFamily.user_id)
        .outerjoin(OAuthClient, OAuthClient.id == TokenFamily.client_id)
        .where(TokenFamily.id == family_id, tokens.alive(now))
    )
    if family is None or family.client_id != client_id:
        raise _bad()
    return family


async def _end(session: AsyncSession, family: TokenFamily, client: Client) -> None:
    family.revoked_at, family.revoked_for = clock.now(), REUSED
    by = Actor(user_id=None, ip=client.ip, request_id=client.request_id)
    events.record(
        session,
        by,
        "token.reused",
        ("user", family.user_id),
        changes={"family": family.id},
        personal={"device": client.device} if client.device else None,
    )
    await letters.send(
        session,
        mails.TOKEN_REUSED,
        user_id=family.user_id,
        args={"device": family.device or "", "ip": client.ip or ""},
    )
    await session.flush()


def _successors(token: str) -> list[str]:
    """What follows a token under the present key, then under each earlier one."""
    made = tokens.rules().keyring.signatures(_PURPOSE, token)
    return [tokens.REFRESH_PREFIX + one for one in made]


def _bad() -> BadRefreshToken:
    return BadRefreshToken(_("Log in again."))
