"""Who failed too often waits: kept in the database, so that no flushed cache forgives anything.

    who = {"account": email, "ip": ip, "is_known_device": False}
    await lockout.check(session, **who)      before a secret is verified
    await lockout.failed(session, **who)     in the transaction that keeps the refusal
    await lockout.succeeded(session, **who)  in the transaction of the log-in

`account` is the address as typed, or another name of what is tried; `is_known_device` says that the
browser has logged in to this account before, and proved it.

The same is done, and said, for accounts that exist and for those that do not. The table holds keyed
hashes alone. `domain.accounts.delays` has the rules, decision 19 the reasons.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from base64 import urlsafe_b64encode
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypedDict
from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, networks
from src.core.actor import ANONYMOUS
from src.core.crypto import derive
from src.core.language import ngettext
from src.domain.accounts import delays
from src.domain.accounts.delays import Tally
from src.domain.accounts.errors import TooManyAttempts
from src.domain.accounts.rules import fold
from src.domain.accounts.tables import LogInFailure

BATCH = 5000  # rows a sweep removes at once
_MEMBER = 16  # letters of a hash that tell the members of a crowd apart
_LONGEST_ACCOUNT = 320


class Who(TypedDict):
    """The arguments that the three share."""

    account: str
    ip: str | None
    is_known_device: bool


class Purpose(StrEnum):
    """What was tried. Each is counted for itself."""

    LOG_IN = "log-in"  # a password, on a page or for a token
    FACTOR = "factor"  # a code, by somebody who knows the password
    RESET = "reset"  # a mail that was asked for: each one counts as a failure


# Whoever guesses codes has the password already. One code at a time is tried for the account,
# wherever from; the owner waits on new devices until they have changed the password.
_STRICT = frozenset({Purpose.FACTOR})


_key = derive("until configured", "lockout")


def configure(secret: str) -> None:
    """Set what the keys are hashed with."""
    global _key  # noqa: PLW0603 - one secret for the process
    _key = derive(secret, "lockout")


@dataclass(frozen=True, slots=True)
class _Keys:
    """Where an attempt is counted. A known device has a tally of its own, and no crowds."""

    pair: str
    account: str | None
    address: str | None
    as_account: str  # the member of the address's crowd
    as_address: str
    is_strict: bool

    @property
    def all(self) -> list[str]:
        """Every key, in the order rows are locked in."""
        return sorted(key for key in (self.pair, self.account, self.address) if key)


def _keys(purpose: Purpose, account: str, ip: str | None, *, is_known_device: bool) -> _Keys:
    account, group = fold(account)[:_LONGEST_ACCOUNT], networks.group(ip)

    def named(kind: str, *parts: str) -> str:
        return f"{purpose}:{kind}:{_hashed(purpose, kind, *parts)}"

    return _Keys(
        named("known" if is_known_device else "pair", account, group),
        None if is_known_device else named("account", account),
        None if is_known_device else named("address", group),
        _hashed("member", account)[:_MEMBER],
        _hashed("member", group)[:_MEMBER],
        purpose in _STRICT,
    )


def _hashed(*parts: str) -> str:
    message = "\x00".join(parts).encode(errors="surrogatepass")
    made = hmac.digest(_key, message, hashlib.sha256)
    return urlsafe_b64encode(made).rstrip(b"=").decode()


def pseudonym(account: str) -> str:
    """A name for the account as typed that tells nobody who it is, for counters elsewhere."""
    return _hashed("account", fold(account)[:_LONGEST_ACCOUNT])


async def check(
    session: AsyncSession,
    *,
    account: str,
    ip: str | None,
    is_known_device: bool = False,
    purpose: Purpose = Purpose.LOG_IN,
) -> None:
    """Let an attempt be made, or raise `TooManyAttempts` with the seconds to wait.

    Needs a writing transaction: who meets a wall is given a ticket, which the refusal keeps.
    """
    now, keys = clock.now(), _keys(purpose, account, ip, is_known_device=is_known_device)
    early = _wait(now, keys, await _read(session, keys.all))
    if early is None:
        return
    if early.is_new:
        row = (await _held(session, [keys.pair], now))[keys.pair]
        row.blocked_until, row.last_at = early.until, now
        await session.flush()
    raise _too_many(early.until - now)


async def failed(
    session: AsyncSession,
    *,
    account: str,
    ip: str | None,
    is_known_device: bool = False,
    purpose: Purpose = Purpose.LOG_IN,
    user_id: UUID | None = None,
    request_id: str | None = None,
) -> None:
    """Count a failure; a lock-out that begins with it is recorded.

    `user_id` (the account's owner, if it has one) and `request_id` are for the record alone.
    """
    now, keys = clock.now(), _keys(purpose, account, ip, is_known_device=is_known_device)
    rows = await _held(session, keys.all, now)
    before = {key: _tally(row) for key, row in rows.items()}
    pair = delays.counted(delays.PAIR, before[keys.pair], now)
    reached = {"pair": delays.is_reached(delays.PAIR, before[keys.pair], pair)}
    crowds: dict[str, Tally] = {}
    for kind, scale, key, member in (
        ("account", delays.ACCOUNT, keys.account, keys.as_address),
        ("address", delays.ADDRESS, keys.address, keys.as_account),
    ):
        if key is not None:
            crowds[key] = delays.counted(scale, before[key], now, member)
            reached[kind] = delays.is_reached(scale, before[key], crowds[key])
    for key, tally in {**crowds, keys.pair: delays.own_wait(pair, crowds.values())}.items():
        _write(rows[key], tally)
    for kind in (kind for kind, is_reached in reached.items() if is_reached):
        events.record(
            session,
            replace(ANONYMOUS, ip=ip, request_id=request_id),
            "security.locked_out",
            ("user", user_id),
            changes={"purpose": purpose.value, "by": kind},
            personal={"account": account[:_LONGEST_ACCOUNT]},
        )
    await session.flush()


async def succeeded(
    session: AsyncSession,
    *,
    account: str,
    ip: str | None,
    is_known_device: bool = False,
    purpose: Purpose = Purpose.LOG_IN,
) -> None:
    """Forget the failures of this account from this address.

    Asked once more, because a thousand attempts may be verified at once: raises `TooManyAttempts`
    where the others failed too often meanwhile.
    """
    now, keys = clock.now(), _keys(purpose, account, ip, is_known_device=is_known_device)
    rows = await _read(session, keys.all, is_to_change=True)
    if not rows:
        return
    early = _wait(now, keys, rows)
    if early is not None:
        raise _too_many(early.until - now)
    for key, row in rows.items():
        if key == keys.pair:
            await session.delete(row)
        else:
            member = keys.as_address if key == keys.account else keys.as_account
            _write(row, delays.forgiven(_tally(row), member))
    await session.flush()


async def sweep(session: AsyncSession) -> int:
    """Remove what is forgotten already; how many rows. At most a batch."""
    now = clock.now()
    memory = max(scale.memory for scale in (delays.PAIR, delays.ACCOUNT, delays.ADDRESS))
    old = (
        select(LogInFailure.key)
        .where(
            LogInFailure.last_at < now - memory,
            or_(LogInFailure.blocked_until.is_(None), LogInFailure.blocked_until < now),
        )
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    keys = (await session.scalars(old)).all()
    gone = delete(LogInFailure).where(LogInFailure.key.in_(keys)).returning(LogInFailure.key)
    return len((await session.scalars(gone)).all())


def _wait(now: datetime, keys: _Keys, rows: dict[str, LogInFailure]) -> delays.Wait | None:
    tallies = {key: _tally(row) for key, row in rows.items()}
    crowds = [tallies.get(key) for key in (keys.account, keys.address) if key is not None]
    return delays.wait(now, tallies.get(keys.pair), crowds, is_strict=keys.is_strict)


async def _read(
    session: AsyncSession, keys: list[str], *, is_to_change: bool = False
) -> dict[str, LogInFailure]:
    wanted = select(LogInFailure).where(LogInFailure.key.in_(keys)).order_by(LogInFailure.key)
    if is_to_change:
        wanted = wanted.with_for_update()
    found = await session.scalars(wanted.execution_options(populate_existing=True))
    return {row.key: row for row in found}


async def _held(session: AsyncSession, keys: list[str], now: datetime) -> dict[str, LogInFailure]:
    """The rows of the keys, made where they are not there, locked to the transaction's end."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    fresh = [
        {"key": key, "count": 0, "addresses": [], "first_at": now, "last_at": now} for key in keys
    ]
    await session.execute(insert(LogInFailure).values(fresh).on_conflict_do_nothing())
    return await _read(session, keys, is_to_change=True)


def _tally(row: LogInFailure) -> Tally:
    return Tally(row.count, tuple(row.addresses), row.first_at, row.last_at, row.blocked_until)


def _write(row: LogInFailure, tally: Tally) -> None:
    row.count, row.addresses = tally.count, list(tally.others)
    row.first_at, row.last_at = tally.first_at, tally.last_at
    row.blocked_until = tally.blocked_until


def _too_many(left: timedelta) -> TooManyAttempts:
    seconds = max(1, math.ceil(left.total_seconds()))
    return TooManyAttempts(
        ngettext(
            "Too many attempts failed. Wait a second, then try again.",
            "Too many attempts failed. Wait %(num)s seconds, then try again.",
            seconds,
        ),
        retry_after=seconds,
    )
