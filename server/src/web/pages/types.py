"""Types of resources: what is told about each resource of a type, and the rules of types and site."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from src.core.actor import Permission
from src.core.language import gettext as _
from src.core.language import mark
from src.core.paging import MAX_LIMIT, Paging
from src.domain import resources
from src.web import sheet_editor
from src.web.dependencies import Reads
from src.web.forms import Form, Shape, see_other
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes

router = APIRouter(include_in_schema=False)
MANAGE = Permission.RESOURCES_MANAGE
DONE = {
    "created": mark("The type was added."),
    "changed": mark("The type was changed."),
    "policy": mark("The rules were changed."),
    "hours": mark("The opening hours were changed."),
}


class TypeShape(Shape):
    """What a type is."""

    name: str = Field(max_length=120)
    description: str = Field("", max_length=10_000)


@router.get("/types", **shows(MANAGE))
async def show_types(
    page: CurrentPage, reads: Reads, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """All types, each with its ways to fields, rules and hours."""
    limits = Paging(limit=MAX_LIMIT)
    found = await resources.list_types(reads, page.actor, paging=limits)
    return page.show("types/list.html", types=found.items, done=DONE.get(done))


@router.get("/types/new", **shows(MANAGE))
async def new_type(page: CurrentPage) -> Response:
    """The form."""
    return _show(page, sheet_editor.fill(None), None)


@router.post("/types/new", **takes(MANAGE))
async def create_type(page: CurrentPage) -> Response:
    """Make it."""
    form = await Form.read(page.request)
    values = _values(form, None)
    if values is None:
        return _show(page, form, None, status=200 if "more" in form.values else 422)
    done = await page.tried(form, lambda tx: resources.create_type(tx, page.actor, **values))
    if isinstance(done, Refused):
        return _show(page, form, None, status=done.status)
    return see_other("/types?done=created")


@router.get("/types/{type_id}/edit", **shows(MANAGE))
async def edit_form(page: CurrentPage, reads: Reads, type_id: UUID) -> Response:
    """The form with what is so now."""
    one = await resources.get_type(reads, page.actor, type_id)
    form = sheet_editor.fill(one.custom_schema)
    form.values |= {
        "name": one.name,
        "description": one.description,
        "version": str(one.version),
    }
    return _show(page, form, one)


@router.post("/types/{type_id}/edit", **takes(MANAGE))
async def edit(page: CurrentPage, type_id: UUID) -> Response:
    """Change it."""
    form = await Form.read(page.request)
    async with page.reading() as reads:
        one = await resources.get_type(reads, page.actor, type_id)
    values = _values(form, one)
    if values is None:
        return _show(page, form, one, status=200 if "more" in form.values else 422)
    done = await page.tried(form, lambda tx: resources.update_type(
        tx, page.actor, type_id, changes=values,
        expected_version=form.version,
    ))  # fmt: skip
    if isinstance(done, Refused):
        return _show(page, form, one, status=done.status)
    return see_other("/types?done=changed")


def _values(form: Form, one: resources.TypeView | None) -> dict[str, Any] | None:
    """What the form says; None when more rows are asked for or something is wrong."""
    if "more" in form.values:
        return None
    shape = form.parse(TypeShape)
    schema = sheet_editor.read(form, one.custom_schema if one else None)
    if shape is None or form.is_faulty:
        return None
    return {**shape.model_dump(), "custom_schema": schema or {}}


def _show(page: Page, form: Form, one: resources.TypeView | None, *, status: int = 200) -> Response:
    more = 6 if "more" in form.values else sheet_editor.EMPTY
    return page.show(
        "types/form.html",
        status=status,
        form=form,
        one=one,
        places=sheet_editor.places(form, more=more),
        kinds=[(kind, _(name)) for kind, name in sheet_editor.KINDS.items()],
    )
