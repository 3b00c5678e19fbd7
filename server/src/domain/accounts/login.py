"""Coming in: one proof for every door, then a session. Hashing happens between transactions.

proven = await login.prove(database, email=…, password=…, client=…)
if proven.needs_factor: `second_step` asks for it, `login.prove_factor` takes it at once
user = await login.accept(session, proven, client)
opened = await login.open_session(session, user, client, Proof(method, has_factor))
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events
from src.core.actor import ANONYMOUS, Actor
from src.core.db import Database, reading, transaction
from src.core.language import gettext as _
from src.domain.accounts import devices, facility, factors, lockout, passwords, repository, sessions
from src.domain.accounts.devices import Client
from src.domain.accounts.errors import CodeRefused, LogInRefused, SecondFactorRequired
from src.domain.accounts.lockout import Purpose
from src.domain.accounts.rules import fold
from src.domain.accounts.sessions import Proof
from src.domain.accounts.tables import KnownDevice, LoginSession, User, UserState

PASSWORD = "password"  # noqa: S105 - a way to log in


@dataclass(frozen=True, slots=True)
class Proven:
    """Whose password was right. `methods`: the second factors they have; `has_factor`: given one.

    A trusted device counts for one.
    """

    user_id: UUID
    email: str
    password_hash: str
    methods: frozenset[str]
    is_known: bool
    has_factor: bool = False

    @property
    def needs_factor(self) -> bool:
        """Whether the password alone opens nothing."""
        return bool(self.methods) and not self.has_factor


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that was opened: the secrets for the cookies of session and device."""

    secret: str
    device_secret: str
    user_id: UUID


@dataclass(frozen=True, slots=True)
class _Known:
    """What a password is checked against. `password_hash` None: nobody, or no password yet."""

    email: str
    user_id: UUID | None
    password_hash: str | None
    is_active: bool
    device: KnownDevice | None

    def attempt(self, client: Client) -> lockout.Who:
        """What lock-outs call it."""
        return _attempt(self.email, client, is_known=self.device is not None)


async def prove(database: Database, *, email: str, password: str, client: Client) -> Proven:
    """Check a password: every door asks here. What follows for a second factor is in the answer.

    For an unknown address and a suspended person the same work is done. Raises `LogInRefused`
    (recorded, counted) and `TooManyAttempts`.
    """
    async with transaction(database) as session:
        known = await _look_up(session, email, client)
        await lockout.check(session, **known.attempt(client))
    fits = await passwords.verify(known.password_hash, password)
    if not (fits and known.is_active and known.user_id and known.password_hash):
        async with transaction(database) as session:
            await _refuse(session, known, client)
        raise AssertionError("_refuse raises")
    renewed = await _rehashed(database, known, password)
    async with reading(database) as reads:
        methods = await factors.methods_of(reads, known.user_id)
    return Proven(
        known.user_id,
        known.email,
        renewed or known.password_hash,
        methods,
        is_known=known.device is not None,
        has_factor=bool(methods) and devices.is_trusted(known.device),
    )


async def prove_factor(database: Database, proven: Proven, code: str, client: Client) -> Proven:
    """Check the code of a program that sends it with the password.

    Raises `SecondFactorRequired` without a code, `CodeRefused` (recorded), `TooManyAttempts`.
    """
    if not code.strip():
        raise SecondFactorRequired(
            _("Send the code as `second_factor` too."), methods=sorted(proven.methods)
        )
    async with transaction(database) as session:
        user = await session.get_one(User, proven.user_id)
        if not await is_right_code(session, user, code, client, is_known=proven.is_known):
            raise CodeRefused(_("Send the code that the app shows now, or a backup code."))
    return replace(proven, has_factor=True)


async def is_right_code(
    session: AsyncSession, user: User, code: str, client: Client, *, is_known: bool
) -> bool:
    """Whether it is a code of the person's app or one of their backup codes; it is used up then.

    A wrong one is counted and recorded in this transaction, which the caller keeps. Raises
    `TooManyAttempts`.
    """
    who = _attempt(user.email, client, is_known=is_known)
    await lockout.check(session, **who, purpose=Purpose.FACTOR)
    is_right = await factors.totp.verify(session, user.id, code)
    is_right = is_right or await factors.backup_codes.verify(
        session, user.id, code, ip=client.ip, request_id=client.request_id
    )
    if is_right:
        await lockout.succeeded(session, **who, purpose=Purpose.FACTOR)
        return True
    await lockout.failed(
        session, **who, purpose=Purpose.FACTOR, user_id=user.id, request_id=client.request_id
    )
    events.record(session, unknown(client), "user.factor_refused", ("user", user.id))
    await session.flush()
    return False


async def accept(session: AsyncSession, proven: Proven, client: Client) -> User:
    """The person, locked to the transaction's end; their failures are forgotten.

    Raises `LogInRefused` where they were suspended or the password was changed meanwhile, and
    `SecondFactorRequired`, `TooManyAttempts`.
    """
    if proven.needs_factor:
        raise SecondFactorRequired(_("A code is needed too."), methods=sorted(proven.methods))
    return await still_right(session, proven, client)


async def still_right(session: AsyncSession, proven: Proven, client: Client) -> User:
    """As `accept`, for a person whose second factor is asked for next."""
    user = await locked(session, proven.user_id)
    if user is None or user.password_hash != proven.password_hash:
        known = await _look_up(session, proven.email, client)
        await _refuse(session, known, client)
        raise AssertionError("_refuse raises")
    await lockout.succeeded(session, **_attempt(proven.email, client, is_known=proven.is_known))
    return user


async def locked(session: AsyncSession, user_id: UUID) -> User | None:
    """An active person: log-ins, and changes of the password, wait for each other."""
    user = await session.get(
        User, user_id, with_for_update={"key_share": True}, populate_existing=True
    )
    return user if user is not None and user.state is UserState.ACTIVE else None


async def open_session(
    session: AsyncSession,
    user: User,
    client: Client,
    proof: Proof,
    *,
    trust: bool = False,
) -> Opened:
    """Write a log-in of a person who was `accept`ed or proved themselves otherwise (`locked`).

    The device is known from now on, trusted with `trust`. The oldest log-in makes room where the
    institute limits their number.
    """
    actor = by(user, client)
    device_id, device_secret = await devices.remember(session, user, actor, client, trust=trust)
    most = (await facility.read(session)).max_log_ins
    if most is not None and (ended := await sessions.make_room(session, user.id, most)):
        changes = {"ended": ended, "most": most}
        events.record(session, actor, "user.log_in_made_room", ("user", user.id), changes=changes)
    secret = sessions.begin(
        session,
        user.id,
        device=client.device,
        ip=client.ip,
        device_id=device_id,
        access_version=user.access_version,
        proof=proof,
    )
    events.record(
        session,
        actor,
        "user.logged_in",
        ("user", user.id),
        changes={"method": proof.method, "factor": proof.has_factor},
        personal={"device": client.device} if client.device else None,
    )
    await session.execute(
        update(User)
        .where(User.id == user.id)
        .values(last_log_in_at=clock.now(), updated_at=User.updated_at)
        .execution_options(synchronize_session=False)
    )
    await session.flush()
    return Opened(secret, device_secret, user.id)


async def open_proven(
    session: AsyncSession, proven: Proven, client: Client, *, trust: bool = False
) -> Opened:
    """Accept, and open a session for a browser. Raises as `accept` does."""
    user = await accept(session, proven, client)
    return await open_session(
        session, user, client, Proof(PASSWORD, proven.has_factor), trust=trust
    )


async def log_out(session: AsyncSession, actor: Actor) -> None:
    """End the actor's own log-in."""
    if actor.session_id is None:
        return
    await session.execute(delete(LoginSession).where(LoginSession.id == actor.session_id))
    events.record(session, actor, "user.logged_out", ("user", actor.user_id))


def by(user: User, client: Client) -> Actor:
    """The person as whoever does what is recorded."""
    return Actor(
        user_id=user.id,
        name=user.name,
        locale=user.locale,
        timezone=user.timezone,
        ip=client.ip,
        request_id=client.request_id,
    )


def unknown(client: Client) -> Actor:
    """Nobody in particular, at this address."""
    return replace(ANONYMOUS, ip=client.ip, request_id=client.request_id)


async def _look_up(session: AsyncSession, email: str, client: Client) -> _Known:
    """What is known of the address; for one nobody has, what fits nothing. The same statements."""
    folded = fold(email)
    user = await repository.user_by_email(session, folded)
    device = await devices.find(
        session, devices.NOBODY if user is None else user.id, client.device_secret
    )
    if user is None:
        return _Known(folded, None, None, is_active=False, device=None)
    is_active = user.state is UserState.ACTIVE
    return _Known(folded, user.id, user.password_hash, is_active, device)


async def _rehashed(database: Database, known: _Known, password: str) -> str | None:
    """The hash with the parameters of today, where it has others; stored."""
    if known.password_hash is None or not passwords.needs_rehash(known.password_hash):
        return None
    renewed = await passwords.make_hash(password)
    async with transaction(database) as session:
        await session.execute(
            update(User)
            .where(User.id == known.user_id, User.password_hash == known.password_hash)
            .values(password_hash=renewed, updated_at=User.updated_at)
        )
    return renewed


async def _refuse(session: AsyncSession, known: _Known, client: Client) -> None:
    """Record and count the failed attempt and raise `LogInRefused`; both are kept."""
    await lockout.failed(
        session,
        **known.attempt(client),
        user_id=known.user_id,
        request_id=client.request_id,
    )
    events.record(
        session,
        unknown(client),
        "user.log_in_refused",
        ("user", known.user_id),
        personal={"email": known.email[:320]},
    )
    await session.flush()
    raise LogInRefused(_("Check both and try again."))


def _attempt(email: str, client: Client, *, is_known: bool) -> lockout.Who:
    return {"account": email, "ip": client.ip, "is_known_device": is_known}
