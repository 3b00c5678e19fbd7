"""Booking and editing by form: times in the local time of the resource, refusals beside fields."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from operator import itemgetter
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field, TypeAdapter, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from src.core import clock
from src.core.actor import Permission
from src.core.db import ReadSession
from src.core.language import zone_of
from src.core.paging import Paging
from src.domain import accounts, bookings, resources
from src.domain.resources.hours import Window
from src.domain.resources.policy import EffectivePolicy
from src.models.common import Moment
from src.web.forms import Form, Shape, TypedDate, TypedTime, is_ambiguous, see_other
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes

router = APIRouter(include_in_schema=False)

FIELDS = frozenset(
    {"starts_at", "ends_at", "title", "notes", "unit", "booked_for", "team_id", "override_reason"}
)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
NO_WINDOW = Window(_EPOCH, _EPOCH)  # no closure is asked for
_moment: TypeAdapter[datetime] = TypeAdapter(Moment)


class BookingShape(Shape):
    """What the form sends; the end is on the day of the start unless said."""

    starts_at_date: TypedDate
    starts_at_time: TypedTime
    ends_at_date: TypedDate | None = None
    ends_at_time: TypedTime
    title: str = Field("", max_length=200)
    notes: str = Field("", max_length=10_000)
    unit: int | None = Field(None, ge=1, le=100_000)
    booked_for: UUID | None = None
    team_id: UUID | None = None
    override_reason: str | None = Field(None, max_length=1000)


class NewBookingShape(BookingShape):
    """A booking to be made."""

    resource_id: UUID


class EditShape(BookingShape):
    """A booking to be changed: the version that was read."""

    version: int


@dataclass(frozen=True, slots=True)
class Times:
    """A window in instants, and whether its local time comes twice that day."""

    starts_at: datetime
    ends_at: datetime
    is_twice: bool


def times_of(form: Form, shape: BookingShape, zone: tzinfo) -> Times | None:
    """The window the form means; None where a time does not exist (see the form's faults)."""
    starts = form.local("starts_at", shape.starts_at_date, shape.starts_at_time, zone)
    ends_on = shape.ends_at_date or shape.starts_at_date
    ends = form.local("ends_at", ends_on, shape.ends_at_time, zone)
    if starts is None or ends is None:
        return None
    return Times(starts, ends, is_ambiguous(starts, zone) or is_ambiguous(ends, zone))


def typed(starts_at: datetime, ends_at: datetime, zone: tzinfo) -> dict[str, object]:
    """The fields of a window as they would be typed."""
    starts, ends = starts_at.astimezone(zone), ends_at.astimezone(zone)
    return {
        "starts_at_date": starts.date().isoformat(),
        "starts_at_time": starts.strftime("%H:%M"),
        "ends_at_date": ends.date().isoformat(),
        "ends_at_time": ends.strftime("%H:%M"),
    }


@router.get("/bookings/new", **shows(Permission.BOOKINGS_CREATE))
async def new_booking(
    page: CurrentPage,
    resource_id: UUID | None = None,
    starts_at: Annotated[str | None, Query(max_length=40)] = None,
    ends_at: Annotated[str | None, Query(max_length=40)] = None,
) -> Response:
    """The form, filled with the next hour or with the slot that was chosen."""
    if resource_id is None:
        return see_other("/resources")
    async with page.reading() as reads:
        resource = await resources.get(reads, page.actor, resource_id)
        terms = await resources.terms.load(reads, [resource_id], around=NO_WINDOW)
    policy = terms[resource_id].policy
    window = _first_window(_parsed(starts_at), _parsed(ends_at), policy)
    form = Form.of(typed(*window, zone_of(resource.timezone)))
    return await _show(page, form, resource.id)


def _parsed(value: str | None) -> datetime | None:
    """A moment of the address; nonsense counts as absent."""
    try:
        return _moment.validate_strings(value) if value else None
    except ValidationError:
        return None


def _first_window(
    starts: datetime | None, ends: datetime | None, policy: EffectivePolicy
) -> tuple[datetime, datetime]:
    if starts is None:
        now = clock.now().replace(minute=0, second=0, microsecond=0)
        starts = now + timedelta(hours=1)
    if ends is None or ends <= starts:
        minutes = max(60, policy.min_minutes or 0)
        ends = starts + timedelta(minutes=min(minutes, policy.max_minutes or minutes))
    return starts, ends


@router.post("/bookings/new", **takes(Permission.BOOKINGS_CREATE))
async def book(page: CurrentPage) -> Response:
    """Book, or show the form again with what stands in the way and what could be done instead."""
    form = await Form.read(page.request)
    if "use" in form.values:
        return await _refilled(page, form)
    asked = await _asked(page, form)
    if asked is None:
        return await _show_typed(page, form, status=422)
    wish, times = asked
    made = await page.tried(form, lambda tx: bookings.create(tx, page.actor, wish=wish), FIELDS)
    if isinstance(made, Refused):
        return await _show_typed(page, form, status=made.status)
    return see_other(_done(made, times))


async def _asked(page: Page, form: Form) -> tuple[bookings.Wish, Times] | None:
    """What the form wants; None when it cannot be read."""
    shape = form.parse(NewBookingShape)
    if shape is None:
        return None
    async with page.reading() as reads:
        resource = await resources.get(reads, page.actor, shape.resource_id)
    times = times_of(form, shape, zone_of(resource.timezone))
    return None if times is None else (_wish(shape, times), times)


def _wish(shape: NewBookingShape, times: Times) -> bookings.Wish:
    return bookings.Wish(
        resource_id=shape.resource_id,
        starts_at=times.starts_at,
        ends_at=times.ends_at,
        title=shape.title,
        notes=shape.notes,
        unit=shape.unit,
        team_id=shape.team_id,
        booked_for=shape.booked_for,
        override_reason=shape.override_reason,
    )


def _done(made: bookings.BookingView, times: Times, word: str | None = None) -> str:
    query = {"done": word or str(made.status)}
    if times.is_twice:
        query["note"] = "first-hour"
    return f"/bookings/{made.id}?{urlencode(query)}"


async def _refilled(page: Page, form: Form) -> Response:
    """Take over a suggestion; nothing is booked yet."""
    resource_id = _use(form)
    if resource_id is None:
        return await _show_typed(page, form, status=422)
    starts, ends = _parsed(form.values.pop("use_starts")), _parsed(form.values.pop("use_ends"))
    if starts is None or ends is None:
        return await _show(page, form, resource_id, status=422)
    async with page.reading() as reads:
        resource = await resources.get(reads, page.actor, resource_id)
    for name, value in typed(starts, ends, zone_of(resource.timezone)).items():
        form.values[name] = str(value)
    return await _show(page, form, resource_id, is_suggested=True)


def _use(form: Form) -> UUID | None:
    """`resource|start|end|unit` of the button; the resource, the rest into the form."""
    parts = form.values.pop("use").split("|")
    if len(parts) != 4:
        return _uuid(form.values.get("resource_id"))
    form.values["use_starts"], form.values["use_ends"] = parts[1], parts[2]
    form.values["unit"] = parts[3] if form.values.get("unit") else ""
    return _uuid(parts[0])


def _uuid(value: str | None) -> UUID | None:
    try:
        return UUID(value or "")
    except ValueError:
        return None


async def _show_typed(page: Page, form: Form, *, status: int) -> Response:
    """The form for the resource it names itself."""
    resource_id = _uuid(form.values.get("resource_id"))
    if resource_id is None:
        return see_other("/resources")
    return await _show(page, form, resource_id, status=status)


async def _show(
    page: Page, form: Form, resource_id: UUID, *, status: int = 200, is_suggested: bool = False
) -> Response:
    async with page.reading() as reads:
        resource = await resources.get(reads, page.actor, resource_id)
        people = await _people(page, reads)
        teams = await _teams(page, reads)
    form.values["resource_id"] = str(resource_id)
    context = {
        "form": form,
        "resource": resource,
        "people": people,
        "teams": teams,
        "booking": None,
    }
    return page.show("bookings/form.html", status=status, is_suggested=is_suggested, **context)


async def _teams(
    page: Page, reads: ReadSession, current: UUID | None = None
) -> list[tuple[str, str]]:
    """For which teams one may book: one's own, and the one it is for already."""
    team_ids = {*page.actor.team_ids, *([current] if current else [])}
    names = await accounts.team_names(reads, team_ids)
    return sorted(((str(id_), name) for id_, name in names.items()), key=itemgetter(1))


async def _people(page: Page, reads: ReadSession) -> list[tuple[str, str]]:
    """For whom one may book besides oneself."""
    if not page.may(Permission.BOOKINGS_FOR_OTHERS):
        return []
    found = await accounts.list_users(reads, page.actor, paging=Paging(limit=200))
    return [(str(user.id), user.name) for user in found.items if user.id != page.actor.user_id]


@router.get("/bookings/{booking_id}/edit", **shows(Permission.BOOKINGS_READ))
async def edit_form(page: CurrentPage, booking_id: UUID) -> Response:
    """The form with the booking as it is."""
    async with page.reading() as reads:
        booking = await bookings.get(reads, page.actor, booking_id)
    if "edit" not in booking.allowed:
        return see_other(f"/bookings/{booking_id}")
    zone = zone_of(booking.resource.timezone)
    values = {
        **typed(booking.starts_at, booking.ends_at, zone),
        "title": booking.title,
        "notes": booking.notes,
        "unit": booking.unit,
        "team_id": booking.team_id,
        "version": booking.version,
    }
    return await _show_edit(page, Form.of(values), booking)


@router.post("/bookings/{booking_id}/edit", **takes(Permission.BOOKINGS_READ))
async def edit(page: CurrentPage, booking_id: UUID) -> Response:
    """Change it; the rules hold as for a new one."""
    form = await Form.read(page.request)
    async with page.reading() as reads:
        booking = await bookings.get(reads, page.actor, booking_id)
    shape = _edited(form, booking)
    times = times_of(form, shape, zone_of(booking.resource.timezone)) if shape else None
    if shape is None or times is None:
        return await _show_edit(page, form, booking, status=200 if "use" in form.values else 422)
    changed = await page.tried(form, _change(page, shape, times, booking), FIELDS)
    if isinstance(changed, Refused):
        return await _show_edit(page, form, booking, status=changed.status)
    return see_other(_done(changed, times, "changed"))


def _change(
    page: Page, shape: EditShape, times: Times, booking: bookings.BookingView
) -> Callable[[AsyncSession], Awaitable[bookings.BookingView]]:
    return lambda session: bookings.change(
        session,
        page.actor,
        booking.id,
        changes=_changes(shape, times, booking),
        expected_version=shape.version,
    )


def _edited(form: Form, booking: bookings.BookingView) -> EditShape | None:
    """What was typed; None when it is faulty, or a suggestion was taken over into the form."""
    if "use" not in form.values:
        return form.parse(EditShape)
    parts = form.values["use"].split("|")
    starts, ends = (_parsed(part) for part in parts[1:3]) if len(parts) == 4 else (None, None)
    if starts and ends:
        for name, value in typed(starts, ends, zone_of(booking.resource.timezone)).items():
            form.values[name] = str(value)
    return None


def _changes(shape: EditShape, times: Times, booking: bookings.BookingView) -> dict[str, object]:
    """Only what differs, so that words can be corrected where a rule would refuse the times."""
    wanted = {
        "starts_at": times.starts_at,
        "ends_at": times.ends_at,
        "title": shape.title,
        "notes": shape.notes,
        "team_id": shape.team_id,
        "unit": shape.unit if shape.unit is not None else booking.unit,
    }
    changes = {name: value for name, value in wanted.items() if getattr(booking, name) != value}
    if shape.override_reason:
        changes["override_reason"] = shape.override_reason
    return changes


async def _show_edit(
    page: Page, form: Form, booking: bookings.BookingView, *, status: int = 200
) -> Response:
    async with page.reading() as reads:
        resource = await resources.get(reads, page.actor, booking.resource.id)
        teams = await _teams(page, reads, booking.team_id)
    context = {"form": form, "resource": resource, "people": [], "teams": teams, "booking": booking}
    suggested = "use" in form.values
    return page.show("bookings/form.html", status=status, is_suggested=suggested, **context)
