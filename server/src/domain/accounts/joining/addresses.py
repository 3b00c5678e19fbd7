"""Another address to log in with: proved by a link to the new one, told to the old one.

The old one can take it back: at once while it is pending, and for a week after it. That ends every
log-in and the password, which whoever asked for the change must have known.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events
from src.core.actor import Actor
from src.core.db import Database, reading, savepoint, transaction
from src.core.errors import FieldError, Unauthenticated
from src.core.language import gettext as _
from src.domain.accounts import letters, login, password_change, repository
from src.domain.accounts.devices import Client
from src.domain.accounts.errors import BadEmail, EmailTaken, PasswordRefused
from src.domain.accounts.joining import closing, links, mails, reset
from src.domain.accounts.joining.asking import Wish, ask
from src.domain.accounts.joining.errors import NoPassword, OnlyInPerson
from src.domain.accounts.rules import checked_email
from src.domain.accounts.tables import MailedToken, MailPurpose, User, UserState

LIFETIME = timedelta(days=1)
REGRET = timedelta(days=7)


async def change(database: Database, actor: Actor, *, email: str, password: str) -> None:
    """Mail a link to the new address, and a word to the old one. Nothing is changed yet.

    The same happens here for an address somebody else has. Raises `PasswordRefused` (field
    `password`), `BadEmail`, `NoPassword`, `OnlyInPerson`, `TooManyAttempts`.
    """
    if actor.is_program:
        raise OnlyInPerson(_("Log in on the website to change your address."))
    async with reading(database) as reads:
        user = None if actor.user_id is None else await reads.get(User, actor.user_id)
    if user is None:
        raise Unauthenticated(_("Log in first."))
    if user.password_hash is None:
        raise NoPassword(_("Ask an administrator to change your address."))
    await _require_password(database, actor, user, password)
    address = checked_email(email)
    if address == user.email:
        detail = _("This is your address already.")
        raise BadEmail(detail, errors=(FieldError(("email",), "same-email", detail),))
    client = Client(actor.ip, actor.request_id)
    async with transaction(database) as session:
        await ask(session, Wish.CHANGE_EMAIL, address, client, user_id=str(user.id))


async def answer(session: AsyncSession, actor: Actor, payload: Mapping[str, Any]) -> None:
    """The link to the new address, unless it belongs to somebody: then a word to them."""
    user = await session.get(User, UUID(payload["user_id"]), with_for_update=True)
    if user is None or user.state is not UserState.ACTIVE or user.email == payload["email"]:
        return
    new = payload["email"]
    other = await repository.user_by_email(session, new)
    events.record(session, actor, "user.email_change_asked", ("user", user.id))
    if other is not None:
        if other.state is UserState.ACTIVE:
            await letters.send(session, mails.ADDRESS_WANTED, user_id=other.id)
        return
    proof = await letters.new_link(
        session, user.id, MailPurpose.CHANGE_EMAIL, email=new, lifetime=LIFETIME
    )
    until = {"until_at": clock.now() + LIFETIME}
    await letters.send(session, mails.PROVE_ADDRESS, user_id=user.id, token_id=proof, args=until)
    await _tell_old(session, mails.CHANGE_ASKED, user, user.email, new, LIFETIME + REGRET)


async def look(session: AsyncSession, token: str) -> str:
    """The address a link confirms; it is not used by that. Raises `LinkGone`."""
    link, _user = await links.found(session, token, MailPurpose.CHANGE_EMAIL)
    return link.email


async def confirm(session: AsyncSession, actor: Actor, token: str, *, client: Client) -> None:
    """Take over the new address. Raises `LinkGone`, also to somebody else, and `EmailTaken`."""
    link, user = await links.found(session, token, MailPurpose.CHANGE_EMAIL)
    await session.refresh(user, with_for_update=True)
    if user.state is not UserState.ACTIVE or actor.user_id not in (None, user.id):
        raise links.gone()
    await links.claim(session, link.id)
    old = user.email
    await _set(session, user, link.email)
    await _tell_old(session, mails.CHANGED, user, old, user.email, REGRET)
    _record(session, login.by(user, client), "user.email_changed", user, old)


async def look_back(session: AsyncSession, token: str) -> str:
    """The address a link takes back; it is not used by that. Raises `LinkGone`."""
    link, _user = await links.found(session, token, MailPurpose.RESTORE_EMAIL)
    return link.email


async def take_back(session: AsyncSession, token: str, *, client: Client) -> None:
    """End the change, or undo it ("that was not me"), and lock the account until a new password.

    The way to it is mailed to the old address. Raises `LinkGone`, `EmailTaken`.
    """
    link, user = await links.found(session, token, MailPurpose.RESTORE_EMAIL)
    await session.refresh(user, with_for_update=True)
    if user.state is not UserState.ACTIVE:
        raise links.gone()
    await links.claim(session, link.id)
    # What was asked for after this link is undone with it; what was asked before still counts.
    later = MailedToken.created_at >= link.created_at
    mine = MailedToken.user_id == user.id
    await session.execute(
        delete(MailedToken).where(mine, later, MailedToken.purpose == MailPurpose.RESTORE_EMAIL)
    )
    await session.execute(
        delete(MailedToken).where(mine, MailedToken.purpose == MailPurpose.CHANGE_EMAIL)
    )
    old = user.email
    await _set(session, user, link.email)
    await closing.lock(session, user, why="email-restored")
    await reset.mail_link(session, user)
    _record(session, login.by(user, client), "user.email_restored", user, old)


async def _require_password(database: Database, actor: Actor, user: User, password: str) -> None:
    if await password_change.is_own(database, actor, user, password):
        return
    detail = _("This is not your password.")
    raise PasswordRefused(detail, errors=(FieldError(("password",), "wrong-password", detail),))


async def _set(session: AsyncSession, user: User, email: str) -> None:
    try:
        async with savepoint(session):
            user.email, user.email_verified_at = email, clock.now()
            await session.flush()
    except IntegrityError as error:
        detail = _("Somebody else has this address by now. Ask an administrator.")
        raise EmailTaken(detail, errors=(FieldError(("email",), "email-taken", detail),)) from error


async def _tell_old(
    session: AsyncSession,
    kind: letters.LetterKind,
    user: User,
    old: str,
    new: str,
    lifetime: timedelta,
) -> None:
    regret = await letters.new_link(
        session,
        user.id,
        MailPurpose.RESTORE_EMAIL,
        email=old,
        lifetime=lifetime,
        keeps_others=True,
    )
    args = {"new": new, "until_at": clock.now() + lifetime}
    await letters.send(session, kind, user_id=user.id, token_id=regret, args=args)


def _record(session: AsyncSession, actor: Actor, verb: str, user: User, old: str) -> None:
    personal = {"email": [old, user.email]}
    events.record(session, actor, verb, ("user", user.id), personal=personal)
