"""The inbox: what waits for a word of the reader, what each would mean, and saying it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from src.core import clock, language
from src.core.actor import Permission
from src.core.db import ReadSession
from src.core.language import mark, zone_of
from src.core.paging import MAX_LIMIT
from src.core.paging import Paging as Limits
from src.domain import approvals, bookings, resources
from src.domain.approvals import ApprovalView, Verdict
from src.domain.bookings import BookingView, Calendar
from src.domain.resources.hours import Window
from src.templating import enter, enter_for_asked
from src.web.dependencies import Paging, Reads, Tx
from src.web.forms import Form, see_other
from src.web.pages.booking_actions import note_of
from src.web.pages.booking_strip import Asked, Strip, day_of, draw
from src.web.pages.booking_words import DONE
from src.web.pages.frame import CurrentPage, Page, shows, takes
from src.web.pages.history import history

router = APIRouter(include_in_schema=False)
enter(mark("Requests"), "/requests", Permission.BOOKINGS_APPROVE, rank=40, icon="request", key="q")
enter_for_asked("/requests")

# Whoever reads bookings may be asked; whose word counts is told by seats and permissions.
READ = Permission.BOOKINGS_READ
REACH = timedelta(days=60)  # days further away than this are not drawn
WORDS = {
    **DONE,
    "decided": mark("Your decisions were noted."),
    "missed": mark("Some were decided by others or had lapsed; the rest is done."),
}
Done = Annotated[str, Query(max_length=20)]


@router.get("/requests", **shows(READ))
async def list_requests(
    page: CurrentPage, reads: Reads, paging: Paging, done: Done = ""
) -> Response:
    """What waits for a word of the reader, or what they asked for; the oldest first."""
    form = Form.of_query(page.request, whose="waiting", kind="", resource_id="")
    found = await approvals.inbox.list_(reads, page.actor, which=_wanted(form), paging=paging)
    asked = {one.subject_id for one in found.items if one.subject_type == "booking"}
    booked = await _bookings(page, reads, asked)
    return page.show(
        "approvals/list.html",
        portraits=await page.portraits_of(reads, [one.requested_for.id for one in found.items]),
        page=found,
        form=form,
        **await _choices(page, reads),
        records=await bookings.records.of(reads, page.actor, booked),
        strips=await _strips(page, reads, booked),
        done=language.gettext(WORDS[done]) if done in WORDS else None,
    )


def _wanted(form: Form) -> approvals.inbox.Filter:
    is_mine = form.values["whose"] == "mine"
    which = approvals.inbox.Filter(waiting=not is_mine, mine=is_mine)
    if form.values["kind"] in approvals.subjects.registered():
        which = replace(which, kinds=[form.values["kind"]])
    with suppress(ValueError):
        which = replace(which, resource_ids=[UUID(form.values["resource_id"])])
    return which


async def _choices(page: Page, reads: ReadSession) -> dict[str, Any]:
    """What the list can be filtered by."""
    found = await resources.pick(reads, page.actor, paging=Limits(limit=MAX_LIMIT))
    registered = approvals.subjects.registered()
    return {
        "kinds": [(kind, language.gettext(one.name)) for kind, one in registered.items()],
        "resource_choices": [(str(one.id), one.name) for one in found.items],
    }


async def _bookings(page: Page, reads: ReadSession, ids: set[UUID]) -> Sequence[BookingView]:
    if not ids:
        return []
    which = bookings.Filter(waiting=True, ids=ids)
    paging = Limits(limit=MAX_LIMIT)
    return (await bookings.list_(reads, page.actor, which=which, paging=paging)).items


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


@router.post("/requests/decide", **takes(READ))
async def decide_many(page: CurrentPage) -> Response:
    """Say the same to all that were chosen; each stands for itself."""
    form = await Form.read(page.request)
    chosen = []
    for value in form.lists.get("id", ())[:MAX_LIMIT]:
        with suppress(ValueError):
            chosen.append(UUID(value))
    if not chosen or form.values.get("verdict") not in set(Verdict):  # nothing was decided
        return see_other("/requests")
    verdict = Verdict(form.values["verdict"])
    note = (form.values.get("note") or "")[:2000] or None
    async with page.writing() as session:
        missed = await approvals.decide_many(session, page.actor, chosen, verdict, note=note)
    return see_other(f"/requests?done={'missed' if missed else 'decided'}")


@router.get("/requests/{approval_id}", **shows(READ))
async def show_request(
    page: CurrentPage, reads: Reads, approval_id: UUID, done: Done = ""
) -> Response:
    """One with all that was said, and whom it waits for."""
    view = await approvals.inbox.get(reads, page.actor, approval_id)
    people = [view.requested_for.id, *(vote.by.id for vote in view.votes)]
    return page.show(
        "approvals/show.html",
        view=view,
        portraits=await page.portraits_of(reads, people),
        history=await history(reads, ("approval", approval_id)),
        kind=approvals.subjects.of(view.subject_type).name,
        form=Form(),
        done=language.gettext(WORDS[done]) if done in WORDS else None,
    )


@router.post("/requests/{approval_id}/approve", **takes(READ))
async def approve_request(
    page: CurrentPage, session: Tx, approval_id: UUID, on: str = ""
) -> Response:
    """Agree."""
    return await _decided(page, session, approval_id, Verdict.APPROVE, on)


@router.post("/requests/{approval_id}/reject", **takes(READ))
async def reject_request(
    page: CurrentPage, session: Tx, approval_id: UUID, on: str = ""
) -> Response:
    """Refuse, with a word why."""
    return await _decided(page, session, approval_id, Verdict.REJECT, on)


async def _decided(
    page: Page, session: Tx, approval_id: UUID, verdict: Verdict, on: str
) -> Response:
    note = await note_of(page)
    made = await approvals.decide(session, page.actor, approval_id, verdict, note=note)
    path = "/requests" if on == "requests" else f"/requests/{approval_id}"
    return see_other(f"{path}?done={said_of(made)}")


def said_of(approval: ApprovalView | approvals.Approval) -> str:
    """The word that tells what a decision came to."""
    words = {
        approvals.ApprovalState.APPROVED: "approved",
        approvals.ApprovalState.REJECTED: "rejected",
    }
    return words.get(approval.state, "agreed")


@router.post("/bookings/{booking_id}/approve", **takes(READ))
async def approve(page: CurrentPage, session: Tx, booking_id: UUID, on: str = "") -> Response:
    """Let a request become a booking, as far as it depends on the reader."""
    view = await bookings.approve(session, page.actor, booking_id, note=await note_of(page))
    return see_other(_back(view, on, "approved"))


@router.post("/bookings/{booking_id}/reject", **takes(READ))
async def reject(page: CurrentPage, session: Tx, booking_id: UUID, on: str = "") -> Response:
    """Refuse a request, with a word why."""
    view = await bookings.reject(session, page.actor, booking_id, note=await note_of(page))
    return see_other(_back(view, on, "rejected"))


def _back(view: BookingView, on: str, done: str) -> str:
    """To the list when it was decided there, else to the booking."""
    path = "/requests" if on == "requests" else f"/bookings/{view.id}"
    is_decided = view.status is not bookings.Status.REQUESTED
    return f"{path}?done={done if is_decided else 'agreed'}"
