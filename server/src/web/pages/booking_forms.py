"""What the forms of a booking send: times in the local time of the resource, words, people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from operator import itemgetter
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError

from src.core import sheets
from src.core.actor import Permission, resource_scope
from src.core.db import ReadSession
from src.core.language import zone_of
from src.core.paging import MAX_LIMIT, Paging
from src.domain import accounts, bookings
from src.domain.resources.terms import Terms
from src.models.common import Moment
from src.web import sheets as web_sheets
from src.web.forms import Form, Shape, TypedDate, TypedTime, is_ambiguous
from src.web.pages.frame import Page

FIELDS = frozenset(
    {"starts_at", "ends_at", "title", "notes", "unit", "booked_for", "team_id", "override_reason"}
)
ANSWERS = "answers."  # how the fields of the resource's questions begin
_MIDNIGHT = time()
_DAY = timedelta(days=1)
_MIDNIGHTS = frozenset({"24", "2400", "24:00", "24.00"})
_moment: TypeAdapter[datetime] = TypeAdapter(Moment)
_day: TypeAdapter[date] = TypeAdapter(TypedDate)


def _as_end(value: object) -> object:
    """The end of a day may be typed as 24:00."""
    return "00:00" if isinstance(value, str) and value.strip() in _MIDNIGHTS else value


class BookingShape(Shape):
    """What the form sends; the end is on the day of the start unless said."""

    starts_at_date: TypedDate
    starts_at_time: TypedTime
    ends_at_date: TypedDate | None = None
    ends_at_time: Annotated[TypedTime, BeforeValidator(_as_end)]
    resource_id: UUID
    title: str = Field("", max_length=200)
    notes: str = Field("", max_length=10_000)
    unit: int | None = Field(None, ge=1, le=100_000)
    booked_for: UUID | None = None
    team_id: UUID | None = None
    override_reason: str | None = Field(None, max_length=1000)
    slot_id: UUID | None = None


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
    """The window the form means; None where a time does not exist (see the form's faults).

    24:00 is the end of a day, and so is midnight where no last day is said.
    """
    ends_on = shape.ends_at_date or shape.starts_at_date
    is_unsaid = shape.ends_at_date is None and shape.ends_at_time == _MIDNIGHT
    if is_unsaid or form.values.get("ends_at_time", "").strip() in _MIDNIGHTS:
        ends_on += _DAY
    starts = form.local("starts_at", shape.starts_at_date, shape.starts_at_time, zone)
    ends = form.local("ends_at", ends_on, shape.ends_at_time, zone)
    if starts is None or ends is None:
        return None
    return Times(starts, ends, is_ambiguous(starts, zone) or is_ambiguous(ends, zone))


def typed(starts_at: datetime, ends_at: datetime, zone: tzinfo) -> dict[str, str]:
    """The fields of a window as they would be typed; the day of the end only where it differs."""
    starts, ends = starts_at.astimezone(zone), ends_at.astimezone(zone)
    until, ends_on = ends.strftime("%H:%M"), ends.date()
    if ends.time() == _MIDNIGHT and ends_on == starts.date() + _DAY:
        until, ends_on = "24:00", starts.date()
    return {
        "starts_at_date": starts.date().isoformat(),
        "starts_at_time": starts.strftime("%H:%M"),
        "ends_at_date": "" if ends_on == starts.date() else ends_on.isoformat(),
        "ends_at_time": until,
    }


def fields_of(terms: Terms) -> frozenset[str]:
    """The form's own fields, those of the resource's questions among them."""
    return FIELDS | {ANSWERS + asked.name for asked in sheets.fields(terms.policy.questions)}


def answers_of(form: Form, terms: Terms) -> dict[str, Any]:
    """What was answered to the resource's questions."""
    return web_sheets.read(form, terms.policy.questions, prefix=ANSWERS)


def wish_of(
    shape: BookingShape, times: Times, answers: Mapping[str, Any] | None = None
) -> bookings.Wish:
    """What the services are asked for."""
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
        slot_id=shape.slot_id,
        answers=answers,
    )


def changes_of(
    shape: BookingShape,
    times: Times,
    booking: bookings.BookingView,
    answers: Mapping[str, Any] | None = None,
) -> dict[str, object]:
    """Only what differs, so that words can be corrected where a rule would refuse the times."""
    is_elsewhere = shape.resource_id != booking.resource.id
    same_unit = None if is_elsewhere else booking.unit
    wanted: Mapping[str, object] = {
        "starts_at": times.starts_at,
        "ends_at": times.ends_at,
        "title": shape.title,
        "notes": shape.notes,
        "team_id": shape.team_id,
        "unit": shape.unit if shape.unit is not None else same_unit,
    }
    changes = {name: value for name, value in wanted.items() if getattr(booking, name) != value}
    if is_elsewhere:
        changes["resource_id"] = shape.resource_id
    if shape.override_reason:
        changes["override_reason"] = shape.override_reason
    if answers is not None and answers != booking.answers:
        # What was emptied is taken back.
        changes["answers"] = {**dict.fromkeys(booking.answers), **answers}
    return changes


def refilled(form: Form, zone: tzinfo) -> Form:
    """The form with what one of its buttons offers taken over: a suggestion, or a length."""
    if "use" in form.values:
        _use(form)
    elif "length" in form.values:
        _stretch(form, zone)
    lists = {name: found for name, found in form.lists.items() if len(found) > 1}
    return Form.of({**form.values, **lists})


def _use(form: Form) -> None:
    """`resource|start|end|unit|zone` of a suggestion; nonsense changes nothing."""
    parts = form.values.pop("use").split("|")
    if len(parts) != 5 or as_uuid(parts[0]) is None:
        return
    starts, ends = moment(parts[1]), moment(parts[2])
    if starts is None or ends is None:
        return
    form.values |= typed(starts, ends, zone_of(parts[4]))
    is_same = form.values.get("resource_id") == parts[0]
    form.values["unit"] = parts[3] if form.values.get("unit") and is_same else ""
    form.values["resource_id"] = parts[0]


def _stretch(form: Form, zone: tzinfo) -> None:
    """A length in minutes from the start on."""
    minutes = form.values.pop("length")
    shape = Form.of(form.values | {"ends_at_time": "00:00"}).parse(BookingShape)
    if shape is None or not (minutes.isascii() and minutes.isdecimal() and len(minutes) < 6):
        return
    starts = form.local("starts_at", shape.starts_at_date, shape.starts_at_time, zone)
    if starts is not None:
        form.values |= typed(starts, starts + timedelta(minutes=int(minutes)), zone)


def moment(value: str | None) -> datetime | None:
    """A moment of an address or a button; nonsense counts as absent."""
    try:
        return _moment.validate_strings(value) if value else None
    except ValidationError:
        return None


def typed_day(form: Form) -> date | None:
    """The day on which the form begins; nonsense counts as absent."""
    try:
        return _day.validate_strings(form.values.get("starts_at_date", ""))
    except ValidationError:
        return None


def as_uuid(value: str | None) -> UUID | None:
    """An id that was sent; nonsense counts as absent."""
    try:
        return UUID(value or "")
    except ValueError:
        return None


async def teams_of(
    page: Page, reads: ReadSession, current: UUID | None = None
) -> list[tuple[str, str]]:
    """For which teams one may book: one's own, and the one it is for already."""
    team_ids = {*page.actor.team_ids, *([current] if current else [])}
    names = await accounts.team_names(reads, team_ids)
    return sorted(((str(id_), name) for id_, name in names.items()), key=itemgetter(1))


async def people_of(
    page: Page, reads: ReadSession, resource_id: UUID, chosen: UUID | None
) -> list[tuple[str, str]]:
    """For whom one may book besides oneself: enough for a list; the picker searches for others."""
    if not page.may(Permission.BOOKINGS_FOR_OTHERS, resource_scope(resource_id)):
        return []
    found = await accounts.pick(reads, page.actor, q=None, paging=Paging(limit=MAX_LIMIT))
    people = {person.id: person.name for person in found.items}
    if chosen is not None and chosen not in people:
        people |= await accounts.names(reads, [chosen])
    return [(str(id_), name) for id_, name in people.items() if id_ != page.actor.user_id]
