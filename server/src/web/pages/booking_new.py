"""Booking by form: from any free slot in two clicks, or the same once more."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from src.core import clock
from src.core.actor import Permission
from src.core.language import zone_of
from src.domain import bookings
from src.domain.bookings import parties
from src.domain.resources.policy import EffectivePolicy
from src.web import sheets
from src.web.forms import Form, see_other
from src.web.pages.booking_forms import (
    ANSWERS,
    BookingShape,
    Times,
    answers_of,
    as_uuid,
    fields_of,
    moment,
    times_of,
    typed,
    wish_of,
)
from src.web.pages.booking_more import MoreShape
from src.web.pages.booking_preview import (
    form_context,
    resource_terms,
    show_form,
    taken_over,
    terms_of,
)
from src.web.pages.booking_several import book_more
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes

router = APIRouter(include_in_schema=False)

_HOUR = timedelta(hours=1)


@router.get("/bookings/new", **shows(Permission.BOOKINGS_CREATE))
async def new_booking(
    page: CurrentPage,
    resource_id: UUID | None = None,
    starts_at: Annotated[str | None, Query(max_length=40)] = None,
    ends_at: Annotated[str | None, Query(max_length=40)] = None,
    again: UUID | None = None,
    slot_id: UUID | None = None,
    template: UUID | None = None,
) -> Response:
    """The form, filled with the next hour, the slot chosen, an earlier booking or a template."""
    if template is not None:
        return await _from_template(page, template, moment(starts_at))
    if again is not None:
        return await _again(page, again)
    if resource_id is None:
        return see_other("/resources")
    return await _first(page, resource_id, moment(starts_at), moment(ends_at), slot_id)


async def _first(
    page: Page,
    resource_id: UUID,
    starts: datetime | None,
    ends: datetime | None,
    slot_id: UUID | None,
) -> Response:
    starts = starts or clock.now().replace(minute=0, second=0, microsecond=0) + _HOUR
    async with page.reading() as reads:
        resource = await terms_of(page, reads, resource_id, starts.astimezone(UTC).date())
        window = starts, _end(starts, ends, resource.policy)
        form = Form.of(typed(*window, resource.zone) | {"slot_id": str(slot_id or "")})
        context = await form_context(page, reads, form, resource)
    return page.show("bookings/form.html", note_of="", **context)


def _end(starts: datetime, ends: datetime | None, policy: EffectivePolicy) -> datetime:
    if ends is not None and ends > starts:
        return ends
    minutes = max(60, policy.min_minutes or 0)
    return starts + timedelta(minutes=min(minutes, policy.max_minutes or minutes))


async def _again(page: Page, booking_id: UUID) -> Response:
    """The form with an earlier booking on the next day that it would be free."""
    async with page.reading() as reads:
        booking = await bookings.get(reads, page.actor, booking_id)
        wish = await bookings.again(reads, page.actor, booking_id)
    if wish is None:
        return see_other(f"/resources/{booking.resource.id}")
    zone = zone_of(booking.resource.timezone)
    values: dict[str, object] = {
        **typed(wish.starts_at, wish.ends_at, zone),
        "title": wish.title,
        "notes": wish.notes,
        "team_id": wish.team_id,
        "booked_for": wish.booked_for,
    }
    return await show_form(page, Form.of(values), wish.resource_id, note="again")


async def _from_template(page: Page, template_id: UUID, starts: datetime | None) -> Response:
    """The form as the template has it, for the time that was chosen or the next hour."""
    async with page.reading() as reads:
        one = await parties.templates.get(reads, page.actor, template_id)
    starts = starts or clock.now().replace(minute=0, second=0, microsecond=0) + _HOUR
    ends = starts + timedelta(minutes=one.minutes)
    values: dict[str, object] = {
        **typed(starts, ends, zone_of(one.resource.timezone)),
        "title": one.title,
        "notes": one.notes,
        "unit": one.unit,
        "team_id": one.team_id,
        "project_id": one.project_id,
        "attendees": [str(id_) for id_ in one.attendees],
    }
    form = Form.of(values)
    questions = (await resource_terms(page, one.resource.id)).policy.questions
    sheets.fill(form, questions, one.answers, prefix=ANSWERS)
    return await show_form(page, form, one.resource.id, note="template")


@router.post("/bookings/new", **takes(Permission.BOOKINGS_CREATE))
async def book(page: CurrentPage) -> Response:
    """Book, or show the form again with what stands in the way and what could be done instead."""
    form = await Form.read(page.request)
    resource_id = as_uuid(form.values.get("resource_id"))
    if resource_id is None:
        return see_other("/resources")
    note = "suggested" if "use" in form.values else ""
    if (changed := await taken_over(page, form, resource_id)) is not None:
        chosen = as_uuid(changed.values.get("resource_id")) or resource_id
        return await show_form(page, changed, chosen, note=note)
    return await _booked(page, form, resource_id)


async def _booked(page: Page, form: Form, resource_id: UUID) -> Response:
    shape = form.parse(BookingShape)
    terms = await resource_terms(page, resource_id)
    times = times_of(form, shape, terms.zone) if shape else None
    if shape is None or times is None:
        return await show_form(page, form, resource_id, status=422)
    more = form.parse(MoreShape)
    if more is None:
        return await show_form(page, form, resource_id, status=422)
    wish = wish_of(shape, times, answers_of(form, terms))
    wish = replace(wish, attendees=tuple(more.attendees))
    if more.repeat or more.also:
        return await book_more(page, form, wish, more, terms.zone)
    known = fields_of(terms)
    made = await page.tried(form, lambda tx: bookings.create(tx, page.actor, wish=wish), known)
    if isinstance(made, Refused):
        return await show_form(page, form, resource_id, status=made.status)
    return see_other(done(made, times, str(made.status)))


def done(made: bookings.BookingView, times: Times, word: str) -> str:
    """Where to go when it is booked: its page, which says so."""
    query = {"done": word}
    if times.is_twice:
        query["note"] = "first-hour"
    return f"/bookings/{made.id}?{urlencode(query)}"
