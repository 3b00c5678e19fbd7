"""Periods of the institute's calendar, and how a booking is shared out between them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from src.domain import resources
from src.domain.bookings.tables import Period, QuotaUnit

Window = resources.hours.Window
_DAY = timedelta(days=1)
_MONTHS = {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}
LONGEST = {
    Period.DAY: _DAY,
    Period.WEEK: 7 * _DAY,
    Period.MONTH: 31 * _DAY,
    Period.QUARTER: 92 * _DAY,
    Period.YEAR: 366 * _DAY,
}


def start_of(day: date, period: Period) -> date:
    """The first day of the period that `day` is in; weeks begin on Monday."""
    if period is Period.DAY:
        return day
    if period is Period.WEEK:
        return day - day.weekday() * _DAY
    months = _MONTHS[period]
    return day.replace(month=day.month - (day.month - 1) % months, day=1)


def end_of(start: date, period: Period) -> date:
    """The first day after the period that begins with `start`."""
    if period in _MONTHS:
        month = start.month - 1 + _MONTHS[period]
        return start.replace(year=start.year + month // 12, month=month % 12 + 1)
    return start + LONGEST[period]


def local_day(at: datetime, zone: ZoneInfo) -> date:
    """The date on the institute's wall."""
    return at.astimezone(zone).date()


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a day begins there."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def shares(
    window: Window,
    *,
    period: Period,
    unit: QuotaUnit,
    zone: ZoneInfo,
    starts_on: date | None = None,
    ends_on: date | None = None,
) -> dict[date, int]:
    """What a booking takes of each period, by the period's first day.

    Minutes are shared out at the institute's midnights, one that was begun counts; a count falls
    where the booking starts. Days before `starts_on` and after `ends_on` do not count.
    """
    if unit is QuotaUnit.COUNT:
        day = local_day(window.starts_at, zone)
        is_in = (starts_on is None or starts_on <= day) and (ends_on is None or day <= ends_on)
        return {start_of(day, period): 1} if is_in else {}
    first, last = window.starts_at, window.ends_at
    if starts_on is not None:
        first = max(first, midnight(starts_on, zone))
    if ends_on is not None:
        last = min(last, midnight(ends_on + _DAY, zone))
    found: dict[date, int] = {}
    while first < last:
        start = start_of(local_day(first, zone), period)
        until = min(last, midnight(end_of(start, period), zone))
        found[start] = -((first - until) // timedelta(minutes=1))
        first = until
    return found


def zone_of(name: str | None) -> ZoneInfo:
    """The institute's zone; UTC until one is set up."""
    return ZoneInfo(name or "UTC")
