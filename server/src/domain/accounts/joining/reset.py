"""A new password by a mailed link: for an hour, once, and everything open ends with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, language
from src.core.actor import Actor
from src.core.db import Database, reading, transaction
from src.domain.accounts import letters, login, password_change, passwords, repository
from src.domain.accounts.devices import Client
from src.domain.accounts.joining import links, mails, registration
from src.domain.accounts.joining.asking import Wish, ask
from src.domain.accounts.rules import checked_email
from src.domain.accounts.tables import Identity, MailedToken, MailPurpose, User, UserState

LIFETIME = timedelta(hours=1)


async def forgot(session: AsyncSession, *, email: str, client: Client) -> None:
    """Mail whoever has the address the way to a new password.

    The same happens here for an address nobody has. Raises `BadEmail`, `TooManyAttempts`.
    """
    await ask(session, Wish.RESET, checked_email(email), client)


async def answer(session: AsyncSession, actor: Actor, payload: Mapping[str, Any]) -> None:
    """A link for who has a password; for others what they can do. Who is suspended gets nothing."""
    user = await repository.user_by_email(session, payload["email"])
    if user is None or user.erased_at is not None:
        return
    if user.state is UserState.INVITED:
        await registration.send_again(session, user)
    if user.state is not UserState.ACTIVE:
        return
    events.record(session, actor, "user.password_reset_asked", ("user", user.id))
    wanted = select(Identity.provider).where(Identity.user_id == user.id).distinct()
    providers = sorted(await session.scalars(wanted)) if user.password_hash is None else []
    if providers:
        args = {"providers": language.format_list(providers, "or")}
        await letters.send(session, mails.LOGS_IN_ELSEWHERE, user_id=user.id, args=args)
        return
    await mail_link(session, user)


async def mail_link(session: AsyncSession, user: User) -> None:
    """A link to choose a new password with; those from before count no longer."""
    token_id = await letters.new_link(
        session, user.id, MailPurpose.RESET_PASSWORD, email=user.email, lifetime=LIFETIME
    )
    until = {"until_at": clock.now() + LIFETIME}
    await letters.send(session, mails.RESET, user_id=user.id, token_id=token_id, args=until)


async def look(session: AsyncSession, token: str) -> str:
    """Whose password it is, by address; the link is not used by that. Raises `LinkGone`."""
    _link, user = await _open(session, token)
    return user.email


async def reset(database: Database, token: str, *, password: str, client: Client) -> None:
    """Set the password. Every log-in, token and trust in a device ends; nobody is logged in by it.

    Raises `LinkGone`, `PasswordRefused`.
    """
    async with reading(database) as reads:
        _link, user = await _open(reads, token)
        former = await password_change.former_of(reads, user)
    about = (user.name, user.email)
    hashed = await passwords.new_hash(password, about=about, former=former)
    async with transaction(database) as session:
        link, user = await _open(session, token)
        await session.refresh(user, with_for_update=True)
        _require_able(link, user)
        await links.claim(session, link.id)
        user.email_verified_at = user.email_verified_at or clock.now()
        await session.flush()
        by = login.by(user, client)
        if not await password_change.store(session, by, user, hashed):
            raise links.gone()
        events.record(session, by, "user.password_reset", ("user", user.id))


async def _open(session: AsyncSession, token: str) -> tuple[MailedToken, User]:
    link, user = await links.found(session, token, MailPurpose.RESET_PASSWORD)
    _require_able(link, user)
    return link, user


def _require_able(link: MailedToken, user: User) -> None:
    if user.state is not UserState.ACTIVE or user.email != link.email:
        raise links.gone()
