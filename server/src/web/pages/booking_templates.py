"""Templates of bookings: the list, one by form, and booking from one."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from src.core.actor import Permission
from src.core.db import ReadSession
from src.core.language import mark
from src.domain import accounts, bookings
from src.domain.bookings import parties
from src.domain.bookings.parties import TemplateView
from src.web.dependencies import Reads, Tx
from src.web.forms import Form, Shape, see_other
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.resource_list import resource_choices

router = APIRouter(include_in_schema=False)
DONE = {
    "kept": mark("The template is kept."),
    "removed": mark("The template was removed."),
}
FIELDS = frozenset({"name", "resource_id", "minutes", "title", "notes", "team_id"})
LENGTHS = (15, 30, 45, 60, 90, 120, 180, 240, 300, 360, 480, 600, 720, 1440)
_MINUTE = timedelta(minutes=1)


class TemplateShape(Shape):
    """What the form sends."""

    name: str = Field(min_length=1, max_length=120)
    resource_id: UUID
    minutes: int = Field(ge=1, le=366 * 1440)
    title: str = Field("", max_length=200)
    notes: str = Field("", max_length=10_000)
    team_id: UUID | None = None


@router.get("/booking-templates", **shows(Permission.BOOKINGS_READ))
async def list_templates(
    page: CurrentPage, reads: Reads, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """One's own and those of one's teams."""
    found = await parties.templates.list_(reads, page.actor)
    teams = await accounts.team_names(reads, {one.team_id for one in found if one.team_id})
    return page.show("bookings/templates.html", templates=found, teams=teams, done=DONE.get(done))


@router.get("/booking-templates/new", **shows(Permission.BOOKINGS_CREATE))
async def new_template(page: CurrentPage, booking: UUID | None = None) -> Response:
    """The form, empty or filled from a booking."""
    values: dict[str, object] = {"minutes": 60}
    if booking is not None:
        async with page.reading() as reads:
            found = await bookings.get(reads, page.actor, booking)
        if not found.is_masked:
            ends_at = found.planned_ends_at or found.ends_at
            values = {
                "name": found.title or found.resource.name,
                "resource_id": found.resource.id,
                "minutes": (ends_at - found.starts_at) // _MINUTE,
                "title": found.title,
                "notes": found.notes,
                "team_id": found.team_id,
            }
    return await _form(page, Form.of(values))


@router.post("/booking-templates/new", **takes(Permission.BOOKINGS_CREATE))
async def keep(page: CurrentPage) -> Response:
    """Keep it."""
    form = await Form.read(page.request)
    shape = form.parse(TemplateShape)
    if shape is None:
        return await _form(page, form, status=422)
    made = await page.tried(
        form,
        lambda tx: parties.templates.create(tx, page.actor, values=shape.model_dump()),
        FIELDS,
    )
    if isinstance(made, Refused):
        return await _form(page, form, status=made.status)
    return see_other("/booking-templates?done=kept")


@router.get("/booking-templates/{template_id}/edit", **shows(Permission.BOOKINGS_READ))
async def edit_form(page: CurrentPage, template_id: UUID) -> Response:
    """The form with the template as it is."""
    async with page.reading() as reads:
        one = await parties.templates.get(reads, page.actor, template_id)
    if not one.is_own:
        return see_other("/booking-templates")
    values: dict[str, object] = {
        "name": one.name,
        "resource_id": one.resource.id,
        "minutes": one.minutes,
        "title": one.title,
        "notes": one.notes,
        "team_id": one.team_id,
    }
    return await _form(page, Form.of(values), template=one)


@router.post("/booking-templates/{template_id}/edit", **takes(Permission.BOOKINGS_READ))
async def edit(page: CurrentPage, template_id: UUID) -> Response:
    """Change it."""
    form = await Form.read(page.request)
    async with page.reading() as reads:
        one = await parties.templates.get(reads, page.actor, template_id)
    shape = form.parse(TemplateShape)
    if shape is None:
        return await _form(page, form, template=one, status=422)
    changes, change = shape.model_dump(), parties.templates.update
    made = await page.tried(
        form, lambda tx: change(tx, page.actor, template_id, changes=changes), FIELDS
    )
    if isinstance(made, Refused):
        return await _form(page, form, template=one, status=made.status)
    return see_other("/booking-templates?done=kept")


@router.post("/booking-templates/{template_id}/delete", **takes(Permission.BOOKINGS_READ))
async def delete(page: CurrentPage, session: Tx, template_id: UUID) -> Response:
    """Forget it; the bookings made from it stay."""
    await parties.templates.delete(session, page.actor, template_id)
    return see_other("/booking-templates?done=removed")


async def _form(
    page: Page, form: Form, *, template: TemplateView | None = None, status: int = 200
) -> Response:
    async with page.reading() as reads:
        context = await _choices(page, reads, form)
    return page.show(
        "bookings/template_form.html", status=status, form=form, kept=template, **context
    )


async def _choices(page: Page, reads: ReadSession, form: Form) -> dict[str, Any]:
    found = await resource_choices(reads, page.actor, form.values.get("resource_id", ""))
    teams = await accounts.team_names(reads, page.actor.team_ids)
    chosen = form.values.get("minutes", "")
    lengths = {*LENGTHS, *([int(chosen)] if chosen.isascii() and chosen.isdecimal() else [])}
    return {
        "resource_choices": found,
        "teams": sorted((str(id_), name) for id_, name in teams.items()),
        "lengths": sorted(lengths),
    }
