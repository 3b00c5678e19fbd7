"""The updates of an incident: how it stands, what is done about it, what is needed."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from src.core.paging import Paging as Limits
from src.domain.operations.incidents import room
from src.web.dependencies import Paging
from src.web.forms import Form, Shape, see_other
from src.web.pages import incident_frame
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.incident_frame import PATH, READ

router = APIRouter(include_in_schema=False)
FIELDS = frozenset(room.entries.UPDATE_FIELDS)
PER_PAGE = 20


class UpdateShape(Shape):
    """How it stands."""

    conditions: str = Field(max_length=room.updates.LONGEST)
    actions: str = Field("", max_length=room.updates.LONGEST)
    needs: str = Field("", max_length=room.updates.LONGEST)


@router.get(f"{PATH}/updates", **shows(READ))
async def show_updates(
    page: CurrentPage,
    incident_id: UUID,
    paging: Paging,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Those given, the latest first, and the form for the next."""
    return await _show(page, incident_id, Form(), cursor=paging.cursor, done=done)


@router.post(f"{PATH}/updates", **takes(READ))
async def give_update(page: CurrentPage, incident_id: UUID) -> Response:
    """Tell those concerned."""
    form = await Form.read(page.request)
    shape = form.parse(UpdateShape)
    if shape is None:
        return await _show(page, incident_id, form, status=422)
    said = shape.model_dump()
    made = await page.tried(
        form, lambda tx: room.updates.give(tx, page.actor, incident_id, **said), FIELDS
    )
    if isinstance(made, Refused):
        return await _show(page, incident_id, form, status=made.status)
    return see_other(f"/incidents/{incident_id}?done=update-given#updates")


async def _show(
    page: Page,
    incident_id: UUID,
    form: Form,
    *,
    cursor: str | None = None,
    done: str = "",
    status: int = 200,
) -> Response:
    async with page.reading() as reads:
        framed = await incident_frame.framed(reads, page, incident_id)
        found = await room.updates.list_(
            reads, page.actor, incident_id, paging=Limits(limit=PER_PAGE, cursor=cursor)
        )
        portraits = await page.portraits_of(reads, incident_frame.authors(found.items))
    return page.show(
        "incidents/room/updates.html", status=status, framed=framed, page=found, form=form,
        portraits=portraits, done=incident_frame.said(done),
    )  # fmt: skip
