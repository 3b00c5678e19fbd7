"""Booking more than one by form: a series, or several resources at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from src.core.language import gettext as _
from src.domain import bookings
from src.domain.bookings import parties, series
from src.domain.bookings.parties import GroupItem
from src.web.forms import Fault, Form, see_other
from src.web.pages.booking_forms import FIELDS
from src.web.pages.booking_more import MoreShape, rule_of
from src.web.pages.booking_preview import show_form
from src.web.pages.frame import Page, Refused

_FIELDS = FIELDS | {"rule", "attendees", "also"}


async def book_more(
    page: Page, form: Form, wish: bookings.Wish, shape: MoreShape, zone: ZoneInfo
) -> Response:
    """Book all of it, or show the form again with everything that stands in the way."""
    if shape.repeat and shape.also:
        form.add("also", "one-at-a-time", _("Repeat one resource at a time: choose one of both."))
        return await show_form(page, form, wish.resource_id, status=422)
    if shape.also:
        return await _group(page, form, wish, shape)
    rule = rule_of(form, shape, wish.starts_at, zone)
    if rule is None:
        return await show_form(page, form, wish.resource_id, status=422)
    return await _series(page, form, wish, rule, shape)


async def _series(
    page: Page, form: Form, wish: bookings.Wish, rule: str, shape: MoreShape
) -> Response:
    def work(session: AsyncSession) -> Awaitable[series.SeriesView]:
        return series.create(
            session, page.actor, wish=wish, rule=rule, skip_conflicts=shape.skip_conflicts
        )

    made = await page.tried(form, work, _FIELDS)
    if isinstance(made, Refused):
        _told_once(form, made)
        return await show_form(page, form, wish.resource_id, status=made.status)
    return see_other(f"/booking-series/{made.id}?done=booked")


def _told_once(form: Form, refused: Refused) -> None:
    """The preview beside the form lists every occurrence; above it one sentence is enough."""
    refusal = refused.refusal
    if "occurrences" in refusal.members:
        form.refusals = [Fault(refusal.code, refusal.detail)]


async def _group(page: Page, form: Form, wish: bookings.Wish, shape: MoreShape) -> Response:
    others = [id_ for id_ in dict.fromkeys(shape.also) if id_ != wish.resource_id]
    items = [
        GroupItem(wish.resource_id, wish.unit, wish.answers),
        *(GroupItem(id_) for id_ in others),
    ]
    made = await page.tried(form, _grouped(page, wish, items), _FIELDS)
    if isinstance(made, Refused):
        return await show_form(page, form, wish.resource_id, status=made.status)
    return see_other(f"/bookings/{made[0].id}?{urlencode({'done': 'together'})}")


def _grouped(
    page: Page, wish: bookings.Wish, items: list[GroupItem]
) -> Callable[[AsyncSession], Awaitable[list[bookings.BookingView]]]:
    shared = replace(wish, unit=None, answers=None)
    return lambda session: parties.groups.create(session, page.actor, wish=shared, items=items)
