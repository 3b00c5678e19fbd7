"""Showing once more who one is, before something sensitive: by password, code or passkey."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events
from src.core.actor import Actor
from src.core.db import Database, transaction
from src.core.errors import Unauthenticated
from src.core.language import gettext as _
from src.domain.accounts import factors, lockout, login, passwords, sessions
from src.domain.accounts.devices import Client, find
from src.domain.accounts.errors import CodeRefused, ConfirmationNeeded, LogInRefused
from src.domain.accounts.factors import RelyingParty
from src.domain.accounts.tables import User

RECENT = timedelta(minutes=15)


def require_recent(proven_at: datetime | None) -> None:
    """Raise `ConfirmationNeeded` unless the proof is recent."""
    if proven_at is None or proven_at < clock.now() - RECENT:
        raise ConfirmationNeeded(_("Confirm that it is you, then go on."))


async def ways(session: AsyncSession, actor: Actor) -> frozenset[str]:
    """By what the actor may confirm: "password", "totp", "backup", "passkey"."""
    user_id = _self(actor)
    user = await session.get_one(User, user_id)
    found = await factors.methods_of(session, user_id)
    return found | {login.PASSWORD} if user.password_hash else found


async def by_password(database: Database, actor: Actor, password: str, client: Client) -> str:
    """The log-in's new secret. Raises `LogInRefused` (recorded, counted), `TooManyAttempts`."""
    user_id = _self(actor)
    async with transaction(database) as session:
        user = await session.get_one(User, user_id)
        who = await _who(session, user, client)
        await lockout.check(session, **who)
    if await passwords.verify(user.password_hash, password):
        async with transaction(database) as session:
            await lockout.succeeded(session, **who)
            return await _confirmed(session, actor, login.PASSWORD)
    async with transaction(database) as session:
        request_id = client.request_id
        await lockout.failed(session, **who, user_id=user_id, request_id=request_id)
        events.record(session, actor, "user.confirmation_refused", ("user", user_id))
        raise LogInRefused(_("This is not your password."))


async def by_code(database: Database, actor: Actor, code: str, client: Client) -> str:
    """The log-in's new secret. Raises `CodeRefused` (recorded, counted), `TooManyAttempts`."""
    async with transaction(database) as session:
        user = await session.get_one(User, _self(actor))
        is_known = (await _who(session, user, client))["is_known_device"]
        if not await login.is_right_code(session, user, code, client, is_known=is_known):
            raise CodeRefused(_("Wait for the next code of the app, or use a backup code."))
        return await _confirmed(session, actor, "code")


async def ask_passkey(session: AsyncSession, actor: Actor, rp: RelyingParty) -> tuple[str, str]:
    """Options for the browser as JSON, and the token that goes with its answer."""
    return await factors.passkeys.begin_authentication(session, user_id=_self(actor), rp=rp)


async def by_passkey(
    database: Database,
    actor: Actor,
    client: Client,
    *,
    pending_token: str,
    credential_json: str,
    rp: RelyingParty,
) -> str:
    """The log-in's new secret. Raises `PasskeyRefused`."""
    async with transaction(database) as session:
        user_id = await factors.passkeys.finish_authentication(
            session,
            pending_token=pending_token,
            credential_json=credential_json,
            rp=rp,
            ip=client.ip,
            request_id=client.request_id,
        )
        if user_id != actor.user_id:
            raise factors.PasskeyRefused(_("This is the passkey of somebody else."))
        return await _confirmed(session, actor, "passkey")


async def _confirmed(session: AsyncSession, actor: Actor, method: str) -> str:
    user_id = _self(actor)
    is_factor = method != login.PASSWORD
    if actor.session_id is None:
        raise Unauthenticated(_("Log in at a browser."))
    secret = await sessions.proven(session, actor.session_id, has_factor=is_factor)
    if secret is None:  # it was ended meanwhile
        raise Unauthenticated(_("Log in first."))
    changes = {"method": method}
    events.record(session, actor, "user.confirmed", ("user", user_id), changes=changes)
    return secret


async def _who(session: AsyncSession, user: User, client: Client) -> lockout.Who:
    device = await find(session, user.id, client.device_secret)
    return {"account": user.email, "ip": client.ip, "is_known_device": device is not None}


def _self(actor: Actor) -> UUID:
    if actor.user_id is None:
        raise Unauthenticated(_("Log in as a person."))
    return actor.user_id
