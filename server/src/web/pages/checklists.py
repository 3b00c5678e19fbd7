"""Checklists before and after use; the one before use checks in by the same button."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from src.core import sheets
from src.core.actor import Permission
from src.core.language import gettext as _
from src.domain import bookings
from src.domain.bookings import Status, presence
from src.domain.bookings.presence import checklists
from src.domain.bookings.presence.checklists import Checklist
from src.domain.bookings.tables import Moment
from src.domain.resources.policy import EffectivePolicy
from src.web import sheets as forms_of_sheets
from src.web.forms import Form, see_other
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes

router = APIRouter(include_in_schema=False)
PREFIX = "answer-"


@router.get("/bookings/{booking_id}/checklists/{moment}", **shows(Permission.BOOKINGS_READ))
async def show_checklist(page: CurrentPage, booking_id: UUID, moment: Moment) -> Response:
    """The list, as it was filled in so far."""
    return await _show(page, booking_id, moment)


@router.post("/bookings/{booking_id}/checklists/{moment}", **takes(Permission.BOOKINGS_READ))
async def fill_checklist(page: CurrentPage, booking_id: UUID, moment: Moment) -> Response:
    """Keep it; `then` checks in or out with it."""
    form = await Form.read(page.request)
    async with page.reading() as reads:
        schema = await checklists.asked(reads, booking_id, moment)
    answers = forms_of_sheets.read(form, schema, prefix=PREFIX)
    if schema is not None and not forms_of_sheets.check(form, schema, answers, prefix=PREFIX):
        return await _show(page, booking_id, moment, form, status=422)
    then = form.values.get("then", "")
    made = await page.tried(form, lambda tx: _keep(page, tx, booking_id, moment, answers, then))
    if isinstance(made, Refused):
        return await _show(page, booking_id, moment, form, status=made.status)
    done = then if then in {"check-in", "check-out"} else "checklist"
    return see_other(f"/bookings/{booking_id}?done={done}")


async def _keep(
    page: Page,
    tx: AsyncSession,
    booking_id: UUID,
    moment: Moment,
    answers: dict[str, Any],
    then: str,
) -> object:
    if then == "check-in":
        return await presence.arrive(tx, page.actor, booking_id, answers=answers)
    if then == "check-out":
        return await presence.leave(tx, page.actor, booking_id, answers=answers)
    return await checklists.fill(tx, page.actor, booking_id, moment=moment, answers=answers)


async def _show(
    page: Page, booking_id: UUID, moment: Moment, form: Form | None = None, *, status: int = 200
) -> Response:
    async with page.reading() as reads:
        booking = await bookings.get(reads, page.actor, booking_id)
        found = await checklists.of(reads, page.actor, booking_id)
    wanted = next((each for each in found if each.moment is moment), None)
    if wanted is None:
        raise presence.NoChecklist(_("Nothing is asked of this booking."))
    if form is None:
        form = Form()
        forms_of_sheets.fill(form, dict(wanted.schema), wanted.answers, prefix=PREFIX)
    return page.show(
        "bookings/checklist.html",
        status=status,
        booking=booking,
        checklist=wanted,
        then=_then(booking.status, moment),
        form=form,
        fields=sheets.fields(dict(wanted.schema)),
        prefix=PREFIX,
    )


def _then(status: Status, moment: Moment) -> str:
    """What follows the list by the same button."""
    if moment is Moment.BEFORE and status is Status.CONFIRMED:
        return "check-in"
    return "check-out" if moment is Moment.AFTER and status is Status.IN_USE else ""


async def lists_of(
    page: Page, reads: AsyncSession, booking: bookings.BookingView, policy: EffectivePolicy
) -> list[tuple[Checklist, list[tuple[str, str]], list[str]]]:
    """The lists of a booking with the answers in words, and the labels of those outside limits."""
    if booking.is_masked or not (policy.checklist_before or policy.checklist_after):
        return []
    return [
        (
            each,
            sheets.as_read(dict(each.schema), each.answers),
            [
                field.label
                for field in sheets.fields(dict(each.schema))
                if field.name in each.faults
            ],
        )
        for each in await checklists.of(reads, page.actor, booking.id)
    ]
