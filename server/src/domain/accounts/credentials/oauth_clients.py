"""Programs of third parties: who made them, where they send people, what they may ask for.

A confidential one has a secret, shown once and kept as a hash; a public one has none. Whoever holds
`clients:manage` looks after them. One that acts by itself acts for its owner, so nobody else
changes it: its secret would be theirs to act by.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, ids
from src.core.actor import Actor, Permission
from src.core.crypto import hash_of
from src.core.errors import PreconditionFailed
from src.core.language import gettext as _
from src.domain.accounts import revocation
from src.domain.accounts.credentials import oauth_rules as rules
from src.domain.accounts.credentials import restricting
from src.domain.accounts.credentials.key_material import LETTERS
from src.domain.accounts.credentials.oauth_client_views import (
    ClientView,
    ClientWish,
    NewClient,
    view,
    views,
)
from src.domain.accounts.credentials.oauth_errors import (
    ClientRefused,
    OAuthClientNotFound,
    OAuthClientRevoked,
    OnlyOwner,
)
from src.domain.accounts.tables import OAuthClient, OAuthCode, TokenFamily

ID_MARK, SECRET_MARK = "alc_", "als_"
ID_LENGTH = 24
_CLIENT_ID = re.compile(rf"{ID_MARK}[{LETTERS}]{{{ID_LENGTH}}}")
FIELDS = frozenset({"name", "website", "redirect_uris", "grant_types", "permissions"})


async def list_(session: AsyncSession, actor: Actor) -> list[ClientView]:
    """All of the institute's, those that count before the revoked ones. Needs `clients:manage`."""
    actor.require(Permission.CLIENTS_MANAGE)
    rows = await session.scalars(
        select(OAuthClient).order_by(OAuthClient.revoked_at.is_not(None), OAuthClient.id.desc())
    )
    return await views(session, list(rows))


async def get(session: AsyncSession, actor: Actor, id_: UUID) -> ClientView:
    """One of them. Needs `clients:manage`; raises `OAuthClientNotFound`."""
    actor.require(Permission.CLIENTS_MANAGE)
    return await view(session, await _found(session, id_))


async def create(session: AsyncSession, actor: Actor, *, wish: ClientWish) -> NewClient:
    """Register a program; the actor owns it. Needs `clients:manage`, as a person.

    Raises `PersonOnly`, `BadOAuthClient`, `BadScope` (one that acts by itself is given only what
    its owner holds).
    """
    owner_id = _require_keeper(actor)
    uris = rules.checked_redirects(wish.redirect_uris)
    secret = _new_secret() if wish.is_confidential else None
    row = OAuthClient(
        id=ids.new(),
        name=rules.checked_name(wish.name),
        website=rules.checked_website(wish.website),
        owner_id=owner_id,
        client_id=ID_MARK + "".join(secrets.choice(LETTERS) for _each in range(ID_LENGTH)),
        secret_hash=None if secret is None else hash_of(secret),
        redirect_uris=uris,
        grant_types=rules.checked_grants(
            wish.grant_types, is_confidential=wish.is_confidential, uris=uris
        ),
        permissions=rules.checked_permissions(wish.permissions),
    )
    _require_own_powers(actor, row)
    session.add(row)
    await session.flush()
    changes = {
        "client_id": row.client_id,
        "grant_types": row.grant_types,
        "permissions": row.permissions,
        "confidential": wish.is_confidential,
    }
    events.record(session, actor, "oauth_client.created", _subject(row), changes=changes)
    return NewClient(await view(session, row), secret)


async def update_client(
    session: AsyncSession,
    actor: Actor,
    id_: UUID,
    *,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> ClientView:
    """Change name, website, addresses, ways or permissions; what it was given shrinks with them.

    Needs `clients:manage`, as a person. Raises `PersonOnly`, `OnlyOwner`, `OAuthClientNotFound`,
    `OAuthClientRevoked`, `PreconditionFailed`, `BadOAuthClient`, `BadScope`.
    """
    _require_keeper(actor)
    if set(changes) - FIELDS:
        raise TypeError(f"a program has no {sorted(set(changes) - FIELDS)}")
    row = await _alive(session, id_)
    if expected_version is not None and row.version != expected_version:
        raise PreconditionFailed(_("Read the program again, then repeat the change."))
    _require_owner(actor, row)
    checked = _checked(row, changes)
    done = {
        name: [getattr(row, name), value]
        for name, value in checked.items()
        if getattr(row, name) != value
    }
    for name, (_old, new) in done.items():
        setattr(row, name, new)
    _require_owner(actor, row)
    _require_own_powers(actor, row)
    if done:
        row.updated_at = clock.now()
        await session.flush()
        events.record(session, actor, "oauth_client.changed", _subject(row), changes=done)
    return await view(session, row)


async def replace_secret(session: AsyncSession, actor: Actor, id_: UUID) -> NewClient:
    """A new secret; the old one counts no more from this moment on.

    Needs `clients:manage`, as a person. Raises `PersonOnly`, `OnlyOwner`, `OAuthClientNotFound`,
    `OAuthClientRevoked`, `BadOAuthClient` for a program that has none.
    """
    _require_keeper(actor)
    row = await _alive(session, id_)
    _require_owner(actor, row)
    if row.secret_hash is None:
        raise rules.bad("secret", "is-public", _("This program has no secret."))
    secret = _new_secret()
    row.secret_hash, row.updated_at = hash_of(secret), clock.now()
    await session.flush()
    events.record(session, actor, "oauth_client.secret_replaced", _subject(row))
    return NewClient(await view(session, row), secret)


async def revoke(session: AsyncSession, actor: Actor, id_: UUID) -> None:
    """End it, and every token it has of anybody, at once; one that was revoked stays so.

    Needs `clients:manage`, as a person. Raises `PersonOnly`, `OAuthClientNotFound`.
    """
    _require_keeper(actor)
    row = await _found(session, id_)
    if row.revoked_at is not None:
        return
    row.revoked_at = row.updated_at = clock.now()
    await session.flush()
    await session.execute(delete(OAuthCode).where(OAuthCode.client_id == row.id))
    theirs = TokenFamily.client_id == row.id
    changes = {"ended": await revocation.end_families(session, theirs, why="client-revoked")}
    events.record(session, actor, "oauth_client.revoked", _subject(row), changes=changes)


def is_client_id(text: str) -> bool:
    """Whether it is meant to be a program registered here; own programs may call themselves else."""
    return text.startswith(ID_MARK)


async def named(session: AsyncSession, client_id: str) -> OAuthClient | None:
    """The program of this client id; None where there is none, or it was revoked."""
    if not _CLIENT_ID.fullmatch(client_id):
        return None
    found: OAuthClient | None = await session.scalar(
        select(OAuthClient).where(
            OAuthClient.client_id == client_id, OAuthClient.revoked_at.is_(None)
        )
    )
    return found


async def proved(session: AsyncSession, client_id: str, secret: str) -> OAuthClient:
    """The program that says it is this one, and has shown it. Raises `ClientRefused`.

    A public one shows nothing: what it asks for, it proves by its verifier or refresh token. One
    that sends a secret that it cannot have is refused as well.
    """
    row = await named(session, client_id)
    kept = "" if row is None else row.secret_hash or ""
    given = hash_of(secret) if secret else ""
    if row is None or not hmac.compare_digest(kept, given):
        raise ClientRefused(_("Check the program's id and its secret."))
    return row


def _checked(row: OAuthClient, changes: Mapping[str, Any]) -> dict[str, Any]:
    checked = dict(changes)
    if "name" in checked:
        checked["name"] = rules.checked_name(checked["name"])
    if "website" in checked:
        checked["website"] = rules.checked_website(checked["website"])
    if "permissions" in checked:
        checked["permissions"] = rules.checked_permissions(checked["permissions"])
    if "redirect_uris" in checked:
        checked["redirect_uris"] = rules.checked_redirects(checked["redirect_uris"])
    checked["grant_types"] = rules.checked_grants(
        checked.get("grant_types", row.grant_types),
        is_confidential=row.secret_hash is not None,
        uris=checked.get("redirect_uris", row.redirect_uris),
    )
    return checked


def _require_keeper(actor: Actor) -> UUID:
    actor.require(Permission.CLIENTS_MANAGE)
    return restricting.require_person(actor)


def _require_owner(actor: Actor, row: OAuthClient) -> None:
    if rules.CLIENT in row.grant_types and row.owner_id != actor.user_id:
        raise OnlyOwner(_("It acts for its owner. You may revoke it, and register one of yours."))


def _require_own_powers(actor: Actor, row: OAuthClient) -> None:
    if rules.CLIENT in row.grant_types:
        restricting.checked_permissions(actor, row.permissions)


def _new_secret() -> str:
    return SECRET_MARK + secrets.token_urlsafe(32)


def _subject(row: OAuthClient) -> events.Subject:
    return ("oauth_client", row.id)


async def _found(session: AsyncSession, id_: UUID) -> OAuthClient:
    row = await session.get(OAuthClient, id_)
    if row is None:
        raise OAuthClientNotFound(_("No program has this id."))
    return row


async def _alive(session: AsyncSession, id_: UUID) -> OAuthClient:
    row = await _found(session, id_)
    if row.revoked_at is not None:
        raise OAuthClientRevoked(_("Register it anew instead."))
    return row
