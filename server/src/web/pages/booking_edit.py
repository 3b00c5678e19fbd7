"""Changing a booking by form; the rules hold as for a new one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from src.core import clock
from src.core.actor import Permission
from src.core.language import zone_of
from src.domain import bookings
from src.web import sheets
from src.web.forms import Form, see_other
from src.web.pages.booking_forms import (
    ANSWERS,
    EditShape,
    Times,
    answers_of,
    as_uuid,
    changes_of,
    fields_of,
    times_of,
    typed,
)
from src.web.pages.booking_new import done
from src.web.pages.booking_preview import resource_terms, show_form, taken_over
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes

router = APIRouter(include_in_schema=False)


@router.get("/bookings/{booking_id}/edit", **shows(Permission.BOOKINGS_READ))
async def edit_form(page: CurrentPage, booking_id: UUID) -> Response:
    """The form with the booking as it is."""
    async with page.reading() as reads:
        booking = await bookings.get(reads, page.actor, booking_id)
    if "edit" not in booking.allowed:
        return see_other(f"/bookings/{booking_id}")
    form = filled(booking)
    questions = (await resource_terms(page, booking.resource.id)).policy.questions
    sheets.fill(form, questions, booking.answers, prefix=ANSWERS)
    return await show_form(page, form, booking.resource.id, booking=booking)


def filled(booking: bookings.BookingView, *, ends_at: datetime | None = None) -> Form:
    """The form of a booking as it is now, or with another end."""
    zone = zone_of(booking.resource.timezone)
    values: dict[str, object] = {
        **typed(booking.starts_at, ends_at or booking.ends_at, zone),
        "resource_id": booking.resource.id,
        "title": booking.title,
        "notes": booking.notes,
        "unit": booking.unit,
        "team_id": booking.team_id,
        "version": booking.version,
    }
    return Form.of(values)


@router.post("/bookings/{booking_id}/edit", **takes(Permission.BOOKINGS_READ))
async def edit(page: CurrentPage, booking_id: UUID) -> Response:
    """Change it, or show the form again with what stands in the way."""
    form = await Form.read(page.request)
    async with page.reading() as reads:
        booking = await bookings.get(reads, page.actor, booking_id)
    resource_id = as_uuid(form.values.get("resource_id")) or booking.resource.id
    note = "suggested" if "use" in form.values else ""
    if (changed := await taken_over(page, form, resource_id)) is not None:
        chosen = as_uuid(changed.values.get("resource_id")) or resource_id
        return await show_form(page, changed, chosen, booking=booking, note=note)
    return await _changed(page, form, resource_id, booking)


async def _changed(
    page: Page, form: Form, resource_id: UUID, booking: bookings.BookingView
) -> Response:
    shape = form.parse(EditShape)
    terms = await resource_terms(page, resource_id)
    times = times_of(form, shape, terms.zone) if shape else None
    if shape is None or times is None:
        return await show_form(page, form, resource_id, booking=booking, status=422)
    # After the start they are fixed, and the form has none.
    answers = answers_of(form, terms) if booking.starts_at > clock.now() else None
    change = _change(page, shape, times, booking, answers)
    made = await page.tried(form, change, fields_of(terms))
    if isinstance(made, Refused):
        return await show_form(page, form, resource_id, booking=booking, status=made.status)
    return see_other(done(made, times, "changed"))


def _change(
    page: Page,
    shape: EditShape,
    times: Times,
    booking: bookings.BookingView,
    answers: Mapping[str, Any] | None,
) -> Callable[[AsyncSession], Awaitable[bookings.BookingView]]:
    return lambda session: bookings.change(
        session,
        page.actor,
        booking.id,
        changes=changes_of(shape, times, booking, answers),
        expected_version=shape.version,
    )
