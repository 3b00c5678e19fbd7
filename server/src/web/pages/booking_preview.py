"""The form of a booking, and beside it what would happen: the answer of the service, drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.responses import Response

from src.core import clock, sheets
from src.core.actor import Permission
from src.core.db import ReadSession
from src.core.errors import DomainError, Kind
from src.domain import bookings, resources
from src.domain.bookings.quotas.facts import Standing
from src.domain.resources.hours import Window
from src.domain.resources.policy import EffectivePolicy
from src.domain.resources.terms import Terms
from src.web.dependencies import Reads
from src.web.forms import Form, see_other
from src.web.pages.booking_forms import (
    BookingShape,
    answers_of,
    as_uuid,
    people_of,
    refilled,
    teams_of,
    times_of,
    typed_day,
    wish_of,
)
from src.web.pages.booking_more import More, choices, more_of
from src.web.pages.booking_strip import Asked, Strip, day_of, draw
from src.web.pages.frame import CurrentPage, Page, takes

router = APIRouter(include_in_schema=False)

Outcome = Literal["confirmed", "requested", "refused", "taken", "unclear", "unanswered"]
MISSING = "answer-missing"
LENGTHS = (30, 60, 120, 180, 240, 480)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
NO_WINDOW = Window(_EPOCH, _EPOCH)  # no closure is asked for
_DAY = timedelta(days=1)
# What the form itself tells when it is sent; while one types it is an answer like any other.
_ANSWERS = frozenset({Kind.INVALID, Kind.CONFLICT, Kind.FORBIDDEN})


@dataclass(frozen=True, slots=True)
class Preview:
    """What would happen to the form as it is. `unclear`: it does not say a time yet."""

    outcome: Outcome
    resource: Terms
    booking: bookings.BookingView | None = None
    window: Window | None = None
    answer: bookings.Answer | None = None
    detail: str = ""
    deciders: Sequence[bookings.Person] = ()
    strip: Strip | None = None
    more: More | None = None

    @property
    def quotas(self) -> list[bookings.quotas.forecast.Forecast]:
        """What it would leave of the quotas it draws on, the scarcest first."""
        standings = cast("Sequence[Standing]", self.answer.quotas if self.answer else ())
        return bookings.quotas.forecast.of(standings)

    @property
    def minutes(self) -> float:
        """How long it would be."""
        return self.window.minutes if self.window else 0


async def preview_of(
    page: Page,
    reads: ReadSession,
    form: Form,
    resource: Terms,
    booking: bookings.BookingView | None = None,
) -> Preview:
    """Ask the service, and draw the day. The form itself is left as it is.

    `resource` holds the closures of that day, as `terms_of` reads them.
    """
    copy = Form.of(form.values | {"resource_id": str(resource.resource_id)})
    shape = copy.parse(BookingShape)
    times = times_of(copy, shape, resource.zone) if shape else None
    if shape is None or times is None or times.ends_at <= times.starts_at:
        return Preview("unclear", resource, booking)
    window = Window(times.starts_at, times.ends_at)
    booking_id = booking.id if booking else None
    try:
        is_fixed = booking is not None and booking.starts_at <= clock.now()
        answers = booking.answers if booking and is_fixed else answers_of(form, resource)
        wish = wish_of(shape, times, answers)
        answer = await bookings.check(reads, page.actor, wish=wish, booking_id=booking_id)
    except DomainError as refusal:
        if refusal.kind not in _ANSWERS:
            raise
        return Preview("refused", resource, booking, window, detail=refusal.detail)
    deciders: list[bookings.Person] = []
    if answer.outcome == "requested":
        own = {shape.booked_for} if shape.booked_for else set()
        deciders = await bookings.deciders(reads, page.actor, resource.resource_id, excluding=own)
    asked = Asked(window, shape.unit, booking_id)
    strip = await _strip(page, reads, resource, asked)
    more = None if booking else await more_of(page, reads, form, wish, resource.zone)
    return Preview(
        _outcome(answer),
        resource,
        booking,
        window,
        answer,
        deciders=deciders,
        strip=strip,
        more=more,
    )


def _outcome(answer: bookings.Answer) -> Outcome:
    """What is not answered yet is no refusal while one still types."""
    if answer.outcome != "refused":
        return answer.outcome
    if all(one.code == MISSING for one in answer.violations):
        return "taken" if answer.conflicts else "unanswered"
    return "refused"


async def _strip(page: Page, reads: ReadSession, resource: Terms, asked: Asked) -> Strip:
    day = day_of(asked.window, resource.zone)
    row = bookings.CalendarRows(day, {resource.resource_id: resource}, {})
    calendar = await bookings.calendar_of(reads, page.actor, row)
    return draw(calendar, asked, zone=resource.zone, now=clock.now())


async def terms_of(
    page: Page, reads: ReadSession, resource_id: UUID, day: date | None = None
) -> Terms:
    """What a form asks about its resource, with the closures of a day in any time zone."""
    around = NO_WINDOW
    if day is not None and date.min + _DAY <= day < date.max - 2 * _DAY:
        midnight = datetime.combine(day, time(), UTC)
        around = Window(midnight - _DAY, midnight + 2 * _DAY)
    return await resources.terms.one(reads, page.actor, resource_id, around=around)


@router.post("/bookings/preview", **takes(Permission.BOOKINGS_READ, rate="read"))
async def preview(page: CurrentPage, reads: Reads) -> Response:
    """The part of the form that follows what is typed."""
    form = await Form.read(page.request)
    resource_id = as_uuid(form.values.get("resource_id"))
    if resource_id is None:
        return see_other("/resources")
    resource = await terms_of(page, reads, resource_id, typed_day(form))
    booking_id = as_uuid(form.values.get("booking_id"))
    booking = await bookings.get(reads, page.actor, booking_id) if booking_id else None
    found = await preview_of(page, reads, form, resource, booking)
    return page.show("bookings/preview.html", preview=found, is_told=False)


async def show_form(
    page: Page,
    form: Form,
    resource_id: UUID,
    *,
    booking: bookings.BookingView | None = None,
    status: int = 200,
    note: str = "",
) -> Response:
    """The form for a resource, filled, with what would happen to it now.

    `note` says what was filled in: a suggestion (`suggested`), or an earlier booking (`again`).
    """
    async with page.reading() as reads:
        resource = await terms_of(page, reads, resource_id, typed_day(form))
        context = await form_context(page, reads, form, resource, booking)
    return page.show("bookings/form.html", status=status, note_of=note, **context)


async def form_context(
    page: Page,
    reads: ReadSession,
    form: Form,
    resource: Terms,
    booking: bookings.BookingView | None = None,
) -> dict[str, Any]:
    """What the template of the form is told; `resource` as for `preview_of`."""
    resource_id = resource.resource_id
    form.values["resource_id"] = str(resource_id)
    chosen = as_uuid(form.values.get("booked_for"))
    return {
        "form": form,
        "resource": resource,
        "booking": booking,
        "questions": _questions(resource, booking),
        "lengths": _lengths(resource.policy),
        "is_told": form.is_faulty,
        "teams": await teams_of(page, reads, booking.team_id if booking else None),
        "people": [] if booking else await people_of(page, reads, resource_id, chosen),
        "preview": await preview_of(page, reads, form, resource, booking),
        "slot": await _slot(page, reads, form),
        **({} if booking else await choices(page, reads, form)),
    }


def _questions(resource: Terms, booking: bookings.BookingView | None) -> list[sheets.Field]:
    """What the form asks; once a booking has begun its answers are fixed."""
    is_fixed = booking is not None and booking.starts_at <= clock.now()
    return [] if is_fixed else sheets.fields(resource.policy.questions)


async def _slot(page: Page, reads: ReadSession, form: Form) -> bookings.slots.SlotView | None:
    """The time that is kept for the form, while it is."""
    slot_id = as_uuid(form.values.get("slot_id"))
    kept = await bookings.slots.list_(reads, page.actor) if slot_id else []
    return next((slot for slot in kept if slot.id == slot_id), None)


def _lengths(policy: EffectivePolicy) -> list[int]:
    """Lengths worth a button: usual ones that the rules allow, and the longest."""
    shortest, longest = policy.min_minutes or 0, policy.max_minutes
    step = policy.slot_minutes or 1
    usual = [one for one in LENGTHS if one >= shortest and one <= (longest or one)]
    found = {one for one in (*usual, shortest, longest or 0) if one and one % step == 0}
    return sorted(found)[:6]


async def resource_zone(page: Page, resource_id: UUID) -> ZoneInfo:
    """The time zone in which the form's times are meant."""
    return (await resource_terms(page, resource_id)).zone


async def resource_terms(page: Page, resource_id: UUID) -> Terms:
    """What the form is meant by: the resource's time zone, its questions."""
    async with page.reading() as reads:
        return await terms_of(page, reads, resource_id)


async def taken_over(page: Page, form: Form, resource_id: UUID) -> Form | None:
    """The form with what a button that does not book has changed; None when it shall be sent."""
    if not form.values.keys() & {"use", "length", "check"}:
        return None
    return refilled(form, await resource_zone(page, resource_id))
