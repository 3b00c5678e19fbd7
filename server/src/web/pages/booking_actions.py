"""What is done with a booking by a button: cancel and take it back, come, leave, stay longer."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from src.core.actor import Permission
from src.domain import bookings
from src.domain.bookings import presence
from src.web.dependencies import Reads, Tx
from src.web.forms import Form, see_other
from src.web.pages.booking_edit import filled
from src.web.pages.booking_preview import show_form
from src.web.pages.bookings import show
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes

router = APIRouter(include_in_schema=False)
LONGEST_NOTE = 2000
LONGER = (15, 30, 60)


@router.get("/bookings/{booking_id}/cancel", **shows(Permission.BOOKINGS_READ))
async def cancel_form(page: CurrentPage, reads: Reads, booking_id: UUID) -> Response:
    """Ask before cancelling, and say what it does."""
    found = await bookings.cancelling(reads, page.actor, booking_id)
    return page.show("bookings/cancel.html", booking=found.booking, cancelling=found, form=Form())


@router.post("/bookings/{booking_id}/cancel", **takes(Permission.BOOKINGS_READ))
async def cancel(page: CurrentPage, session: Tx, booking_id: UUID) -> Response:
    """Cancel; the time is free at once, and for a while that can be undone."""
    await bookings.cancel(session, page.actor, booking_id, reason=await note_of(page))
    return see_other(f"/bookings/{booking_id}?done=cancelled")


@router.post("/bookings/{booking_id}/restore", **takes(Permission.BOOKINGS_READ))
async def restore(page: CurrentPage, booking_id: UUID) -> Response:
    """Take the cancellation back, or say what has taken its place."""
    form = Form()
    made = await page.tried(form, lambda tx: bookings.restore(tx, page.actor, booking_id))
    if isinstance(made, Refused):
        return await show(page, booking_id, form=form, status=made.status)
    return see_other(f"/bookings/{booking_id}?done=restored")


@router.post("/bookings/{booking_id}/check-in", **takes(Permission.BOOKINGS_READ))
async def check_in(page: CurrentPage, booking_id: UUID) -> Response:
    """Say that one is there."""
    form = Form()
    made = await page.tried(form, lambda tx: bookings.check_in(tx, page.actor, booking_id))
    if isinstance(made, Refused):
        if isinstance(made.refusal, presence.ChecklistNeeded):
            return see_other(f"/bookings/{booking_id}/checklists/before")
        return await show(page, booking_id, form=form, status=made.status)
    return see_other(f"/bookings/{booking_id}?done=check-in")


@router.post("/bookings/{booking_id}/check-out", **takes(Permission.BOOKINGS_READ))
async def check_out(page: CurrentPage, session: Tx, booking_id: UUID) -> Response:
    """End early; the rest is free at once. Where a list is asked after use, it comes next."""
    await bookings.check_out(session, page.actor, booking_id)
    if await presence.checklists.is_missing_after(session, booking_id):
        return see_other(f"/bookings/{booking_id}/checklists/after")
    return see_other(f"/bookings/{booking_id}?done=check-out")


@router.post("/bookings/{booking_id}/extend", **takes(Permission.BOOKINGS_READ))
async def extend(page: CurrentPage, booking_id: UUID) -> Response:
    """Stay longer; where that is not free, the form says why and what is."""
    sent = await Form.read(page.request)
    minutes = next((one for one in LONGER if str(one) == sent.values.get("minutes")), LONGER[0])
    async with page.reading() as reads:
        booking = await bookings.get(reads, page.actor, booking_id)
    return await _extended(page, booking, timedelta(minutes=minutes))


async def _extended(page: Page, booking: bookings.BookingView, longer: timedelta) -> Response:
    until = booking.ends_at + longer
    form = filled(booking, ends_at=until)
    made = await page.tried(
        form,
        lambda tx: bookings.change(tx, page.actor, booking.id, changes={"ends_at": until}),
        frozenset(form.values),
    )
    if isinstance(made, Refused):
        resource_id = booking.resource.id
        return await show_form(page, form, resource_id, booking=booking, status=made.status)
    return see_other(f"/bookings/{booking.id}?done=changed")


async def note_of(page: Page) -> str | None:
    """The note; one that is too long is cut, for nobody should lose a decision over it."""
    form = await Form.read(page.request)
    return (form.values.get("note") or "")[:LONGEST_NOTE] or None
