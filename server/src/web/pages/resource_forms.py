"""Keeping resources: new, edit, and taking one down or bringing it back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import time
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from src.core import sheets as core_sheets
from src.core.actor import Permission
from src.core.language import zone_of
from src.core.paging import MAX_LIMIT, Paging
from src.domain import accounts, bookings, resources
from src.domain.resources.tables import ResourceState
from src.web import sheets
from src.web.forms import Form, Shape, TypedDate, TypedTime, see_other
from src.web.pages.displacing import choices_of, hits_of
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.resource_list import location_choices, type_choices

router = APIRouter(include_in_schema=False)
MANAGE = Permission.RESOURCES_MANAGE


class ResourceShape(Shape):
    """What a resource is."""

    name: str = Field(max_length=120)
    description: str = Field("", max_length=10_000)
    type_id: UUID
    location_id: UUID
    timezone: str = Field(max_length=64)
    tags: str = Field("", max_length=1000)

    def facts(self) -> dict[str, Any]:
        """As the service takes them; tags are typed with commas."""
        tags = [tag.strip() for tag in self.tags.split(",") if tag.strip()]
        return {**self.model_dump(exclude={"tags", "version"}), "tags": tags}


class NewResourceShape(ResourceShape):
    """With how many units it starts, and whom to ask first."""

    contact_id: UUID | None = None
    units: int = Field(1, ge=1, le=200)


class EditResourceShape(ResourceShape):
    """The version that was read."""

    version: int


class StateShape(Shape):
    """How it is, and why."""

    state: ResourceState
    reason: str | None = Field(None, max_length=500)
    until_date: TypedDate | None = None
    until_time: TypedTime | None = None


@router.get("/resources/new", **shows(MANAGE))
async def new_resource(page: CurrentPage) -> Response:
    """The form."""
    async with page.reading() as reads:
        institute = await accounts.institute(reads)
    zone = institute.timezone if institute else page.actor.timezone
    return await _show(page, Form.of({"timezone": zone, "units": 1}))


@router.post("/resources/new", **takes(MANAGE))
async def create_resource(page: CurrentPage) -> Response:
    """Make it."""
    form = await Form.read(page.request)
    shape = form.parse(NewResourceShape)
    if shape is None:
        return await _show(page, form, status=422)
    custom = sheets.read(form, await _schema(page, form), prefix="custom.")
    wish = resources.ResourceWish(**shape.facts(), custom=custom)
    made = await page.tried(form, lambda tx: resources.create(tx, page.actor, wish=wish))
    if isinstance(made, Refused):
        return await _show(page, form, status=made.status)
    return see_other(f"/resources/{made.id}?done=created")


@router.get("/resources/{resource_id}/edit", **shows(MANAGE))
async def edit_form(page: CurrentPage, resource_id: UUID) -> Response:
    """The form with what is so now."""
    async with page.reading() as reads:
        one = await resources.get(reads, page.actor, resource_id)
    values = {
        "name": one.name, "description": one.description, "type_id": one.type.id,
        "location_id": one.location.id, "timezone": one.timezone,
        "tags": ", ".join(one.tags), "version": one.version,
    }  # fmt: skip
    form = Form.of(values)
    sheets.fill(form, one.custom_schema, one.custom, prefix="custom.")
    return await _show(page, form, resource_id)


@router.post("/resources/{resource_id}/edit", **takes(MANAGE))
async def edit(page: CurrentPage, resource_id: UUID) -> Response:
    """Change it."""
    form = await Form.read(page.request)
    shape = form.parse(EditResourceShape)
    if shape is None:
        return await _show(page, form, resource_id, status=422)
    schema = await _schema(page, form)
    # What was emptied is taken back.
    custom = dict.fromkeys(each.name for each in core_sheets.fields(schema))
    custom |= sheets.read(form, schema, prefix="custom.")
    changes = {**shape.facts(), "custom": custom}
    done = await page.tried(form, lambda session: resources.update(
        session, page.actor, resource_id, changes=changes, expected_version=shape.version
    ))  # fmt: skip
    if isinstance(done, Refused):
        return await _show(page, form, resource_id, status=done.status)
    return see_other(f"/resources/{resource_id}?done=changed")


async def _schema(page: Page, form: Form) -> Mapping[str, Any]:
    """What the chosen type asks for; nothing while none is chosen."""
    try:
        type_id = UUID(form.values.get("type_id", ""))
        async with page.reading() as reads:
            return (await resources.get_type(reads, page.actor, type_id)).custom_schema
    except (ValueError, resources.ResourceTypeNotFound):
        return {}


async def _show(
    page: Page, form: Form, resource_id: UUID | None = None, *, status: int = 200
) -> Response:
    fields = core_sheets.fields(await _schema(page, form))
    async with page.reading() as reads:
        people = await accounts.pick(reads, page.actor, paging=Paging(limit=MAX_LIMIT))
        context = {
            "form": form,
            "fields": fields,
            "resource": await resources.get(reads, page.actor, resource_id)
            if resource_id
            else None,
            "type_choices": await type_choices(reads, page.actor),
            "location_choices": await location_choices(reads, page.actor),
            "people": [(str(one.id), one.name) for one in people.items],
        }
    return page.show("resources/form.html", status=status, **context)


@router.get("/resources/{resource_id}/state", **shows(MANAGE))
async def state_form(page: CurrentPage, resource_id: UUID) -> Response:
    """Take it down or bring it back."""
    async with page.reading() as reads:
        one = await resources.get(reads, page.actor, resource_id)
    return await _show_state(
        page, Form.of({"state": one.state, "reason": one.state_reason}), resource_id
    )


@router.post("/resources/{resource_id}/state", **takes(MANAGE))
async def set_state(page: CurrentPage, resource_id: UUID) -> Response:
    """Do it, or ask first what becomes of its bookings."""
    form = await Form.read(page.request)
    shape = form.parse(StateShape)
    if shape is None:
        return await _show_state(page, form, resource_id, status=422)
    change = await _change(page, form, resource_id, shape)
    if change is None:
        return await _show_state(page, form, resource_id, status=422)
    done = await page.tried(form, change)
    if isinstance(done, Refused):
        return await _show_state(page, form, resource_id, status=done.status)
    return see_other(f"/resources/{resource_id}?done=state")


async def _change(
    page: Page, form: Form, resource_id: UUID, shape: StateShape
) -> Callable[[AsyncSession], Awaitable[None]] | None:
    """What the form asks for; None when its time does not exist."""
    if shape.state not in (ResourceState.DOWN, ResourceState.RETIRED):
        return lambda session: bookings.displacement.bring_back(
            session, page.actor, resource_id, state=shape.state, reason=shape.reason
        )
    async with page.reading() as reads:
        zone = zone_of((await resources.get(reads, page.actor, resource_id)).timezone)
    until = None
    if shape.until_date:
        until = form.local("until", shape.until_date, shape.until_time or time(), zone)
    choices = choices_of(form)
    if form.is_faulty:
        return None
    return lambda session: bookings.displacement.take_down(
        session,
        page.actor,
        resource_id,
        state=shape.state,
        reason=shape.reason or "",
        choices=choices,
        until=until,
    )


async def _show_state(page: Page, form: Form, resource_id: UUID, *, status: int = 200) -> Response:
    async with page.reading() as reads:
        one = await resources.get(reads, page.actor, resource_id)
    context = {"form": form, "resource": one, "hits": hits_of(form)}
    return page.show("resources/state.html", status=status, **context)
