"""The week of one resource as a page draws it: for each day, what is on it and what is free.

Everything is placed by the clock on the resource's wall, in quarters of an hour.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from urllib.parse import urlencode
from uuid import UUID

from src.domain.bookings import Calendar, CalendarResource, Entry

QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
_WEEK = re.compile(r"^(\d{4})-W(\d{2})$")

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Piece:
    """One block of the grid. `row` and `span` count quarters from the first hour shown."""

    kind: str  # own | seen | wish | block | free | shut
    row: int
    span: int
    starts: str
    ends: str = ""
    title: str = ""
    link: str | None = None
    unit: int | None = None  # None: across all units


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the week."""

    date: date
    is_today: bool
    is_closed: bool
    pieces: list[Piece]


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days from Monday. `hours` are those the grid shows."""

    monday: date
    hours: range
    units: int
    days: list[Day]

    @property
    def name(self) -> str:
        """As it stands in the address."""
        return week_name(self.monday)

    @property
    def previous(self) -> str:
        """The week before."""
        return week_name(self.monday - timedelta(days=7))

    @property
    def following(self) -> str:
        """The week after."""
        return week_name(self.monday + timedelta(days=7))


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom it is drawn: what is theirs, and in which span they may book at all."""

    user_id: UUID | None
    now: datetime
    bookable: Span | None


def week_name(monday: date) -> str:
    """`2026-W47`."""
    year, week, _ = monday.isocalendar()
    return f"{year}-W{week:02d}"


def monday_of(name: str | None, today: date) -> date:
    """The Monday of a week such as `2026-W47`; of this week where the name is none."""
    found = _WEEK.match(name or "")
    if found:
        try:
            monday = date.fromisocalendar(int(found[1]), int(found[2]), 1)
        except ValueError:
            pass
        else:
            if 2000 <= monday.year <= 2198:
                return monday
    return today - timedelta(days=today.weekday())


def span_of(monday: date, zone: tzinfo) -> Span:
    """The week as instants: from local midnight to local midnight."""
    return _midnight(monday, zone), _midnight(monday + timedelta(days=7), zone)


def build(calendar: Calendar, *, monday: date, zone: tzinfo, reader: Reader) -> Week:
    """Draw the only resource of `calendar`."""
    resource = calendar.resources[0]
    entries = list(_merged(calendar.entries, resource.units))
    hours = _hours(resource, entries, zone, monday)
    drawing = _Drawing(resource, entries, zone, reader, hours)
    days = [drawing.day(monday + timedelta(days=number)) for number in range(7)]
    return Week(monday, hours, max(1, len(resource.units)), days)


def _merged(entries: Sequence[Entry], units: Sequence[int]) -> Iterator[tuple[Entry, int | None]]:
    """A closure of every unit is drawn once, across all."""
    seen: set[tuple[object, datetime, datetime]] = set()
    blocks: dict[tuple[object, datetime, datetime], int] = {}
    for entry in entries:
        if entry.kind == "block":
            key = (entry.closure_id, entry.starts_at, entry.ends_at)
            blocks[key] = blocks.get(key, 0) + 1
    for entry in entries:
        key = (entry.closure_id, entry.starts_at, entry.ends_at)
        if entry.kind == "block" and blocks[key] == len(units):
            if key not in seen:
                seen.add(key)
                yield entry, None
        else:
            yield entry, entry.unit


def _hours(
    resource: CalendarResource,
    entries: Sequence[tuple[Entry, int | None]],
    zone: tzinfo,
    monday: date,
) -> range:
    """The hours worth showing: those of opening and of bookings; 7 to 20 where it never closes."""
    first, last = 24, 0
    spans = [(part.starts_at, part.ends_at) for part in resource.open]
    is_always = any(ends - starts > 2 * 24 * HOUR for starts, ends in spans)
    booked = [(entry.starts_at, entry.ends_at) for entry, _ in entries if entry.kind == "booking"]
    for number in range(7):
        day = monday + timedelta(days=number)
        for span in booked if is_always else [*spans, *booked]:
            part = _clip(span, (_midnight(day, zone), _midnight(day + timedelta(days=1), zone)))
            if part:
                start, end = _minutes(part[0], day, zone), _minutes(part[1], day, zone)
                first, last = min(first, start // 60), max(last, -(-end // 60))
    if is_always:
        first, last = min(first, 7), max(last, 20)
    return range(first, last) if first < last else range(8, 18)


@dataclass(frozen=True, slots=True)
class _Drawing:
    resource: CalendarResource
    entries: list[tuple[Entry, int | None]]
    zone: tzinfo
    reader: Reader
    hours: range

    def day(self, day: date) -> Day:
        """The pieces of one day in the order of time."""
        whole = (_midnight(day, self.zone), _midnight(day + timedelta(days=1), self.zone))
        open_parts = [
            part
            for window in self.resource.open
            if (part := _clip((window.starts_at, window.ends_at), whole))
        ]
        pieces = [
            *self._taken(day, whole),
            *self._free(day, open_parts),
            *self._shut(day, open_parts),
        ]
        pieces.sort(key=lambda piece: (piece.row, piece.unit or 0, piece.kind))
        is_today = self.reader.now.astimezone(self.zone).date() == day
        return Day(day, is_today, not open_parts, pieces)

    def _place(self, part: Span, day: date) -> tuple[int, int] | None:
        """Row and span inside the hours shown."""
        top, bottom = self.hours.start * 60, self.hours.stop * 60
        start = max(_minutes(part[0], day, self.zone), top)
        end = min(_minutes(part[1], day, self.zone), bottom)
        if end <= start:
            return None
        row = (start - top) // 15
        return row, max(1, -(-(end - top) // 15) - row)

    def _column(self, unit: int | None) -> int | None:
        units = self.resource.units
        return units.index(unit) + 1 if unit in units and len(units) > 1 else None

    def _taken(self, day: date, whole: Span) -> Iterator[Piece]:
        for entry, unit in self.entries:
            part = _clip((entry.starts_at, entry.ends_at), whole)
            place = self._place(part, day) if part else None
            if part is None or place is None:
                continue
            booking = entry.booking
            kind = self._kind(entry)
            link = f"/bookings/{booking.id}" if booking and not booking.is_masked else None
            times = _wall(part[0], day, self.zone), _wall(part[1], day, self.zone)
            title = entry.title or (
                booking.booked_for.name if booking and booking.booked_for else ""
            )
            yield Piece(kind, *place, *times, title, link, self._column(unit))

    def _kind(self, entry: Entry) -> str:
        booking = entry.booking
        if entry.kind == "block":
            return "block"
        if booking is None or booking.is_masked:
            return "masked"
        if booking.status == "requested":
            return "wish"
        mine = self.reader.user_id
        people = (booking.booked_for, booking.booked_by)
        return "own" if any(person and person.id == mine for person in people) else "seen"

    def _free(self, day: date, open_parts: Sequence[Span]) -> Iterator[Piece]:
        """A link for each free hour, on the lowest unit that has the most of it."""
        if self.reader.bookable is None or self.resource.state not in ("available", "degraded"):
            return
        for part in open_parts:
            bookable = _clip(part, self.reader.bookable)
            for hour in _by_hour(bookable, self.zone) if bookable else ():
                best = max(
                    ((self._gaps(hour, unit), -unit) for unit in self.resource.units),
                    key=lambda found: (_length(found[0]), found[1]),
                    default=([], 0),
                )
                for gap in best[0]:
                    place = self._place(gap, day)
                    if place and gap[1] - gap[0] >= QUARTER:
                        yield self._slot(gap, place, day, -best[1])

    def _slot(self, gap: Span, place: tuple[int, int], day: date, unit: int) -> Piece:
        starts_at = gap[0].astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")
        query = urlencode({"resource_id": self.resource.id, "starts_at": starts_at})
        starts = _wall(gap[0], day, self.zone)
        link = f"/bookings/new?{query}"
        return Piece("free", *place, starts, link=link, unit=self._column(unit))

    def _gaps(self, span: Span, unit: int) -> list[Span]:
        left, start = [], span[0]
        taken = sorted(
            (entry.starts_at, entry.ends_at)
            for entry, on in self.entries
            if on in (unit, None) and entry.starts_at < span[1] and entry.ends_at > span[0]
        )
        for begins, ends in taken:
            if begins > start:
                left.append((start, begins))
            start = max(start, ends)
        return [*left, (start, span[1])] if start < span[1] else left

    def _shut(self, day: date, open_parts: Sequence[Span]) -> Iterator[Piece]:
        start = _midnight(day, self.zone)
        end = _midnight(day + timedelta(days=1), self.zone)
        for opens, closes in [*open_parts, (end, end)]:
            place = self._place((start, opens), day) if opens > start else None
            if place:
                yield Piece("shut", *place, "")
            start = closes


def _by_hour(span: Span, zone: tzinfo) -> Iterator[Span]:
    """Cut at full hours of the wall clock; begins on a full quarter."""
    start = span[0].astimezone(UTC)
    late = timedelta(
        minutes=start.minute % 15, seconds=start.second, microseconds=start.microsecond
    )
    start = start + (QUARTER - late) if late else start
    while start < span[1]:
        local = start.astimezone(zone)
        end = min(start + HOUR - timedelta(minutes=local.minute), span[1])
        yield start, end
        start = end


def _length(spans: Sequence[Span]) -> timedelta:
    return sum((ends - starts for starts, ends in spans), timedelta())


def _clip(span: Span, within: Span) -> Span | None:
    start, end = max(span[0], within[0]), min(span[1], within[1])
    return (start, end) if start < end else None


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _minutes(at: datetime, day: date, zone: tzinfo) -> int:
    """Minutes since the day's midnight by the wall clock."""
    local = at.astimezone(zone)
    days = (local.date() - day).days
    return days * 1440 + local.hour * 60 + local.minute


def _wall(at: datetime, day: date, zone: tzinfo) -> str:
    minutes = _minutes(at, day, zone)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
