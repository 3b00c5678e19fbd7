"""Bookings: the list by day, and one with its history and what may be done with it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from src.core import clock, language
from src.core.actor import Permission
from src.core.db import ReadSession
from src.core.language import mark
from src.core.paging import MAX_LIMIT
from src.core.paging import Paging as Limits
from src.domain import accounts, approvals, bookings, resources
from src.domain.bookings import BookingView, Status, rules
from src.templating import enter
from src.web.api.imports import table
from src.web.dependencies import Paging, Reads, declares
from src.web.forms import Form
from src.web.pages.booking_company import company_of
from src.web.pages.booking_preview import NO_WINDOW
from src.web.pages.booking_words import DONE, left_free, not_now, now_line
from src.web.pages.calendar_links import links
from src.web.pages.checklists import lists_of
from src.web.pages.frame import CurrentPage, Page, shows
from src.web.pages.history import history

router = APIRouter(include_in_schema=False)
enter(mark("Bookings"), "/bookings", Permission.BOOKINGS_READ, rank=30, icon="booking", key="b")


@router.get("/bookings", **shows(Permission.BOOKINGS_READ))
async def list_bookings(page: CurrentPage, reads: Reads, paging: Paging) -> Response:
    """Mine or all I may see, coming or past, by state, resource and words; day by day."""
    form = _filters(page)
    found = await bookings.list_(reads, page.actor, **_wanted(form), paging=paging)
    choices = await resources.pick(reads, page.actor, paging=Limits(limit=MAX_LIMIT))
    return page.show(
        "bookings/list.html",
        form=form,
        page=found,
        days=[(day, list(items)) for day, items in groupby(found.items, _day)],
        today=clock.now().astimezone(language.reader().zone).date(),
        resource_choices=[(str(one.id), one.name) for one in choices.items],
        export=f"/bookings/export?{urlencode(form.values)}",
    )


@router.get(
    "/bookings/export", **declares(Permission.BOOKINGS_READ, rate="export", cache="no-store")
)
async def export_bookings(page: CurrentPage) -> Response:
    """The same as CSV, all pages of it."""
    content = bookings.exporting.chunks(page.database, page.actor, **_wanted(_filters(page)))
    return table(content, f"bookings-{clock.now():%Y-%m-%d}.csv")


def _day(booking: BookingView) -> date:
    return booking.starts_at.astimezone(language.reader().zone).date()


def _filters(page: Page) -> Form:
    """The filter bar: without a word about it, what is coming is what still stands."""
    form = Form.of_query(page.request, whose="mine", when="coming", status="", resource_id="", q="")
    is_coming, status = form.values["when"] == "coming", form.values["status"]
    if not status or (status == "open" and not is_coming):
        form.values["status"] = "open" if is_coming else "any"
    return form


def _wanted(form: Form) -> dict[str, Any]:
    """The list's arguments; a value nobody offered filters nothing."""
    chosen, now = form.values, clock.now()
    which = bookings.Filter(
        mine=chosen["whose"] != "all",
        q=chosen["q"] or None,
        to=now if chosen["when"] == "past" else None,
        from_=now if chosen["when"] == "coming" else None,
        statuses=_statuses(chosen["status"]),
    )
    with suppress(ValueError):
        which = replace(which, resource_ids=[UUID(chosen["resource_id"])])
    return {"which": which, "sort": "starts_at" if chosen["when"] == "coming" else "-starts_at"}


def _statuses(chosen: str) -> list[Status]:
    if chosen == "open":
        return sorted(rules.HELD)
    return [Status(chosen)] if chosen in set(Status) else []


@router.get("/bookings/{booking_id}", **shows(Permission.BOOKINGS_READ))
async def show_booking(
    page: CurrentPage,
    booking_id: UUID,
    done: Annotated[str, Query(max_length=20)] = "",
    note: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """A booking, its history, and exactly what the reader may do with it."""
    undo = f"/bookings/{booking_id}/restore" if done == "cancelled" else None
    return await show(page, booking_id, done=done, undo=undo, is_first_hour=note == "first-hour")


async def _waiting(reads: ReadSession, booking: BookingView) -> approvals.Waiting | None:
    """Whom a request waits for, for those who may read it."""
    if booking.status is not Status.REQUESTED or booking.is_masked:
        return None
    return await approvals.inbox.waiting_for(reads, "booking", booking.id)


async def show(
    page: Page,
    booking_id: UUID,
    *,
    form: Form | None = None,
    status: int = 200,
    done: str = "",
    undo: str | None = None,
    is_first_hour: bool = False,
) -> Response:
    """The page of a booking; `form` is one that was refused there."""
    now = clock.now()
    async with page.reading() as reads:
        booking = await bookings.get(reads, page.actor, booking_id)
        resource = await resources.get(reads, page.actor, booking.resource.id)
        terms = await resources.terms.load(reads, [resource.id], around=NO_WINDOW)
        teams = await accounts.team_names(reads, [booking.team_id] if booking.team_id else [])
        person = await resources.contacts.for_(reads, resource.id)
        shown = [one.id for one in (booking.booked_for, person) if one]
        context: dict[str, Any] = {
            "portraits": await page.portraits_of(reads, shown),
            "history": [] if booking.is_masked else await history(reads, ("booking", booking_id)),
            "person": person,
            "company": await company_of(page, reads, booking),
            "waiting": await _waiting(reads, booking),
            "checklists": await lists_of(page, reads, booking, terms[resource.id].policy),
            "team": next(iter(teams.values()), None),
        }
    policy = terms[resource.id].policy
    return page.show(
        "bookings/show.html",
        status=status,
        booking=booking,
        resource=resource,
        form=form or Form(),
        done=language.gettext(DONE[done]) if done in DONE else None,
        undo=undo if "restore" in booking.allowed else None,
        is_first_hour=is_first_hour,
        says=now_line(booking, policy, now),
        frees=left_free(booking, now),
        not_now=not_now(booking, page.actor, now),
        elsewhere=links(booking, ", ".join(resource.location.path), page.settings.base_url),
        is_running=booking.starts_at <= now < booking.ends_at,
        **context,
    )
