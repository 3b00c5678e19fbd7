"""Forms of the pages: parsed in one way, shown again as they were typed, with their faults.

Shapes are Pydantic models, so a fault has the code the API gives it; a refusal of a service is
shown beside the field it names. Dates and times are typed in the local time of a zone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Annotated, Any, Self, TypeVar, get_origin
from unicodedata import category
from urllib.parse import unquote

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError
from starlette.requests import Request
from starlette.responses import RedirectResponse

from src.core.errors import DomainError
from src.core.language import gettext, mark

MESSAGES = {
    "missing": mark("This is needed."),
    "string_too_short": mark("This is needed."),
    "string_too_long": mark("This is too long: %(max_length)s characters at the most."),
    "uuid_parsing": mark("Choose one of the list."),
    "enum": mark("Choose one of the list."),
    "literal_error": mark("Choose one of the list."),
    "int_parsing": mark("Enter a whole number."),
    "greater_than_equal": mark("Enter %(ge)s or more."),
    "less_than_equal": mark("Enter %(le)s or less."),
    "date": mark("Enter a date, as in 2026-11-23."),
    "time": mark("Enter a time, as in 09:30."),
}
# The years every database, zone table and calendar can handle.
LONGEST_FILTER = 200
LONGEST_VERSION = 18  # digits: Python reads no number of thousands
FIRST_YEAR, LAST_YEAR = 2000, 2198
LONGEST_PATH = 2000
DECODINGS = 2
_UNSEEN = frozenset({"Cc", "Cs", "Cf", "Zl", "Zp"})  # control, halves of letters, marks
_DATE_FORMATS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y")
_TIME = re.compile(r"^(\d{1,2})(?:[:.h ]?(\d{2}))?$")


def _as_date(value: object) -> object:
    if not isinstance(value, str):
        return value
    value = value.strip()
    for pattern in _DATE_FORMATS:
        try:
            found = datetime.strptime(value, pattern).replace(tzinfo=UTC).date()
        except ValueError:
            continue
        if FIRST_YEAR <= found.year <= LAST_YEAR:
            return found
    raise PydanticCustomError("date", "not a date")


def _as_time(value: object) -> object:
    """Accept what people type: 9, 9:30, 0930, 09.30, 09:30:00, 24:00."""
    if not isinstance(value, str):
        return value
    value = value.strip()
    found = _TIME.match(value.removesuffix(":00") if value.count(":") > 1 else value)
    if found:
        hour, minute = int(found[1]), int(found[2] or 0)
        if hour <= 23 and minute <= 59:
            return time(hour, minute)
    raise PydanticCustomError("time", "not a time")


TypedDate = Annotated[date, BeforeValidator(_as_date)]
TypedTime = Annotated[time, BeforeValidator(_as_time)]


class Shape(BaseModel):
    """What a form must contain. An empty field counts as absent."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)


ShapeT = TypeVar("ShapeT", bound=Shape)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a field, or (in `Form.refusals`) with the whole."""

    code: str
    text: str
    is_overridable: bool = False


@dataclass(slots=True)
class Form:
    """What was typed, and what is wrong with it."""

    values: dict[str, str] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    refusals: list[Fault] = field(default_factory=list)
    refused: DomainError | None = None

    @classmethod
    async def read(cls, request: Request) -> Self:
        """The form that was sent. NUL characters, which no database keeps, are dropped."""
        sent = await request.form()
        lists: dict[str, list[str]] = {}
        for name, value in sent.multi_items():
            if isinstance(value, str) and name != "csrf_token":
                lists.setdefault(name, []).append(value.replace("\x00", ""))
        return cls({name: values[-1] for name, values in lists.items()}, lists)

    @classmethod
    def of(cls, values: Mapping[str, object]) -> Self:
        """A form filled with what is so now; None is empty."""
        lists = {
            name: [str(one) for one in value] if isinstance(value, list | tuple) else [_text(value)]
            for name, value in values.items()
        }
        return cls({name: found[-1] if found else "" for name, found in lists.items()}, lists)

    @classmethod
    def of_query(cls, request: Request, **defaults: str) -> Self:
        """A filter bar: what stands in the address, else the defaults."""
        query = request.query_params
        return cls.of(
            {
                name: query.get(name, default).replace("\x00", "")[:LONGEST_FILTER]
                for name, default in defaults.items()
            }
        )

    @property
    def is_faulty(self) -> bool:
        """Whether anything stands against it."""
        return bool(self.faults or self.refusals)

    @property
    def is_overridable(self) -> bool:
        """Whether something that stands against it could be passed over."""
        found = [*self.refusals, *(fault for faults in self.faults.values() for fault in faults)]
        return any(fault.is_overridable for fault in found)

    @property
    def version(self) -> int | None:
        """The version the form was made of; None where it says none."""
        said = self.values.get("version", "")
        return int(said) if said.isdecimal() and len(said) < LONGEST_VERSION else None

    def parse(self, shape: type[ShapeT]) -> ShapeT | None:
        """The values in their types; None when a field is wrong (see `faults`)."""
        raw: dict[str, Any] = {}
        for name, info in shape.model_fields.items():
            filled = [value for value in self.lists.get(name, ()) if value.strip()]
            if filled:
                is_list = get_origin(info.annotation) in (list, tuple)
                raw[name] = filled if is_list else filled[-1]
        try:
            return shape.model_validate(raw)
        except ValidationError as error:
            for fault in error.errors(include_url=False, include_input=False):
                name = str(fault["loc"][0]) if fault["loc"] else ""
                self.add(name, fault["type"], _message(fault["type"], fault.get("ctx") or {}))
            return None

    def add(self, name: str, code: str, text: str, *, is_overridable: bool = False) -> None:
        """Say that something is wrong with the field `name`."""
        self.faults.setdefault(name, []).append(Fault(code, text, is_overridable))

    def refuse(self, error: DomainError, fields: frozenset[str] | None = None) -> None:
        """Show a service's refusal: beside the fields it names, else above the form.

        `fields` are the form's own; without it those that were sent.
        """
        self.refused = error
        known = fields if fields is not None else frozenset(self.values)
        for fault in error.errors:
            name = str(fault.field[0]) if fault.field else ""
            whole = ".".join(map(str, fault.field))
            # A part of something (`answers.sample`) has a field of its own.
            if whole in known or any(one.startswith(f"{name}.") for one in known):
                name = whole
                known = known | {whole}
            if name in known:
                self.add(name, fault.code, fault.detail, is_overridable=bool(fault.overridable))
            else:
                self.refusals.append(Fault(fault.code, fault.detail, bool(fault.overridable)))
        if not error.errors:
            self.refusals.append(Fault(error.code, error.detail))

    def local(self, name: str, day: date, at: time, zone: tzinfo) -> datetime | None:
        """The moment of a local date and time; a time that the clocks skip is a fault.

        An hour that comes twice means its first time.
        """
        try:
            return moment_of(day, at, zone)
        except SkippedTimeError:
            text = gettext("The clocks go forward over this time: it does not exist on that day.")
            self.add(name, "nonexistent-time", text)
            return None


class SkippedTimeError(ValueError):
    """The local time does not exist: the clocks go forward over it."""


def moment_of(day: date, at: time, zone: tzinfo) -> datetime:
    """A local date and time as an instant in UTC; the first of two. Raises SkippedTimeError."""
    local = datetime.combine(day, at, tzinfo=zone)
    instant = local.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise SkippedTimeError
    return instant


def is_ambiguous(instant: datetime, zone: tzinfo) -> bool:
    """Whether the local time of an instant comes twice that day."""
    local = instant.astimezone(zone)
    other = local.replace(fold=1 - local.fold)
    return other.utcoffset() != local.utcoffset() and _exists(other)


def _exists(local: datetime) -> bool:
    back = local.astimezone(UTC).astimezone(local.tzinfo)
    return back.replace(tzinfo=None) == local.replace(tzinfo=None)


def _message(code: str, context: Mapping[str, object]) -> str:
    text = MESSAGES.get(code)
    if text is not None:
        return gettext(text, **context)
    return str(context.get("error") or gettext("This is not valid."))


def _text(value: object) -> str:
    return "" if value is None else str(value)


def see_other(path: str) -> RedirectResponse:
    """Send the browser on after a form was taken, so that a reload repeats nothing."""
    return RedirectResponse(path, 303)


def safe_next(path: str | None) -> str:
    """Where to go after log-in: a path of ours, and not the log-in itself."""
    found = own_path(path)
    return "/" if found.startswith("/login") else found


def own_path(path: str | None) -> str:
    """A path of ours, never another site. Everything else is `/`.

    Browsers drop tabs and line ends, and take a backslash for a slash; what a proxy or a script
    decodes once more must not lead away either.
    """
    if not path or len(path) > LONGEST_PATH or any(category(each) in _UNSEEN for each in path):
        return "/"
    way = path.partition("?")[0].partition("#")[0]
    for _ in range(DECODINGS):
        if not _is_ours(way):
            return "/"
        way = unquote(way)
    return path if _is_ours(way) else "/"


def _is_ours(way: str) -> bool:
    return (
        way.startswith("/")
        and "//" not in way
        and "\\" not in way
        and not any(category(each) in _UNSEEN for each in way)
    )


def minutes_of(days: float = 0, hours: float = 0, minutes: float = 0) -> int:
    """A length in whole minutes."""
    return int(timedelta(days=days, hours=hours, minutes=minutes).total_seconds() // 60)
