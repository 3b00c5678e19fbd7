"""Finding a time: what is free and within all rules, over many resources in one go.

Three statements, however many resources there are and however long the time: the resources on
their terms, how the person stands to them, and what holds their units. The rest is arithmetic; the
rules are asked about the windows that come first, until there are enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, ids
from src.core.actor import Actor, Permission, resource_scope
from src.core.errors import FieldError, Unauthenticated
from src.core.language import gettext as _
from src.domain import resources
from src.domain.bookings import facts, quotas, repository, rooms
from src.domain.bookings.facts import Facts
from src.domain.bookings.rooms import Room
from src.domain.bookings.slots import disturbing, gaps
from src.domain.bookings.slots.errors import BadSearch
from src.domain.bookings.slots.views import Found, Sought
from src.domain.bookings.views import ResourceRef
from src.domain.resources.tables import Resource, ResourceState

Terms = resources.terms.Terms
Weekly = resources.hours.Weekly
Window = resources.hours.Window

REACH = timedelta(days=62)
MOST = 200
# So many windows are asked about at the most; whoever is refused more often than that narrows.
ASKED = 5_000
DAY_BEGINS, DAY_ENDS = time(6), time(22)
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_OPEN = (ResourceState.AVAILABLE, ResourceState.DEGRADED)
# No other time would do: the resource is left out at once.
_FOR_GOOD = frozenset({"no-units", "too-many-upcoming", "too-short", "too-long"})
_QUALIFICATION = "qualification-missing"


@dataclass(frozen=True, slots=True)
class _Place:
    """A resource on its terms, and what limits the person there."""

    terms: Terms
    upcoming: int
    limits: Sequence[quotas.facts.Limit]


@dataclass(frozen=True, slots=True)
class _Search:
    """What is looked for, where, and when that is."""

    sought: Sought
    span: Window
    now: datetime


@dataclass(frozen=True, slots=True)
class _Window:
    """A window in the room it was found in."""

    place: _Place
    room: Room
    window: Window


async def find(session: AsyncSession, actor: Actor, sought: Sought) -> list[Found]:
    """Times that are free and within all rules for the actor, in the order that was asked for.

    `earliest`: by start. `disturbance`: those first that break up the least (`disturbing`). Of
    each free stretch the earliest window is told, or the least disturbing. A length that does not
    fit a resource's grid is rounded up to it. Raises `BadSearch`, `Forbidden`.
    """
    if actor.user_id is None:
        raise Unauthenticated(_("Log in first: rules are about somebody."))
    now = clock.now()
    span = _span(sought, now)
    search = _Search(sought, span, now)
    places = await _places(session, actor, sought, span, now)
    if not places:
        return []
    person = await _person(session, actor, next(iter(places)), span, now)
    if sought.qualified_for_me:
        places = {id_: place for id_, place in places.items() if not _missing(place.terms, person)}
    free = await gaps.read(
        session, [place.terms for place in places.values()], span,
        least=sought.length_minutes, now=now,
    )  # fmt: skip
    allowed = {
        zone: _allowed(sought, zone, span)
        for zone in {place.terms.timezone for place in places.values()}
    }
    windows = [
        each
        for id_, place in places.items()
        for each in _windows(place, free[id_], allowed[place.terms.timezone], search)
    ]
    windows.sort(key=_order(sought))
    return list(_chosen(windows, actor, person, sought, now))


async def _places(
    session: AsyncSession, actor: Actor, sought: Sought, span: Window, now: datetime
) -> dict[UUID, _Place]:
    """The resources that could do, by id: those the actor may book, that are in service."""
    selection = resources.Selection(
        resource_ids=sought.resource_ids,
        type_ids=sought.type_ids,
        location_ids=sought.location_ids,
    )
    person_id = actor.user_id
    limits = quotas.facts.column(person_id, around=span)
    wanted = resources.selecting.statement(actor, selection, around=span).add_columns(
        Resource.tags,
        repository.upcoming(person_id, now=now).label("upcoming"),
        limits.label("limits"),
    )
    tags = {tag.casefold() for tag in sought.tags}
    return {
        row.id: _Place(resources.terms.of(row), row.upcoming, quotas.facts.limits(row.limits))
        for row in await session.execute(wanted)
        if row.state in _OPEN
        and tags <= {tag.casefold() for tag in row.tags}
        and actor.may(Permission.BOOKINGS_CREATE, resource_scope(row.id))
    }


async def _person(
    session: AsyncSession, actor: Actor, resource_id: UUID, span: Window, now: datetime
) -> Facts:
    """What the rules know of the person wherever they book; read once, not with every resource."""
    wanted = facts.columns(actor.user_id, around=span, now=now, with_names=True)
    rows = await session.execute(
        select(*wanted).select_from(Resource).where(Resource.id == resource_id)
    )
    return facts.of(rows.one())


def _windows(
    place: _Place,
    free: Mapping[int, Sequence[Window]],
    allowed: Sequence[Window],
    search: _Search,
) -> Iterator[_Window]:
    """The windows worth asking about: of each free piece, by day or at its ends."""
    terms, zone, sought = place.terms, place.terms.zone, search.sought
    slot = terms.policy.slot_minutes or 1
    minutes = sought.length_minutes + -sought.length_minutes % slot
    length = minutes * _MINUTE
    first, last = rooms.bounds(terms, search.now)
    begins = [part.starts_at for part in allowed]
    for room in rooms.rooms_in(terms, free, search.span, least=minutes):
        for piece in rooms.common(room.window, allowed, begins):
            starts = max(piece.starts_at, first)
            if piece.ends_at - starts < length or starts > last:
                continue
            starts, ends = rooms.up(starts, zone, slot), rooms.down(piece.ends_at, zone, slot)
            if ends - starts < length or starts > last:
                continue
            inner = Window(starts, min(ends, last + length))
            for window in _of_piece(inner, length, sought, zone):
                yield _Window(place, room, window)


def _of_piece(piece: Window, length: timedelta, sought: Sought, zone: ZoneInfo) -> Iterator[Window]:
    if sought.order == "disturbance":
        yield from disturbing.ends(piece, length)
        return
    yield Window(piece.starts_at, piece.starts_at + length)
    # Of days without end each has its own.
    starts = piece.starts_at if piece.minutes > 1440 else piece.ends_at
    while starts + length <= piece.ends_at:
        if starts > piece.starts_at:
            yield Window(starts, starts + length)
        day = starts.astimezone(zone).date() + _DAY
        starts = datetime.combine(day, time(), zone).astimezone(starts.tzinfo)


def _order(sought: Sought) -> Any:  # noqa: ANN401 - a key of `sort`
    def earliest(each: _Window) -> tuple[object, ...]:
        terms = each.place.terms
        return each.window.starts_at, terms.name, terms.resource_id, each.room.unit

    def least(each: _Window) -> tuple[object, ...]:
        return (*disturbing.key(each.room, each.window), *earliest(each)[1:])

    return least if sought.order == "disturbance" else earliest


def _chosen(
    windows: Sequence[_Window], actor: Actor, person: Facts, sought: Sought, now: datetime
) -> Iterator[Found]:
    """Those of the windows that all rules allow, as many as were asked for."""
    told: dict[UUID, list[Window]] = {}
    count = 0
    out: set[UUID] = set()
    for each in windows[:ASKED]:
        terms, window = each.place.terms, each.window
        own = told.setdefault(terms.resource_id, [])
        # Another unit's time a quarter of an hour later is no other choice.
        if terms.resource_id in out or any(window.overlaps(other) for other in own):
            continue
        against = _against(each, actor, person, now)
        if not sought.qualified_for_me:
            against = [one for one in against if one.code != _QUALIFICATION]
        if against:
            if _FOR_GOOD & {one.code for one in against}:
                out.add(terms.resource_id)
            continue
        own.append(window)
        yield _found(each, person)
        count += 1
        if count >= min(sought.limit, MOST):
            return


def _against(
    each: _Window, actor: Actor, person: Facts, now: datetime
) -> list[resources.rules.Violation]:
    terms, window = each.place.terms, each.window
    question = resources.rules.Question(
        window,
        now,
        each.room.unit,
        each.place.upcoming,
        taken=person.taken,
        held=person.held,
        names=person.names,
    )
    found = list(resources.rules.violations(terms, question))
    if each.place.limits:
        asked = quotas.facts.Asked(ids.new(), actor.user_id, window)
        standings = quotas.facts.standings([(asked, each.place.limits)])[asked.booking_id]
        found += quotas.rule.violations(standings)
    if terms.policy.is_approval_required and window.starts_at <= now:
        message = _("It needs approval: start later, so that somebody can decide before.")
        found.append(resources.rules.Violation("too-late", message, overridable=False))
    return found


def _found(each: _Window, person: Facts) -> Found:
    terms, window, room = each.place.terms, each.window, each.room
    return Found(
        ResourceRef(terms.resource_id, terms.name, terms.timezone),
        terms.type_id,
        room.unit,
        window.starts_at,
        window.ends_at,
        room.window.starts_at,
        room.window.ends_at,
        disturbing.of(room, window),
        "requested" if terms.policy.is_approval_required else "confirmed",
        tuple(_missing(terms, person)),
    )


def _missing(terms: Terms, person: Facts) -> list[str]:
    """The names of qualifications the resource asks for and the person has never had."""
    held = person.held or {}
    wanted = map(UUID, terms.policy.required_qualifications or ())
    return [
        person.names.get(id_) or _("a qualification that is no longer kept")
        for id_ in wanted
        if id_ not in held
    ]


def _allowed(sought: Sought, timezone: str, span: Window) -> list[Window]:
    """The parts of the time that count, by the clock of a place."""
    if sought.between is None and sought.nights and sought.weekends:
        return [span]
    begins, ends = sought.between or (DAY_BEGINS, DAY_ENDS)
    opens, closes = _minutes(begins), _minutes(ends) or 1440
    if sought.between is None and sought.nights:
        opens, closes = 0, 1440
    weekly = []
    for day in range(7 if sought.weekends else 5):
        if opens < closes:
            weekly.append(Weekly(day, opens, closes))
            continue
        weekly.append(Weekly(day, opens, 1440))
        if closes:
            weekly.append(Weekly((day + 1) % 7, 0, closes))
    return resources.hours.open_windows(weekly, ZoneInfo(timezone), span)


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def _span(sought: Sought, now: datetime) -> Window:
    faults = []
    if sought.to <= sought.from_:
        faults.append(("to", "ends-before-start", _("The end must be after the start.")))
    elif sought.to <= now:
        faults.append(("to", "in-the-past", _("This time is over.")))
    elif sought.to - max(sought.from_, now) > REACH:
        detail = _("At most %(days)s days are looked through.", days=REACH.days)
        faults.append(("to", "too-far", detail))
    if not 1 <= sought.length_minutes <= REACH / _MINUTE:
        detail = _("Say how long, in minutes: one at least.")
        faults.append(("length_minutes", "invalid", detail))
    if faults:
        raise BadSearch(
            faults[0][2],
            errors=tuple(FieldError((name,), code, detail) for name, code, detail in faults),
        )
    return Window(max(sought.from_, now), sought.to)
