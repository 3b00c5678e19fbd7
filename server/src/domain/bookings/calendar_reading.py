"""Reading calendars: many resources over a range, in two statements whatever their number."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import Actor, Permission, resource_scope
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain import resources
from src.domain.bookings import holds, policy, repository
from src.domain.bookings.calendar_views import (
    Calendar,
    CalendarGroup,
    CalendarResource,
    CalendarRules,
    Entry,
    Interval,
    Occupancy,
)
from src.domain.bookings.errors import BadRange
from src.domain.bookings.repository import Whole
from src.domain.bookings.rules import HELD
from src.domain.bookings.tables import Booking, Status
from src.domain.resources.errors import ResourceNotFound
from src.domain.resources.tables import ResourceState, Unit

LONGEST = timedelta(days=100)
_ON_CALENDARS = (*sorted(HELD), Status.COMPLETED)
_BOOKABLE = (ResourceState.AVAILABLE, ResourceState.DEGRADED)

Selection = resources.selecting.Selection
Terms = resources.terms.Terms
Window = resources.hours.Window


@dataclass(frozen=True, slots=True)
class CalendarRows:
    """The resources of a calendar over a range, in the order they are shown."""

    range_: Window
    terms: Mapping[UUID, Terms]
    versions: Mapping[UUID, tuple[Any, ...]]
    groups: Mapping[UUID, CalendarGroup] = field(default_factory=dict)
    total: int | None = None


async def calendar(
    session: AsyncSession,
    actor: Actor,
    *,
    resource_ids: Collection[UUID] | None = None,
    selection: Selection | None = None,
    from_: datetime,
    to: datetime,
) -> Calendar:
    """What is on resources (None: on all that are not retired) in [from_, to), in two statements.

    Others' bookings read "Booked" unless the actor may see more. Raises `BadRange` (to after
    from_, at most 100 days), `ResourceNotFound`.
    """
    rows = await calendar_rows(
        session, actor, resource_ids=resource_ids, selection=selection, from_=from_, to=to
    )
    return await calendar_of(session, actor, rows)


async def own(session: AsyncSession, actor: Actor, *, from_: datetime, to: datetime) -> Calendar:
    """The actor's own bookings in [from_, to), made by them or for them, wherever they are.

    In three statements. Raises `BadRange`.
    """
    range_ = _range(from_, to)
    theirs = or_(Booking.booked_for == actor.user_id, Booking.booked_by == actor.user_id)
    on = select(Booking.resource_id).where(
        theirs, Booking.status.in_(_ON_CALENDARS), repository.touches(range_)
    )
    ids = list(await session.scalars(on.distinct()))
    rows = await calendar_rows(session, actor, resource_ids=ids, from_=from_, to=to)
    found = await calendar_of(session, actor, rows)
    return replace(found, entries=tuple(one for one in found.entries if one.is_own))


async def calendar_rows(
    session: AsyncSession,
    actor: Actor,
    *,
    resource_ids: Collection[UUID] | None = None,
    selection: Selection | None = None,
    from_: datetime,
    to: datetime,
) -> CalendarRows:
    """The first half of `calendar`: its rows with their versions, before any booking is read.

    A page past the last is empty.
    """
    range_ = _range(from_, to)
    selection = selection or Selection(resource_ids=resource_ids or ())
    if resource_ids is not None and not resource_ids:
        return CalendarRows(range_, {}, {})
    statement = resources.selecting.statement(actor, selection, around=range_)
    rows = (await session.execute(statement)).all()
    all_terms = {terms.resource_id: terms for terms in map(resources.terms.of, rows)}
    is_narrowed = selection.type_ids or selection.location_ids or selection.q or selection.page
    if not is_narrowed and set(selection.resource_ids) - all_terms.keys():
        raise ResourceNotFound(_("Choose one from the list of resources."))
    return CalendarRows(
        range_,
        all_terms,
        {row.id: resources.selecting.version(row) for row in rows},
        {row.id: _group(row) for row in rows} if selection.group else {},
        (rows[0].total if rows else 0) if selection.page else None,
    )


async def calendar_of(session: AsyncSession, actor: Actor, rows: CalendarRows) -> Calendar:
    """The second half of `calendar`: the bookings and closures on those rows."""
    range_, all_terms, now = rows.range_, rows.terms, clock.now()
    found = await repository.find(session, _shown(actor, rows, now)) if all_terms else []
    entries = [*_bookings(actor, found, now), *_blocks(all_terms, found, range_)]
    return Calendar(
        range_.starts_at,
        range_.ends_at,
        tuple(_row(actor, terms, rows) for terms in all_terms.values()),
        tuple(sorted(entries, key=lambda entry: (entry.starts_at, entry.unit, entry.ends_at))),
        tuple({group.id: group for group in rows.groups.values()}.values()),
        rows.total,
    )


async def occupancy(
    session: AsyncSession, actor: Actor, rows: CalendarRows, *, spans: Sequence[Window]
) -> dict[UUID, list[Occupancy]]:
    """How full each resource is in each of the spans, which follow one another. One statement."""
    found: dict[UUID, list[Window]] = {id_: [] for id_ in rows.terms}
    wanted = (
        select(Booking.resource_id, Booking.starts_at, Booking.ends_at)
        .join(Unit, Unit.id == Booking.unit_id)
        .where(_shown(actor, rows, clock.now()), Unit.is_active)
    )
    if rows.terms:
        for id_, starts_at, ends_at in await session.execute(wanted):
            found[id_].append(Window(starts_at, ends_at))
    return {id_: _filled(terms, found[id_], spans) for id_, terms in rows.terms.items()}


def _filled(terms: Terms, booked: Iterable[Window], spans: Sequence[Window]) -> list[Occupancy]:
    units = sum(unit.is_active for unit in terms.units)
    filled = []
    for span in spans:
        opened = resources.hours.open_windows(terms.hours, terms.zone, span)
        left = [
            part
            for window in opened
            for part in resources.hours.without(window, [c.window for c in terms.closures])
        ]
        minutes = round(sum(part.minutes for part in left) * units)
        filled.append(Occupancy(open=minutes, is_closed=bool(opened) and not left))
    for window in booked:
        for place, span in enumerate(spans):
            if window.overlaps(span):
                starts = max(window.starts_at, span.starts_at)
                shared = Window(starts, min(window.ends_at, span.ends_at)).minutes
                one = filled[place]
                filled[place] = replace(
                    one, booked=one.booked + round(shared), bookings=one.bookings + 1
                )
    return filled


def _shown(actor: Actor, rows: CalendarRows, now: datetime) -> ColumnElement[bool]:
    """Bookings that stand on these calendars, as far as the actor may know of them."""
    return and_(
        Booking.resource_id.in_(rows.terms),
        Booking.status.in_(_ON_CALENDARS),
        repository.is_live(now),
        repository.touches(rows.range_),
        policy.on_calendar(actor),
    )


def _range(from_: datetime, to: datetime) -> Window:
    if not timedelta(0) < to - from_ <= LONGEST:
        detail = _(
            "The end must be after the start, by at most %(longest)s days.", longest=LONGEST.days
        )
        raise BadRange(detail, errors=(FieldError(("to",), "bad-range", detail),))
    return Window(from_, to)


def _group(row: Any) -> CalendarGroup:  # noqa: ANN401 - a row of `selecting.statement`
    return CalendarGroup(row.group_id, resources.selecting.group_name(row.group_name))


def _row(actor: Actor, terms: Terms, rows: CalendarRows) -> CalendarResource:
    parts = resources.hours.open_windows(terms.hours, terms.zone, rows.range_)
    group, limits = rows.groups.get(terms.resource_id), terms.policy
    may_book = actor.may(Permission.BOOKINGS_CREATE, resource_scope(terms.resource_id))
    return CalendarResource(
        id=terms.resource_id,
        name=terms.name,
        timezone=terms.timezone,
        type_id=terms.type_id,
        location_id=terms.location_id,
        state=terms.state.value,
        state_reason=terms.state_reason,
        units=terms.unit_numbers,
        open=tuple(Interval(part.starts_at, part.ends_at) for part in parts),
        slot_minutes=limits.slot_minutes,
        calendar_version=terms.calendar_version,
        group_id=group.id if group else None,
        is_bookable=may_book and terms.state in _BOOKABLE,
        rules=CalendarRules(
            min_minutes=limits.min_minutes,
            max_minutes=limits.max_minutes,
            earliest_minutes=limits.earliest_minutes,
            latest_minutes=limits.latest_minutes,
            buffer_before_minutes=limits.buffer_before_minutes,
            buffer_after_minutes=limits.buffer_after_minutes,
            is_approval_required=limits.is_approval_required,
        ),
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
            booking_id=view.id if view.allowed or not view.is_masked else None,
            status=view.status,
            version=view.version,
            person=view.booked_for.name if view.booked_for else None,
            buffer_before=each.booking.buffer_before,
            buffer_after=each.booking.buffer_after,
            is_own=policy.is_own(actor, each.booking),
            is_masked=view.is_masked,
            allowed=view.allowed,
        )


def _blocks(
    all_terms: Mapping[UUID, Terms], found: Collection[Whole], range_: Window
) -> Iterator[Entry]:
    """Closures on every unit, cut around the bookings that are kept, as their holds are."""
    kept: dict[tuple[UUID, int], list[Window]] = {}
    for each in found:
        place = (each.booking.resource_id, each.unit)
        kept.setdefault(place, []).append(holds.held(each.booking))
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
