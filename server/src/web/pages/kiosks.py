"""Kiosks: tablets at instruments, made and revoked by those who manage their bookings."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from src.core.actor import Permission
from src.core.language import mark
from src.core.paging import MAX_LIMIT
from src.core.paging import Paging as Limits
from src.domain import resources
from src.domain.bookings.presence import kiosks
from src.templating import enter
from src.web.dependencies import Paging, Reads, Tx
from src.web.forms import Form, Shape, see_other
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes

router = APIRouter(include_in_schema=False)
MANAGE = Permission.BOOKINGS_MANAGE
enter(mark("Kiosks"), "/kiosks", MANAGE, rank=67, icon="phone", is_everywhere=True)
DONE = {"revoked": mark("The kiosk was revoked: its address leads nowhere any more.")}
FIELDS = frozenset({"name", "resource_ids"})


class KioskShape(Shape):
    """A kiosk as it is made."""

    name: str = Field(max_length=200)
    resource_ids: list[UUID] = Field(default_factory=list)


@router.get("/kiosks", **shows(MANAGE))
async def list_kiosks(
    page: CurrentPage, reads: Reads, paging: Paging, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """All of them, and where each was last used."""
    found = await kiosks.list_(reads, page.actor, paging=paging)
    return page.show("kiosk/list.html", page=found, done=DONE.get(done))


@router.get("/kiosks/new", **shows(MANAGE))
async def new_kiosk(page: CurrentPage) -> Response:
    """The form."""
    return await _form(page, Form())


@router.post("/kiosks/new", **takes(MANAGE))
async def make_kiosk(page: CurrentPage) -> Response:
    """Make it, and show its address by this answer alone."""
    form = await Form.read(page.request)
    shape = form.parse(KioskShape)
    if shape is None:
        return await _form(page, form, status=422)
    made = await page.tried(
        form,
        lambda tx: kiosks.create(tx, page.actor, name=shape.name, resource_ids=shape.resource_ids),
        FIELDS,
    )
    if isinstance(made, Refused):
        return await _form(page, form, status=made.status)
    address = f"{page.settings.base_url}/kiosk/{made.token}"
    return page.show("kiosk/made.html", kiosk=made.kiosk, address=address)


@router.post("/kiosks/{kiosk_id}/revoke", **takes(MANAGE))
async def revoke_kiosk(page: CurrentPage, session: Tx, kiosk_id: UUID) -> Response:
    """End it at once."""
    await kiosks.revoke(session, page.actor, kiosk_id)
    return see_other("/kiosks?done=revoked")


async def _form(page: Page, form: Form, *, status: int = 200) -> Response:
    async with page.reading() as reads:
        choices = await resources.pick(reads, page.actor, paging=Limits(limit=MAX_LIMIT))
    options = [(str(one.id), one.name) for one in choices.items]
    return page.show("kiosk/form.html", status=status, form=form, resource_choices=options)
