"""Logging out at the provider too, and being logged out by it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import events
from src.core.actor import Actor
from src.core.db import Database, transaction
from src.core.language import gettext as _
from src.core.providers import Provider
from src.core.vault import KeyLost
from src.domain.accounts.devices import Client
from src.domain.accounts.secrets import vault
from src.domain.accounts.sso import (
    discovery,
    fetching,
    id_tokens,
    identities,
    pending,
    providers,
)
from src.domain.accounts.sso.arriving import purpose_of
from src.domain.accounts.sso.directory_roles import directory
from src.domain.accounts.sso.errors import BadLogOutToken, NoSuchProvider, ProviderAway
from src.domain.accounts.tables import LoginSession


@dataclass(frozen=True, slots=True)
class Farewell:
    """A log-in of a provider that ends here: what tells it which of its own that is."""

    provider: Provider
    id_token: str | None


async def farewell(session: AsyncSession, actor: Actor) -> Farewell | None:
    """By which provider the actor is logged in; None where by none. Ask before logging out."""
    row = None
    if actor.session_id is not None:
        row = await session.get(LoginSession, actor.session_id)
    if row is None or row.provider is None:
        return None
    try:
        provider = providers.get(row.provider)
        hint = row.id_token and vault().decrypt(purpose_of(row.user_id), row.id_token)
    except NoSuchProvider:
        return None
    except KeyLost:
        hint = None
    return Farewell(provider, hint)


async def address(ended: Farewell) -> str | None:
    """Where the browser ends the provider's own log-in; None where it has no such place."""
    provider = ended.provider
    try:
        async with fetching.line(provider) as line:
            found = await discovery.metadata(line)
    except ProviderAway:
        return None
    if found.end_session_endpoint is None:
        return None
    asked = {
        "client_id": provider.client_id,
        "post_logout_redirect_uri": f"{providers.deployment().base_url}/login",
    }
    if ended.id_token:
        asked["id_token_hint"] = ended.id_token
    url = found.end_session_endpoint
    return f"{url}{'&' if '?' in url else '?'}{urlencode(asked)}"


async def end_by_provider(
    database: Database, provider: Provider, token: str, client: Client
) -> int:
    """End the log-ins that a log-out token names (back-channel); how many.

    Raises `BadLogOutToken`, also for one that was taken before, and `ProviderAway`.
    """
    async with fetching.line(provider) as line:
        claims = await id_tokens.prove_log_out(line, token)
    async with transaction(database) as session:
        if not await pending.remember_once(session, provider, f"jti {claims['jti']}"):
            raise BadLogOutToken(_("It was taken before."))
        return await _end(session, provider, claims.get("sub"), claims.get("sid"), client)


async def _end(
    session: AsyncSession,
    provider: Provider,
    subject: str | None,
    provider_session: str | None,
    client: Client,
) -> int:
    ended = delete(LoginSession).where(LoginSession.provider == provider.slug)
    if provider_session is not None:
        ended = ended.where(LoginSession.provider_session == provider_session)
    if subject is not None:
        known = await identities.find(session, provider, subject)
        if known is None:
            return 0
        ended = ended.where(LoginSession.user_id == known.user_id)
    gone = (await session.scalars(ended.returning(LoginSession.user_id))).all()
    by = replace(directory(client), name=provider.label)
    for user_id in sorted(set(gone)):
        changes = {"provider": provider.slug, "ended": gone.count(user_id)}
        subject_of = ("user", user_id)
        events.record(session, by, "user.logged_out_by_provider", subject_of, changes=changes)
    return len(gone)
