"""Log-ins of programs: families of tokens, and the access tokens that speak for them.

A family is what came of one proof of who somebody is. Its access tokens are signed and short-lived,
and still count only while its row does: log-out, a new password, suspension and a refresh token
that comes twice stop them with their commit.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, ids
from src.core.actor import Actor, ActorKind
from src.core.crypto import BadToken, Keyring, bad_token, hash_of, keyring_of
from src.core.settings import Settings
from src.domain.accounts import revocation, sessions
from src.domain.accounts.credentials.restricting import narrow
from src.domain.accounts.devices import Client
from src.domain.accounts.tables import (
    OAuthClient,
    OAuthCode,
    RefreshToken,
    TokenFamily,
    User,
    UserState,
)

REFRESH_PREFIX = "alr_"
KEPT = timedelta(days=1)  # a revoked family, so that its tokens are told apart from unknown ones


@dataclass(frozen=True, slots=True)
class Rules:
    """The ring that signs, and how long each thing counts."""

    keyring: Keyring
    access: timedelta
    idle: timedelta
    absolute: timedelta


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a program is given. `expires_in` are seconds; `scope` None: all the person may."""

    access: str
    expires_in: int
    refresh: str | None
    scope: tuple[str, ...] | None
    family_id: UUID
    user_id: UUID


_rules: list[Rules] = []


def configure(settings: Settings) -> None:
    """Take over the ring of keys and the lifetimes."""
    _rules[:] = [
        Rules(
            keyring_of(settings),
            timedelta(seconds=settings.token_lifetime),
            timedelta(seconds=settings.refresh_idle),
            timedelta(seconds=settings.refresh_absolute),
        )
    ]


def rules() -> Rules:
    """What counts in this process."""
    if not _rules:
        raise RuntimeError("the process was started without its settings")
    return _rules[0]


async def begin(  # noqa: PLR0913 - what is known of a log-in
    session: AsyncSession,
    user_id: UUID,
    *,
    client: Client,
    permissions: Collection[str] | None = None,
    has_factor: bool = False,
    client_id: UUID | None = None,
    lifetime: timedelta | None = None,
    can_refresh: bool = True,
) -> Tokens:
    """A family for somebody who has proved who they are, and its first tokens.

    `client_id` is a third party's program. `lifetime` shortens the family's; without `can_refresh`
    there is no refresh token. Whoever calls has recorded the log-in.
    """
    now = clock.now()
    family = TokenFamily(
        id=ids.new(),
        user_id=user_id,
        client_id=client_id,
        permissions=None if permissions is None else sorted(permissions),
        has_factor=has_factor,
        device=client.device[:200] if client.device else None,
        ip=client.ip,
        created_at=now,
        last_used_at=now,
        expires_at=now + min(rules().absolute, lifetime or rules().absolute),
    )
    session.add(family)
    await session.flush()
    refresh = None
    if can_refresh:
        refresh = REFRESH_PREFIX + secrets.token_urlsafe(32)
        add_refresh(session, family, refresh, now)
        await session.flush()
    return issued(family, refresh)


def add_refresh(session: AsyncSession, family: TokenFamily, token: str, now: datetime) -> None:
    """Write down the hash of a family's next refresh token."""
    session.add(
        RefreshToken(
            id=ids.new(),
            family_id=family.id,
            token_hash=hash_of(token),
            created_at=now,
            expires_at=min(now + rules().idle, family.expires_at),
        )
    )


def issued(
    family: TokenFamily, refresh: str | None, *, scope: Collection[str] | None = None
) -> Tokens:
    """A fresh access token of the family, beside its refresh token; `scope` narrows it further."""
    left = family.expires_at - clock.now()
    seconds = int(min(rules().access, left).total_seconds())
    wanted = family.permissions if scope is None else sorted(scope)
    access = rules().keyring.access_token(
        family.user_id, family_id=family.id, lifetime=seconds, scope=wanted or ()
    )
    kept = None if wanted is None else tuple(wanted)
    return Tokens(access, seconds, refresh, kept, family.id, family.user_id)


def alive(now: datetime) -> ColumnElement[bool]:
    """A family that counts, joined with its `User` and (outer) its `OAuthClient`."""
    return and_(
        TokenFamily.revoked_at.is_(None),
        TokenFamily.expires_at > now,
        or_(TokenFamily.client_id.is_(None), OAuthClient.revoked_at.is_(None)),
        User.state == UserState.ACTIVE,
        # A password that was changed ends what was begun with the old one.
        or_(User.password_changed_at.is_(None), User.password_changed_at <= TokenFamily.created_at),
    )


@dataclass(frozen=True, slots=True)
class Spoken:
    """Who an access token speaks for. `proven_at`: when they proved who they are, themselves."""

    actor: Actor
    proven_at: datetime | None


async def actor_of_token(
    session: AsyncSession, token: str, *, ip: str | None = None, request_id: str | None = None
) -> Spoken:
    """Who an access token speaks for, by one statement beside what they may do. Raises `BadToken`."""
    bearer = rules().keyring.bearer_of(token)
    row = (
        await session.execute(
            select(TokenFamily, User, OAuthClient.permissions)
            .join(User, User.id == TokenFamily.user_id)
            .outerjoin(OAuthClient, OAuthClient.id == TokenFamily.client_id)
            .where(
                TokenFamily.id == bearer.family_id, User.id == bearer.user_id, alive(clock.now())
            )
        )
    ).one_or_none()
    if row is None:
        raise bad_token()
    family, user, at_most = row
    actor = await sessions.actor_of(
        session,
        user,
        credential_id=family.id,
        has_factor=family.has_factor,
        ip=ip,
        request_id=request_id,
    )
    actor = narrow(narrow(actor, family.permissions), bearer.scope or None)
    if family.client_id is None:
        return Spoken(actor, family.created_at)
    # What a third party does is never done by the person themselves, whatever it was given, and
    # it is given no more than it may ask for by now.
    actor = replace(narrow(actor, at_most), kind=ActorKind.API_KEY, is_narrowed=True)
    return Spoken(actor, None)


async def end(
    session: AsyncSession, actor: Actor, family_ids: Sequence[UUID], *, why: str = "logged-out"
) -> int:
    """End families of the actor's own; how many. Others' are not touched."""
    mine = TokenFamily.user_id == actor.user_id
    ended = await revocation.end_families(session, TokenFamily.id.in_(family_ids), mine, why=why)
    if ended:
        events.record(
            session, actor, "token.revoked", ("user", actor.user_id), changes={"ended": ended}
        )
    return ended


async def end_by_token(session: AsyncSession, token: str, *, client: Client) -> bool:
    """End the family of an access or a refresh token (RFC 7009); whether there was one."""
    found = select(RefreshToken.family_id).where(RefreshToken.token_hash == hash_of(token))
    family_id = await session.scalar(found)
    if family_id is None and not token.startswith(REFRESH_PREFIX):
        try:
            family_id = rules().keyring.bearer_of(token).family_id
        except BadToken:
            return False
    family = None if family_id is None else await session.get(TokenFamily, family_id)
    if family is None:
        return False
    by = Actor(user_id=family.user_id, ip=client.ip, request_id=client.request_id)
    return bool(await end(session, by, [family.id]))


async def sweep(session: AsyncSession) -> int:
    """Delete families that count no longer, and tokens that nobody may exchange; how many rows."""
    now = clock.now()
    over = or_(
        TokenFamily.expires_at <= now,
        TokenFamily.revoked_at <= now - KEPT,
        TokenFamily.last_used_at <= now - rules().idle - rules().access,
    )
    tokens = await session.execute(
        delete(RefreshToken).where(RefreshToken.expires_at <= now).returning(RefreshToken.id)
    )
    families = await session.execute(delete(TokenFamily).where(over).returning(TokenFamily.id))
    # Kept so long after their end that one which comes a second time is still known.
    codes = await session.execute(
        delete(OAuthCode).where(OAuthCode.expires_at <= now - KEPT).returning(OAuthCode.id)
    )
    return len(tokens.all()) + len(families.all()) + len(codes.all())
