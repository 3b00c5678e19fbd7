"""Handing out calendars: by a secret address to whoever has it, or one booking to its reader."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import and_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from src.core import clock
from src.core.actor import Actor
from src.core.crypto import hash_of
from src.core.language import gettext as _
from src.domain import accounts
from src.domain.accounts.tables import User, UserState
from src.domain.bookings import repository
from src.domain.bookings.errors import BookingNotFound
from src.domain.bookings.feeds import managing, reading, use, writing
from src.domain.bookings.feeds.errors import FeedNotFound
from src.domain.bookings.feeds.reading import Shown
from src.domain.bookings.feeds.views import CalendarEvent
from src.domain.bookings.tables import Booking, CalendarFeed, FeedKind

_Owner = aliased(User)


@dataclass(frozen=True, slots=True)
class Opened:
    """An address that counts: what it shows to whom, and what the calendar is called."""

    feed: CalendarFeed
    shown: Shown
    name: str
    locale: str


def address(base_url: str, token: str) -> str:
    """The whole address of a calendar."""
    return f"{base_url}/calendar/{token}.ics"


async def open_(session: AsyncSession, token: str, *, base_url: str) -> Opened:
    """The calendar at an address, as whoever made it may see it at this moment.

    At most three statements. Raises `FeedNotFound`, whatever the reason.
    """
    wanted = (
        managing.with_names()
        .add_columns(_Owner)
        .join(_Owner, _Owner.id == CalendarFeed.owner_id)
        .where(
            CalendarFeed.token_hash == hash_of(token),
            CalendarFeed.revoked_at.is_(None),
            _Owner.state == UserState.ACTIVE,
        )
    )
    row = (await session.execute(wanted)).one_or_none()
    if row is None:
        raise _nothing()
    feed, *names, owner = row
    actor = await accounts.sessions.actor_of(session, owner, ip=None, request_id=None)
    subject = managing.subject_of(actor, feed, *names)
    if subject is None:
        raise _nothing()
    use.note(feed, clock.now())
    shown = Shown(feed.kind, feed.subject_id, actor, base_url, clock.now())
    locale = owner.locale or accounts.post.locale_of(owner, await accounts.institute(session))
    return Opened(feed, shown, feed.name or subject, locale)


async def version(session: AsyncSession, opened: Opened) -> tuple[Any, ...]:
    """What the text of the calendar depends on, in one statement more."""
    shown, owner = opened.shown, opened.shown.actor
    held = sorted(f"{name}{sorted(map(str, at))}" for name, at in owner.granted.items())
    teams = sorted(map(str, owner.team_ids))
    told = await reading.fingerprint(session, shown)
    return (opened.name, opened.locale, shown.window.starts_at, *held, *teams, *told)


async def text(session: AsyncSession, opened: Opened) -> bytes:
    """The calendar itself; it is written beside the loop."""
    events = await reading.read(session, opened.shown)
    return await asyncio.to_thread(writing.written, events, name=opened.name)


async def file(session: AsyncSession, actor: Actor, booking_id: UUID, *, base_url: str) -> bytes:
    """One booking as a file to be opened. Raises `BookingNotFound` where it may not be read."""
    return writing.single(await event(session, actor, booking_id, base_url=base_url))


async def event(
    session: AsyncSession, actor: Actor, booking_id: UUID, *, base_url: str
) -> CalendarEvent:
    """One booking as calendars show it. Raises `BookingNotFound` where it may not be read."""
    which = and_(Booking.id == booking_id, reading.readable_by(actor))
    found = await repository.find(session, which)
    if not found:
        raise BookingNotFound(_("Choose one from the list of bookings."))
    shown = Shown(FeedKind.PERSON, found[0].booking.booked_for, actor, base_url, clock.now())
    return await reading.one(session, shown, found[0])


def _nothing() -> FeedNotFound:
    return FeedNotFound(_("Ask whoever gave you this address for a new one."))
