"""Logging in and out. Hashing happens between short transactions, never inside one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events
from src.core.actor import ANONYMOUS, Actor
from src.core.db import Database, reading, transaction
from src.core.errors import FieldError, Unauthenticated
from src.core.language import gettext as _
from src.domain.accounts import passwords, repository, sessions
from src.domain.accounts.errors import LogInRefused, PasswordRefused
from src.domain.accounts.rules import fold
from src.domain.accounts.tables import LoginSession, User, UserState
from src.domain.accounts.users import UserView, view


@dataclass(frozen=True, slots=True)
class Client:
    """Where a log-in comes from."""

    ip: str | None = None
    request_id: str | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a password is checked against. `password_hash` None: nobody, or no password yet."""

    email: str
    user_id: UUID | None
    password_hash: str | None
    is_active: bool


@dataclass(frozen=True, slots=True)
class LogIn:
    """A log-in that was accepted: the cookie's secret, and who it is."""

    token: str
    user: UserView
    actor: Actor


async def credentials(session: AsyncSession, email: str) -> Credentials:
    """What is known of the address; for one nobody has, credentials that fit nothing."""
    folded = fold(email)
    user = await repository.user_by_email(session, folded)
    if user is None:
        return Credentials(folded, None, None, is_active=False)
    return Credentials(
        folded, user.id, user.password_hash, is_active=user.state is UserState.ACTIVE
    )


async def log_in(
    database: Database,
    *,
    email: str,
    password: str,
    device: str | None = None,
    ip: str | None = None,
    request_id: str | None = None,
) -> LogIn:
    """Check the password and open a log-in for a browser. Raises `LogInRefused`, recorded."""
    client = Client(ip, request_id, device)
    known = await _proven(database, email, password, client)
    async with transaction(database) as session:
        token = await open_session(session, known, client)
        return await _logged_in(session, token, client)


async def authenticate(
    database: Database,
    *,
    email: str,
    password: str,
    ip: str | None = None,
    request_id: str | None = None,
) -> UserView:
    """Check the password, for an access token; no browser log-in is made. Raises `LogInRefused`."""
    client = Client(ip, request_id)
    known = await _proven(database, email, password, client)
    async with transaction(database) as session:
        user = await _still_active(session, known, client)
        actor = _by(user, client)
        events.record(session, actor, "user.token_issued", ("user", user.id))
        return (await view(session, actor, [user]))[0]


async def open_session(session: AsyncSession, known: Credentials, client: Client) -> str:
    """Write a log-in for credentials whose password was verified; the cookie's secret.

    Raises `LogInRefused` where the person was suspended or the password changed meanwhile.
    """
    user = await _still_active(session, known, client)
    token = sessions.begin(session, user.id, device=client.device, ip=client.ip)
    events.record(
        session,
        _by(user, client),
        "user.logged_in",
        ("user", user.id),
        personal={"device": client.device} if client.device else None,
    )
    await session.flush()
    return token


async def refuse_login(session: AsyncSession, known: Credentials, client: Client) -> None:
    """Record the failed attempt and raise `LogInRefused`; the record is kept."""
    events.record(
        session,
        replace(ANONYMOUS, ip=client.ip, request_id=client.request_id),
        "user.log_in_refused",
        ("user", known.user_id),
        personal={"email": known.email[:320]},
    )
    await session.flush()
    raise LogInRefused(_("Check both and try again."))


async def log_out(session: AsyncSession, actor: Actor) -> None:
    """End the actor's own log-in."""
    if actor.session_id is None:
        return
    await session.execute(delete(LoginSession).where(LoginSession.id == actor.session_id))
    events.record(session, actor, "user.logged_out", ("user", actor.user_id))


async def change_password(database: Database, actor: Actor, *, current: str, new: str) -> None:
    """Change one's own password; one's other log-ins and all access tokens end.

    Raises `PasswordRefused` (field `current_password` or `new_password`).
    """
    async with reading(database) as reads:
        user = None if actor.user_id is None else await reads.get(User, actor.user_id)
    if user is None:
        raise Unauthenticated(_("Log in first."))
    if not await passwords.verify(user.password_hash, current):
        raise _wrong_current()
    made = await passwords.new_hash(new, about=(user.name, user.email), field="new_password")
    async with transaction(database) as session:
        changed = await session.execute(
            update(User)
            .where(User.id == user.id, User.password_hash == user.password_hash)
            .values(password_hash=made, password_changed_at=clock.now(), version=User.version + 1)
            .returning(User.id)
        )
        if changed.one_or_none() is None:
            raise _wrong_current()
        await sessions.end_all(session, user.id, but=actor.session_id)
        events.record(session, actor, "user.password_changed", ("user", user.id))


def _wrong_current() -> PasswordRefused:
    detail = _("This is not your current password.")
    return PasswordRefused(
        detail, errors=(FieldError(("current_password",), "wrong-password", detail),)
    )


async def _proven(database: Database, email: str, password: str, client: Client) -> Credentials:
    """The credentials, their password verified and its hash renewed where its parameters are old.

    For an unknown address and a suspended person the same work is done.
    """
    async with reading(database) as reads:
        known = await credentials(reads, email)
    fits = await passwords.verify(known.password_hash, password)
    if not (fits and known.is_active and known.user_id and known.password_hash):
        async with transaction(database) as session:
            await refuse_login(session, known, client)
    if known.password_hash and passwords.needs_rehash(known.password_hash):
        renewed = await passwords.make_hash(password)
        async with transaction(database) as session:
            await session.execute(
                update(User)
                .where(User.id == known.user_id, User.password_hash == known.password_hash)
                .values(password_hash=renewed, updated_at=User.updated_at)
            )
        known = replace(known, password_hash=renewed)
    return known


async def _still_active(session: AsyncSession, known: Credentials, client: Client) -> User:
    user = None
    if known.user_id is not None:
        # A password that is changed just now waits, and ends this log-in too.
        lock = {"key_share": True}
        user = await session.get(User, known.user_id, with_for_update=lock)
    if (
        user is None
        or user.state is not UserState.ACTIVE
        or user.password_hash != known.password_hash
    ):
        await refuse_login(session, known, client)
        raise AssertionError("refuse_login raises")
    return user


async def _logged_in(session: AsyncSession, token: str, client: Client) -> LogIn:
    actor = await sessions.actor_of_session(
        session, token, ip=client.ip, request_id=client.request_id
    )
    if actor is None or actor.user_id is None:
        raise LogInRefused(_("Check both and try again."))
    user = await session.get_one(User, actor.user_id)
    return LogIn(token, (await view(session, actor, [user]))[0], actor)


def _by(user: User, client: Client) -> Actor:
    return Actor(
        user_id=user.id,
        name=user.name,
        locale=user.locale,
        timezone=user.timezone,
        ip=client.ip,
        request_id=client.request_id,
    )
