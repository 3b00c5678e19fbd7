"""Links in mails that turn such mails off, without a log-in and for as long as the mail is kept.

A link holds whose it is, of which kind, and when it was written, sealed with the deployment's
secret: it tells nothing to whoever sees it, and no row keeps it. Once its owner has chosen anew,
links from before say nothing any more.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import Actor
from src.core.crypto import Keyring
from src.core.language import gettext as _
from src.domain import accounts
from src.domain.notifications import kinds, preferences, rendering
from src.domain.notifications.errors import UnsubscribeLinkForged, UnsubscribeLinkOver
from src.domain.notifications.tables import Mode

PURPOSE = "unsubscribe"
EVERY_DIGEST = "digest"  # in the place of a kind: all that comes in the letter of the day
PATH = "/unsubscribe/"
ONE_CLICK = "/api/v1/unsubscribe/"
PREFERENCES = "/me/notification-preferences"
_ID, _NAME, _TIME = 16, 8, 6  # bytes
_SIZE = _ID + _NAME + _TIME


@dataclass(frozen=True, slots=True)
class Link:
    """What a link says, once its seal was found to be ours."""

    user_id: UUID
    what: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a link would end. `words` are None for the letter of the day."""

    words: str | None
    is_off: bool


def ways(
    base_url: str, user_id: UUID, what: str | None, written_at: datetime | None = None
) -> accounts.post.Ways:
    """What stands at the foot of a mail: of a kind, of `EVERY_DIGEST`, or (None) of what is owed."""
    choose = f"{base_url}{PREFERENCES}"
    if what is None:
        return accounts.post.Ways(choose)
    link = Link(user_id, what, written_at or clock.now())
    token = sign(link, accounts.tokens.rules().keyring)
    return accounts.post.Ways(
        choose, turn_off=f"{base_url}{PATH}{token}", one_click=f"{base_url}{ONE_CLICK}{token}"
    )


def sign(link: Link, keyring: Keyring) -> str:
    """The link's secret part, URL-safe."""
    written = int(link.written_at.timestamp() * 1000).to_bytes(_TIME, "big")
    return keyring.seal(PURPOSE, link.user_id.bytes + _short(link.what) + written)


def read(token: str, keyring: Keyring) -> Link:
    """What a link says. Raises `UnsubscribeLinkForged`."""
    raw = keyring.unseal(PURPOSE, token)
    if raw is None or len(raw) != _SIZE:
        raise UnsubscribeLinkForged(_("Copy the link whole, or log in and choose there."))
    name, written = raw[_ID:-_TIME], int.from_bytes(raw[-_TIME:], "big")
    known = (one for one in (EVERY_DIGEST, *kinds.registered()) if _short(one) == name)
    what = next(known, None)
    if what is None:
        raise _nobodys()
    return Link(UUID(bytes=raw[:_ID]), what, datetime.fromtimestamp(written / 1000, UTC))


async def look(session: AsyncSession, token: str) -> Subscription:
    """What a link would end. Raises `UnsubscribeLinkForged`, `UnsubscribeLinkOver`."""
    link = read(token, accounts.tokens.rules().keyring)
    return Subscription(_words(link), is_off=not await _ended_by(session, link))


async def end(
    session: AsyncSession, token: str, *, ip: str | None = None, request_id: str | None = None
) -> Subscription:
    """Send no more such mails; the same again changes nothing.

    Raises `UnsubscribeLinkForged`, `UnsubscribeLinkOver`.
    """
    link = read(token, accounts.tokens.rules().keyring)
    by = Actor(user_id=link.user_id, ip=ip, request_id=request_id)
    names = await _ended_by(session, link)
    if names:
        await preferences.turn_off(session, by, link.user_id, names)
    return Subscription(_words(link), is_off=True)


def _words(link: Link) -> str | None:
    return None if link.what == EVERY_DIGEST else rendering.words(kinds.find(link.what))


async def _ended_by(session: AsyncSession, link: Link) -> list[str]:
    """The kinds of which a link ends the mails. Raises `UnsubscribeLinkOver`."""
    user = await session.get(accounts.User, link.user_id)
    if user is None or user.erased_at is not None:
        raise _nobodys()
    is_digest = link.what == EVERY_DIGEST
    names = list(kinds.registered()) if is_digest else [link.what]
    found = {
        name: chosen
        for name, chosen in (await preferences.mail_of(session, link.user_id, names)).items()
        if chosen.mode is Mode.DIGEST or (not is_digest and chosen.mode is Mode.IMMEDIATE)
    }
    meant = [
        name
        for name, chosen in found.items()
        if chosen.since is None or chosen.since <= link.written_at
    ]
    if found and not meant:
        raise UnsubscribeLinkOver(
            _("You have chosen anew since this mail was written; nothing was changed.")
        )
    return meant


def _nobodys() -> UnsubscribeLinkOver:
    return UnsubscribeLinkOver(_("Such mails are not sent any more."))


def _short(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()[:_NAME]
