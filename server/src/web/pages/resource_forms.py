"""Keeping resources: new, edit, state with displacement, opening hours, rules, units."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from src.core.actor import Permission
from src.core.errors import DomainError
from src.core.paging import MAX_LIMIT, Paging
from src.domain import accounts, bookings, resources
from src.domain.resources.hours import Weekly
from src.domain.resources.tables import ResourceState
from src.web.dependencies import Tx
from src.web.forms import Form, Shape, see_other
from src.web.pages import words
from src.web.pages.displacing import choices_of
from src.web.pages.frame import CurrentPage, Page, shows, takes
from src.web.pages.resources import location_choices, type_choices
from src.web.problems import status_of

router = APIRouter(include_in_schema=False)
MANAGE = Permission.RESOURCES_MANAGE
_HOURS = re.compile(r"^(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})$")


class ResourceShape(Shape):
    """What a resource is."""

    name: str = Field(max_length=120)
    description: str = Field("", max_length=10_000)
    type_id: UUID
    location_id: UUID
    timezone: str = Field(max_length=64)
    contact_id: UUID | None = None
    tags: str = Field("", max_length=1000)

    def facts(self) -> dict[str, Any]:
        """As the service takes them; tags are typed with commas."""
        tags = [tag.strip() for tag in self.tags.split(",") if tag.strip()]
        return {**self.model_dump(exclude={"tags", "version", "units"}), "tags": tags}


class NewResourceShape(ResourceShape):
    """With how many units it starts."""

    units: int = Field(1, ge=1, le=200)


class EditResourceShape(ResourceShape):
    """The version that was read."""

    version: int


class StateShape(Shape):
    """How it is, and why."""

    state: ResourceState
    reason: str | None = Field(None, max_length=500)


class HoursShape(Shape):
    """For each day, Monday first, intervals such as `08:00-12:00, 13:00-20:00`."""

    day_0: str = ""
    day_1: str = ""
    day_2: str = ""
    day_3: str = ""
    day_4: str = ""
    day_5: str = ""
    day_6: str = ""


class PolicyShape(Shape):
    """Minutes; empty is left to the type and the site."""

    slot_minutes: int | None = Field(None, ge=0, le=1440)
    min_minutes: int | None = Field(None, ge=0, le=525_600)
    max_minutes: int | None = Field(None, ge=0, le=525_600)
    earliest_minutes: int | None = Field(None, ge=0, le=5_256_000)
    latest_minutes: int | None = Field(None, ge=0, le=525_600)
    buffer_before_minutes: int | None = Field(None, ge=0, le=10_080)
    buffer_after_minutes: int | None = Field(None, ge=0, le=10_080)
    cancel_notice_minutes: int | None = Field(None, ge=0, le=525_600)
    check_in_grace_minutes: int | None = Field(None, ge=0, le=10_080)
    request_hold_minutes: int | None = Field(None, ge=0, le=525_600)
    max_upcoming: int | None = Field(None, ge=0, le=10_000)
    is_check_in_required: bool | None = None
    is_approval_required: bool | None = None


Work = Callable[[AsyncSession], Awaitable[object]]


async def _tried(page: Page, form: Form, work: Work) -> int | None:
    """Do it in a transaction; None when it is done, else the status of the refusal in the form."""
    try:
        async with page.writing() as session:
            await work(session)
    except DomainError as refusal:
        if refusal.kind not in ("invalid", "conflict", "precondition"):
            raise
        form.refuse(refusal)
        return status_of(refusal)
    return None


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
    wish = resources.ResourceWish(**shape.facts(), units=shape.units)
    made: list[UUID] = []

    async def create(session: AsyncSession) -> None:
        made.append((await resources.create(session, page.actor, wish=wish)).id)

    status = await _tried(page, form, create)
    return (
        see_other(f"/resources/{made[0]}?done=created")
        if status is None
        else await _show(page, form, status=status)
    )


@router.get("/resources/{resource_id}/edit", **shows(MANAGE))
async def edit_form(page: CurrentPage, resource_id: UUID) -> Response:
    """The form with what is so now."""
    async with page.reading() as reads:
        one = await resources.get(reads, page.actor, resource_id)
    values = {
        "name": one.name, "description": one.description, "type_id": one.type.id,
        "location_id": one.location.id, "timezone": one.timezone,
        "contact_id": one.contact.id if one.contact else None,
        "tags": ", ".join(one.tags), "version": one.version,
    }  # fmt: skip
    return await _show(page, Form.of(values), resource_id)


@router.post("/resources/{resource_id}/edit", **takes(MANAGE))
async def edit(page: CurrentPage, resource_id: UUID) -> Response:
    """Change it."""
    form = await Form.read(page.request)
    shape = form.parse(EditResourceShape)
    if shape is None:
        return await _show(page, form, resource_id, status=422)
    status = await _tried(page, form, lambda session: resources.update(
        session, page.actor, resource_id, changes=shape.facts(), expected_version=shape.version
    ))  # fmt: skip
    if status is None:
        return see_other(f"/resources/{resource_id}?done=changed")
    return await _show(page, form, resource_id, status=status)


async def _show(
    page: Page, form: Form, resource_id: UUID | None = None, *, status: int = 200
) -> Response:
    async with page.reading() as reads:
        people = await accounts.list_users(reads, page.actor, paging=Paging(limit=MAX_LIMIT))
        context = {
            "form": form,
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
    try:
        async with page.writing() as session:
            await _put_state(session, page, resource_id, shape, form)
    except bookings.DisplacementNeeded as needed:
        hits = needed.members["hits"]
        return await _show_state(page, form, resource_id, status=status_of(needed), hits=hits)
    except DomainError as refusal:
        if refusal.kind not in ("invalid", "conflict", "precondition"):
            raise
        form.refuse(refusal)
        return await _show_state(page, form, resource_id, status=status_of(refusal))
    return see_other(f"/resources/{resource_id}?done=state")


async def _put_state(
    session: AsyncSession, page: Page, resource_id: UUID, shape: StateShape, form: Form
) -> None:
    if shape.state in (ResourceState.DOWN, ResourceState.RETIRED):
        await bookings.displacement.take_down(
            session, page.actor, resource_id,
            state=shape.state, reason=shape.reason or "", choices=choices_of(form),
        )  # fmt: skip
    else:
        await bookings.displacement.bring_back(
            session, page.actor, resource_id, state=shape.state, reason=shape.reason
        )


async def _show_state(
    page: Page,
    form: Form,
    resource_id: UUID,
    *,
    status: int = 200,
    hits: Any = (),  # noqa: ANN401
) -> Response:
    async with page.reading() as reads:
        one = await resources.get(reads, page.actor, resource_id)
    return page.show("resources/state.html", status=status, form=form, resource=one, hits=hits)


@router.get("/resources/{resource_id}/hours", **shows(MANAGE))
async def hours_form(page: CurrentPage, resource_id: UUID) -> Response:
    """Opening hours by day."""
    async with page.reading() as reads:
        hours = await resources.opening_hours(reads, page.actor, resource_id)
    values = {
        f"day_{day}": ", ".join(
            f"{words.clock(part.opens)}-{words.clock(part.closes)}"
            for part in hours
            if part.weekday == day
        )
        for day in range(7)
    }
    return await _show_part(page, "hours", Form.of(values), resource_id)


@router.post("/resources/{resource_id}/hours", **takes(MANAGE))
async def set_hours(page: CurrentPage, resource_id: UUID) -> Response:
    """Replace them."""
    form = await Form.read(page.request)
    shape = form.parse(HoursShape)
    intervals = _intervals(form, shape) if shape else []
    if form.is_faulty:
        return await _show_part(page, "hours", form, resource_id, status=422)
    status = await _tried(page, form, lambda session: resources.set_opening_hours(
        session, page.actor, resource_id, intervals
    ))  # fmt: skip
    if status is None:
        return see_other(f"/resources/{resource_id}?done=hours")
    return await _show_part(page, "hours", form, resource_id, status=status)


def _intervals(form: Form, shape: HoursShape) -> list[Weekly]:
    found = []
    for day in range(7):
        for part in getattr(shape, f"day_{day}").replace(";", ",").split(","):
            if not part.strip():
                continue
            read = _HOURS.match(part.strip())
            if read is None:
                form.add(f"day_{day}", "hours", "Write hours as in 08:00-12:00, 13:00-20:00.")
                continue
            opens, closes = int(read[1]) * 60 + int(read[2]), int(read[3]) * 60 + int(read[4])
            if not 0 <= opens < closes <= 1440:
                form.add(
                    f"day_{day}", "hours", "The end must be after the start, 24:00 at the latest."
                )
                continue
            found.append(Weekly(day, opens, closes))
    return found


@router.get("/resources/{resource_id}/policy", **shows(MANAGE))
async def policy_form(page: CurrentPage, resource_id: UUID) -> Response:
    """What this resource says itself; empty is left to its type and the site."""
    async with page.reading() as reads:
        view = await resources.get_policy(
            reads, page.actor, resources.Level("resource", resource_id)
        )
    values = {name: _said(getattr(view, name)) for name in PolicyShape.model_fields}
    return await _show_part(
        page, "policy", Form.of({**values, "version": view.version}), resource_id
    )


def _said(value: object) -> object:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else value


@router.post("/resources/{resource_id}/policy", **takes(MANAGE))
async def set_policy(page: CurrentPage, resource_id: UUID) -> Response:
    """Say it."""
    form = await Form.read(page.request)
    shape = form.parse(PolicyShape)
    if shape is None:
        return await _show_part(page, "policy", form, resource_id, status=422)
    level = resources.Level("resource", resource_id)
    status = await _tried(page, form, lambda session: resources.set_policy(
        session, page.actor, level, values=shape.model_dump()
    ))  # fmt: skip
    if status is None:
        return see_other(f"/resources/{resource_id}?done=policy")
    return await _show_part(page, "policy", form, resource_id, status=status)


@router.post("/resources/{resource_id}/units", **takes(MANAGE))
async def add_unit(page: CurrentPage, session: Tx, resource_id: UUID) -> Response:
    """One unit more."""
    await resources.add_units(session, page.actor, resource_id, count=1)
    return see_other(f"/resources/{resource_id}?done=units")


async def _show_part(
    page: Page, part: str, form: Form, resource_id: UUID, *, status: int = 200
) -> Response:
    async with page.reading() as reads:
        one = await resources.get(reads, page.actor, resource_id)
    return page.show(
        f"resources/{part}.html", status=status, form=form, resource=one, days=words.DAYS
    )
