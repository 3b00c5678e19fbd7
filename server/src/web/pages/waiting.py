"""Waiting: what one waits for, what is offered, and being told of free time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from src.core import clock, language
from src.core.actor import Permission
from src.core.db import ReadSession
from src.core.language import mark
from src.core.paging import MAX_LIMIT
from src.core.paging import Paging as Limits
from src.domain.bookings import waiting
from src.templating import enter
from src.web.forms import Form, Shape, TypedDate, TypedTime, see_other
from src.web.pages.booking_forms import BookingShape, Times, moment, times_of
from src.web.pages.booking_preview import resource_zone
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.resource_list import resource_choices, type_choices

router = APIRouter(include_in_schema=False)
enter(mark("Waiting list"), "/waiting", Permission.BOOKINGS_READ, rank=35, icon="clock", key="w")

DONE = {
    "added": mark("You are on the waiting list. You are told as soon as something is offered."),
    "offered": mark("It is free already: accept the offer below, it is held for you."),
    "declined": mark("The offer went to the next one. You go on waiting."),
    "cancelled": mark("You wait for it no more."),
    "alert": mark("You are told when it becomes free."),
    "alert-off": mark("You are told of it no more."),
    "rank": mark("The rank was changed."),
}
FIELDS = frozenset({"resource_id", "type_id", "min_minutes", "max_minutes", "title", "notes"})
_HOUR = timedelta(hours=1)


class WaitShape(Shape):
    """What the form of an entry sends; times in the reader's own."""

    resource_id: UUID | None = None
    type_id: UUID | None = None
    earliest_at_date: TypedDate
    earliest_at_time: TypedTime
    latest_at_date: TypedDate
    latest_at_time: TypedTime
    min_minutes: int = Field(ge=1, le=527_040)
    max_minutes: int | None = Field(None, ge=1, le=527_040)
    title: str = Field("", max_length=200)
    notes: str = Field("", max_length=10_000)


class RankShape(Shape):
    """A rank; the lowest is served first."""

    rank: int = Field(ge=1, le=999)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the page shows."""

    entries: list[waiting.EntryView]
    offers: list[waiting.EntryView]
    alerts: list[waiting.AlertView]
    others: list[waiting.EntryView]
    due: datetime


@router.get("/waiting", **shows(Permission.BOOKINGS_READ))
async def show_waiting(
    page: CurrentPage, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """My offers and entries, my alerts; for managers the lists of what they look after."""
    return await _show(page, done=done)


@router.get("/waiting/new", **shows(Permission.BOOKINGS_CREATE))
async def new_entry(
    page: CurrentPage,
    resource_id: UUID | None = None,
    type_id: str = "",
    starts_at: Annotated[str | None, Query(max_length=40)] = None,
    ends_at: Annotated[str | None, Query(max_length=40)] = None,
) -> Response:
    """The form, filled with the time that was wanted."""
    zone = language.reader().zone
    starts = moment(starts_at) or clock.now().replace(minute=0, second=0, microsecond=0) + _HOUR
    ends = moment(ends_at) or starts + timedelta(days=7)
    minutes = round((ends - starts) / timedelta(minutes=1)) if ends_at else 60
    values = _typed(starts, ends, zone) | {
        "resource_id": str(resource_id or ""),
        "type_id": type_id,
        "min_minutes": str(minutes),
        "max_minutes": str(minutes),
    }
    return await _show_form(page, Form.of(values))


@router.post("/waiting/new", **takes(Permission.BOOKINGS_CREATE))
async def create_entry(page: CurrentPage) -> Response:
    """Wait for it; what is free already is offered at once."""
    form = await Form.read(page.request)
    awaited = _awaited(form)
    if awaited is None:
        return await _show_form(page, form, status=422)
    made = await page.tried(
        form, lambda session: waiting.entries.add(session, page.actor, awaited=awaited), FIELDS
    )
    if isinstance(made, Refused):
        return await _show_form(page, form, status=made.status)
    return see_other(f"/waiting?done={'offered' if made.offer else 'added'}")


@router.post("/waiting/from-booking", **takes(Permission.BOOKINGS_CREATE))
async def from_booking(page: CurrentPage) -> Response:
    """From the form of a booking whose time is taken: wait for it, or be told when it is free."""
    form = await Form.read(page.request)
    shape = form.parse(BookingShape)
    if shape is None:
        return see_other("/waiting/new")
    times = times_of(form, shape, await resource_zone(page, shape.resource_id))
    if times is None or times.ends_at <= times.starts_at:
        return see_other(f"/waiting/new?resource_id={shape.resource_id}")
    way = _be_told if form.values.get("wait") == "alert" else _go_and_wait
    return await way(page, shape.resource_id, times)


async def _go_and_wait(_page: Page, resource_id: UUID, times: Times) -> Response:
    query = {
        "resource_id": str(resource_id),
        "starts_at": times.starts_at.isoformat(),
        "ends_at": times.ends_at.isoformat(),
    }
    return see_other(f"/waiting/new?{urlencode(query)}")


async def _be_told(page: Page, resource_id: UUID, times: Times) -> Response:
    minutes = round((times.ends_at - times.starts_at) / timedelta(minutes=1))

    async def add(session: AsyncSession) -> object:
        return await waiting.alerts.add(
            session, page.actor, resource_id,
            min_minutes=max(1, minutes), earliest_at=times.starts_at, latest_at=times.ends_at,
        )  # fmt: skip

    return await _done(page, add, "alert")


@router.post("/waiting/{entry_id}/cancel", **takes(Permission.BOOKINGS_CREATE))
async def cancel_entry(page: CurrentPage, entry_id: UUID) -> Response:
    """Take an entry off the list."""
    return await _done(
        page, lambda session: waiting.entries.cancel(session, page.actor, entry_id), "cancelled"
    )


@router.post("/waiting/{entry_id}/rank", **takes(Permission.BOOKINGS_MANAGE))
async def rank_entry(page: CurrentPage, entry_id: UUID) -> Response:
    """Say when it is served."""
    form = await Form.read(page.request)
    shape = form.parse(RankShape)
    if shape is None:
        return await _show(page, form=form, status=422)
    return await _done(
        page,
        lambda session: waiting.entries.change(
            session, page.actor, entry_id, changes={"rank": shape.rank}
        ),
        "rank",
    )


@router.post("/offers/{offer_id}/accept", **takes(Permission.BOOKINGS_CREATE))
async def accept(page: CurrentPage, offer_id: UUID) -> Response:
    """Book what is offered."""
    form = await Form.read(page.request)
    made = await page.tried(
        form, lambda session: waiting.offers.accept(session, page.actor, offer_id), frozenset()
    )
    if isinstance(made, Refused):
        return await _show(page, form=form, status=made.status)
    return see_other(f"/bookings/{made.id}?done={made.status}")


@router.post("/offers/{offer_id}/decline", **takes(Permission.BOOKINGS_CREATE))
async def decline(page: CurrentPage, offer_id: UUID) -> Response:
    """Leave it to the next one."""
    return await _done(
        page, lambda session: waiting.offers.decline(session, page.actor, offer_id), "declined"
    )


@router.post("/alerts/{alert_id}/cancel", **takes(Permission.BOOKINGS_CREATE))
async def cancel_alert(page: CurrentPage, alert_id: UUID) -> Response:
    """Be told no more."""
    return await _done(
        page, lambda session: waiting.alerts.cancel(session, page.actor, alert_id), "alert-off"
    )


async def _done(page: Page, work: Callable[[AsyncSession], Any], word: str) -> Response:
    form = Form()
    done = await page.tried(form, work, frozenset())
    if isinstance(done, Refused):
        return await _show(page, form=form, status=done.status)
    return see_other(f"/waiting?done={word}")


async def _show(
    page: Page, *, form: Form | None = None, status: int = 200, done: str = ""
) -> Response:
    async with page.reading() as reads:
        found = await _read(page, reads)
    return page.show(
        "waiting/show.html",
        status=status,
        form=form or Form(),
        waiting=found,
        done=language.gettext(DONE[done]) if done in DONE else None,
    )


async def _read(page: Page, reads: ReadSession) -> Waiting:
    many = Limits(limit=MAX_LIMIT)
    mine = await waiting.entries.list_(reads, page.actor, is_on=True, paging=many)
    others: list[waiting.EntryView] = []
    if page.actor.may_anywhere(Permission.BOOKINGS_MANAGE):
        all_ = await waiting.entries.list_(reads, page.actor, mine=False, is_on=True, paging=many)
        others = [one for one in all_.items if one.person.id != page.actor.user_id]
    alerts = await waiting.alerts.list_(reads, page.actor, paging=many)
    offered = [one for one in mine.items if one.offer]
    turns = [one.offer.expires_at for one in offered if one.offer]
    return Waiting(
        [one for one in mine.items if not one.offer],
        offered,
        alerts.items,
        others,
        min(turns, default=clock.now() + timedelta(minutes=15)),
    )


async def _show_form(page: Page, form: Form, *, status: int = 200) -> Response:
    async with page.reading() as reads:
        found = await resource_choices(reads, page.actor, form.values.get("resource_id", ""))
        types = await type_choices(reads, page.actor)
    return page.show(
        "waiting/form.html",
        status=status,
        form=form,
        resource_choices=found,
        type_choices=types,
    )


def _awaited(form: Form) -> waiting.Awaited | None:
    shape = form.parse(WaitShape)
    if shape is None:
        return None
    zone = language.reader().zone
    earliest = form.local("earliest_at", shape.earliest_at_date, shape.earliest_at_time, zone)
    latest = form.local("latest_at", shape.latest_at_date, shape.latest_at_time, zone)
    if earliest is None or latest is None:
        return None
    return waiting.Awaited(
        earliest,
        latest,
        shape.min_minutes,
        shape.max_minutes or shape.min_minutes,
        resource_id=shape.resource_id,
        # A resource that was chosen counts; the type is for those who would take any.
        type_id=None if shape.resource_id else shape.type_id,
        title=shape.title,
        notes=shape.notes,
    )


def _typed(starts: datetime, ends: datetime, zone: tzinfo) -> dict[str, str]:
    first, last = starts.astimezone(zone), ends.astimezone(zone)
    return {
        "earliest_at_date": first.date().isoformat(),
        "earliest_at_time": first.strftime("%H:%M"),
        "latest_at_date": last.date().isoformat(),
        "latest_at_time": last.strftime("%H:%M"),
    }
