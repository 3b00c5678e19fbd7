"""A resource is down already: what becomes of its bookings, now or later, all or some."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from src.core import clock
from src.core.actor import Permission
from src.core.language import gettext as _
from src.core.language import mark
from src.domain import bookings, resources
from src.domain.resources.tables import ResourceState
from src.web.forms import Form, see_other
from src.web.pages.displacing import choices_of
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes

router = APIRouter(include_in_schema=False)
DISPLACE = Permission.BOOKINGS_DISPLACE
DONE = {"decided": mark("Done, and those concerned are told.")}


@router.get("/resources/{resource_id}/displacement", **shows(DISPLACE))
async def show_displaced(
    page: CurrentPage, resource_id: UUID, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """Every booking that cannot be had while it is down, and where each could go."""
    return await _show(page, Form(), resource_id, done=DONE.get(done))


@router.post("/resources/{resource_id}/displacement", **takes(DISPLACE))
async def displace(page: CurrentPage, resource_id: UUID) -> Response:
    """Do what was chosen; the others stay as they are."""
    form = await Form.read(page.request)
    choices = choices_of(form)
    if not choices:
        form.add("choices", "missing", _("Choose what becomes of at least one booking."))
        return await _show(page, form, resource_id, status=422)
    done = await page.tried(
        form, lambda tx: bookings.displacement.decide(tx, page.actor, resource_id, choices)
    )
    if isinstance(done, Refused):
        return await _show(page, form, resource_id, status=done.status)
    return see_other(f"/resources/{resource_id}/displacement?done=decided")


async def _show(
    page: Page, form: Form, resource_id: UUID, *, done: str | None = None, status: int = 200
) -> Response:
    async with page.reading() as reads:
        one = await resources.get(reads, page.actor, resource_id)
        is_out = one.state in (ResourceState.DOWN, ResourceState.RETIRED)
        hits = []
        if is_out:
            hits = await bookings.displacement.hits(
                reads, page.actor, resource_ids=[resource_id], starts_at=clock.now()
            )
    return page.show(
        "resources/displacement.html", status=status, form=form, resource=one, hits=hits,
        is_out=is_out, done=done,
    )  # fmt: skip
