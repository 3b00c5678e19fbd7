"""Where a booking could lie: what is open, free and not closed, unit by unit.

Pure arithmetic over the terms of a resource and what its units hold; no rule is asked yet.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from src.domain import resources

Terms = resources.terms.Terms
Window = resources.hours.Window

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Room:
    """A stretch of a unit in which a booking may lie, its buffers outside of it.

    `is_after` and `is_before` say that it begins where something held ends, or ends where
    something held begins.
    """

    unit: int
    window: Window
    is_after: bool = False
    is_before: bool = False


def rooms(
    terms: Terms,
    taken: Mapping[int, Sequence[Window]],
    span: Window,
    *,
    least: int = 0,
) -> Iterator[Room]:
    """The rooms of each unit in service within `span`, by unit and time.

    `taken` is what holds the units, by their numbers, buffers included; rooms shorter than
    `least` minutes are left out.
    """
    wide = widened(terms, span)
    gaps = {
        number: resources.hours.without(wide, taken.get(number, ()))
        for number in terms.unit_numbers
    }
    return rooms_in(terms, gaps, span, least=least)


def rooms_in(
    terms: Terms, gaps: Mapping[int, Sequence[Window]], span: Window, *, least: int = 0
) -> Iterator[Room]:
    """The same for those who know what is left of `widened` by unit; missing is all of it."""
    policy = terms.policy
    before = policy.buffer_before_minutes * _MINUTE
    after = policy.buffer_after_minutes * _MINUTE
    wide = widened(terms, span)
    opened = resources.hours.open_windows(terms.hours, terms.zone, span)
    starts = [part.starts_at for part in opened]
    closed = [closure.window for closure in terms.closures]
    for number in terms.unit_numbers:
        for whole in gaps.get(number, (wide,)):
            for gap in resources.hours.without(whole, closed) if closed else (whole,):
                inner = Window(gap.starts_at + before, gap.ends_at - after)
                for part in common(inner, opened, starts):
                    if part.ends_at - part.starts_at < least * _MINUTE:
                        continue
                    yield Room(
                        number,
                        part,
                        gap.starts_at > wide.starts_at and part.starts_at == inner.starts_at,
                        gap.ends_at < wide.ends_at and part.ends_at == inner.ends_at,
                    )


def widened(terms: Terms, span: Window) -> Window:
    """The time whose holds stand in the way of bookings within `span`."""
    policy = terms.policy
    return span.widened(before=policy.buffer_before_minutes, after=policy.buffer_after_minutes)


def common(window: Window, parts: Sequence[Window], starts: Sequence[datetime]) -> Iterator[Window]:
    """What lies in the window and in one of the parts, which are in order and begin at `starts`."""
    for place in range(max(0, bisect_right(starts, window.starts_at) - 1), len(parts)):
        part = parts[place]
        if part.starts_at >= window.ends_at:
            return
        first, last = max(window.starts_at, part.starts_at), min(window.ends_at, part.ends_at)
        if first < last:
            yield Window(first, last)


def by_unit(units: Iterable[resources.calendar.UnitHolds]) -> dict[int, list[Window]]:
    """What holds each unit of one resource, by its number."""
    return {unit.number: [hold.window for hold in unit.holds] for unit in units}


def bounds(terms: Terms, now: datetime) -> tuple[datetime, datetime]:
    """The first and the last start that the advance rules of a resource leave."""
    policy = terms.policy
    first = now + (policy.latest_minutes or 0) * _MINUTE
    last = now + (policy.earliest_minutes or 366 * 1440) * _MINUTE
    return first, last


def lengths(terms: Terms, least: int, most: int) -> tuple[int, int]:
    """Least and most minutes within the policy; the most may come out below the least."""
    policy = terms.policy
    slot = policy.slot_minutes or 1
    least = max(least, policy.min_minutes or 1)
    least += -least % slot
    most = min(most, policy.max_minutes or most)
    return least, most - most % slot


def longest(terms: Terms, within: Window, least: int, most: int, *, now: datetime) -> Window | None:
    """The longest window of `least` to `most` minutes in it, on the grid and as early as may be."""
    zone, slot = terms.zone, terms.policy.slot_minutes or 1
    first, last = bounds(terms, now)
    starts = up(max(within.starts_at, first), zone, slot)
    least, most = lengths(terms, least, most)
    ends = down(min(within.ends_at, starts + most * _MINUTE), zone, slot)
    if starts > last or ends - starts < least * _MINUTE or most < least:
        return None
    return Window(starts, ends)


def up(at: datetime, zone: ZoneInfo, slot: int) -> datetime:
    """The first time on the grid from `at` on."""
    floor = down(at, zone, slot)
    return at if floor == at else floor + slot * _MINUTE


def down(at: datetime, zone: ZoneInfo, slot: int) -> datetime:
    """The last time on the grid until `at`, by the clock on the resource's wall."""
    local = at.astimezone(zone)
    return at - timedelta(
        minutes=(local.hour * 60 + local.minute) % slot,
        seconds=local.second,
        microseconds=local.microsecond,
    )
