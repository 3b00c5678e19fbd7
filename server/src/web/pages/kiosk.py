"""The tablet at the instruments: who is on, who is next, and checking in and out by PIN."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.responses import Response

from src.core import sheets
from src.core.actor import Actor
from src.core.errors import DomainError, Kind
from src.core.language import gettext as _
from src.core.language import mark
from src.domain import bookings
from src.domain.bookings import presence
from src.domain.bookings.presence import checklists, kiosks, pins
from src.domain.bookings.tables import Moment
from src.web import labels
from src.web import sheets as forms_of_sheets
from src.web.declarations import PUBLIC
from src.web.dependencies import Reads
from src.web.forms import Form, Shape, see_other
from src.web.pages.frame import ABOUT_FORMS, CurrentPage, Page, shows, takes
from src.web.problems import status_of
from src.web.security import client_of

router = APIRouter(include_in_schema=False)
Token = Annotated[str, Path(max_length=100)]
PREFIX = "answer-"
_FIELDS = frozenset({"pin", "answers"})
_MOMENTS = {"in": Moment.BEFORE, "out": Moment.AFTER}
DONE = {
    "in": mark("You are checked in."),
    "out": mark("You are checked out. The rest of the time is free."),
}


class PinShape(Shape):
    """A PIN, and what it is for."""

    pin: str = Field(max_length=20)
    deed: Literal["in", "out"] = "in"


@router.get("/kiosk/{token}", **shows(PUBLIC))
async def show_board(
    page: CurrentPage, reads: Reads, token: Token, done: Annotated[str, Query(max_length=10)] = ""
) -> Response:
    """The board; the tablet asks for it anew twice a minute."""
    board = await kiosks.board(reads, token)
    drawn = await labels.drawn([f"{page.settings.base_url}{_address(one)}" for one in board.places])
    codes = dict(zip((one.id for one in board.places), drawn, strict=True))
    return page.show("kiosk/board.html", board=board, token=token, codes=codes, said=DONE.get(done))


@router.get("/kiosk/{token}/{booking_id}", **shows(PUBLIC))
async def ask_pin(page: CurrentPage, token: Token, booking_id: UUID) -> Response:
    """The keypad, and the list that is asked, if any."""
    return await _keypad(page, token, booking_id, Form())


@router.post("/kiosk/{token}/{booking_id}", **takes(PUBLIC, rate="login"))
async def act(page: CurrentPage, token: Token, booking_id: UUID) -> Response:
    """Check in or out whoever the PIN belongs to."""
    form = await Form.read(page.request)
    shape, status = form.parse(PinShape), 422
    if shape is not None:
        try:
            await _act(page, form, shape, token, booking_id)
        except DomainError as refusal:
            if refusal.kind not in {*ABOUT_FORMS, Kind.LIMITED}:
                raise
            form.refuse(refusal, _FIELDS)
            status = status_of(refusal)
        else:
            return see_other(f"/kiosk/{token}?done={shape.deed}")
    return await _keypad(page, token, booking_id, form, status=status)


async def _act(page: Page, form: Form, shape: PinShape, token: str, booking_id: UUID) -> None:
    """Count the try, verify the PIN while no transaction is open, then do it."""
    async with page.writing() as tx:
        kiosk_id, actor = await kiosks.whose(tx, token, booking_id)
        attempt = await pins.begin(tx, _id_of(actor))
    is_right = await attempt.is_right(shape.pin.strip())
    client = client_of(page.request)
    actor = replace(actor, ip=client.ip, request_id=client.request_id)
    async with page.writing() as tx:
        await kiosks.seen(tx, kiosk_id)
        if not is_right:
            raise pins.failed(
                tx, attempt.user_id, kiosk_id, ip=client.ip, request_id=client.request_id
            )
        await pins.succeeded(tx, attempt.user_id)
    # On its own: what is refused now is no reason to count the try.
    async with page.writing() as tx:
        moment, answers = _MOMENTS[shape.deed], None
        schema = await checklists.asked(tx, booking_id, moment)
        if schema is not None:
            answers = forms_of_sheets.read(form, schema, prefix=PREFIX)
        do = presence.arrive if moment is Moment.BEFORE else presence.leave
        await do(tx, actor, booking_id, answers=answers)


async def _keypad(
    page: Page, token: str, booking_id: UUID, form: Form, *, status: int = 200
) -> Response:
    async with page.reading() as reads:
        place, turn = await kiosks.turn(reads, token, booking_id)
        deed = "out" if turn.is_in_use else "in"
        schema = await checklists.asked(reads, booking_id, _MOMENTS[deed])
    return page.show(
        "kiosk/keypad.html",
        status=status,
        token=token,
        place=place,
        turn=turn,
        deed=deed,
        form=form,
        fields=sheets.fields(schema),
        prefix=PREFIX,
    )


def _address(place: kiosks.Place) -> str:
    return f"/r/{place.code}" if place.code else f"/resources/{place.id}"


def _id_of(actor: Actor) -> UUID:
    if actor.user_id is None:
        raise bookings.BookingNotFound(_("Choose one from the kiosk's board."))
    return actor.user_id
