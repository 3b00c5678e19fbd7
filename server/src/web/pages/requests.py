"""Requests that wait for the reader, and what each would mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from src.core import clock, language
from src.core.actor import Permission
from src.core.db import ReadSession
from src.core.language import mark, zone_of
from src.domain import bookings
from src.domain.bookings import BookingView, Calendar
from src.domain.resources.hours import Window
from src.templating import enter
from src.web.dependencies import Paging, Reads, Tx
from src.web.forms import see_other
from src.web.pages.booking_actions import note_of
from src.web.pages.booking_strip import Asked, Strip, day_of, draw
from src.web.pages.booking_words import DONE
from src.web.pages.frame import CurrentPage, Page, shows, takes

router = APIRouter(include_in_schema=False)
enter(mark("Requests"), "/requests", Permission.BOOKINGS_APPROVE, rank=40, icon="request", key="q")

REACH = timedelta(days=60)  # days further away than this are not drawn


@router.get("/requests", **shows(Permission.BOOKINGS_APPROVE))
async def list_requests(
    page: CurrentPage,
    reads: Reads,
    paging: Paging,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """What waits for a decision of the reader, the earliest first."""
    found = await bookings.list_(
        reads, page.actor, which=bookings.Filter(waiting=True), paging=paging
    )
    people = (one.booked_for.id for one in found.items if one.booked_for)
    return page.show(
        "bookings/requests.html",
        portraits=await page.portraits_of(reads, people),
        page=found,
        records=await bookings.records.of(reads, page.actor, found.items),
        strips=await _strips(page, reads, found.items),
        done=language.gettext(DONE[done]) if done in DONE else None,
    )


async def _strips(
    page: Page, reads: ReadSession, requests: Sequence[BookingView]
) -> dict[UUID, Strip]:
    """The day of each request on its resource, all in two statements."""
    if not requests:
        return {}
    days = {one.id: day_of(_window(one), zone_of(one.resource.timezone)) for one in requests}
    first = min(day.starts_at for day in days.values())
    near = [one for one in requests if days[one.id].ends_at <= first + REACH]
    calendar = await bookings.calendar(
        reads,
        page.actor,
        resource_ids={one.resource.id for one in near},
        from_=first,
        to=max(days[one.id].ends_at for one in near),
    )
    return {one.id: _strip(calendar, one, days[one.id]) for one in near}


def _strip(calendar: Calendar, request: BookingView, day: Window) -> Strip:
    entries = (entry for entry in calendar.entries if entry.resource_id == request.resource.id)
    of_day = replace(
        calendar,
        resources=tuple(one for one in calendar.resources if one.id == request.resource.id),
        entries=tuple(one for one in entries if day.overlaps(Window(one.starts_at, one.ends_at))),
    )
    asked = Asked(_window(request), request.unit, request.id)
    return draw(of_day, asked, zone=zone_of(request.resource.timezone), now=clock.now())


def _window(booking: BookingView) -> Window:
    return Window(booking.starts_at, booking.ends_at)


@router.post("/bookings/{booking_id}/approve", **takes(Permission.BOOKINGS_APPROVE))
async def approve(page: CurrentPage, session: Tx, booking_id: UUID, on: str = "") -> Response:
    """Let a request become a booking."""
    await bookings.approve(session, page.actor, booking_id, note=await note_of(page))
    return see_other(_back(booking_id, on, "approved"))


@router.post("/bookings/{booking_id}/reject", **takes(Permission.BOOKINGS_APPROVE))
async def reject(page: CurrentPage, session: Tx, booking_id: UUID, on: str = "") -> Response:
    """Refuse a request, with a word why."""
    await bookings.reject(session, page.actor, booking_id, note=await note_of(page))
    return see_other(_back(booking_id, on, "rejected"))


def _back(booking_id: UUID, on: str, done: str) -> str:
    """To the list when it was decided there, else to the booking."""
    path = "/requests" if on == "requests" else f"/bookings/{booking_id}"
    return f"{path}?done={done}"
