"""Find a time: free and within all rules, over many resources; one press holds it and books."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from src.core import clock, language
from src.core.actor import Permission
from src.core.db import ReadSession
from src.core.language import mark
from src.core.paging import MAX_LIMIT
from src.core.paging import Paging as Limits
from src.domain import bookings, resources
from src.domain.bookings import slots
from src.models.common import Moment
from src.templating import enter
from src.web.dependencies import Reads
from src.web.forms import Form, Shape, TypedDate, TypedTime, moment_of, see_other
from src.web.pages.frame import CurrentPage, Page, shows, takes
from src.web.pages.resource_list import location_choices, type_choices

router = APIRouter(include_in_schema=False)
enter(mark("Find a time"), "/find", Permission.BOOKINGS_CREATE, rank=15, icon="search", key="f")

EMPTY = dict.fromkeys(
    ("type_id", "location_id", "tag", "resource_id", "after", "before", "nights", "weekends",
     "order", "all"), "",
)  # fmt: skip
LENGTHS = (30, 60, 90, 120, 180, 240, 480, 720, 1440)
MORE = ("location_id", "tag", "resource_id", "after", "before", "order", "all")
SHOWN = 60
_DAY = timedelta(days=1)


class FindShape(Shape):
    """What the form of a search sends."""

    length: int = 60
    from_day: TypedDate
    to_day: TypedDate
    after: TypedTime | None = None
    before: TypedTime | None = None


class HoldShape(Shape):
    """A time that was chosen."""

    resource_id: UUID
    starts_at: Moment
    ends_at: Moment
    unit: int | None = None


@dataclass(frozen=True, slots=True)
class OfResource:
    """What was found of one resource on one day."""

    resource: bookings.ResourceRef
    windows: Sequence[slots.Found]


@dataclass(frozen=True, slots=True)
class OfDay:
    """What was found of one day."""

    day: date
    rows: Sequence[OfResource]


@router.get("/find", **shows(Permission.BOOKINGS_CREATE))
async def find(page: CurrentPage, reads: Reads) -> Response:
    """The form of the search and what it finds."""
    form, zone = _form(page), language.reader().zone
    found = await _found(page, reads, form)
    return page.show(
        "find/show.html",
        status=422 if form.is_faulty else 200,
        form=form,
        days=_by_day(found, zone),
        today=clock.now().astimezone(zone).date(),
        is_cut=len(found) >= SHOWN,
        **await _choices(page, reads, form),
    )


async def _found(page: Page, reads: ReadSession, form: Form) -> list[slots.Found]:
    """What the form finds; what is wrong with it stands in the form."""
    sought = _sought(form, language.reader().zone)
    if sought is None:
        return []
    try:
        return await slots.find(reads, page.actor, sought)
    except slots.BadSearch as refusal:
        form.refuse(refusal, frozenset())
        return []


async def _choices(page: Page, reads: ReadSession, form: Form) -> dict[str, Any]:
    """What the fields offer."""
    few = await resources.pick(reads, page.actor, paging=Limits(limit=MAX_LIMIT))
    return {
        "is_narrowed": any(form.values[name] for name in MORE),
        "lengths": [(str(one), language.format_length(one)) for one in LENGTHS],
        "type_choices": await type_choices(reads, page.actor),
        "location_choices": await location_choices(reads, page.actor),
        "tag_choices": [(tag, tag) for tag in await resources.tags(reads, page.actor)],
        "resource_choices": [(str(one.id), one.name) for one in few.items],
    }


@router.post("/find/hold", **takes(Permission.BOOKINGS_CREATE))
async def hold(page: CurrentPage) -> Response:
    """Keep a time for five minutes and go on to the form of a booking.

    Where it cannot be kept the form tells why, with what would fit.
    """
    form = await Form.read(page.request)
    shape = form.parse(HoldShape)
    if shape is None:
        return see_other("/find")
    query = {
        "resource_id": str(shape.resource_id),
        "starts_at": shape.starts_at.isoformat(),
        "ends_at": shape.ends_at.isoformat(),
    }
    with suppress(bookings.BookingOverlaps, bookings.BookingRefused, slots.TooManySlots):
        async with page.writing() as session:
            kept = await slots.hold(session, page.actor, **shape.model_dump())
            query["slot_id"] = str(kept.id)
    return see_other(f"/bookings/new?{urlencode(query)}")


def _form(page: Page) -> Form:
    today = clock.now().astimezone(language.reader().zone).date()
    week = (today + 7 * _DAY).isoformat()
    defaults = {**EMPTY, "length": "60", "from_day": today.isoformat(), "to_day": week}
    return Form.of_query(page.request, **defaults)


def _sought(form: Form, zone: tzinfo) -> slots.Sought | None:
    """The search the form means; None where a field is wrong. A value nobody offered is absent."""
    shape = form.parse(FindShape)
    if shape is None:
        return None
    try:
        starts, ends = _instant(shape.from_day, zone), _instant(shape.to_day + _DAY, zone)
    except (OverflowError, ValueError):
        form.add("to_day", "date", language.gettext("Choose another day."))
        return None
    values = form.values
    between = None
    if shape.after or shape.before:
        between = (shape.after or time(), shape.before or time())
    return slots.Sought(
        max(1, shape.length),
        starts,
        ends,
        type_ids=_ids(values["type_id"]),
        tags=[values["tag"]] if values["tag"] else (),
        location_ids=_ids(values["location_id"]),
        resource_ids=_ids(values["resource_id"]),
        qualified_for_me=not values["all"],
        between=between,
        nights=bool(values["nights"]),
        weekends=bool(values["weekends"]),
        order="disturbance" if values["order"] == "disturbance" else "earliest",
        limit=SHOWN,
    )


def _instant(day: date, zone: tzinfo) -> datetime:
    return moment_of(day, time(), zone)


def _ids(value: str) -> list[UUID]:
    with suppress(ValueError):
        return [UUID(value)]
    return []


def _by_day(found: Sequence[slots.Found], zone: tzinfo) -> list[OfDay]:
    """By day, and within it by resource; of both the one that came first is told first."""

    def day(one: slots.Found) -> date:
        return one.starts_at.astimezone(zone).date()

    by_day: dict[date, list[slots.Found]] = {}
    for one in found:
        by_day.setdefault(day(one), []).append(one)
    return [
        OfDay(
            on,
            [
                OfResource(resource, list(those))
                for resource, those in groupby(
                    sorted(of_day, key=lambda one: (one.resource.name, one.starts_at)),
                    key=lambda one: one.resource,
                )
            ],
        )
        for on, of_day in sorted(by_day.items())
    ]
