"""Series: the list, one with its bookings, and what is done with a part of it or all."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from src.core import clock
from src.core.actor import Permission
from src.core.db import ReadSession
from src.core.language import gettext as _
from src.core.language import mark
from src.core.paging import MAX_LIMIT
from src.core.paging import Paging as Limits
from src.domain import accounts, bookings
from src.domain.bookings import BookingView, rules, series
from src.domain.bookings.series import Part, SeriesView
from src.web.dependencies import Paging, Reads
from src.web.forms import Fault, Form, Shape, TypedDate, TypedTime, see_other
from src.web.pages.booking_forms import moment
from src.web.pages.booking_more import in_words
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes

router = APIRouter(include_in_schema=False)
DONE = {
    "booked": mark("The series is booked."),
    "changed": mark("The series was changed."),
    "cancelled": mark("They were cancelled; their time is free for others."),
}
FIELDS = frozenset({"starts_at", "ends_at", "title", "notes", "from"})
LONGEST_REASON = 1000


class EditShape(Shape):
    """Which part, its new times (of the occurrence `from`), and words."""

    scope: Literal["following", "all"]
    from_at: str = Field(max_length=40)
    starts_at_date: TypedDate
    starts_at_time: TypedTime
    ends_at_time: TypedTime
    title: str = Field("", max_length=200)
    notes: str = Field("", max_length=10_000)
    skip_conflicts: bool = False
    version: int


@router.get("/booking-series", **shows(Permission.BOOKINGS_READ))
async def list_series(page: CurrentPage, reads: Reads, paging: Paging) -> Response:
    """My series that go on, or all I may read."""
    form = Form.of_query(page.request, whose="mine", when="current")
    found = await series.list_(
        reads,
        page.actor,
        mine=form.values["whose"] != "all",
        current=form.values["when"] == "current",
        paging=paging,
    )
    words = {one.id: _words(one) for one in found.items}
    return page.show("bookings/series_list.html", form=form, page=found, words=words)


@router.get("/booking-series/{series_id}", **shows(Permission.BOOKINGS_READ))
async def show_series(
    page: CurrentPage,
    reads: Reads,
    series_id: UUID,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """A series with its bookings, those that lie ahead first."""
    one = await series.get(reads, page.actor, series_id)
    now = clock.now()
    found = await _bookings(reads, page, series_id)
    teams = await accounts.team_names(reads, [one.team_id] if one.team_id else [])
    return page.show(
        "bookings/series.html",
        series=one,
        words=_words(one),
        ahead=[each for each in found if _is_ahead(each, now)],
        past=[each for each in reversed(found) if not _is_ahead(each, now)],
        team=next(iter(teams.values()), None),
        done=DONE.get(done),
    )


@router.get("/booking-series/{series_id}/edit", **shows(Permission.BOOKINGS_READ))
async def edit_form(
    page: CurrentPage,
    series_id: UUID,
    from_: Annotated[str | None, Query(alias="from", max_length=40)] = None,
) -> Response:
    """The form, filled with the occurrence it starts from."""
    async with page.reading() as reads:
        one = await series.get(reads, page.actor, series_id)
        coming = await _coming(reads, page, series_id)
    if "edit" not in one.allowed or not coming:
        return see_other(f"/booking-series/{series_id}")
    return _form(page, one, coming, _filled(one, coming, moment(from_)))


@router.post("/booking-series/{series_id}/edit", **takes(Permission.BOOKINGS_READ))
async def edit(page: CurrentPage, series_id: UUID) -> Response:
    """Change it, or show the form again with what stands in the way."""
    form = await Form.read(page.request)
    async with page.reading() as reads:
        one = await series.get(reads, page.actor, series_id)
        coming = await _coming(reads, page, series_id)
    made = await _changed(page, form, one, coming)
    if made is None:
        return _form(page, one, coming, form, status=422)
    if isinstance(made, Refused):
        blocked = made.refusal.members.get("occurrences", ())
        if blocked:
            form.refusals = [Fault(made.refusal.code, made.refusal.detail)]
        return _form(page, one, coming, form, status=made.status, blocked=blocked)
    return see_other(f"/booking-series/{made.id}?done=changed")


@router.get("/booking-series/{series_id}/cancel", **shows(Permission.BOOKINGS_READ))
async def cancel_form(
    page: CurrentPage,
    reads: Reads,
    series_id: UUID,
    from_: Annotated[str | None, Query(alias="from", max_length=40)] = None,
) -> Response:
    """Ask before cancelling, and say how many it concerns."""
    one = await series.get(reads, page.actor, series_id)
    coming = await _coming(reads, page, series_id)
    at = moment(from_)
    meant = [each for each in coming if at is None or (each.series_at and each.series_at >= at)]
    return page.show(
        "bookings/series_cancel.html",
        series=one,
        words=_words(one),
        meant=meant,
        from_at=_iso(at),
        form=Form(),
    )


@router.post("/booking-series/{series_id}/cancel", **takes(Permission.BOOKINGS_READ))
async def cancel(page: CurrentPage, series_id: UUID) -> Response:
    """Cancel them; their time is free at once."""
    form = await Form.read(page.request)
    at = moment(form.values.get("from_at"))
    reason = (form.values.get("note") or "")[:LONGEST_REASON] or None
    part = Part("following" if at is not None else "all", at)
    async with page.writing() as session:
        await series.cancel(session, page.actor, series_id, part=part, reason=reason)
    return see_other(f"/booking-series/{series_id}?done=cancelled")


def _filled(one: SeriesView, coming: list[BookingView], at: datetime | None) -> Form:
    """The form as it is, from the occurrence at `at` or the next."""
    first = next((each for each in coming if each.series_at == at), coming[0])
    zone = ZoneInfo(one.timezone)
    starts, ends = first.starts_at.astimezone(zone), first.ends_at.astimezone(zone)
    values: dict[str, object] = {
        "scope": "following" if at is not None else "all",
        "from_at": _iso(first.series_at),
        "starts_at_date": starts.date().isoformat(),
        "starts_at_time": f"{starts:%H:%M}",
        "ends_at_time": f"{ends:%H:%M}",
        "title": one.title,
        "notes": one.notes,
        "version": one.version,
    }
    return Form.of(values)


async def _changed(
    page: Page, form: Form, one: SeriesView, coming: list[BookingView]
) -> SeriesView | Refused | None:
    """The changed series; None where the form itself is not right."""
    shape = form.parse(EditShape)
    at = moment(shape.from_at) if shape else None
    first = next((each for each in coming if shape and each.series_at == at), None)
    if shape and first is None:  # it has begun or was cancelled meanwhile
        text = _("Read the series again, then repeat the change.")
        form.refusals.append(Fault("missing", text))
    changes = _changes(form, shape, one, first) if shape and first else None
    if shape is None or first is None or changes is None:
        return None
    part = Part(shape.scope, first.series_at)

    async def work(session: AsyncSession) -> SeriesView:
        return await series.change(
            session,
            page.actor,
            one.id,
            part=part,
            changes=changes,
            skip_conflicts=shape.skip_conflicts,
            expected_version=shape.version,
        )

    return await page.tried(form, work, FIELDS)


def _form(
    page: Page,
    one: SeriesView,
    coming: list[BookingView],
    form: Form,
    *,
    status: int = 200,
    blocked: Any = (),  # noqa: ANN401 - occurrences of a refusal
) -> Response:
    return page.show(
        "bookings/series_form.html",
        status=status,
        series=one,
        words=_words(one),
        coming=[(_iso(each.series_at), each) for each in coming],
        form=form,
        blocked=blocked,
    )


def _changes(
    form: Form, shape: EditShape, one: SeriesView, first: BookingView
) -> dict[str, object] | None:
    """Only what differs; None where a time does not exist (see the form's faults)."""
    zone = ZoneInfo(one.timezone)
    starts = form.local("starts_at", shape.starts_at_date, shape.starts_at_time, zone)
    days = (first.ends_at.astimezone(zone).date() - first.starts_at.astimezone(zone).date()).days
    ends_on = shape.starts_at_date.fromordinal(shape.starts_at_date.toordinal() + days)
    ends = form.local("ends_at", ends_on, shape.ends_at_time, zone)
    if starts is None or ends is None:
        return None
    changes: dict[str, object] = {}
    if (starts, ends) != (first.starts_at, first.ends_at):
        changes |= {"starts_at": starts, "ends_at": ends}
    if shape.title != one.title:
        changes["title"] = shape.title
    if shape.notes != one.notes:
        changes["notes"] = shape.notes
    return changes


async def _bookings(reads: ReadSession, page: Page, series_id: UUID) -> list[BookingView]:
    which = bookings.Filter(series_id=series_id)
    found = await bookings.list_(reads, page.actor, which=which, paging=Limits(limit=MAX_LIMIT))
    return found.items


async def _coming(reads: ReadSession, page: Page, series_id: UUID) -> list[BookingView]:
    """Those that can still be changed, by start."""
    now = clock.now()
    found = await _bookings(reads, page, series_id)
    return [each for each in found if _is_ahead(each, now) and each.series_at is not None]


def _is_ahead(booking: BookingView, now: datetime) -> bool:
    return booking.starts_at > now and booking.status in rules.HELD


def _words(one: SeriesView) -> str:
    return in_words(one.rule, one.starts_at, ZoneInfo(one.timezone))


def _iso(at: datetime | None) -> str:
    return at.isoformat().replace("+00:00", "Z") if at else ""
