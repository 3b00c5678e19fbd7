"""The units of a resource."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from src.core.actor import Permission
from src.core.language import mark
from src.domain import resources
from src.web.dependencies import Tx
from src.web.forms import Form, see_other
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes

router = APIRouter(include_in_schema=False)
MANAGE = Permission.RESOURCES_MANAGE
DONE = {
    "added": mark("There is one unit more."),
    "in": mark("The unit is back in service."),
    "out": mark("The unit is out of service."),
}


@router.get("/resources/{resource_id}/units", **shows(MANAGE))
async def show_units(
    page: CurrentPage, resource_id: UUID, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """Each with whether it is in service."""
    return await _show_units(page, Form(), resource_id, done=DONE.get(done))


@router.post("/resources/{resource_id}/units", **takes(MANAGE))
async def add_unit(page: CurrentPage, session: Tx, resource_id: UUID) -> Response:
    """One unit more."""
    await resources.add_units(session, page.actor, resource_id, count=1)
    return see_other(f"/resources/{resource_id}/units?done=added")


@router.post("/resources/{resource_id}/units/{number}/{way}", **takes(MANAGE))
async def switch_unit(
    page: CurrentPage, resource_id: UUID, number: int, way: Literal["in", "out"]
) -> Response:
    """Take a unit out of service, or bring it back."""
    form = await Form.read(page.request)
    switch = resources.activate_unit if way == "in" else resources.deactivate_unit
    done = await page.tried(form, lambda tx: switch(tx, page.actor, resource_id, number))
    if isinstance(done, Refused):
        return await _show_units(page, form, resource_id, status=done.status)
    return see_other(f"/resources/{resource_id}/units?done={way}")


async def _show_units(
    page: Page, form: Form, resource_id: UUID, *, status: int = 200, done: str | None = None
) -> Response:
    async with page.reading() as reads:
        one = await resources.get(reads, page.actor, resource_id)
        units = await resources.list_units(reads, page.actor, resource_id)
    context = {"form": form, "resource": one, "units": units, "done": done}
    return page.show("resources/units.html", status=status, **context)
