"""Those who take part, on the pages: invitations and answers, groups, handing a booking over."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from src.core.actor import Permission
from src.domain import bookings
from src.domain.bookings import parties
from src.web.dependencies import Tx
from src.web.forms import Form, Shape, see_other
from src.web.pages.booking_actions import note_of
from src.web.pages.bookings import show
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes

router = APIRouter(include_in_schema=False)
ANSWERS: tuple[parties.attendees.Answer, ...] = ("accepted", "tentative", "declined")


class InviteShape(Shape):
    """Whom to invite."""

    user_id: UUID


class TransferShape(Shape):
    """To whom, and a word with it."""

    to_id: UUID
    note: str = Field("", max_length=1000)


@router.post("/bookings/{booking_id}/attendees", **takes(Permission.BOOKINGS_READ))
async def invite(page: CurrentPage, booking_id: UUID) -> Response:
    """Invite somebody."""
    form = await Form.read(page.request)
    shape = form.parse(InviteShape)
    if shape is None:
        return await show(page, booking_id, form=form, status=422)
    made = await page.tried(
        form,
        lambda tx: parties.attendees.add(tx, page.actor, booking_id, user_ids=[shape.user_id]),
    )
    if isinstance(made, Refused):
        return await show(page, booking_id, form=form, status=made.status)
    return see_other(f"/bookings/{booking_id}?done=invited")


@router.post("/bookings/{booking_id}/attendees/{user_id}/remove", **takes(Permission.BOOKINGS_READ))
async def uninvite(page: CurrentPage, session: Tx, booking_id: UUID, user_id: UUID) -> Response:
    """Take an invitation back."""
    await parties.attendees.remove(session, page.actor, booking_id, user_id)
    return see_other(f"/bookings/{booking_id}?done=uninvited")


@router.post("/bookings/{booking_id}/respond", **takes(Permission.BOOKINGS_READ))
async def respond(page: CurrentPage, session: Tx, booking_id: UUID) -> Response:
    """Say whether one comes."""
    form = await Form.read(page.request)
    said = form.values.get("response")
    answer = next((one for one in ANSWERS if one == said), ANSWERS[1])
    await parties.attendees.respond(
        session,
        page.actor,
        booking_id,
        answer=answer,
        whole_series=form.values.get("whole_series") == "on",
    )
    return see_other(f"/bookings/{booking_id}?done=answered")


@router.post("/bookings/{booking_id}/group/cancel", **takes(Permission.BOOKINGS_READ))
async def cancel_group(page: CurrentPage, session: Tx, booking_id: UUID) -> Response:
    """Cancel all that was booked together, as far as one may."""
    booking = await bookings.get(session, page.actor, booking_id)
    if booking.group_id is None:
        return see_other(f"/bookings/{booking_id}")
    await parties.groups.cancel(session, page.actor, booking.group_id, reason=await note_of(page))
    return see_other(f"/bookings/{booking_id}?done=cancelled")


@router.post("/bookings/{booking_id}/transfer", **takes(Permission.BOOKINGS_READ))
async def offer(page: CurrentPage, booking_id: UUID) -> Response:
    """Ask somebody to take it over."""
    form = await Form.read(page.request)
    shape = form.parse(TransferShape)
    if shape is None:
        return await show(page, booking_id, form=form, status=422)
    made = await page.tried(
        form,
        lambda tx: parties.transfers.offer(
            tx, page.actor, booking_id, to=shape.to_id, note=shape.note
        ),
    )
    if isinstance(made, Refused):
        return await show(page, booking_id, form=form, status=made.status)
    return see_other(f"/bookings/{booking_id}?done=offered")


@router.get("/booking-transfers/{transfer_id}", **shows(Permission.BOOKINGS_READ))
async def show_transfer(page: CurrentPage, transfer_id: UUID) -> Response:
    """What is offered, by whom, and the two answers."""
    return await _transfer(page, transfer_id, Form())


@router.post("/booking-transfers/{transfer_id}/accept", **takes(Permission.BOOKINGS_CREATE))
async def accept(page: CurrentPage, transfer_id: UUID) -> Response:
    """Take it over, or say what stands in the way."""
    form = Form()
    made = await page.tried(form, lambda tx: parties.transfers.accept(tx, page.actor, transfer_id))
    if isinstance(made, Refused):
        return await _transfer(page, transfer_id, form, status=made.status)
    return see_other(f"/bookings/{made.id}?done={made.status.value}")


@router.post("/booking-transfers/{transfer_id}/decline", **takes(Permission.BOOKINGS_READ))
async def decline(page: CurrentPage, session: Tx, transfer_id: UUID) -> Response:
    """Leave it with whose it is."""
    await parties.transfers.decline(session, page.actor, transfer_id)
    return see_other(f"/booking-transfers/{transfer_id}")


@router.post("/booking-transfers/{transfer_id}/withdraw", **takes(Permission.BOOKINGS_READ))
async def withdraw(page: CurrentPage, session: Tx, transfer_id: UUID) -> Response:
    """Take the question back."""
    found = await parties.transfers.withdraw(session, page.actor, transfer_id)
    return see_other(f"/bookings/{found.booking_id}?done=withdrawn")


async def _transfer(page: Page, transfer_id: UUID, form: Form, *, status: int = 200) -> Response:
    async with page.reading() as reads:
        found = await parties.transfers.get(reads, page.actor, transfer_id)
    is_mine = found.to_person.id == page.actor.user_id
    return page.show(
        "bookings/transfer.html", status=status, transfer=found, form=form, is_mine=is_mine
    )
