"""Minutes of somebody's day, as instants: when they are left alone, and when their letter comes.

A minute that the clocks skip is meant the same stretch later; one that comes twice, the first time.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

MINUTES = 24 * 60
_DAY = timedelta(days=1)


def instant(day: date, minute: int, zone: tzinfo) -> datetime:
    """The minute of a local day, in UTC."""
    hours, minutes = divmod(minute, 60)
    return datetime.combine(day, time(hours, minutes), tzinfo=zone).astimezone(UTC)


def latest(now: datetime, minute: int, zone: tzinfo) -> datetime:
    """When it was last that minute of a day, up to and including `now`."""
    today = now.astimezone(zone).date()
    found = (instant(today - back * _DAY, minute, zone) for back in range(3))
    return max(one for one in found if one <= now)


def quiet_until(now: datetime, begins: int, ends: int, zone: tzinfo) -> datetime | None:
    """When the quiet hours end that `now` lies in; None outside them.

    They begin and end at minutes of the local day, and may last over midnight.
    """
    today = now.astimezone(zone).date()
    for day in (today - _DAY, today):
        last = day if begins < ends else day + _DAY
        if instant(day, begins, zone) <= now < (end := instant(last, ends, zone)):
            return end
    return None
