"""Bookings: the list, one with its history, what may be done with it, and requests to decide."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from src.core import clock
from src.core.actor import Permission
from src.core.language import mark
from src.core.paging import MAX_LIMIT
from src.core.paging import Paging as Limits
from src.domain import bookings, resources
from src.domain.bookings import Status
from src.templating import enter
from src.web.dependencies import Paging, Reads, Tx
from src.web.forms import Form, Shape, see_other
from src.web.pages.frame import CurrentPage, shows, takes
from src.web.pages.history import history

router = APIRouter(include_in_schema=False)
enter(mark("Bookings"), "/bookings", Permission.BOOKINGS_READ, rank=30, icon="booking", key="b")
enter(mark("Requests"), "/requests", Permission.BOOKINGS_APPROVE, rank=40, icon="request", key="q")

DONE = {
    "confirmed": mark("It is booked."),
    "requested": mark("It is requested: the time is held until somebody decides."),
    "changed": mark("The booking was changed."),
    "cancelled": mark("The booking was cancelled."),
    "check-in": mark("You are checked in."),
    "check-out": mark("The booking has ended; the rest of its time is free again."),
    "approved": mark("The request was approved."),
    "rejected": mark("The request was rejected."),
}


class NoteShape(Shape):
    """A few words with an action."""

    note: str | None = Field(None, max_length=2000)
    version: int | None = None


@router.get("/bookings", **shows(Permission.BOOKINGS_READ))
async def list_bookings(page: CurrentPage, reads: Reads, paging: Paging) -> Response:
    """Mine or all, coming or past, by state, resource and words."""
    form = Form.of_query(page.request, whose="mine", when="coming", status="", resource_id="", q="")
    found = await bookings.list_(reads, page.actor, **_wanted(form), paging=paging)
    choices = await resources.list_(reads, page.actor, paging=Limits(limit=MAX_LIMIT))
    return page.show(
        "bookings/list.html",
        form=form,
        page=found,
        resource_choices=[(str(one.id), one.name) for one in choices.items],
    )


def _wanted(form: Form) -> dict[str, Any]:
    """The list's arguments; a value nobody offered filters nothing."""
    chosen, now = form.values, clock.now()
    which = bookings.Filter(
        mine=chosen["whose"] != "all",
        q=chosen["q"] or None,
        to=now if chosen["when"] == "past" else None,
        from_=now if chosen["when"] == "coming" else None,
        statuses=[Status(chosen["status"])] if chosen["status"] in set(Status) else [],
    )
    with suppress(ValueError):
        which = replace(which, resource_ids=[UUID(chosen["resource_id"])])
    return {"which": which, "sort": "starts_at" if chosen["when"] == "coming" else "-starts_at"}


@router.get("/requests", **shows(Permission.BOOKINGS_APPROVE))
async def list_requests(page: CurrentPage, reads: Reads, paging: Paging) -> Response:
    """What waits for a decision of the reader, the most urgent first."""
    which = bookings.Filter(statuses=[Status.REQUESTED], from_=clock.now())
    found = await bookings.list_(reads, page.actor, which=which, paging=paging)
    return page.show("bookings/requests.html", page=found, form=Form())


@router.get("/bookings/{booking_id}", **shows(Permission.BOOKINGS_READ))
async def show_booking(
    page: CurrentPage,
    reads: Reads,
    booking_id: UUID,
    done: Annotated[str, Query(max_length=20)] = "",
    note: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """A booking, its history, and exactly what the reader may do with it."""
    booking = await bookings.get(reads, page.actor, booking_id)
    entries = [] if booking.is_masked else await history(reads, ("booking", booking_id))
    return page.show(
        "bookings/show.html",
        booking=booking,
        history=entries,
        form=Form(),
        done=DONE.get(done),
        is_first_hour=note == "first-hour",
    )


@router.get("/bookings/{booking_id}/cancel", **shows(Permission.BOOKINGS_READ))
async def cancel_form(page: CurrentPage, reads: Reads, booking_id: UUID) -> Response:
    """Ask before cancelling, and say what it does."""
    booking = await bookings.get(reads, page.actor, booking_id)
    return page.show("bookings/cancel.html", booking=booking, form=Form())


@router.post("/bookings/{booking_id}/cancel", **takes(Permission.BOOKINGS_READ))
async def cancel(page: CurrentPage, session: Tx, booking_id: UUID) -> Response:
    """Cancel; the time is free at once."""
    form = await _words(page)
    await bookings.cancel(session, page.actor, booking_id, reason=form.note)
    return see_other(f"/bookings/{booking_id}?done=cancelled")


@router.post("/bookings/{booking_id}/check-in", **takes(Permission.BOOKINGS_READ))
async def check_in(page: CurrentPage, session: Tx, booking_id: UUID) -> Response:
    """Say that one is there."""
    await bookings.check_in(session, page.actor, booking_id)
    return see_other(f"/bookings/{booking_id}?done=check-in")


@router.post("/bookings/{booking_id}/check-out", **takes(Permission.BOOKINGS_READ))
async def check_out(page: CurrentPage, session: Tx, booking_id: UUID) -> Response:
    """End early; the rest is free at once."""
    await bookings.check_out(session, page.actor, booking_id)
    return see_other(f"/bookings/{booking_id}?done=check-out")


@router.post("/bookings/{booking_id}/approve", **takes(Permission.BOOKINGS_APPROVE))
async def approve(page: CurrentPage, session: Tx, booking_id: UUID) -> Response:
    """Let a request become a booking."""
    form = await _words(page)
    await bookings.approve(session, page.actor, booking_id, note=form.note)
    return see_other(f"/bookings/{booking_id}?done=approved")


@router.post("/bookings/{booking_id}/reject", **takes(Permission.BOOKINGS_APPROVE))
async def reject(page: CurrentPage, session: Tx, booking_id: UUID) -> Response:
    """Refuse a request, with a word why."""
    form = await _words(page)
    await bookings.reject(session, page.actor, booking_id, note=form.note)
    return see_other(f"/bookings/{booking_id}?done=rejected")


async def _words(page: CurrentPage) -> NoteShape:
    """The note; one that is too long is cut, for nobody should lose a decision over it."""
    form = await Form.read(page.request)
    return NoteShape(note=(form.values.get("note") or "")[:2000] or None)
