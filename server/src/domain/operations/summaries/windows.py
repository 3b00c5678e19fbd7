"""From when until when a summary tells: pure arithmetic on a team's wall clock.

A window ends at the team's hour and begins where the one before it ended, so that all of them
together cover time without a gap and without telling anything twice, whatever clocks and settings
do in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

# A transaction ends within a minute: what happened before the boundary is there by then.
MARGIN = timedelta(minutes=2)
DEFAULT_MINUTE = 9 * 60
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """What the summary of a local date covers: [starts_at, ends_at)."""

    on_date: date
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """The last summary of a scope: its date, and where it ended."""

    on_date: date
    ends_at: datetime


def boundary(on_date: date, minute: int, zone: tzinfo) -> datetime:
    """The moment (UTC) at which it is so many minutes past midnight on that local date.

    Of a local time that comes twice the first one counts; one that the clocks skip is as much
    later as they go forward (RFC 5545, 3.3.5).
    """
    at = time(minute // 60, minute % 60)
    return datetime.combine(on_date, at, tzinfo=zone).astimezone(UTC)


def latest(now: datetime, minute: int, zone: tzinfo) -> date:
    """The last local date whose summary may be written by now."""
    on_date = now.astimezone(zone).date() + _DAY
    while boundary(on_date, minute, zone) + MARGIN > now:
        on_date -= _DAY
    return on_date


def due(told: Told | None, *, now: datetime, minute: int, zone: tzinfo) -> Window | None:
    """The next window that is over but not written yet; the first ever is the last day's.

    A date whose hour lies in what was told already (the team moved) has none.
    """
    last = latest(now, minute, zone)
    if told is None:
        before = boundary(last - _DAY, minute, zone)
        return Window(last, before, boundary(last, minute, zone))
    on_date = told.on_date + _DAY
    while on_date <= last:
        ends_at = boundary(on_date, minute, zone)
        if ends_at > told.ends_at:
            return Window(on_date, told.ends_at, ends_at)
        on_date += _DAY
    return None


def coming(told: Told | None, *, now: datetime, minute: int, zone: tzinfo) -> Window:
    """The window that is open now, which the next summary will tell of."""
    while (over := due(told, now=now, minute=minute, zone=zone)) is not None:
        told = Told(over.on_date, over.ends_at)  # what is to be written before it
    on_date = latest(now, minute, zone) + _DAY
    starts_at = boundary(on_date - _DAY, minute, zone)
    if told is not None:
        on_date, starts_at = max(on_date, told.on_date + _DAY), told.ends_at
    while (ends_at := boundary(on_date, minute, zone)) <= starts_at:
        on_date += _DAY
    return Window(on_date, starts_at, ends_at)
