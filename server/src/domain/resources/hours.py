"""When a resource is open: weekly intervals of its local clock, as instants.

An instant is open when the clock on the resource's wall shows a time inside an interval of that
weekday. So a day of 23 or 25 hours needs no rule of its own: an hour that the clocks skip is not
there, an hour they repeat counts twice. Intervals that touch join, over midnight too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, order=True)
class Weekly:
    """[opens, closes) in minutes from local midnight; `closes` may be 1440. Monday is 0."""

    weekday: int
    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class Window:
    """[starts_at, ends_at), aware."""

    starts_at: datetime
    ends_at: datetime

    def overlaps(self, other: Window) -> bool:
        """Whether they share an instant."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at

    def contains(self, other: Window) -> bool:
        """Whether `other` lies wholly inside."""
        return self.starts_at <= other.starts_at and other.ends_at <= self.ends_at

    def widened(self, *, before: int, after: int) -> Window:
        """The same with `before` and `after` minutes added."""
        return Window(
            self.starts_at - timedelta(minutes=before), self.ends_at + timedelta(minutes=after)
        )

    @property
    def minutes(self) -> float:
        """Its true length; on the day the clocks change it is not what the clocks say."""
        return (self.ends_at - self.starts_at).total_seconds() / 60


def open_windows(hours: Sequence[Weekly], zone: ZoneInfo, within: Window) -> list[Window]:
    """The open parts of `within`, joined and in order, in UTC. No hours at all: always open."""
    within = Window(within.starts_at.astimezone(UTC), within.ends_at.astimezone(UTC))
    if within.ends_at <= within.starts_at:
        return []
    if not hours:
        return [within]
    parts: list[Window] = []
    for stretch, offset in _stretches(zone, within):
        parts.extend(_open_in(hours, stretch, offset))
    return joined(parts)


def is_open(hours: Sequence[Weekly], zone: ZoneInfo, window: Window) -> bool:
    """Whether it is open for the whole window without a break."""
    return any(part.contains(window) for part in open_windows(hours, zone, window))


def day_shares(window: Window, zone: ZoneInfo) -> dict[date, timedelta]:
    """How long a window is on each local day it touches, in order; together it is its length.

    True lengths: a night over which the clocks change is an hour shorter or longer.
    """
    shares: dict[date, timedelta] = {}
    start, end = window.starts_at.astimezone(UTC), window.ends_at.astimezone(UTC)
    while start < end:
        day = start.astimezone(zone).date()
        midnight = datetime.combine(day + DAY, time(), zone).astimezone(UTC)
        until = min(end, midnight)
        shares[day] = shares.get(day, timedelta()) + (until - start)
        start = until
    return shares


def joined(windows: Sequence[Window]) -> list[Window]:
    """The same instants as windows that neither touch nor overlap, in order."""
    result: list[Window] = []
    for window in sorted(windows, key=lambda w: (w.starts_at, w.ends_at)):
        if result and window.starts_at <= result[-1].ends_at:
            end = max(result[-1].ends_at, window.ends_at)
            result[-1] = Window(result[-1].starts_at, end)
        else:
            result.append(window)
    return result


def without(window: Window, taken: Sequence[Window]) -> list[Window]:
    """What is left of `window` when all of `taken` is cut out."""
    left, start = [], window.starts_at
    for hole in joined(taken):
        if hole.ends_at <= start or hole.starts_at >= window.ends_at:
            continue
        if hole.starts_at > start:
            left.append(Window(start, hole.starts_at))
        start = hole.ends_at
    if start < window.ends_at:
        left.append(Window(start, window.ends_at))
    return left


def _open_in(hours: Sequence[Weekly], stretch: Window, offset: timedelta) -> Iterator[Window]:
    day = (stretch.starts_at + offset).date()
    last = (stretch.ends_at + offset).date()
    while day <= last:
        midnight = datetime.combine(day, time(), UTC) - offset
        for hour in hours:
            if hour.weekday != day.weekday():
                continue
            start = max(stretch.starts_at, midnight + timedelta(minutes=hour.opens))
            end = min(stretch.ends_at, midnight + timedelta(minutes=hour.closes))
            if start < end:
                yield Window(start, end)
        day += DAY


def _stretches(zone: ZoneInfo, within: Window) -> Iterator[tuple[Window, timedelta]]:
    """Cut `within` where the zone's offset changes."""
    start = within.starts_at
    while start < within.ends_at:
        offset = _offset(zone, start)
        end = start
        while end < within.ends_at and _offset(zone, end) == offset:
            end = min(end + DAY, within.ends_at)
        if _offset(zone, end) != offset:
            end = _change(zone, max(start, end - DAY), end)
        yield Window(start, end), offset
        start = end


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first second with the offset of `after`."""
    offset = _offset(zone, before)
    low, high = 0, int((after - before).total_seconds()) + 1
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, before + middle * _SECOND) == offset:
            low = middle
        else:
            high = middle
    return (before + high * _SECOND).replace(microsecond=0)


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()
