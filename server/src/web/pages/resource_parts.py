"""What belongs to a resource: opening hours, rules (told in words while one types), units."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from src.core.actor import Permission
from src.core.language import gettext as _
from src.core.language import mark
from src.domain import resources
from src.domain.resources.hours import Weekly
from src.domain.resources.policy import POLICY_FIELDS, EffectivePolicy
from src.web.dependencies import Tx
from src.web.forms import Form, Shape, see_other
from src.web.pages import words
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes

router = APIRouter(include_in_schema=False)
MANAGE = Permission.RESOURCES_MANAGE
DONE = {
    "added": mark("There is one unit more."),
    "in": mark("The unit is back in service."),
    "out": mark("The unit is out of service."),
}
_HOURS = re.compile(r"^(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})$")


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

    slot_minutes: int | None = Field(None, ge=1, le=1440)
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
    return await _show_hours(page, Form.of(values), resource_id)


@router.post("/resources/{resource_id}/hours", **takes(MANAGE))
async def set_hours(page: CurrentPage, resource_id: UUID) -> Response:
    """Replace them."""
    form = await Form.read(page.request)
    shape = form.parse(HoursShape)
    intervals = _intervals(form, shape) if shape else []
    if form.is_faulty:
        return await _show_hours(page, form, resource_id, status=422)
    done = await page.tried(form, lambda session: resources.set_opening_hours(
        session, page.actor, resource_id, intervals
    ))  # fmt: skip
    if isinstance(done, Refused):
        return await _show_hours(page, form, resource_id, status=done.status)
    return see_other(f"/resources/{resource_id}?done=hours")


def _intervals(form: Form, shape: HoursShape) -> list[Weekly]:
    found = []
    for day in range(7):
        for part in getattr(shape, f"day_{day}").replace(";", ",").split(","):
            if not part.strip():
                continue
            read = _HOURS.match(part.strip())
            if read is None:
                form.add(f"day_{day}", "hours", _("Write hours as in 08:00-12:00, 13:00-20:00."))
                continue
            opens, closes = int(read[1]) * 60 + int(read[2]), int(read[3]) * 60 + int(read[4])
            if not 0 <= opens < closes <= 1440:
                text = _("The end must be after the start, 24:00 at the latest.")
                form.add(f"day_{day}", "hours", text)
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
    return await _show_policy(page, Form.of({**values, "version": view.version}), resource_id)


def _said(value: object) -> object:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else value


@router.post("/resources/{resource_id}/policy", **takes(MANAGE))
async def set_policy(page: CurrentPage, resource_id: UUID) -> Response:
    """Say it."""
    form = await Form.read(page.request)
    shape = form.parse(PolicyShape)
    if shape is None:
        return await _show_policy(page, form, resource_id, status=422)
    level = resources.Level("resource", resource_id)
    done = await page.tried(form, lambda session: resources.set_policy(
        session, page.actor, level, values=shape.model_dump()
    ))  # fmt: skip
    if isinstance(done, Refused):
        return await _show_policy(page, form, resource_id, status=done.status)
    return see_other(f"/resources/{resource_id}?done=policy")


@router.post("/resources/{resource_id}/policy/preview", **takes(MANAGE, rate="read"))
async def preview_policy(page: CurrentPage, resource_id: UUID) -> Response:
    """What the form would mean, in words, while one types."""
    form = await Form.read(page.request)
    return await _show_policy(page, form, resource_id, template="policy_words")


async def _show_policy(
    page: Page, form: Form, resource_id: UUID, *, status: int = 200, template: str = "policy"
) -> Response:
    actor = page.actor
    async with page.reading() as reads:
        one = await resources.get(reads, actor, resource_id)
        above = [
            await resources.get_policy(reads, actor, level)
            for level in (resources.Level("type", one.type.id), resources.SITE)
        ]
        hours = await resources.opening_hours(reads, actor, resource_id)
    left = [{name: getattr(each, name) for name in POLICY_FIELDS} for each in above]
    # What cannot be read yet counts as not said; saving tells what is wrong with it.
    typed = Form(lists=form.lists).parse(PolicyShape)
    effective = EffectivePolicy.of(typed.model_dump() if typed else {}, *left)
    return page.show(
        f"resources/{template}.html",
        status=status,
        form=form,
        resource=one,
        inherited=EffectivePolicy.of(*left),
        rules=words.rules(effective, hours, len(one.units)) if typed else None,
    )


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


async def _show_hours(page: Page, form: Form, resource_id: UUID, *, status: int = 200) -> Response:
    async with page.reading() as reads:
        one = await resources.get(reads, page.actor, resource_id)
    context = {"form": form, "resource": one, "days": words.DAYS}
    return page.show("resources/hours.html", status=status, **context)
