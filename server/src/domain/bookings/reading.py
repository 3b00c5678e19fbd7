"""Reading bookings: one, lists, and calendars."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, func, or_
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import Actor
from src.core.errors import FieldError
from src.core.paging import Page, Paging, paginate, sorted_by
from src.domain import resources
from src.domain.bookings import changes, policy, repository
from src.domain.bookings.errors import BadRange, BookingNotFound
from src.domain.bookings.repository import Whole
from src.domain.bookings.rules import HELD
from src.domain.bookings.tables import Booking, Status
from src.domain.bookings.views import (
    BookingView,
    Calendar,
    CalendarResource,
    Entry,
    Interval,
)
from src.domain.resources.errors import ResourceNotFound
from src.domain.resources.tables import Resource, ResourceState

LONGEST = timedelta(days=100)
_ON_CALENDARS = (*sorted(HELD), Status.COMPLETED)

Window = resources.hours.Window


@dataclass(frozen=True, slots=True)
class Filter:
    """Which bookings. `from_` and `to` bound the time they touch; `mine`: made by me or for me."""

    resource_ids: Collection[UUID] = ()
    statuses: Collection[Status] = ()
    from_: datetime | None = None
    to: datetime | None = None
    mine: bool = False
    q: str | None = None


@dataclass(frozen=True, slots=True)
class CalendarRows:
    """The resources of a calendar over a range."""

    range_: Window
    terms: Mapping[UUID, resources.terms.Terms]

    @property
    def versions(self) -> dict[UUID, int]:
        """What each calendar counted when it was read."""
        return {id_: terms.calendar_version for id_, terms in self.terms.items()}


async def get(session: AsyncSession, actor: Actor, booking_id: UUID) -> BookingView:
    """One booking as the actor may see it. Raises `BookingNotFound`."""
    which = and_(Booking.id == booking_id, policy.visible(actor))
    found = await repository.find(session, which)
    if not found:
        raise BookingNotFound("Choose one from the list of bookings.")
    return repository.view(actor, found[0], now=clock.now())


async def list_(
    session: AsyncSession,
    actor: Actor,
    *,
    which: Filter | None = None,
    sort: str | None = None,
    paging: Paging | None = None,
) -> Page[BookingView]:
    """Bookings the actor may know of, by start unless `sort` says otherwise, in one statement.

    Sorts: starts_at, ends_at, created_at. Words (`q`) are looked for in what the actor may read
    only. Raises `BadSort`, `BadCursor`.
    """
    now, which = clock.now(), which or Filter()
    wanted = repository.whole().where(policy.visible(actor))
    if which.resource_ids:
        wanted = wanted.where(Booking.resource_id.in_(which.resource_ids))
    if which.statuses:
        wanted = wanted.where(repository.status_now(now).in_([s.value for s in which.statuses]))
    if which.from_ is not None:
        wanted = wanted.where(Booking.ends_at > which.from_)
    if which.to is not None:
        wanted = wanted.where(Booking.starts_at < which.to)
    if which.mine:
        own = or_(Booking.booked_by == actor.user_id, Booking.booked_for == actor.user_id)
        wanted = wanted.where(own)
    if which.q and which.q.strip():
        words = which.q.strip().lower()
        spoken = or_(
            func.lower(Booking.title).contains(words, autoescape=True),
            func.lower(Booking.notes).contains(words, autoescape=True),
            func.lower(Resource.name).contains(words, autoescape=True),
        )
        wanted = wanted.where(policy.readable(actor), spoken)
    columns = {
        "starts_at": Booking.starts_at,
        "ends_at": Booking.ends_at,
        "created_at": Booking.created_at,
    }
    keys = sorted_by(sort, columns, default="starts_at", unique=Booking.id)
    page = await paginate(session, wanted, keys=keys, paging=paging or Paging())
    return page.map(lambda row: repository.view(actor, repository.of(row), now=now))


async def calendar(
    session: AsyncSession,
    actor: Actor,
    *,
    resource_ids: Collection[UUID] | None = None,
    from_: datetime,
    to: datetime,
) -> Calendar:
    """What is on resources (None: on all that are not retired) in [from_, to), in two statements.

    Others' bookings read "Booked" unless the actor may see more. Raises `BadRange` (to after
    from_, at most 100 days), `ResourceNotFound`.
    """
    rows = await calendar_rows(session, actor, resource_ids=resource_ids, from_=from_, to=to)
    return await calendar_of(session, actor, rows)


async def calendar_rows(
    session: AsyncSession,
    actor: Actor,
    *,
    resource_ids: Collection[UUID] | None = None,
    from_: datetime,
    to: datetime,
) -> CalendarRows:
    """The first half of `calendar`: its rows with their versions, before any booking is read."""
    range_ = _range(from_, to)
    which = resources.access.visible(actor)
    if resource_ids is None:
        which = and_(which, Resource.state != ResourceState.RETIRED)
    else:
        which = and_(which, Resource.id.in_(resource_ids))
    rows = await session.execute(resources.terms.statement(which, around=range_))
    all_terms = {terms.resource_id: terms for terms in map(resources.terms.of, rows)}
    if resource_ids is not None and set(resource_ids) - all_terms.keys():
        raise ResourceNotFound("Choose one from the list of resources.")
    return CalendarRows(range_, all_terms)


async def calendar_of(session: AsyncSession, actor: Actor, rows: CalendarRows) -> Calendar:
    """The second half of `calendar`: the bookings and closures on those rows."""
    range_, all_terms, now = rows.range_, rows.terms, clock.now()
    found = await repository.find(
        session,
        and_(
            Booking.resource_id.in_(all_terms),
            Booking.status.in_(_ON_CALENDARS),
            repository.is_live(now),
            repository.touches(range_),
            policy.on_calendar(actor),
        ),
    )
    entries = [*_bookings(actor, found, now), *_blocks(all_terms, found, range_)]
    return Calendar(
        range_.starts_at,
        range_.ends_at,
        tuple(_row(terms, range_) for terms in all_terms.values()),
        tuple(sorted(entries, key=lambda entry: (entry.starts_at, entry.unit, entry.ends_at))),
    )


def _range(from_: datetime, to: datetime) -> Window:
    if not timedelta(0) < to - from_ <= LONGEST:
        detail = f"The end must be after the start, by at most {LONGEST.days} days."
        raise BadRange(detail, errors=(FieldError(("to",), "bad-range", detail),))
    return Window(from_, to)


def _row(terms: resources.terms.Terms, range_: Window) -> CalendarResource:
    parts = resources.hours.open_windows(terms.hours, terms.zone, range_)
    return CalendarResource(
        id=terms.resource_id,
        name=terms.name,
        timezone=terms.timezone,
        type_id=terms.type_id,
        location_id=terms.location_id,
        state=terms.state.value,
        state_reason=terms.state_reason,
        units=tuple(unit.number for unit in terms.units if unit.is_active),
        open=tuple(Interval(part.starts_at, part.ends_at) for part in parts),
        slot_minutes=terms.policy.slot_minutes,
        calendar_version=terms.calendar_version,
    )


def _bookings(actor: Actor, found: Collection[Whole], now: datetime) -> Iterator[Entry]:
    for each in found:
        view = repository.view(actor, each, now=now)
        yield Entry(
            "booking",
            view.resource.id,
            view.unit,
            view.starts_at,
            view.ends_at,
            view.title,
            booking=view,
        )


def _blocks(
    all_terms: Mapping[UUID, resources.terms.Terms], found: Collection[Whole], range_: Window
) -> Iterator[Entry]:
    """Closures on every unit, cut around the bookings that are kept, as their holds are."""
    kept: dict[tuple[UUID, int], list[Window]] = {}
    for each in found:
        place = (each.booking.resource_id, each.unit)
        kept.setdefault(place, []).append(changes.held(each.booking))
    for terms in all_terms.values():
        for closure in terms.closures:
            for unit in terms.units:
                if not unit.is_active:
                    continue
                around = kept.get((terms.resource_id, unit.number), ())
                for part in resources.hours.without(closure.window, around):
                    if part.overlaps(range_):
                        yield Entry(
                            "block",
                            terms.resource_id,
                            unit.number,
                            part.starts_at,
                            part.ends_at,
                            closure.reason,
                            closure_id=closure.id,
                        )
