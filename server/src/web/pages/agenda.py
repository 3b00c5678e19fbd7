"""A calendar told day by day: what is on, and for one resource what is free in between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from src.domain.bookings import Calendar, CalendarResource, Entry
from src.domain.resources.hours import Window, joined, without
from src.web.pages.calendar_address import Span, midnight

QUARTER = timedelta(minutes=15)
WHOLE_DAY = ("00:00", "24:00")


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a day; times are those of the day's clock. `unit` only where there are several."""

    kind: str  # own | seen | masked | wish | block | free
    starts_at: datetime
    starts: str
    ends: str
    title: str = ""
    person: str = ""
    resource: CalendarResource | None = None
    unit: int | None = None
    status: str = ""
    link: str | None = None

    @property
    def is_all_day(self) -> bool:
        """From midnight to midnight."""
        return (self.starts, self.ends) == WHOLE_DAY


@dataclass(frozen=True, slots=True)
class Day:
    """A day with what is on it, by time."""

    date: date
    is_today: bool
    is_closed: bool
    items: list[Item]


@dataclass(frozen=True, slots=True)
class Agenda:
    """Days in order; `left_out` counts the lines that were one too many."""

    days: list[Day]
    left_out: int = 0


def build(
    calendar: Calendar,
    span: Span,
    *,
    now: datetime,
    bookable: Window | None,
    most: int | None,
    knows_open: bool = True,
) -> Agenda:
    """Tell `calendar`, at most `most` lines of it; free times where it is of one resource.

    `bookable` is when the reader may book that one; without `knows_open` no day counts as closed.
    """
    by_id = {one.id: one for one in calendar.resources}
    taken = [_placed(entry, unit, by_id) for entry, unit in _merged(calendar.entries, by_id)]
    if len(by_id) == 1 and bookable is not None:
        (resource,) = by_id.values()
        taken += [("free", part, None, resource, None) for part in _free(calendar, bookable)]
    taken.sort(key=lambda one: (one[1].starts_at, one[3].name, one[4] or 0))
    today = now.astimezone(span.zone).date()
    days, left, left_out = [], most, 0
    for day in span.days:
        items = list(_items(taken, day, span))
        if left is not None:
            left_out += max(0, len(items) - left)
            items = items[:left]
            left -= len(items)
        is_closed = knows_open and _is_closed(calendar, day, span)
        days.append(Day(day, day == today, is_closed, items))
    return Agenda(days, left_out)


_Placed = tuple[str, Window, Entry | None, CalendarResource, int | None]


def _placed(entry: Entry, unit: int | None, by_id: dict[UUID, CalendarResource]) -> _Placed:
    resource = by_id[entry.resource_id]
    shown = unit if len(resource.units) > 1 else None
    return kind_of(entry), Window(entry.starts_at, entry.ends_at), entry, resource, shown


def kind_of(entry: Entry) -> str:
    """How an entry is drawn: a closure, a request, or a booking by whose it is."""
    if entry.kind == "block":
        return "block"
    if entry.is_own:
        return "wish" if entry.status == "requested" else "own"
    if entry.is_masked:
        return "masked"
    return "wish" if entry.status == "requested" else "seen"


def _merged(
    entries: Sequence[Entry], by_id: dict[UUID, CalendarResource]
) -> Iterator[tuple[Entry, int | None]]:
    """A closure of every unit is told once."""
    keys = [(e.closure_id, e.resource_id, e.starts_at, e.ends_at) for e in entries]
    times = Counter(key for key, e in zip(keys, entries, strict=True) if e.kind == "block")
    told = set()
    for key, entry in zip(keys, entries, strict=True):
        if entry.kind == "block" and times[key] == len(by_id[entry.resource_id].units):
            if key not in told:
                told.add(key)
                yield entry, None
        else:
            yield entry, entry.unit


def _free(calendar: Calendar, bookable: Window) -> Iterator[Window]:
    """When at least one unit could be booked, buffers kept."""
    (resource,) = calendar.resources
    if not resource.is_bookable:
        return
    parts: list[Window] = []
    for unit in resource.units:
        held = [
            Window(e.starts_at, e.ends_at).widened(before=e.buffer_before, after=e.buffer_after)
            for e in calendar.entries
            if e.unit == unit
        ]
        for opened in resource.open:
            parts += without(Window(opened.starts_at, opened.ends_at), held)
    for part in joined(parts):
        starts, ends = max(part.starts_at, bookable.starts_at), min(part.ends_at, bookable.ends_at)
        starts = _next_quarter(starts)
        if ends - starts >= QUARTER:
            yield Window(starts, ends)


def _next_quarter(at: datetime) -> datetime:
    late = timedelta(minutes=at.minute % 15, seconds=at.second, microseconds=at.microsecond)
    return at + (QUARTER - late) if late else at


def _items(taken: Iterable[_Placed], day: date, span: Span) -> Iterator[Item]:
    starts = midnight(day, span.zone)
    whole = Window(starts, midnight(day + timedelta(days=1), span.zone))
    for kind, window, entry, resource, unit in taken:
        if not window.overlaps(whole):
            continue
        first, last = max(window.starts_at, starts), min(window.ends_at, whole.ends_at)
        until = "24:00" if last == whole.ends_at else f"{last.astimezone(span.zone):%H:%M}"
        yield Item(
            kind,
            first,
            f"{first.astimezone(span.zone):%H:%M}",
            until,
            title=entry.title if entry and not entry.is_masked else "",
            person=(entry.person or "") if entry else "",
            resource=resource,
            unit=unit,
            status=(entry.status or "") if entry else "",
            link=_link(kind, entry, resource, first),
        )


def _link(kind: str, entry: Entry | None, resource: CalendarResource, at: datetime) -> str | None:
    if kind == "free":
        starts_at = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")
        query = urlencode({"resource_id": resource.id, "starts_at": starts_at})
        return f"/bookings/new?{query}"
    is_readable = entry is not None and entry.booking_id and not entry.is_masked
    return f"/bookings/{entry.booking_id}" if entry and is_readable else None


def _is_closed(calendar: Calendar, day: date, span: Span) -> bool:
    """Whether none of the resources opens that day."""
    starts = midnight(day, span.zone)
    whole = Window(starts, midnight(day + timedelta(days=1), span.zone))
    return not any(
        whole.overlaps(Window(part.starts_at, part.ends_at))
        for resource in calendar.resources
        for part in resource.open
    )
