"""Browsers that somebody has logged in from, and those that no second factor is asked of.

The cookie holds one random secret for everybody who uses the browser; a row is found by the hash of
that secret and the person, so that a shared computer at a bench is known to each of them, trusted
by whom it may be, and tells nobody who else uses it.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, ids
from src.core.actor import Actor
from src.core.language import gettext as _
from src.core.language import mark
from src.domain.accounts import letters, repository
from src.domain.accounts.agents import device_name
from src.domain.accounts.errors import DeviceNotFound
from src.domain.accounts.rules import fold
from src.domain.accounts.tables import KnownDevice, LoginSession, User

KNOWN_FOR = timedelta(days=365)
TRUSTED_FOR = timedelta(days=30)
MOST = 50  # of one person; whoever clears cookies all the time leaves many behind
NOBODY = UUID(int=0)  # whose devices are looked for where there is no person
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)

NEW_DEVICE = letters.kind(
    "new-device",
    title=mark("New log-in to your account"),
    body=mark(
        "Somebody logged in to your account at %(institute)s from a device that we have not seen "
        "before. If it was you, there is nothing to do. If it was not, end that log-in, change "
        "your password, and tell your administrators."
    ),
    action=mark("See where you are logged in"),
    path="/me/sessions",
    facts=(
        (mark("Device"), "%(device)s"),
        (mark("Address"), "%(ip)s"),
        (mark("When"), "%(seen_at)s"),
    ),
)


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request comes from. `device`: what it calls itself; `device_secret`: its cookie."""

    ip: str | None = None
    request_id: str | None = None
    device: str | None = None
    device_secret: str | None = None


@dataclass(frozen=True, slots=True)
class DeviceView:
    """A browser as its owner sees it."""

    id: UUID
    device: str
    ip: str | None
    created_at: datetime
    last_used_at: datetime
    trusted_until: datetime | None


async def find(session: AsyncSession, user_id: UUID, secret: str | None) -> KnownDevice | None:
    """The person's row for the browser with this secret, if it is known."""
    if secret is None or not _SECRET.fullmatch(secret):
        return None
    return await session.scalar(
        select(KnownDevice).where(
            KnownDevice.token_hash == _hash_of(user_id, secret),
            KnownDevice.expires_at > clock.now(),
        )
    )


async def is_known(session: AsyncSession, account: str, secret: str) -> bool:
    """Whether the browser has logged in to the account (an address, or a person's id) before.

    The same work is done for an account that does not exist.
    """
    user = await repository.user_by_email(session, fold(account))
    user_id = user.id if user is not None else _id_of(account)
    return await find(session, user_id, secret) is not None


def is_trusted(device: KnownDevice | None) -> bool:
    """Whether no second factor is asked for there now."""
    return (
        device is not None
        and device.trusted_until is not None
        and device.trusted_until > clock.now()
    )


async def remember(
    session: AsyncSession, user: User, actor: Actor, client: Client, *, trust: bool = False
) -> tuple[UUID, str]:
    """Know the browser from now on; the row's id and the secret for its cookie.

    The person is mailed about one they have not used before, but for their very first. Lock them
    before: two log-ins of one browser at once are one device.
    """
    now, row = clock.now(), await find(session, user.id, client.device_secret)
    secret = client.device_secret or ""
    if row is None:
        # Also where the row is gone: who ended a device's trust wants to hear of it again.
        secret = secret if _SECRET.fullmatch(secret) else secrets.token_urlsafe(32)
        await session.execute(
            delete(KnownDevice).where(KnownDevice.token_hash == _hash_of(user.id, secret))
        )
        row = KnownDevice(
            id=ids.new(), user_id=user.id, token_hash=_hash_of(user.id, secret), created_at=now
        )
        await _tell(session, user, actor, client)
    row.device, row.ip = (client.device or "")[:200] or None, client.ip
    row.last_used_at, row.expires_at = now, now + KNOWN_FOR
    session.add(row)
    if trust:
        row.trusted_until = now + TRUSTED_FOR
        events.record(
            session, actor, "user.device_trusted", ("user", user.id), changes={"device": row.id}
        )
    await session.flush()
    await _forget_surplus(session, user.id)
    return row.id, secret


async def _tell(session: AsyncSession, user: User, actor: Actor, client: Client) -> None:
    if user.last_log_in_at is None:
        return
    called = device_name(client.device or "")
    events.record(
        session, actor, "user.new_device", ("user", user.id), personal={"device": client.device}
    )
    args = {"device": called, "ip": client.ip or _("unknown"), "seen_at": clock.now()}
    await letters.send(session, NEW_DEVICE, user_id=user.id, args=args)


async def _forget_surplus(session: AsyncSession, user_id: UUID) -> None:
    surplus = (
        select(KnownDevice.id)
        .where(KnownDevice.user_id == user_id)
        .order_by(KnownDevice.last_used_at.desc(), KnownDevice.id.desc())
        .offset(MOST)
    )
    await session.execute(delete(KnownDevice).where(KnownDevice.id.in_(surplus)))


async def list_(session: AsyncSession, actor: Actor) -> list[DeviceView]:
    """The actor's own devices that are known now: those trusted first, then the last used."""
    now = clock.now()
    wanted = (
        select(KnownDevice)
        .where(KnownDevice.user_id == actor.user_id, KnownDevice.expires_at > now)
        .order_by(KnownDevice.last_used_at.desc(), KnownDevice.id.desc())
    )
    rows = sorted(await session.scalars(wanted), key=lambda row: not is_trusted(row))
    return [
        DeviceView(
            row.id,
            row.device or "",
            row.ip,
            row.created_at,
            row.last_used_at,
            row.trusted_until if is_trusted(row) else None,
        )
        for row in rows
    ]


async def forget(session: AsyncSession, actor: Actor, device_id: UUID) -> None:
    """Forget one of the actor's own devices: its trust ends, and so do its log-ins but this one.

    Raises `DeviceNotFound`.
    """
    row = await session.scalar(
        select(KnownDevice).where(KnownDevice.id == device_id, KnownDevice.user_id == actor.user_id)
    )
    if row is None:
        raise DeviceNotFound(_("None of your devices has this id."))
    ended = delete(LoginSession).where(
        LoginSession.user_id == actor.user_id, LoginSession.device_id == device_id
    )
    if actor.session_id is not None:
        ended = ended.where(LoginSession.id != actor.session_id)
    await session.execute(ended)
    await session.execute(delete(KnownDevice).where(KnownDevice.id == device_id))
    events.record(
        session,
        actor,
        "user.device_forgotten",
        ("user", actor.user_id),
        changes={"device": device_id},
    )


async def forget_all(session: AsyncSession, user_id: UUID, *, but: UUID | None = None) -> None:
    """Forget all devices of a person but that of the log-in `but`; none is trusted any more."""
    others = KnownDevice.user_id == user_id
    wanted = delete(KnownDevice).where(others)
    if but is not None:
        of_log_in = select(LoginSession.device_id).where(
            LoginSession.id == but, LoginSession.device_id.is_not(None)
        )
        wanted = wanted.where(KnownDevice.id.not_in(of_log_in))
    await session.execute(wanted)
    await session.execute(update(KnownDevice).where(others).values(trusted_until=None))


async def sweep(session: AsyncSession) -> int:
    """Remove those not used for a year; how many."""
    gone = await session.scalars(
        delete(KnownDevice).where(KnownDevice.expires_at <= clock.now()).returning(KnownDevice.id)
    )
    return len(gone.all())


def _id_of(account: str) -> UUID:
    """The person whose id was given; else nobody's, so that the same is asked."""
    try:
        return UUID(account)
    except ValueError:
        return NOBODY


def _hash_of(user_id: UUID, secret: str) -> str:
    return hashlib.sha256(f"{user_id}:{secret}".encode()).hexdigest()
