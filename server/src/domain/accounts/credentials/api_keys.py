"""A person's keys for programs: made, changed, replaced and revoked by the person alone.

A key reads `alq_<prefix>_<secret>`. It is shown once, when it is made; the prefix stays to be seen,
and of the whole a SHA-256 is kept. What signs requests is another secret, kept encrypted, for the
server has to compute with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, ids
from src.core.actor import Actor
from src.core.errors import PreconditionFailed
from src.core.language import gettext as _
from src.domain.accounts import letters
from src.domain.accounts.credentials import key_material, mails, restricting
from src.domain.accounts.credentials.errors import (
    ApiKeyEnded,
    ApiKeyNotFound,
    TooManyApiKeys,
)
from src.domain.accounts.credentials.key_views import (
    KeyView,
    KeyWish,
    NewKey,
    bad,
    checked_addresses,
    checked_end,
    checked_name,
    view,
)
from src.domain.accounts.letters import LetterKind
from src.domain.accounts.tables import ApiKey

MOST_KEYS, MOST_OVERLAP = 50, 168
LISTED = timedelta(days=30)  # a key that has ended, to look up what it was


async def list_(session: AsyncSession, actor: Actor) -> list[KeyView]:
    """The actor's own keys, the newest first; those that ended for a month yet."""
    since = clock.now() - LISTED
    rows = await session.scalars(
        select(ApiKey)
        .where(
            ApiKey.user_id == actor.user_id,
            or_(ApiKey.revoked_at.is_(None), ApiKey.revoked_at > since),
            or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > since),
        )
        .order_by(ApiKey.id.desc())
    )
    return [view(row) for row in rows]


async def get(session: AsyncSession, actor: Actor, key_id: UUID) -> KeyView:
    """One of the actor's own. Raises `ApiKeyNotFound`, for other people's too."""
    return view(await _own(session, actor, key_id))


async def create(session: AsyncSession, actor: Actor, *, wish: KeyWish) -> NewKey:
    """A new key. Raises `PersonOnly`, `BadApiKey`, `BadScope`, `TooManyApiKeys`."""
    user_id = restricting.require_person(actor)
    now = clock.now()
    held = await session.scalar(
        select(func.count())
        .select_from(ApiKey)
        .where(
            ApiKey.user_id == user_id,
            ApiKey.revoked_at.is_(None),
            or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now),
        )
    )
    if (held or 0) >= MOST_KEYS:
        raise TooManyApiKeys(_("Revoke one first; %(most)s are the most.", most=MOST_KEYS))
    made = ApiKey(
        id=ids.new(),
        user_id=user_id,
        name=checked_name(wish.name),
        permissions=restricting.checked_permissions(actor, wish.permissions),
        scopes=await restricting.checked_scopes(session, wish.scopes),
        addresses=checked_addresses(wish.addresses),
        expires_at=checked_end(wish.expires_at),
        must_sign=wish.signing == "required",
        known_ips=[],
    )
    can_sign = wish.signing != "never"
    return await _stored(session, actor, made, "api_key.created", mails.KEY_MADE, can_sign=can_sign)


async def update(
    session: AsyncSession,
    actor: Actor,
    key_id: UUID,
    *,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> KeyView:
    """Change name, permissions, scopes, addresses, end, or (`must_sign`) whether it has to sign.

    Raises `PersonOnly`, `ApiKeyNotFound`, `ApiKeyEnded`, `PreconditionFailed`, `BadApiKey`,
    `BadScope`.
    """
    restricting.require_person(actor)
    row = await _own(session, actor, key_id)
    _require_alive(row)
    if expected_version is not None and row.version != expected_version:
        raise PreconditionFailed(_("Read the key again, then repeat the change."))
    checked = dict(changes)
    if "name" in checked:
        checked["name"] = checked_name(checked["name"])
    if "permissions" in checked:
        checked["permissions"] = restricting.checked_permissions(actor, checked["permissions"])
    if "scopes" in checked:
        checked["scopes"] = await restricting.checked_scopes(session, checked["scopes"])
    if "addresses" in checked:
        checked["addresses"] = checked_addresses(checked["addresses"])
    if "expires_at" in checked:
        checked["expires_at"] = checked_end(checked["expires_at"])
    if checked.get("must_sign") and row.signing_secret is None:
        detail = _("This key has no signing secret. Make one that signs.")
        raise bad("must_sign", "no-signing-secret", detail)
    done = {
        name: [getattr(row, name), value]
        for name, value in checked.items()
        if getattr(row, name) != value
    }
    for name, (_old, new) in done.items():
        setattr(row, name, new)
    if done:
        await session.flush()
        told = {name: change for name, change in done.items() if name not in ("name", "addresses")}
        _record(session, actor, row, "api_key.changed", {**told, "fields": sorted(done)})
    return view(row)


async def rotate(
    session: AsyncSession,
    actor: Actor,
    key_id: UUID,
    *,
    overlap_hours: int = 24,
    expires_at: datetime | None = None,
) -> NewKey:
    """A new key that may do the same; the old one ends after the overlap (0 to 168 hours).

    Without `expires_at` the new one lasts as long as the old was made for.
    Raises `PersonOnly`, `ApiKeyNotFound`, `ApiKeyEnded`, `BadApiKey`.
    """
    user_id = restricting.require_person(actor)
    old = await _own(session, actor, key_id, lock=True)
    _require_alive(old)
    if not 0 <= overlap_hours <= MOST_OVERLAP:
        detail = _("The old key may go on for 0 to %(most)s hours.", most=MOST_OVERLAP)
        raise bad("overlap_hours", "bad-overlap", detail)
    now = clock.now()
    if expires_at is not None:
        expires_at = checked_end(expires_at)
    elif old.expires_at is not None:
        expires_at = now + (old.expires_at - old.created_at)
    ends_at = now + timedelta(hours=overlap_hours)
    if old.expires_at is None or old.expires_at > ends_at:
        old.expires_at = ends_at
    made = ApiKey(
        id=ids.new(),
        user_id=user_id,
        name=old.name,
        permissions=old.permissions,
        scopes=old.scopes,
        addresses=list(old.addresses),
        expires_at=expires_at,
        must_sign=old.must_sign,
        known_ips=list(old.known_ips),
        replaces_id=old.id,
    )
    can_sign = old.signing_secret is not None
    ends = {"ends_at": old.expires_at}
    return await _stored(
        session, actor, made, "api_key.rotated", mails.KEY_REPLACED, ends, can_sign=can_sign
    )


async def revoke(session: AsyncSession, actor: Actor, key_id: UUID) -> None:
    """End a key at once; one that was revoked stays so. Raises `PersonOnly`, `ApiKeyNotFound`."""
    restricting.require_person(actor)
    row = await _own(session, actor, key_id, lock=True)
    if row.revoked_at is not None:
        return
    row.revoked_at = clock.now()
    await session.flush()
    _record(session, actor, row, "api_key.revoked")
    await _tell(session, actor, row, mails.KEY_REVOKED)


async def _stored(
    session: AsyncSession,
    actor: Actor,
    row: ApiKey,
    verb: str,
    letter: LetterKind,
    told: Mapping[str, Any] | None = None,
    *,
    can_sign: bool,
) -> NewKey:
    key, signing_secret = key_material.mint(row, can_sign=can_sign)
    session.add(row)
    await session.flush()
    made = view(row)
    about = {
        "permissions": made.permissions,
        "scopes": made.scopes,
        "signing": made.signing,
        "expires_at": made.expires_at,
        "replaces": made.replaces_id,
    }
    _record(session, actor, row, verb, about)
    await _tell(session, actor, row, letter, told)
    return NewKey(made, key, signing_secret)


def _record(
    session: AsyncSession,
    actor: Actor,
    row: ApiKey,
    verb: str,
    changes: Mapping[str, Any] | None = None,
) -> None:
    """Keys concern a person, and their names may say anything."""
    events.record(
        session,
        actor,
        verb,
        ("user", row.user_id),
        changes={"api_key": row.id, **(changes or {})},
        personal={"name": row.name},
    )


async def _tell(
    session: AsyncSession,
    actor: Actor,
    row: ApiKey,
    letter: LetterKind,
    told: Mapping[str, Any] | None = None,
) -> None:
    key = f"{row.name} ({key_material.MARK}{row.prefix}…)"
    args = {"key": key, "ip": actor.ip or "", **(told or {})}
    await letters.send(session, letter, user_id=row.user_id, args=args)


async def _own(session: AsyncSession, actor: Actor, key_id: UUID, *, lock: bool = False) -> ApiKey:
    wanted = select(ApiKey).where(ApiKey.id == key_id, ApiKey.user_id == actor.user_id)
    row = await session.scalar(wanted.with_for_update() if lock else wanted)
    if row is None:
        raise ApiKeyNotFound(_("None of your keys has this id."))
    return row


def _require_alive(row: ApiKey) -> None:
    if view(row).is_over:
        raise ApiKeyEnded(_("Make a new key instead."))
