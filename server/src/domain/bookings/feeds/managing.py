"""A person's calendar addresses: made, named, renewed and revoked by the person alone.

The secret in an address is told once, when it is made; what is kept is its SHA-256.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, ids
from src.core.actor import Actor, Permission, resource_scope, team_scope
from src.core.crypto import hash_of
from src.core.errors import FieldError, PreconditionFailed
from src.core.language import gettext as _
from src.domain import accounts, resources
from src.domain.accounts.tables import Team, User
from src.domain.bookings.feeds.errors import BadFeed, FeedNotFound, TooManyFeeds
from src.domain.bookings.feeds.views import FeedView, NewFeed
from src.domain.bookings.tables import CalendarFeed, FeedKind
from src.domain.resources.tables import Resource

MOST = 50
_LONGEST = 120
_HINT = 4
LISTED = timedelta(days=30)  # one that was revoked, to look up what it was


@dataclass(frozen=True, slots=True)
class FeedWish:
    """A calendar address somebody would like to have; a person's own calendar needs no subject."""

    kind: FeedKind
    subject_id: UUID | None = None
    name: str = ""


async def list_(session: AsyncSession, actor: Actor) -> list[FeedView]:
    """The actor's own addresses, the newest first; those revoked for a month yet. One statement."""
    is_listed = or_(
        CalendarFeed.revoked_at.is_(None), CalendarFeed.revoked_at > clock.now() - LISTED
    )
    wanted = with_names().where(CalendarFeed.owner_id == actor.user_id, is_listed)
    rows = await session.execute(wanted.order_by(CalendarFeed.id.desc()))
    return [_view(actor, *row) for row in rows]


async def get(session: AsyncSession, actor: Actor, feed_id: UUID) -> FeedView:
    """One of the actor's own. Raises `FeedNotFound`, for other people's too."""
    return _view(actor, *(await _own(session, actor, feed_id)))


async def create(session: AsyncSession, actor: Actor, *, wish: FeedWish) -> NewFeed:
    """A new address. Raises `PersonOnly`, `BadFeed`, `TooManyFeeds`."""
    owner_id = accounts.restricting.require_person(actor)
    standing = (CalendarFeed.owner_id == owner_id, CalendarFeed.revoked_at.is_(None))
    count = select(func.count()).select_from(CalendarFeed).where(*standing)
    if (await session.scalar(count) or 0) >= MOST:
        raise TooManyFeeds(_("Revoke one first; %(most)s are the most.", most=MOST))
    subject_id = wish.subject_id
    if wish.kind is FeedKind.PERSON:
        subject_id = subject_id or owner_id
    if subject_id is None:
        raise _bad("subject_id", "missing", _("Say whose calendar it shall be."))
    token = secrets.token_urlsafe(32)
    feed = CalendarFeed(
        id=ids.new(),
        owner_id=owner_id,
        name=checked_name(wish.name),
        kind=wish.kind,
        subject_id=subject_id,
        token_hash=hash_of(token),
        hint=token[-_HINT:],
    )
    session.add(feed)
    await session.flush()
    view = await get(session, actor, feed.id)
    if view.subject is None:
        detail = _("Choose a person, a team or a resource whose calendar you may see.")
        raise _bad("subject_id", "unknown-subject", detail)
    _record(session, actor, feed, "calendar_feed.created")
    return NewFeed(view, token)


async def rename(
    session: AsyncSession,
    actor: Actor,
    feed_id: UUID,
    *,
    name: str,
    expected_version: int | None = None,
) -> FeedView:
    """Call it otherwise. Raises `FeedNotFound`, `BadFeed`, `PreconditionFailed`."""
    feed, *names = await _own(session, actor, feed_id, is_alive=True)
    if expected_version is not None and feed.version != expected_version:
        raise PreconditionFailed(_("Read the address again, then repeat the change."))
    feed.name = checked_name(name)
    await session.flush()
    return _view(actor, feed, *names)


async def renew(session: AsyncSession, actor: Actor, feed_id: UUID) -> NewFeed:
    """Give it another secret: the address there was leads nowhere from now on.

    Raises `FeedNotFound`, `PersonOnly`.
    """
    accounts.restricting.require_person(actor)
    feed, *names = await _own(session, actor, feed_id, is_alive=True)
    token = secrets.token_urlsafe(32)
    feed.token_hash, feed.hint, feed.last_used_at = hash_of(token), token[-_HINT:], None
    _record(session, actor, feed, "calendar_feed.renewed")
    await session.flush()
    return NewFeed(_view(actor, feed, *names), token)


async def revoke(session: AsyncSession, actor: Actor, feed_id: UUID) -> None:
    """End it at once. Raises `FeedNotFound`; what has ended already stays so."""
    feed, *_names = await _own(session, actor, feed_id)
    if feed.revoked_at is None:
        feed.revoked_at = clock.now()
        _record(session, actor, feed, "calendar_feed.revoked")
        await session.flush()


def may_see(actor: Actor, kind: FeedKind, subject_id: UUID) -> bool:
    """Whether the actor may have the calendar of this at all; what of it, each booking decides."""
    if kind is FeedKind.PERSON:
        return subject_id == actor.user_id or actor.may(Permission.USERS_READ)
    if kind is FeedKind.TEAM:
        is_theirs = subject_id in actor.team_ids
        return is_theirs or actor.may(Permission.BOOKINGS_READ_DETAILS, team_scope(subject_id))
    scope = resource_scope(subject_id)
    return resources.access.may_see(actor, subject_id) and actor.may(
        Permission.BOOKINGS_READ, scope
    )


def with_names() -> Select[CalendarFeed, str | None, str | None, str | None]:
    """Addresses with the name of what each shows: of a person, of a team, of a resource."""
    of_kind = {kind: CalendarFeed.kind == kind for kind in FeedKind}
    is_there = User.erased_at.is_(None)
    subject = CalendarFeed.subject_id
    return (
        select(CalendarFeed, User.name, Team.name, Resource.name)
        .outerjoin(User, and_(of_kind[FeedKind.PERSON], User.id == subject, is_there))
        .outerjoin(Team, and_(of_kind[FeedKind.TEAM], Team.id == subject))
        .outerjoin(Resource, and_(of_kind[FeedKind.RESOURCE], Resource.id == subject))
    )


def checked_name(name: str) -> str:
    """A name on one line, or none. Raises `BadFeed`."""
    found = " ".join(name.split())
    if len(found) > _LONGEST:
        detail = _("At most %(most)s characters.", most=_LONGEST)
        raise _bad("name", "too-long-text", detail)
    return found


async def _own(
    session: AsyncSession, actor: Actor, feed_id: UUID, *, is_alive: bool = False
) -> tuple[CalendarFeed, Any, Any, Any]:
    wanted = with_names().where(CalendarFeed.id == feed_id)
    wanted = wanted.where(CalendarFeed.owner_id == actor.user_id)
    if is_alive:
        wanted = wanted.where(CalendarFeed.revoked_at.is_(None))
    row = (await session.execute(wanted)).one_or_none()
    if row is None:
        raise FeedNotFound(_("Choose one of your calendar addresses."))
    feed, person, team, resource = row
    return feed, person, team, resource


def subject_of(actor: Actor, feed: CalendarFeed, *names: str | None) -> str | None:
    """The name of what an address shows; None where that is gone, or the actor may not see it."""
    if not may_see(actor, feed.kind, feed.subject_id):
        return None
    return next((name for name in names if name is not None), None)


def _view(actor: Actor, feed: CalendarFeed, *names: str | None) -> FeedView:
    return FeedView(
        id=feed.id,
        name=feed.name,
        kind=feed.kind,
        subject_id=feed.subject_id,
        subject=subject_of(actor, feed, *names),
        hint=feed.hint,
        version=feed.version,
        created_at=feed.created_at,
        updated_at=feed.updated_at,
        revoked_at=feed.revoked_at,
        last_used_at=feed.last_used_at,
    )


def _record(session: AsyncSession, actor: Actor, feed: CalendarFeed, verb: str) -> None:
    changes = {"feed_id": feed.id, "kind": feed.kind, "subject_id": feed.subject_id}
    events.record(session, actor, verb, ("user", feed.owner_id), changes=changes)


def _bad(field: str, code: str, detail: str) -> BadFeed:
    return BadFeed(detail, errors=(FieldError((field,), code, detail),))
