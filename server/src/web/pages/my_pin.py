"""Your PIN for the tablets at the instruments."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from src.core.language import mark
from src.domain.bookings import presence
from src.domain.bookings.presence import pins
from src.templating import enter_me
from src.web.declarations import SIGNED_IN
from src.web.dependencies import Tx
from src.web.forms import Form, Shape, see_other
from src.web.pages.frame import CurrentPage, Page, shows, takes

router = APIRouter(include_in_schema=False)
enter_me(mark("Kiosk PIN"), "/me/pin", rank=47)
DONE = {"set": mark("Your PIN is set."), "removed": mark("Your PIN is removed.")}


class PinShape(Shape):
    """Six digits."""

    pin: str = Field(max_length=20)


@router.get("/me/pin", **shows(SIGNED_IN))
async def show_pin(page: CurrentPage, done: Annotated[str, Query(max_length=20)] = "") -> Response:
    """Whether there is one, and the form for another."""
    return await _show(page, Form(), done=DONE.get(done))


@router.post("/me/pin", **takes(SIGNED_IN))
async def set_pin(page: CurrentPage) -> Response:
    """Set it."""
    form = await Form.read(page.request)
    shape = form.parse(PinShape)
    if shape is None:
        return await _show(page, form, status=422)
    try:
        made = await pins.new_hash(shape.pin)
    except presence.BadPin as refusal:
        form.refuse(refusal, frozenset({"pin"}))
        return await _show(page, form, status=422)
    async with page.writing() as tx:
        await pins.put(tx, page.actor, pin_hash=made)
    return see_other("/me/pin?done=set")


@router.post("/me/pin/remove", **takes(SIGNED_IN))
async def remove_pin(page: CurrentPage, session: Tx) -> Response:
    """Remove it."""
    await pins.remove(session, page.actor)
    return see_other("/me/pin?done=removed")


async def _show(page: Page, form: Form, *, status: int = 200, done: str | None = None) -> Response:
    async with page.reading() as reads:
        since = await pins.set_at(reads, page.actor)
    return page.show("me/pin.html", status=status, form=form, since=since, done=done)
