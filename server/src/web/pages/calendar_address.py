"""What stands in a calendar's address: which resources, which days, how they are shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from starlette.datastructures import QueryParams

from src.domain.resources import Grouping
from src.web.forms import FIRST_YEAR, LAST_YEAR

PATH = "/calendar"
VIEWS = ("day", "week", "month", "agenda")
SPANS = ("day", "week", "month")
MOST = 200  # resources named one by one
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Address:
    """A calendar's address, read. Nonsense in it counts as absent.

    `span` is how much an agenda tells: as many days as the view it takes the place of.
    """

    view: str | None = None
    day: date | None = None
    span: str = "week"
    resource_ids: tuple[UUID, ...] = ()
    set_id: UUID | None = None
    type_id: UUID | None = None
    location_id: UUID | None = None
    group: Grouping | None = None
    q: str = ""
    page: int = 1
    is_mine: bool = False

    @classmethod
    def of(cls, query: QueryParams) -> Address:
        """From the query of a request."""
        view, span = query.get("view"), query.get("span", "")
        group = query.get("group", "")
        return cls(
            view=view if view in VIEWS else None,
            day=_day(query.get("date", "")),
            span=span if span in SPANS else "week",
            resource_ids=tuple(dict.fromkeys(_uuids(query.getlist("resource_id"))))[:MOST],
            set_id=next(_uuids([query.get("set", "")]), None),
            type_id=next(_uuids([query.get("type_id", "")]), None),
            location_id=next(_uuids([query.get("location_id", "")]), None),
            group=Grouping(group) if group in set(Grouping) else None,
            q=query.get("q", "").replace("\x00", "").strip()[:_LONGEST],
            page=_page(query.get("page", "")),
            is_mine=query.get("whose") == "mine",
        )

    @property
    def selected(self) -> list[tuple[str, str]]:
        """The part of the address that says which resources, without the page."""
        named = [("resource_id", str(id_)) for id_ in self.resource_ids]
        rest = (
            ("set", self.set_id),
            ("type_id", self.type_id),
            ("location_id", self.location_id),
            ("group", self.group),
            ("q", self.q),
            ("whose", "mine" if self.is_mine else None),
        )
        return named + [(name, str(value)) for name, value in rest if value]

    @property
    def is_narrowed(self) -> bool:
        """Whether it shows less than everything."""
        return any(name != "group" for name, _value in self.selected)

    @property
    def query(self) -> list[tuple[str, str]]:
        """All that is said."""
        said = [("view", self.view or ""), ("date", self.day.isoformat() if self.day else "")]
        if self.view == "agenda" and self.span != "week":
            said.append(("span", self.span))
        said += self.selected
        if self.page > 1:
            said.append(("page", str(self.page)))
        return [(name, value) for name, value in said if value]

    def path(self, **changes: Any) -> str:  # noqa: ANN401 - fields of this class
        """The address with some of it changed; the page is kept only where it is given."""
        query = replace(self, **{"page": 1, **changes}).query
        return f"{PATH}?{urlencode(query)}" if query else PATH


@dataclass(frozen=True, slots=True)
class Span:
    """Whole days of a zone: [first, end). `drawn` is the end of what a month's grid shows too."""

    first: date
    end: date
    zone: tzinfo

    @property
    def days(self) -> list[date]:
        """Each day."""
        return [self.first + timedelta(days=n) for n in range((self.end - self.first).days)]

    @property
    def starts_at(self) -> datetime:
        """Its first instant."""
        return midnight(self.first, self.zone)

    @property
    def ends_at(self) -> datetime:
        """The instant it ends at."""
        return midnight(self.end, self.zone)


def span_of(kind: str, day: date, zone: tzinfo) -> Span:
    """The day, its week from Monday, or its month."""
    if kind == "day":
        return Span(day, day + timedelta(days=1), zone)
    if kind == "week":
        monday = day - timedelta(days=day.weekday())
        return Span(monday, monday + timedelta(days=7), zone)
    first = day.replace(day=1)
    return Span(first, _next_month(first), zone)


def whole_weeks(span: Span) -> Span:
    """A month with the days of its first and last week that belong to its neighbours."""
    first = span.first - timedelta(days=span.first.weekday())
    return Span(first, span.end + timedelta(days=-span.end.weekday() % 7), span.zone)


def neighbours(kind: str, day: date) -> tuple[date, date]:
    """The day to show one step back, and one step on."""
    if kind == "month":
        first = day.replace(day=1)
        return (first - timedelta(days=1)).replace(day=1), _next_month(first)
    step = timedelta(days=1 if kind == "day" else 7)
    return day - step, day + step


def midnight(day: date, zone: tzinfo) -> datetime:
    """The first instant of a day on the wall of a zone."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def _day(text: str) -> date | None:
    with suppress(ValueError):
        found = date.fromisoformat(text)
        if FIRST_YEAR < found.year < LAST_YEAR:
            return found
    return None


def _page(text: str) -> int:
    return min(max(int(text), 1), 10_000) if text.isascii() and text.isdecimal() else 1


def _uuids(texts: Iterable[str]) -> Iterator[UUID]:
    for text in texts:
        with suppress(ValueError):
            yield UUID(text)
