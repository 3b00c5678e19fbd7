"""A key at work: whose it is, what it may, from where it came, and when it was last used.

Times of last use are collected in memory and written once a minute, like those of log-ins.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, networks
from src.core.actor import Actor, ActorKind
from src.core.crypto import BadToken, hash_of
from src.core.db import Database, ReadSession, reading, transaction
from src.core.language import gettext as _
from src.domain.accounts import letters, sessions
from src.domain.accounts.credentials import key_material, mails
from src.domain.accounts.credentials.errors import NotFromHere, SignatureRequired
from src.domain.accounts.credentials.restricting import narrow
from src.domain.accounts.tables import ApiKey, User, UserState

USED_EVERY = timedelta(seconds=60)
KNOWN = 30  # addresses remembered for each key
TOLD_EVERY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Found:
    """A key that counts, and who acts by it."""

    row: ApiKey
    actor: Actor


_used: dict[UUID, tuple[datetime, str | None]] = {}


async def actor_of_key(
    database: Database, key: str, *, ip: str | None = None, request_id: str | None = None
) -> Actor:
    """Who acts by a key. Raises `BadToken`, `SignatureRequired`, `NotFromHere` (recorded)."""
    prefix = key_material.prefix_of(key)
    if prefix is None:
        raise unknown_key()
    async with reading(database) as reads:
        found = await find(reads, prefix, ip=ip, request_id=request_id)
    given = hash_of(key)
    if not hmac.compare_digest(found.row.key_hash, given):
        raise unknown_key()
    if found.row.must_sign:
        raise SignatureRequired(_("Sign the request with the key's secret; see the documentation."))
    await note_use(database, found)
    return found.actor


async def find(
    session: ReadSession, prefix: str, *, ip: str | None, request_id: str | None
) -> Found:
    """The key of a prefix with its active person: one statement beside what they may do.

    Nothing is proved yet. Raises `BadToken`.
    """
    now = clock.now()
    row = (
        await session.execute(
            select(ApiKey, User)
            .join(User, User.id == ApiKey.user_id)
            .where(
                ApiKey.prefix == prefix,
                ApiKey.revoked_at.is_(None),
                or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now),
                User.state == UserState.ACTIVE,
            )
        )
    ).one_or_none()
    if row is None:
        raise unknown_key()
    key, user = row
    actor = await sessions.actor_of(
        session,
        user,
        credential_id=key.id,
        kind=ActorKind.API_KEY,
        ip=ip,
        request_id=request_id,
    )
    return Found(key, narrow(actor, key.permissions, key.scopes))


async def note_use(database: Database, found: Found) -> None:
    """Let a proved key in from where it came, and remember the use. Raises `NotFromHere`."""
    row, ip = found.row, found.actor.ip
    if row.addresses and not (ip and networks.is_within(ip, networks.networks(row.addresses))):
        await _refuse(database, found)
    now = clock.now()
    if row.last_used_at is None or now - row.last_used_at > USED_EVERY or row.last_used_ip != ip:
        _used[row.id] = (now, ip)
    if networks.group(ip) not in row.known_ips:
        async with transaction(database) as session:
            await _note_address(session, found, now)


async def _refuse(database: Database, found: Found) -> None:
    async with transaction(database) as session:
        record(session, found, "api_key.refused", reason="address")
        await session.flush()
        raise NotFromHere(_("Use it from an address on its list, or change the list."))


async def _note_address(session: AsyncSession, found: Found, now: datetime) -> None:
    group, key_id = networks.group(found.actor.ip), found.row.id
    row = await session.scalar(select(ApiKey).where(ApiKey.id == key_id).with_for_update())
    if row is None or group in row.known_ips:  # another request was first
        return
    is_told = row.told_at is None or now - row.told_at >= TOLD_EVERY
    # Neither the version nor the time of change is the owner's business here.
    values: dict[str, Any] = {
        "known_ips": [*row.known_ips, group][-KNOWN:],
        "updated_at": ApiKey.updated_at,
    }
    if is_told:
        values["told_at"] = now
    await session.execute(
        update(ApiKey)
        .where(ApiKey.id == key_id)
        .values(values)
        .execution_options(synchronize_session=False)
    )
    record(session, found, "api_key.new_address")
    if is_told:
        await letters.send(
            session,
            mails.NEW_ADDRESS,
            user_id=row.user_id,
            args={
                "key": f"{row.name} ({key_material.MARK}{row.prefix}…)",
                "ip": found.actor.ip or "",
            },
        )


def record(session: AsyncSession, found: Found, verb: str, **changes: str) -> None:
    """Write down what befell a key, for its owner to see."""
    events.record(
        session,
        found.actor,
        verb,
        ("user", found.row.user_id),
        changes={"api_key": found.row.id, **changes},
        personal={"name": found.row.name},
    )


async def flush_used(database: Database) -> int:
    """Write the collected times of last use in one short transaction; how many there were."""
    if not _used:
        return 0
    used = dict(_used)
    _used.clear()
    try:
        async with transaction(database) as session:
            table = ApiKey.__table__
            await (await session.connection()).execute(
                update(table)  # type: ignore[arg-type]  # a mapped class's Table
                .where(
                    table.c.id == bindparam("of"),
                    or_(table.c.last_used_at.is_(None), table.c.last_used_at < bindparam("at")),
                )
                .values(
                    last_used_at=bindparam("at"),
                    last_used_ip=bindparam("where"),
                    updated_at=table.c.updated_at,
                ),
                [{"of": key_id, "at": at, "where": ip} for key_id, (at, ip) in used.items()],
            )
    except BaseException:
        for key_id, use in used.items():
            _used.setdefault(key_id, use)
        raise
    return len(used)


def unknown_key() -> BadToken:
    """The one refusal of keys that do not count, whatever the reason."""
    return BadToken(_("The key is unknown, was revoked, or has expired."))
