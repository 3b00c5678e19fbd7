"""Rules of recurrence (RFC 5545), as far as they are safe, in the local time of a place.

The hour of the clock on the wall is what repeats: daylight saving moves the instant, not the hour.
A local time that the clocks skip is left out and not counted, as RFC 5545 says, and so is a day
that a month does not have; whoever asks is told of the former.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from src.core.errors import FieldError, Invalid
from src.core.language import gettext as _
from src.domain import resources

MOST = 200
LONGEST_RULE = 500
_HORIZON = timedelta(days=366 * 12)
_LAST_YEAR = 2199
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_FREQUENCIES = frozenset({"DAILY", "WEEKLY", "MONTHLY"})
_BY_DAY = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)")
_UNTIL = re.compile(r"(\d{8})(?:T(\d{6})(Z)?)?")

Window = resources.hours.Window


class BadRecurrence(Invalid):
    """The rule says something no series can follow.

    Understood are FREQ=DAILY, WEEKLY or MONTHLY with INTERVAL, BYDAY, BYMONTHDAY and COUNT or
    UNTIL, for at most 200 occurrences.
    """

    code, title = "bad-recurrence", "This cannot be repeated so"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in its parts. `until` is local, its day included; it has that or `count`."""

    frequency: str
    interval: int = 1
    days: tuple[tuple[int, int | None], ...] = ()  # Monday is 0; which one of the month
    month_days: tuple[int, ...] = ()
    count: int | None = None
    until: datetime | None = None

    def __str__(self) -> str:
        """The rule as RFC 5545 writes it."""
        parts = [f"FREQ={self.frequency}"]
        if self.interval > 1:
            parts.append(f"INTERVAL={self.interval}")
        if self.days:
            names = (f"{nth or ''}{DAYS[day]}" for day, nth in self.days)
            parts.append(f"BYDAY={','.join(names)}")
        if self.month_days:
            parts.append(f"BYMONTHDAY={','.join(map(str, self.month_days))}")
        if self.count is not None:
            parts.append(f"COUNT={self.count}")
        if self.until is not None:
            parts.append(f"UNTIL={self.until:%Y%m%dT%H%M%S}")
        return ";".join(parts)


@dataclass(frozen=True, slots=True)
class Slot:
    """A time the rule gives: `local` on the wall, `window` as instants, None where it is skipped."""

    local: datetime
    window: Window | None


def parse(text: str, zone: ZoneInfo) -> Rule:
    """A rule as it was sent; an UNTIL in UTC is meant in `zone`. Raises `BadRecurrence`."""
    parts = _parts(text)
    frequency = parts.pop("FREQ", "")
    if frequency not in _FREQUENCIES:
        raise _bad(_("Say FREQ=DAILY, FREQ=WEEKLY or FREQ=MONTHLY."))
    if parts.pop("WKST", "MO") != "MO":
        raise _bad(_("Weeks begin on Monday here: leave WKST out."))
    rule = Rule(
        frequency,
        interval=_number(parts.pop("INTERVAL", "1"), "INTERVAL", most=366),
        days=_by_day(parts.pop("BYDAY", ""), frequency),
        month_days=_by_month_day(parts.pop("BYMONTHDAY", ""), frequency),
        count=_number(parts.pop("COUNT"), "COUNT", most=MOST) if "COUNT" in parts else None,
        until=_until(parts.pop("UNTIL"), zone) if "UNTIL" in parts else None,
    )
    if parts:
        raise _bad(_("%(part)s is not understood here; leave it out.", part=next(iter(parts))))
    if (rule.count is None) == (rule.until is None):
        raise _bad(_("Say how often (COUNT) or until when (UNTIL), one of both."))
    return rule


def slots(rule: Rule, starts: datetime, minutes: int, zone: ZoneInfo) -> list[Slot]:
    """Every time the rule gives from the local time `starts` on, in order.

    Those that the clocks skip are among them, and are not counted. Raises `BadRecurrence` when
    there is none, or more than 200.
    """
    found: list[Slot] = []
    counted = 0
    most = rule.count or MOST + 1
    for local in _locals(rule, starts):
        slot = Slot(local, window_of(local, minutes, zone))
        found.append(slot)
        counted += slot.window is not None
        if counted >= most or len(found) > 2 * MOST:
            break
    if not counted:
        raise _bad(_("No day fits the rule. Change its days, or let it go on longer."))
    if counted > MOST:
        raise _bad(_("A series has at most %(most)s occurrences. Let it end sooner.", most=MOST))
    if rule.count is not None and counted < rule.count:
        raise _bad(_("The rule reaches too far ahead. Let it come more often, or less times."))
    return found


def moved(
    rule: Rule, before: list[Slot], by: timedelta, minutes: int, zone: ZoneInfo
) -> tuple[Rule, list[Slot]]:
    """The same times, each so much later by the clock on the wall, and the rule that gives them.

    Raises `BadRecurrence` where no rule gives them: days of the month do not move along.
    """
    after = [
        Slot(local, window_of(local, minutes, zone)) for local in (one.local + by for one in before)
    ]
    days = (before[0].local + by).date() - before[0].local.date()
    turned = tuple(sorted(((day + days.days) % 7, nth) for day, nth in rule.days))
    new = counting(replace(rule, days=turned), after)
    if days and [one.local for one in slots(new, after[0].local, minutes, zone) if one.window] != [
        one.local for one in after if one.window
    ]:
        raise _bad(_("This series cannot be moved to other days. Make a new one for them."))
    return new, after


def counting(rule: Rule, those: list[Slot]) -> Rule:
    """The rule with just as many occurrences as `those`."""
    counted = sum(one.window is not None for one in those)
    return replace(rule, count=max(1, counted), until=None)


def window_of(local: datetime, minutes: int, zone: ZoneInfo) -> Window | None:
    """The instants of a local start and a length by the clock; None where the clocks skip it.

    An hour that comes twice means its first time.
    """
    starts = local.replace(tzinfo=zone).astimezone(UTC)
    if starts.astimezone(zone).replace(tzinfo=None) != local:
        return None
    ends = (local + timedelta(minutes=minutes)).replace(tzinfo=zone).astimezone(UTC)
    return Window(starts, ends)


def minutes_between(starts: datetime, ends: datetime, zone: ZoneInfo) -> int:
    """The length of a window by the clock on the wall of `zone`."""
    first, last = (at.astimezone(zone).replace(tzinfo=None) for at in (starts, ends))
    return round((last - first) / timedelta(minutes=1))


def _locals(rule: Rule, starts: datetime) -> Iterator[datetime]:
    from dateutil import rrule  # noqa: PLC0415 - the worker hardly ever asks

    horizon = min(starts + _HORIZON, datetime(_LAST_YEAR, 12, 31))  # noqa: DTZ001 - local
    last = min(rule.until, horizon) if rule.until else horizon
    days = [rrule.weekday(day, nth) for day, nth in rule.days]
    found = rrule.rrule(
        getattr(rrule, rule.frequency),
        dtstart=starts,
        interval=rule.interval,
        byweekday=days or None,
        bymonthday=rule.month_days or None,
        until=last,
    )
    yield from islice(found, 2 * MOST + 2)


def _parts(text: str) -> dict[str, str]:
    """The names and values of a rule in capitals. Raises `BadRecurrence`."""
    said = text.strip().upper().removeprefix("RRULE:").strip(";")
    if not said or len(said) > LONGEST_RULE:
        raise _bad(_("Write the rule as in FREQ=WEEKLY;BYDAY=MO;COUNT=10."))
    parts: dict[str, str] = {}
    for part in said.split(";"):
        name, equals, value = part.partition("=")
        if not equals or not value or name in parts:
            raise _bad(_("Write the rule as in FREQ=WEEKLY;BYDAY=MO;COUNT=10."))
        parts[name] = value
    return parts


def _number(text: str, name: str, *, most: int) -> int:
    is_number = text.isascii() and text.isdecimal() and len(text) < 5
    if not is_number or not 1 <= int(text) <= most:
        raise _bad(_("%(name)s is a number from 1 to %(most)s.", name=name, most=most))
    return int(text)


def _by_day(text: str, frequency: str) -> tuple[tuple[int, int | None], ...]:
    days: set[tuple[int, int | None]] = set()
    for part in filter(None, text.split(",")):
        found = _BY_DAY.fullmatch(part)
        if found is None or (found[1] and frequency != "MONTHLY"):
            raise _bad(_("BYDAY lists days as in MO,WE; which one of a month only with MONTHLY."))
        days.add((DAYS.index(found[2]), int(found[1]) if found[1] else None))
    return tuple(sorted(days, key=lambda each: (each[0], each[1] or 0)))


def _by_month_day(text: str, frequency: str) -> tuple[int, ...]:
    days: set[int] = set()
    for part in filter(None, text.split(",")):
        found = re.fullmatch(r"[+-]?\d{1,2}", part, re.ASCII)
        if found is None or not 1 <= abs(int(part)) <= 31 or frequency != "MONTHLY":
            raise _bad(_("BYMONTHDAY lists days from 1 to 31, and goes with MONTHLY."))
        days.add(int(part))
    return tuple(sorted(days))


def _until(text: str, zone: ZoneInfo) -> datetime:
    """A day means the whole of it."""
    found = _UNTIL.fullmatch(text)
    try:
        at = datetime.strptime(f"{found[1]}{found[2] or '235959'}" if found else "", "%Y%m%d%H%M%S")  # noqa: DTZ007
        is_utc = found is not None and found[3] is not None
    except ValueError:
        at, is_utc = datetime.min, False  # noqa: DTZ901
    if not 2000 <= at.year <= _LAST_YEAR:
        raise _bad(_("UNTIL is a day as in 20261231, or a time as in 20261231T170000Z."))
    return at.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None) if is_utc else at


def _bad(detail: str) -> BadRecurrence:
    return BadRecurrence(detail, errors=(FieldError(("rule",), "bad-recurrence", detail),))
