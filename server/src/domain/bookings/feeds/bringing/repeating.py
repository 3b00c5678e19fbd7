"""The times of an event that repeats: its rule by the wall clock, more days, fewer days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import islice
from typing import Any

from src.core.language import gettext as _

HORIZON = timedelta(days=731)
_OFTEN = ("SECONDLY", "MINUTELY", "HOURLY")
_WITHIN_A_DAY = {"BYSECOND", "BYMINUTE", "BYHOUR"}
_EARLIEST = 2000


class NotRepeatable(ValueError):
    """The rule cannot be followed; the text says why."""


def repeats(event: Any) -> bool:  # noqa: ANN401 - a component of the library
    """Whether there is more than one time to it."""
    return event.get("rrule") is not None or event.get("rdate") is not None


def starts(
    event: Any,  # noqa: ANN401
    first: datetime,
    zone: tzinfo | None,
    *,
    now: datetime,
    most: int,
) -> list[datetime]:
    """Its starts that lie ahead, within two years, by the wall clock; one more than `most` at most.

    Raises `NotRepeatable`.
    """
    here = (now.astimezone(zone) if zone else now).replace(tzinfo=None)
    if first.year < _EARLIEST:
        raise NotRepeatable(_("It begins before the year 2000."))
    try:
        left_out = {_wall(one, zone) for one in _days(event, "exdate")}
        more = {_wall(one, zone) for one in _days(event, "rdate")}
        ruled = _ruled(event, first, zone, until=here + HORIZON)
    except NotRepeatable:
        raise
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise NotRepeatable(_("Its rule cannot be read.")) from error
    ahead = (at for at in ruled if at >= here and at not in left_out and at not in more)
    found = list(islice(ahead, most + 1))
    found += [at for at in more if here <= at <= here + HORIZON and at not in left_out]
    return sorted(found)[: most + 1]


def _ruled(
    event: Any,  # noqa: ANN401
    first: datetime,
    zone: tzinfo | None,
    *,
    until: datetime,
) -> Iterator[datetime]:
    from dateutil import rrule  # noqa: PLC0415

    said = event.get("rrule")
    if said is None:
        return iter([first])
    if isinstance(said, list):
        raise NotRepeatable(_("It has several rules at once. Bring its times in one by one."))
    rule = dict(said)
    if str(rule.get("FREQ", [""])[0]).upper() in _OFTEN or rule.keys() & _WITHIN_A_DAY:
        raise NotRepeatable(_("It repeats more often than daily."))
    ends = [_wall(one, zone) for one in rule.pop("UNTIL", [])]
    written = ";".join(f"{name}={_joined(values)}" for name, values in rule.items())
    followed = rrule.rrulestr(written, dtstart=first)
    last = min([until, *ends])
    return (at for at in _bounded(followed, last))


def _bounded(followed: Any, last: datetime) -> Iterator[datetime]:  # noqa: ANN401
    for at in followed:
        if at > last:
            return
        yield at


def _joined(values: Any) -> str:  # noqa: ANN401
    listed = values if isinstance(values, list | tuple) else [values]
    return ",".join(
        one.to_ical().decode() if hasattr(one, "to_ical") else str(one) for one in listed
    )


def _days(event: Any, name: str) -> Iterator[Any]:  # noqa: ANN401
    said = event.get(name)
    for each in said if isinstance(said, list) else [said] if said is not None else []:
        for one in each.dts:
            yield one.dt


def _wall(at: Any, zone: tzinfo | None) -> datetime:  # noqa: ANN401 - a date, a time or a period
    if isinstance(at, tuple):
        at = at[0]
    if isinstance(at, datetime):
        return (at.astimezone(zone) if at.tzinfo and zone else at).replace(tzinfo=None)
    if isinstance(at, date):
        return datetime.combine(at, time())
    raise NotRepeatable(_("Its rule cannot be read."))
