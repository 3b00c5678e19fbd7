"""A calendar file as events, each at its times: RFC 5545, with what repeats told one by one.

No zone is known yet for what has none of its own (a whole day, a time without zone): those are
meant on the wall of the resource they are booked on, and stay naive until then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from src.core import clock
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain.bookings.feeds.bringing import repeating
from src.domain.bookings.feeds.errors import CalendarUnreadable

LARGEST = 300_000  # bytes
MOST = 200  # times, of all events together
_TITLE = 200
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with an event, whatever resource it is for."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ReadEvent:
    """One time of an event. `key` names it in the file; naive times are on the resource's wall."""

    key: str
    line: int
    uid: str
    title: str
    notes: str = ""
    location: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    faults: tuple[Fault, ...] = ()


def read(content: bytes) -> list[ReadEvent]:
    """The events of a calendar by the order of the file. Raises `CalendarUnreadable`."""
    if len(content) > LARGEST:
        raise _unreadable(_("At most %(most)s kB at a time.", most=LARGEST // 1000))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _unreadable(_("It is not written in UTF-8."), line) from error
    components = _components(text)
    lines = [n for n, one in enumerate(text.split("\n"), 1) if one.strip() == "BEGIN:VEVENT"]
    if not components:
        raise _unreadable(_("There is no event in it. Choose a file that ends in .ics."))
    found = (
        [] if len(components) > MOST else list(_told(list(zip(components, lines, strict=False))))
    )
    count = max(len(components), len(found))
    if count > MOST:
        detail = _(
            "At most %(most)s times at once, and this holds %(count)s. Export a shorter span.",
            most=MOST,
            count=count,
        )
        raise _unreadable(detail)
    return found


def _components(text: str) -> list[Any]:
    import icalendar  # noqa: PLC0415 - 13 MB, where calendars are read

    try:
        calendars = icalendar.Calendar.from_ical(text, multiple=True)
        return [event for calendar in calendars for event in calendar.walk("VEVENT")]
    except (ValueError, IndexError, KeyError, TypeError, AttributeError) as error:
        bad = next(
            (
                n
                for n, one in enumerate(text.split("\n"), 1)
                if one.strip() and one.strip() in str(error)
            ),
            0,
        )
        detail = _("It is not written as calendars are (RFC 5545).")
        raise _unreadable(detail, bad) from error


def _told(components: Sequence[tuple[Any, int]]) -> Iterator[ReadEvent]:
    """Each event at each of its times; one that was moved apart takes its place in the series."""
    moved = {
        (str(event.get("uid", "")), _wall(_value(event, "recurrence-id")))
        for event, _line in components
        if event.get("recurrence-id") is not None
    }
    for number, (event, line) in enumerate(components, 1):
        one = _plain(event, str(number), line)
        if one.faults or one.starts_at is None or one.ends_at is None:
            yield one
            continue
        if event.get("recurrence-id") is not None or not repeating.repeats(event):
            yield one
            continue
        yield from _times(event, one, moved)


def _times(event: Any, one: ReadEvent, moved: set[tuple[str, Any]]) -> Iterator[ReadEvent]:  # noqa: ANN401
    if one.starts_at is None or one.ends_at is None:
        return
    zone = one.starts_at.tzinfo
    first, length = one.starts_at.replace(tzinfo=None), _length(one)
    try:
        starts = repeating.starts(event, first, zone, now=clock.now(), most=MOST)
    except repeating.NotRepeatable as refusal:
        yield replace(one, faults=(Fault("bad-rule", str(refusal)),))
        return
    number = 0
    for start in starts:
        if (one.uid, start) in moved:
            continue
        number += 1
        yield replace(
            one,
            key=f"{one.key}.{number}",
            starts_at=start.replace(tzinfo=zone),
            ends_at=(start + length).replace(tzinfo=zone),
        )
    if not number:
        detail = _("None of its times lies ahead within two years.")
        yield replace(one, faults=(Fault("never", detail),))


def _length(one: ReadEvent) -> timedelta:
    """By the clock on the wall, so that an event over a change of clocks keeps its hours."""
    if one.starts_at is None or one.ends_at is None:
        return timedelta()
    zone = one.starts_at.tzinfo
    ends = one.ends_at.astimezone(zone) if zone and one.ends_at.tzinfo else one.ends_at
    return ends.replace(tzinfo=None) - one.starts_at.replace(tzinfo=None)


def _plain(event: Any, key: str, line: int) -> ReadEvent:  # noqa: ANN401
    title, notes = _line_of(event, "summary"), str(event.get("description", ""))
    if len(title) > _TITLE:
        notes = f"{title}\n\n{notes}".strip()
        title = title[:_TITLE]
    starts, ends = _value(event, "dtstart"), _value(event, "dtend")
    faults = []
    if str(event.get("status", "")).upper() == "CANCELLED":
        faults.append(Fault("cancelled", _("It was called off.")))
    if event.errors or starts is None:
        detail = _("Its times cannot be read.")
        faults.append(Fault("unreadable-times", detail))
    begins = _moment(starts)
    over = _end(event, starts, ends)
    if begins and over and bool(begins.tzinfo) == bool(over.tzinfo) and over <= begins:
        faults.append(Fault("ends-before-start", _("It has no length.")))
    return ReadEvent(
        key,
        line,
        str(event.get("uid", "")),
        title,
        notes.replace("\x00", ""),
        _line_of(event, "location"),
        begins,
        over,
        tuple(faults),
    )


def _line_of(event: Any, name: str) -> str:  # noqa: ANN401
    return " ".join(str(event.get(name, "")).replace("\x00", "").split())


def _value(event: Any, name: str) -> Any:  # noqa: ANN401 - a date or a time
    try:
        return getattr(event.get(name), "dt", None)
    except ValueError:  # the library keeps what it cannot read, and raises when that is asked for
        return None


def _moment(value: Any) -> datetime | None:  # noqa: ANN401
    """A time as it stands there; a day begins at midnight."""
    if isinstance(value, datetime):
        return value
    return datetime.combine(value, time()) if isinstance(value, date) else None


def _end(event: Any, starts: Any, ends: Any) -> datetime | None:  # noqa: ANN401
    """Where no end is said: after its duration, else after a day, or at once (RFC 5545, 3.6.1)."""
    begins = _moment(starts)
    if ends is not None or begins is None:
        return _moment(ends)
    duration = _value(event, "duration")
    if isinstance(duration, timedelta):
        if begins.tzinfo is None:
            return begins + duration
        return (begins.astimezone(UTC) + duration).astimezone(begins.tzinfo)
    return begins if isinstance(starts, datetime) else begins + _DAY


def _wall(value: Any) -> datetime | None:  # noqa: ANN401
    found = _moment(value)
    return found.replace(tzinfo=None) if found else None


def placed(at: datetime, zone: tzinfo) -> datetime:
    """A time as an instant; naive ones on the wall of `zone`."""
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def _unreadable(detail: str, line: int = 0) -> CalendarUnreadable:
    told = _("Line %(line)s: %(detail)s", line=line, detail=detail) if line else detail
    return CalendarUnreadable(told, errors=(FieldError(("file",), "calendar-unreadable", told),))
