"""The form of a booking, and beside it what would happen: the answer of the service, drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from src.core import clock
from src.core.actor import Permission
from src.core.db import ReadSession
from src.core.errors import DomainError, Kind
from src.core.language import zone_of
from src.domain import bookings, resources
from src.domain.resources.hours import Window
from src.domain.resources.policy import EffectivePolicy
from src.web.dependencies import Reads
from src.web.forms import Form, see_other
from src.web.pages.booking_forms import (
    BookingShape,
    as_uuid,
    people_of,
    refilled,
    teams_of,
    times_of,
    wish_of,
)
from src.web.pages.booking_strip import Asked, Strip, day_of, draw
from src.web.pages.frame import CurrentPage, Page, takes

router = APIRouter(include_in_schema=False)

Outcome = Literal["confirmed", "requested", "refused", "taken", "unclear"]
LENGTHS = (30, 60, 120, 180, 240, 480)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
NO_WINDOW = Window(_EPOCH, _EPOCH)  # no closure is asked for
# What the form itself tells when it is sent; while one types it is an answer like any other.
_ANSWERS = frozenset({Kind.INVALID, Kind.CONFLICT, Kind.FORBIDDEN})


@dataclass(frozen=True, slots=True)
class Preview:
    """What would happen to the form as it is. `unclear`: it does not say a time yet."""

    outcome: Outcome
    resource: resources.ResourceView
    booking: bookings.BookingView | None = None
    window: Window | None = None
    answer: bookings.Answer | None = None
    detail: str = ""
    deciders: Sequence[bookings.Person] = ()
    strip: Strip | None = None

    @property
    def minutes(self) -> float:
        """How long it would be."""
        return self.window.minutes if self.window else 0


async def preview_of(
    page: Page,
    reads: ReadSession,
    form: Form,
    resource: resources.ResourceView,
    booking: bookings.BookingView | None = None,
) -> Preview:
    """Ask the service, and draw the day. The form itself is left as it is."""
    copy = Form.of(form.values | {"resource_id": str(resource.id)})
    shape = copy.parse(BookingShape)
    times = times_of(copy, shape, zone_of(resource.timezone)) if shape else None
    if shape is None or times is None or times.ends_at <= times.starts_at:
        return Preview("unclear", resource, booking)
    window = Window(times.starts_at, times.ends_at)
    booking_id = booking.id if booking else None
    try:
        wish = wish_of(shape, times)
        answer = await bookings.check(reads, page.actor, wish=wish, booking_id=booking_id)
    except DomainError as refusal:
        if refusal.kind not in _ANSWERS:
            raise
        return Preview("refused", resource, booking, window, detail=refusal.detail)
    deciders: list[bookings.Person] = []
    if answer.outcome == "requested":
        own = {shape.booked_for} if shape.booked_for else set()
        deciders = await bookings.deciders(reads, page.actor, resource.id, excluding=own)
    asked = Asked(window, shape.unit, booking_id)
    strip = await _strip(page, reads, resource, asked)
    return Preview(
        _outcome(answer), resource, booking, window, answer, deciders=deciders, strip=strip
    )


def _outcome(answer: bookings.Answer) -> Outcome:
    is_only_taken = answer.outcome == "refused" and not answer.violations
    return "taken" if is_only_taken else answer.outcome


async def _strip(
    page: Page, reads: ReadSession, resource: resources.ResourceView, asked: Asked
) -> Strip:
    zone = zone_of(resource.timezone)
    day = day_of(asked.window, zone)
    calendar = await bookings.calendar(
        reads, page.actor, resource_ids=[resource.id], from_=day.starts_at, to=day.ends_at
    )
    return draw(calendar, asked, zone=zone, now=clock.now())


@router.post("/bookings/preview", **takes(Permission.BOOKINGS_READ, rate="read"))
async def preview(page: CurrentPage, reads: Reads) -> Response:
    """The part of the form that follows what is typed."""
    form = await Form.read(page.request)
    resource_id = as_uuid(form.values.get("resource_id"))
    if resource_id is None:
        return see_other("/resources")
    resource = await resources.get(reads, page.actor, resource_id)
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
    form.values["resource_id"] = str(resource_id)
    chosen = as_uuid(form.values.get("booked_for"))
    async with page.reading() as reads:
        resource = await resources.get(reads, page.actor, resource_id)
        terms = await resources.terms.load(reads, [resource_id], around=NO_WINDOW)
        context: dict[str, Any] = {
            "teams": await teams_of(page, reads, booking.team_id if booking else None),
            "people": [] if booking else await people_of(page, reads, resource, chosen),
            "preview": await preview_of(page, reads, form, resource, booking),
        }
    return page.show(
        "bookings/form.html",
        status=status,
        form=form,
        resource=resource,
        booking=booking,
        lengths=_lengths(terms[resource_id].policy),
        note_of=note,
        is_told=form.is_faulty,
        **context,
    )


def _lengths(policy: EffectivePolicy) -> list[int]:
    """Lengths worth a button: usual ones that the rules allow, and the longest."""
    shortest, longest = policy.min_minutes or 0, policy.max_minutes
    step = policy.slot_minutes or 1
    usual = [one for one in LENGTHS if one >= shortest and one <= (longest or one)]
    found = {one for one in (*usual, shortest, longest or 0) if one and one % step == 0}
    return sorted(found)[:6]


async def resource_zone(page: Page, resource_id: UUID) -> str:
    """The time zone in which the form's times are meant."""
    async with page.reading() as reads:
        return (await resources.get(reads, page.actor, resource_id)).timezone


async def taken_over(page: Page, form: Form, resource_id: UUID) -> Form | None:
    """The form with what a button that does not book has changed; None when it shall be sent."""
    if not form.values.keys() & {"use", "length", "check"}:
        return None
    return refilled(form, zone_of(await resource_zone(page, resource_id)))
