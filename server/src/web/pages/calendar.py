"""The calendar: who has what, over a day, a week or a month, of one resource or many.

Everything it shows stands in its address. The server draws the agenda and the month of many; what
is drawn in the browser comes with its data in the page, and the agenda for whoever has no scripts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from babel import dates
from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from src.core import clock, language
from src.core.actor import Actor, Permission, resource_scope
from src.core.db import ReadSession
from src.core.language import mark, zone_of
from src.domain import bookings, resources
from src.domain.bookings import CalendarResource, CalendarRows, Occupancy
from src.domain.resources import ResourceView, Selection
from src.domain.resources.hours import Window
from src.templating import enter
from src.web.dependencies import Reads
from src.web.forms import Form, Shape, see_other
from src.web.pages import agenda, drawing
from src.web.pages.calendar_address import (
    MOST,
    Address,
    Span,
    midnight,
    neighbours,
    span_of,
    whole_weeks,
)
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.resource_list import location_choices, type_choices

router = APIRouter(include_in_schema=False)
enter(mark("Calendar"), "/calendar", Permission.BOOKINGS_READ, rank=15, icon="calendar", key="c")

WITHOUT_SCRIPT = 40  # lines of the agenda that comes with a drawn calendar
DONE = {
    "saved": mark("The set is saved."),
    "removed": mark("The set is removed; its resources are not."),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A calendar as its address asks for it, for one reader."""

    address: Address
    one: ResourceView | None
    kept: resources.ResourceSetView | None
    sets: list[resources.ResourceSetView]
    timezone: str

    @property
    def view(self) -> str:
        """day, week, month or agenda; one's own bookings have the latter two."""
        if self.address.is_mine:
            return "month" if self.address.view in (None, "month") else "agenda"
        return self.address.view or ("week" if self.one else "day")

    @property
    def kind(self) -> str:
        """How many days: those of the view, of an agenda what it says itself."""
        return self.address.span if self.view == "agenda" else self.view

    @property
    def span(self) -> Span:
        """The days the address means."""
        zone = zone_of(self.timezone)
        day = self.address.day or clock.now().astimezone(zone).date()
        if self.view == "agenda" and self.kind == "week":
            return Span(day, day + timedelta(days=7), zone)  # what lies ahead, not what is over
        return span_of(self.kind, day, zone)

    @property
    def is_drawn(self) -> bool:
        """Whether the browser draws it; the rest comes whole from here."""
        if self.address.is_mine:
            return False
        return self.view in ("day", "week") or (self.view == "month" and self.one is not None)

    @property
    def selection(self) -> Selection | None:
        """Which resources; None: the set holds none any more."""
        asked = self.address
        ids = asked.resource_ids or (self.kept.resource_ids if self.kept else ())
        if self.kept is not None and not ids:
            return None
        return Selection(
            resource_ids=ids,
            type_ids=[asked.type_id] if asked.type_id else (),
            location_ids=[asked.location_id] if asked.location_id else (),
            q=asked.q or None,
            group=None if self.one else asked.group,
            page=None if self.one else asked.page,
        )


@router.get("/calendar", **shows(Permission.BOOKINGS_READ))
async def show_calendar(page: CurrentPage, reads: Reads, done: str = "") -> Response:
    """The calendar the address describes."""
    shown = await _shown(page, reads)
    context = await _filled(reads, page.actor, shown)
    return page.show(
        "calendar/show.html",
        shown=shown,
        address=shown.address,
        ways=_ways(shown),
        title=_title(shown),
        weekdays=_weekdays(),
        today=clock.now().astimezone(shown.span.zone).date(),
        type_choices=await type_choices(reads, page.actor),
        location_choices=await location_choices(reads, page.actor),
        done=DONE.get(done),
        **context,
    )


async def _shown(page: Page, reads: ReadSession) -> Shown:
    asked, actor = Address.of(page.request.query_params), page.actor
    sets = await resources.sets.list_(reads, actor)
    kept = next((one for one in sets if one.id == asked.set_id), None)
    one = None
    if len(asked.resource_ids) == 1 and kept is None and not asked.is_mine:
        one = await resources.get(reads, actor, asked.resource_ids[0])
    timezone = one.timezone if one else actor.timezone
    return Shown(asked, one, kept, sets, timezone)


async def _filled(reads: ReadSession, actor: Actor, shown: Shown) -> dict[str, Any]:
    """What the view shows: data to draw, an agenda, a month of many or of one's own."""
    if shown.address.is_mine:
        return await _own(reads, actor, shown)
    span = shown.span
    drawn = whole_weeks(span) if shown.is_drawn and shown.view == "month" else span
    selection = shown.selection
    rows = await bookings.calendar_rows(
        reads,
        actor,
        resource_ids=[] if selection is None else None,
        selection=selection,
        from_=drawn.starts_at,
        to=drawn.ends_at,
    )
    found: dict[str, Any] = {"rows": rows, "pages": _pages(rows, shown), "data": None}
    found["grid"] = None
    if shown.view == "month" and not shown.is_drawn:
        days = [_day_of(span, number) for number in range(len(span.days))]
        full = await bookings.occupancy(reads, actor, rows, spans=days)
        heads = [(day, _letter(day)) for day in span.days]
        return found | {"month": _month(rows, full), "heads": heads, "agenda": None}
    calendar = await bookings.calendar_of(reads, actor, rows)
    bookable = _bookable(actor, calendar.resources[0]) if shown.one else None
    most = WITHOUT_SCRIPT if shown.is_drawn else None
    told = agenda.build(calendar, span, now=clock.now(), bookable=bookable, most=most)
    if shown.view == "month":
        found["grid"] = agenda.build(calendar, drawn, now=clock.now(), bookable=None, most=None)
    if shown.is_drawn:
        found["data"] = drawing.data(calendar, shown.view, span, _question(shown, drawn))
    return found | {"agenda": told, "month": None}


async def _own(reads: ReadSession, actor: Actor, shown: Shown) -> dict[str, Any]:
    """One's own bookings: a month day by day, or an agenda."""
    is_month = shown.view == "month"
    span = whole_weeks(shown.span) if is_month else shown.span
    calendar = await bookings.own(reads, actor, from_=span.starts_at, to=span.ends_at)
    told = agenda.build(calendar, span, now=clock.now(), bookable=None, most=None, knows_open=False)
    common: dict[str, Any] = dict.fromkeys(("rows", "pages", "data", "month", "agenda", "grid"))
    return common | {"grid" if is_month else "agenda": told}


def _day_of(span: Span, number: int) -> Window:
    day = span.first + timedelta(days=number)
    return Window(midnight(day, span.zone), midnight(day + timedelta(days=1), span.zone))


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of a resource: how much of its open hours is booked, and in how many bookings."""

    per_cent: int
    bookings: int
    is_closed: bool

    @classmethod
    def of(cls, one: Occupancy) -> Cell:
        """From the minutes."""
        per_cent = round(100 * one.booked / one.open) if one.open else 0
        is_closed = one.is_closed or not one.open
        return cls(min(100, per_cent), one.bookings, is_closed)

    @property
    def level(self) -> int:
        """0 is free, 1 to 4 are quarters."""
        return -(-self.per_cent // 25)


@dataclass(frozen=True, slots=True)
class Line:
    """A resource's month; `group` where it is another than the line's before."""

    terms: resources.terms.Terms
    group: bookings.CalendarGroup | None
    cells: list[Cell]


def _month(rows: CalendarRows, full: dict[UUID, list[Occupancy]]) -> list[Line]:
    lines, before = [], None
    for id_, terms in rows.terms.items():
        group = rows.groups.get(id_)
        cells = [Cell.of(one) for one in full[id_]]
        lines.append(Line(terms, group if group != before else None, cells))
        before = group
    return lines


def _letter(day: date) -> str:
    return str(dates.format_date(day, "EEEEE", locale=language.reader().formats))


def _weekdays() -> list[tuple[str, str]]:
    """From Monday on, short and whole."""
    locale = language.reader().formats
    short, whole = (dates.get_day_names(width, locale=locale) for width in ("abbreviated", "wide"))
    return [(str(short[day]), str(whole[day])) for day in range(7)]


def _question(shown: Shown, drawn: Span) -> list[tuple[str, str]]:
    """How the browser asks the interface for the same again."""
    asked = [("from", _utc(drawn.starts_at)), ("to", _utc(drawn.ends_at))]
    asked += [("set_id" if name == "set" else name, v) for name, v in shown.address.selected]
    return asked if shown.one else [*asked, ("page", str(shown.address.page))]


def _utc(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _pages(rows: CalendarRows, shown: Shown) -> dict[str, int] | None:
    """Where in the list of resources one is, when not all fit."""
    size = resources.selecting.PAGE_SIZE
    if rows.total is None or (rows.total <= size and shown.address.page == 1):
        return None
    first = (shown.address.page - 1) * size
    last = first + len(rows.terms)
    return {"page": shown.address.page, "total": rows.total, "first": first + 1, "last": last}


def _bookable(actor: Actor, resource: CalendarResource) -> Window | None:
    """When the reader may book at all; those who may override see all that is free."""
    now, far = clock.now(), timedelta(days=366 * 2)
    scope = resource_scope(resource.id)
    if not actor.may(Permission.BOOKINGS_CREATE, scope):
        return None
    if actor.may(Permission.BOOKINGS_OVERRIDE, scope):
        return Window(now, now + far)
    latest, earliest = resource.rules.latest_minutes, resource.rules.earliest_minutes
    starts = now + timedelta(minutes=latest or 0)
    ends = now + (timedelta(minutes=earliest) if earliest is not None else far)
    return Window(starts, ends) if starts < ends else None


def _ways(shown: Shown) -> dict[str, str]:
    """Where the buttons lead."""
    said = replace(shown.address, view=shown.view)
    day = shown.address.day or shown.span.first
    monday = shown.span.first if shown.address.day else None
    before, after = neighbours(shown.kind, day)
    same = shown.address.day
    views = {view: said.path(view=view, day=same, span="week") for view in ("day", "week", "month")}
    if shown.address.is_mine:  # told, not drawn
        for span in ("day", "week"):
            views[span] = said.path(view="agenda", day=monday, span=span)
    span = shown.kind if shown.view != "agenda" else said.span
    return views | {
        "mine": Address(view="month", day=shown.address.day, is_mine=True).path(),
        "agenda": said.path(view="agenda", day=monday, span=span),
        "before": said.path(day=before, page=said.page),
        "after": said.path(day=after, page=said.page),
        "today": said.path(day=None, page=said.page),
        "everything": Address(view=shown.view, day=shown.address.day).path(),
        "save": f"/calendar/sets?{urlencode(said.query)}",
    }


def _title(shown: Shown) -> str:
    """The days in words: `Monday 23 November 2026`, `23–29 Nov 2026`, `November 2026`."""
    span, locale = shown.span, language.reader().formats
    if shown.kind == "day":
        return language.format_day(span.first, is_long=True)
    if shown.kind == "month":
        return str(dates.format_skeleton("yMMMM", span.first, locale=locale))
    last = span.end - timedelta(days=1)
    return str(dates.format_interval(span.first, last, "yMMMd", locale=locale))


class SetShape(Shape):
    """A selection to keep under a name."""

    name: str = Field(min_length=1, max_length=120)


@router.post("/calendar/sets", **takes(Permission.RESOURCES_READ))
async def save_set(page: CurrentPage) -> Response:
    """Keep the resources of the address under a name."""
    form = await Form.read(page.request)
    async with page.reading() as reads:
        shown = await _shown(page, reads)
        ids = await _chosen(reads, page.actor, shown)
    shape = form.parse(SetShape)
    made = await _saved(page, form, shape.name, ids) if shape else None
    if made is None or isinstance(made, Refused):
        context = {"form": form, "shown": shown, "save": _ways(shown)["save"]}
        return page.show("calendar/set.html", status=made.status if made else 422, **context)
    path = Address(view=shown.address.view, day=shown.address.day, set_id=made.id).path()
    return see_other(f"{path}&done=saved")


async def _saved(
    page: Page, form: Form, name: str, ids: list[UUID]
) -> resources.ResourceSetView | Refused:
    return await page.tried(
        form,
        lambda tx: resources.sets.create(tx, page.actor, name=name, resource_ids=ids),
        frozenset({"name"}),
    )


async def _chosen(reads: ReadSession, actor: Actor, shown: Shown) -> list[UUID]:
    """The resources of all pages, at most as many as a set holds."""
    selection = shown.selection
    if selection is None:
        return []
    whole = replace(selection, page=1, limit=MOST)
    return list(await resources.calendar_versions(reads, actor, whole))


@router.post("/calendar/sets/{set_id}/remove", **takes(Permission.RESOURCES_READ))
async def remove_set(page: CurrentPage, set_id: UUID) -> Response:
    """Forget a set."""
    async with page.writing() as tx:
        await resources.sets.delete(tx, page.actor, set_id)
    return see_other("/calendar?done=removed")
