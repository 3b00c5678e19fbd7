"""What a calendar elsewhere shows: bookings as its reader may see them, and closures.

In a bounded time: 90 days back, 400 ahead. What was called off is told for 30 days yet, because
programs that have it must hear of it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    not_,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.core.language import gettext as _
from src.domain import resources
from src.domain.accounts.tables import User
from src.domain.bookings import policy, repository, rules
from src.domain.bookings.feeds import writing
from src.domain.bookings.feeds.views import CalendarEvent, Party
from src.domain.bookings.repository import Whole
from src.domain.bookings.tables import Attendee, Booking, FeedKind, Response, Status
from src.domain.bookings.views import MASKED_TITLE
from src.domain.resources.tables import Closure, ClosureResource, Resource

BACK, AHEAD = timedelta(days=90), timedelta(days=400)
GONE_FOR = timedelta(days=30)
MOST = 5000  # the latest; more than that no calendar shows
_STANDING = (Status.REQUESTED, Status.CONFIRMED, Status.IN_USE, Status.COMPLETED)
_STATUS = {
    Status.REQUESTED: "TENTATIVE",
    Status.CONFIRMED: "CONFIRMED",
    Status.IN_USE: "CONFIRMED",
    Status.COMPLETED: "CONFIRMED",
}
_PARTSTAT = {
    Response.INVITED: "NEEDS-ACTION",
    Response.ACCEPTED: "ACCEPTED",
    Response.TENTATIVE: "TENTATIVE",
    Response.DECLINED: "DECLINED",
}

Window = resources.hours.Window


@dataclass(frozen=True, slots=True)
class Shown:
    """A calendar: of whom or what, for whom, and where links lead."""

    kind: FeedKind
    subject_id: UUID
    actor: Actor
    base_url: str
    now: datetime

    @property
    def window(self) -> Window:
        """The days that are told, whole ones, so that the answer is the same all day."""
        today = datetime.combine(self.now.date(), time(), self.now.tzinfo)
        return Window(today - BACK, today + AHEAD)

    @property
    def bookings(self) -> ColumnElement[bool]:
        """Which bookings it tells of. Others' are masked on a resource's, and absent elsewhere."""
        readable = readable_by(self.actor)
        stands = and_(Booking.status.in_(_STANDING), repository.is_live(self.now))
        is_gone = and_(not_(stands), readable, Booking.updated_at > self.now - GONE_FOR)
        if self.kind is FeedKind.RESOURCE:
            whose: ColumnElement[bool] = Booking.resource_id == self.subject_id
            stands = and_(stands, or_(readable, policy.on_calendar(self.actor)))
        elif self.kind is FeedKind.TEAM:
            whose = and_(Booking.team_id == self.subject_id, readable)
        else:
            is_there = or_(Booking.booked_for == self.subject_id, attended_by(self.subject_id))
            whose = and_(is_there, readable)
        return and_(whose, repository.touches(self.window), or_(stands, is_gone))


async def fingerprint(session: AsyncSession, shown: Shown) -> tuple[Any, ...]:
    """What the answer depends on, in one statement: it changes with any of it."""
    wanted = (
        select(
            func.count(),
            func.sum(Booking.version),
            func.max(Booking.updated_at),
            func.sum(case((repository.is_live(shown.now), 1), else_=0)),
            func.max(Resource.updated_at),
            func.max(User.updated_at),
            _answers(shown),
            _calendar(shown),
        )
        .select_from(Booking)
        .join(Resource, Resource.id == Booking.resource_id)
        .join(User, User.id == Booking.booked_for)
        .where(shown.bookings)
    )
    return tuple((await session.execute(wanted)).one())


def _answers(shown: Shown) -> ScalarSelect[Any]:
    """When somebody last was invited or answered, with how many that are."""
    at = func.max(func.coalesce(Attendee.responded_at, Attendee.added_at))
    of_these = Attendee.booking_id.in_(select(Booking.id).where(shown.bookings))
    told = func.coalesce(cast(at, String), "") + "/" + cast(func.count(), String)
    return select(told).where(of_these).scalar_subquery()


def _calendar(shown: Shown) -> ScalarSelect[Any]:
    """The version of a resource's calendar, which grows with its closures too."""
    return (
        select(Resource.calendar_version).where(Resource.id == shown.subject_id).scalar_subquery()
    )


async def read(session: AsyncSession, shown: Shown) -> list[CalendarEvent]:
    """The events of a calendar by time, in three statements; a resource's with its closures."""
    found, readable = await _found(session, shown)
    guests = await attendees(session, readable)
    places = await _places(session, {each.booking.resource_id for each in found})
    made = [
        event_of(
            each,
            shown,
            is_readable=each.booking.id in readable,
            place=places.get(each.booking.resource_id, ""),
            guests=guests.get(each.booking.id, ()),
        )
        for each in found
    ]
    if shown.kind is FeedKind.RESOURCE:
        made += await _closed(session, shown)
    return sorted(made, key=lambda event: (event.starts_at, event.uid))


async def one(session: AsyncSession, shown: Shown, found: Whole) -> CalendarEvent:
    """A booking its reader may read as an event, whatever its state and time. Two statements."""
    guests = await attendees(session, [found.booking.id])
    places = await _places(session, {found.booking.resource_id})
    return event_of(
        found,
        shown,
        is_readable=True,
        place=next(iter(places.values()), ""),
        guests=guests.get(found.booking.id, ()),
    )


async def _found(session: AsyncSession, shown: Shown) -> tuple[list[Whole], set[UUID]]:
    wanted = (
        repository.whole()
        .add_columns(readable_by(shown.actor))
        .where(shown.bookings)
        .order_by(Booking.starts_at.desc(), Booking.id)
        .limit(MOST)
    )
    found, readable = [], set()
    for *row, may_read in await session.execute(wanted):
        each = repository.of(row)
        found.append(each)
        if may_read:
            readable.add(each.booking.id)
    return found, readable


def readable_by(actor: Actor) -> ColumnElement[bool]:
    """Bookings of which a calendar tells the actor who and what: theirs to read, or to attend."""
    return or_(policy.readable(actor), attended_by(actor.user_id))


def attended_by(person_id: UUID | None) -> ColumnElement[bool]:
    """Bookings somebody was invited to and has not declined."""
    return exists().where(
        Attendee.booking_id == Booking.id,
        Attendee.user_id == person_id,
        Attendee.response != Response.DECLINED,
    )


async def attendees(
    session: AsyncSession, booking_ids: Collection[UUID]
) -> dict[UUID, tuple[Party, ...]]:
    """Who else takes part in bookings, by name, in one statement."""
    if not booking_ids:
        return {}
    rows = await session.execute(
        select(Attendee.booking_id, Attendee.user_id, User.name, Attendee.response)
        .join(User, User.id == Attendee.user_id)
        .where(Attendee.booking_id.in_(booking_ids))
        .order_by(User.name, User.id)
    )
    found: dict[UUID, tuple[Party, ...]] = {}
    for booking_id, user_id, name, response in rows:
        party = Party(user_id, name, _PARTSTAT[response])
        found[booking_id] = (*found.get(booking_id, ()), party)
    return found


async def _places(session: AsyncSession, resource_ids: Collection[UUID]) -> dict[UUID, str]:
    """Where each resource stands: the way down to it."""
    found = await resources.ways_to(session, resource_ids)
    return {id_: ", ".join(way) for id_, way in found.items()}


async def _closed(session: AsyncSession, shown: Shown) -> list[CalendarEvent]:
    window = shown.window
    is_on = exists().where(
        ClosureResource.closure_id == Closure.id, ClosureResource.resource_id == shown.subject_id
    )
    rows = await session.execute(
        select(Closure, Resource.name, Resource.timezone)
        .select_from(Resource)
        .join(Closure, or_(Closure.is_everything, is_on))
        .where(
            Resource.id == shown.subject_id,
            Closure.cancelled_at.is_(None),
            Closure.starts_at < window.ends_at,
            Closure.ends_at > window.starts_at,
        )
    )
    return [
        CalendarEvent(
            uid=f"{closure.id}.{shown.subject_id}@aliquot",
            sequence=closure.version,
            starts_at=closure.starts_at,
            ends_at=closure.ends_at,
            timezone=timezone,
            summary=_("Closed: %(reason)s", reason=closure.reason),
            status="CONFIRMED",
            created_at=closure.created_at,
            changed_at=closure.updated_at,
            location=name,
        )
        for closure, name, timezone in rows
    ]


def event_of(
    found: Whole, shown: Shown, *, is_readable: bool, place: str, guests: tuple[Party, ...]
) -> CalendarEvent:
    """A booking as an event; masked, it tells that the time is taken and no more."""
    booking, status = found.booking, rules.status_at(found.booking, shown.now)
    where = found.resource.name + (f", {place}" if place else "")
    state = _STATUS.get(status, "CANCELLED")
    event = CalendarEvent(
        uid=writing.uid(booking.id),
        # A request that has lapsed has no row written yet: it counts as one change more.
        sequence=booking.sequence + (status is not booking.status),
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        timezone=found.resource.timezone,
        summary=_(MASKED_TITLE),
        status=state,
        created_at=booking.created_at,
        changed_at=booking.updated_at,
        location=where,
    )
    if not is_readable:
        return event
    return replace(
        event,
        summary=_summary(found, shown.kind, state),
        description=booking.notes,
        url=f"{shown.base_url}/bookings/{booking.id}",
        organizer=Party(booking.booked_by, found.booked_by),
        attendees=(Party(booking.booked_for, found.booked_for), *guests),
        related=f"{booking.series_id}@aliquot" if booking.series_id else None,
    )


def _summary(found: Whole, kind: FeedKind, state: str) -> str:
    """What an event is called: on a resource's calendar by whom, elsewhere by what is booked.

    Its state is said too: many programs show what was called off as if it stood.
    """
    title, name = found.booking.title, found.resource.name
    first = found.booked_for if kind is FeedKind.RESOURCE else name
    said = f"{first}: {title}" if title else first
    if kind is FeedKind.TEAM:
        said = f"{said} ({found.booked_for})"
    if state == "TENTATIVE":
        return _("Requested: %(what)s", what=said)
    return _("Cancelled: %(what)s", what=said) if state == "CANCELLED" else said
