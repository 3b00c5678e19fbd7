"""A log-in on its way to a provider and back: begun in one browser, ended there, once.

The browser keeps one random secret in a cookie, the address carries the state, the row its hash.
What the provider is told besides (nonce, and the verifier of PKCE) follows from secret and state, so
that no row and no address alone is worth anything.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Select, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, crypto, ids
from src.core.actor import Actor
from src.core.crypto import hash_of
from src.core.db import savepoint
from src.core.language import gettext as _
from src.core.providers import Provider
from src.domain.accounts.sso.errors import SignOnOver
from src.domain.accounts.tables import PendingKind, PendingLogIn

LIFETIME = timedelta(minutes=10)
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Begun:
    """A log-in (or, with `user_id`, a link) that waits for the provider's answer."""

    state: str
    secret: str
    target: str = "/"
    user_id: UUID | None = None
    session_id: UUID | None = None

    @property
    def nonce(self) -> str:
        """Ties the ID token to this log-in."""
        return self._derived("sso nonce")

    @property
    def verifier(self) -> str:
        """Ties the code to this browser (RFC 7636)."""
        return self._derived("sso verifier")

    @property
    def challenge(self) -> str:
        """What the provider is told of the verifier (S256)."""
        return _text(hashlib.sha256(self.verifier.encode()).digest())

    @property
    def is_link(self) -> bool:
        """Whether somebody who is logged in links an identity."""
        return self.user_id is not None

    def _derived(self, use: str) -> str:
        return _text(crypto.derive(self.secret, f"{use}:{self.state}"))


async def begin(
    session: AsyncSession,
    provider: Provider,
    *,
    secret: str | None,
    target: str,
    actor: Actor | None = None,
) -> Begun:
    """Begin in the browser with this secret (or a new one); with an actor, to link to them."""
    if secret is None or not _SECRET.fullmatch(secret):
        secret = secrets.token_urlsafe(32)
    begun = Begun(
        secrets.token_urlsafe(32),
        secret,
        target,
        actor.user_id if actor else None,
        actor.session_id if actor else None,
    )
    now = clock.now()
    session.add(
        PendingLogIn(
            id=ids.new(),
            kind=PendingKind.PROVIDER,
            token_hash=hash_of(begun.state),
            user_id=begun.user_id,
            data={
                "provider": provider.slug,
                "browser": hash_of(secret),
                "target": target,
                "session": str(begun.session_id) if begun.session_id else None,
            },
            created_at=now,
            expires_at=now + LIFETIME,
        )
    )
    await session.flush()
    return begun


async def take(
    session: AsyncSession, provider: Provider, *, state: str, secret: str | None
) -> Begun:
    """End it. Raises `SignOnOver` for another browser's, another provider's, a used or an old one.

    What is another's stays as it is: nobody ends it for them.
    """
    row = await session.scalar(_of(state))
    if row is None or secret is None or not _is_of(row, provider, secret):
        raise over()
    gone = await session.scalar(
        delete(PendingLogIn).where(PendingLogIn.id == row.id).returning(PendingLogIn.id)
    )
    if gone is None:
        raise over()
    of_session = row.data["session"]
    return Begun(
        state,
        secret,
        str(row.data["target"]),
        row.user_id,
        UUID(of_session) if of_session else None,
    )


async def remember_once(session: AsyncSession, provider: Provider, name: str) -> bool:
    """Note that a token of this name was taken; False where it was before."""
    now, hashed = clock.now(), hash_of(f"{provider.slug} {name}")
    if await session.scalar(_of_hash(hashed)) is not None:
        return False
    noted = PendingLogIn(
        id=ids.new(),
        kind=PendingKind.PROVIDER,
        token_hash=hashed,
        data={"provider": provider.slug, "browser": "", "target": "", "session": None},
        created_at=now,
        expires_at=now + LIFETIME,
    )
    try:
        async with savepoint(session):
            session.add(noted)
            await session.flush()
    except IntegrityError:  # of two at once one is first
        return False
    return True


def over() -> SignOnOver:
    """The refusal."""
    return SignOnOver(
        _("It was begun in another browser, was finished already, or took longer than ten minutes.")
    )


def _of(state: str) -> Select[PendingLogIn]:
    return _of_hash(hash_of(state))


def _of_hash(hashed: str) -> Select[PendingLogIn]:
    return select(PendingLogIn).where(
        PendingLogIn.kind == PendingKind.PROVIDER,
        PendingLogIn.token_hash == hashed,
        PendingLogIn.expires_at > clock.now(),
    )


def _is_of(row: PendingLogIn, provider: Provider, secret: str) -> bool:
    is_browser = hmac.compare_digest(str(row.data["browser"]), hash_of(secret))
    return is_browser and row.data["provider"] == provider.slug


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
