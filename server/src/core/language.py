"""Languages: whose, and how texts, dates and numbers read in them.

Texts are English in the source, `_("Booked: %(resource)s", resource=name)`; the catalogues lie in
`server/locale/<language>/LC_MESSAGES/aliquot.po` and are compiled in memory when first used. Who
reads is a context variable: `with language.reading_as("de", "Europe/Berlin"): …`.
"""

from __future__ import annotations

import gettext as _gettext
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from babel import Locale, dates, lists, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from src.core import clock
from src.core.settings import SERVER_ROOT

BASE = "en"
FOLDER = SERVER_ROOT / "locale"
DOMAIN = "aliquot"
_RANGE = re.compile(
    r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?"
)
_LONGEST_HEADER = 1000
# English by an institute's clock and calendar: 24 hours, the day before the month, no comma.
_FORMATS = {BASE: "en_GB"}
_PATTERNS = {
    BASE: {"MMMEd": "EEE d MMM", "yMMMEd": "EEE d MMM y", "full": "EEEE d MMMM y"},
}
# What a reader may choose for days in numbers and for clocks; without a choice the language's words.
DATE_FORMATS = {
    "iso": "yyyy-MM-dd", "dots": "dd.MM.yyyy", "slashes": "dd/MM/yyyy", "us": "MM/dd/yyyy",
}  # fmt: skip
Formats = tuple[str | None, str | None]
TIME_FORMATS = {"24h": "HH:mm", "12h": "h:mm a"}
_NAMED = frozenset({"full", "long", "medium", "short"})
_DAY, _HOUR = 1440, 60


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: a language there is a catalogue for, a time zone, and how days and times look."""

    locale: str = BASE
    zone: tzinfo = UTC
    # One of `DATE_FORMATS` and of `TIME_FORMATS`, where they chose one.
    date_format: str | None = None
    time_format: str | None = None

    @property
    def formats(self) -> str:
        """Babel's locale for dates and numbers."""
        return _FORMATS.get(self.locale, self.locale.replace("-", "_"))


_reader: ContextVar[Reader] = ContextVar("reader", default=Reader())  # noqa: B039 - it is frozen


def reader() -> Reader:
    """Who reads now."""
    return _reader.get()


@contextmanager
def reading_as(
    locale: str | None = None, timezone: str | None = None, *, formats: Formats | None = None
) -> Iterator[Reader]:
    """Let texts, dates and numbers be for this reader; what is None stays as it was.

    `formats` are the chosen ones of days and of times.
    """
    now = _reader.get()
    made = Reader(
        now.locale if locale is None else match(locale) or BASE,
        now.zone if timezone is None else zone_of(timezone),
        *((now.date_format, now.time_format) if formats is None else _known_formats(formats)),
    )
    token = _reader.set(made)
    try:
        yield made
    finally:
        _reader.reset(token)


def now_reads(locale: str, timezone: str, formats: Formats = (None, None)) -> None:
    """From here on, as far as `reading_as` around it goes, texts are for this reader."""
    _reader.set(Reader(match(locale) or BASE, zone_of(timezone), *_known_formats(formats)))


def _known_formats(formats: Formats) -> Formats:
    """A newer version may have stored a choice that this one does not know."""
    of_days, of_times = formats
    return (
        of_days if of_days in DATE_FORMATS else None,
        of_times if of_times in TIME_FORMATS else None,
    )


@cache
def available() -> tuple[str, ...]:
    """The languages there are: English, and every catalogue."""
    found = {path.parent.parent.name for path in FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.po")}
    return (BASE, *sorted(found - {BASE}))


def gettext(message: str, /, **values: object) -> str:
    """The text in the reader's language, its `%(name)s` filled in."""
    text = _catalogue(_reader.get().locale).gettext(message)
    return text % values if values else text


def ngettext(one: str, many: str, number: float, /, **values: object) -> str:
    """The text for a number, which stands in it as `%(num)s`."""
    # Fractions take the form that whole numbers above one take; gettext itself wants integers.
    count = int(number) if float(number).is_integer() else 2
    text = _catalogue(_reader.get().locale).ngettext(one, many, count)
    return text % {"num": number, **values}


_ = gettext


def mark(message: str) -> str:
    """Mark a text for the catalogues that is translated later, when somebody reads it."""
    return message


def format_datetime(value: datetime, style: str = "medium") -> str:
    """Day and time in the reader's zone and language; `style` is Babel's, or a pattern."""
    here = _reader.get()
    if style in _NAMED and (here.date_format or here.time_format):
        return f"{format_date(value, style)}, {format_time(value)}"
    return dates.format_datetime(value, style, tzinfo=here.zone, locale=here.formats)


def format_date(value: date, style: str = "full") -> str:
    """A day; that of a moment is the reader's."""
    here = _reader.get()
    if isinstance(value, datetime):
        value = value.astimezone(here.zone).date()
    if here.date_format and style in _NAMED:
        style = DATE_FORMATS[here.date_format]
    return dates.format_date(value, style, locale=here.formats)


def format_time(value: datetime, style: str = "short") -> str:
    """The time of day in the reader's zone."""
    here = _reader.get()
    if here.time_format and style in _NAMED:
        style = TIME_FORMATS[here.time_format]
    return dates.format_time(value, style, tzinfo=here.zone, locale=here.formats)


def format_day(value: date, *, zone: tzinfo | None = None, is_long: bool = False) -> str:
    """`Mon 23 Nov`, with the year unless it is this one; long, `Monday 23 November 2026`.

    The day of a moment is that of `zone`, else of the reader.
    """
    here = _reader.get()
    if isinstance(value, datetime):
        value = value.astimezone(zone or here.zone).date()
    if here.date_format:
        pattern = f"{'EEEE' if is_long else 'EEE'} {DATE_FORMATS[here.date_format]}"
        return dates.format_date(value, pattern, locale=here.formats)
    is_this_year = value.year == clock.now().astimezone(zone or here.zone).year
    skeleton = "full" if is_long else "MMMEd" if is_this_year else "yMMMEd"
    own = _PATTERNS.get(here.locale, {}).get(skeleton)
    if own is not None or is_long:
        return dates.format_date(value, own or skeleton, locale=here.formats)
    return dates.format_skeleton(skeleton, value, locale=here.formats)


def format_clock(value: datetime, *, zone: tzinfo | None = None) -> str:
    """`09:30`, by a clock of 24 hours in every language unless the reader chose another."""
    here = _reader.get()
    local = value.astimezone(zone or here.zone)
    if here.time_format == "12h":
        return dates.format_time(
            local.time(), TIME_FORMATS[here.time_format], locale=here.formats
        ).replace("\u202f", " ")
    return f"{local:%H:%M}"


def format_moment(value: datetime, *, zone: tzinfo | None = None) -> str:
    """`Mon 23 Nov, 09:30`."""
    return f"{format_day(value, zone=zone)}, {format_clock(value, zone=zone)}"


def format_length(minutes: float) -> str:
    """A length of time: `45 min`, `2 h 30 min`, `36 h`, from two days on `3 days`, `3 days 2 h`."""
    whole = round(minutes)
    days, rest = divmod(whole, _DAY) if whole >= 2 * _DAY else (0, whole)
    hours, left = divmod(rest, _HOUR)
    parts = [
        ngettext("%(num)s day", "%(num)s days", days) if days else "",
        gettext("%(hours)s h", hours=hours) if hours else "",
        gettext("%(minutes)s min", minutes=left) if left or not whole else "",
    ]
    return " ".join(part for part in parts if part)


def format_weekday(weekday: int) -> str:
    """The name of a day of the week; Monday is 0."""
    return str(dates.get_day_names("wide", locale=_reader.get().formats)[weekday])


def format_list(items: Sequence[str], style: Literal["standard", "or"] = "standard") -> str:
    """`a, b and c`, or `a, b or c`."""
    return lists.format_list(items, style=style, locale=_reader.get().formats)


def format_number(value: float | Decimal) -> str:
    """A number with the language's separators."""
    return numbers.format_decimal(value, locale=_reader.get().formats)


def format_period(starts_at: datetime, ends_at: datetime) -> str:
    """From and to in the reader's zone, its name included; the day is said once where it is one."""
    zone = _reader.get().zone
    first, last = starts_at.astimezone(zone), ends_at.astimezone(zone)
    until = format_time(last)
    if first.date() != last.date():
        until = f"{format_date(last)}, {until}"
    return f"{format_date(first)}, {format_time(first)} – {until} ({zone_name()})"


def format_span(starts_at: datetime, ends_at: datetime) -> str:
    """The same in short: `Mon 23 Nov, 09:00–11:00`."""
    zone = _reader.get().zone
    is_one_day = starts_at.astimezone(zone).date() == ends_at.astimezone(zone).date()
    if is_one_day:
        return f"{format_moment(starts_at)}–{format_clock(ends_at)}"
    return f"{format_moment(starts_at)} – {format_moment(ends_at)}"


def zone_name() -> str:
    """The reader's time zone, as people write it."""
    return str(_reader.get().zone)


def is_timezone(name: str) -> bool:
    """Whether there is a time zone of that name."""
    return name in _timezones()


def zone_of(name: str) -> tzinfo:
    """The time zone of that name; UTC when this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def match(wanted: str, among: Collection[str] | None = None) -> str | None:
    """The language for a tag: itself, else its language without the region (`fr-CA`: `fr`)."""
    choices = {item.casefold(): item for item in (available() if among is None else among)}
    parts = wanted.strip().replace("_", "-").casefold().split("-")
    for length in range(len(parts), 0, -1):
        found = choices.get("-".join(parts[:length]))
        if found is not None:
            return found
    return None


def negotiate(
    lang_param: str | None,
    person: str | None,
    cookie: str | None,
    accept_language: str | None,
    *,
    among: Collection[str] | None = None,
) -> str:
    """The language for a request: `?lang`, then the person's, the cookie's, the browser's.

    What is unknown or malformed is passed over, so a bad cookie never sticks.
    """
    for wanted in (lang_param, person, cookie):
        found = match(wanted, among) if wanted else None
        if found is not None:
            return found
    return _accepted(accept_language or "", among) or BASE


def _accepted(header: str, among: Collection[str] | None) -> str | None:
    ranges: list[tuple[float, int, str]] = []
    for place, part in enumerate(header[:_LONGEST_HEADER].split(",")):
        said = _RANGE.fullmatch(part)
        if said:
            ranges.append((-float(said.group(2) or 1), place, said.group(1)))
    refused = {tag.casefold() for quality, _place, tag in ranges if not quality}
    for quality, _place, tag in sorted(ranges):
        found = BASE if tag == "*" else match(tag, among)
        if quality and found is not None and found.casefold() not in refused:
            return found
    return None


def own_name(locale: str) -> str:
    """What a language calls itself: `Deutsch`."""
    name = Locale.parse(locale, sep="-").get_display_name() or locale
    return name[:1].upper() + name[1:]


def catalogue_path(locale: str) -> Path:
    """Where a language's catalogue lies."""
    return FOLDER / locale / "LC_MESSAGES" / f"{DOMAIN}.po"


@cache
def _catalogue(locale: str) -> _gettext.NullTranslations:
    path = catalogue_path(locale)
    if not path.exists():
        return _gettext.NullTranslations()
    with path.open("rb") as source:
        catalogue = read_po(source, locale=Locale.parse(locale, sep="-"), domain=DOMAIN)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return _gettext.GNUTranslations(compiled)


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones() - {"localtime", "Factory"})
