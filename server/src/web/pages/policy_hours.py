"""Opening hours at resource, type and site."""

from __future__ import annotations

import re

from fastapi import APIRouter
from starlette.responses import Response

from src.core.actor import Permission
from src.core.language import gettext as _
from src.domain import resources
from src.domain.resources.hours import Weekly
from src.web.forms import Form, Shape, see_other
from src.web.pages import policy_levels, words
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.policy_levels import OneLevel, at_each

router = APIRouter(include_in_schema=False)
MANAGE = Permission.RESOURCES_MANAGE
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


@at_each(router, "GET", "hours", shows(MANAGE))
async def hours_form(page: CurrentPage, level: OneLevel) -> Response:
    """Opening hours by day."""
    async with page.reading() as reads:
        hours = await resources.hours_of(reads, page.actor, level)
    values = {
        f"day_{day}": ", ".join(
            f"{words.clock(part.opens)}-{words.clock(part.closes)}"
            for part in hours
            if part.weekday == day
        )
        for day in range(7)
    }
    return await _show(page, Form.of(values), level)


@at_each(router, "POST", "hours", takes(MANAGE))
async def set_hours(page: CurrentPage, level: OneLevel) -> Response:
    """Replace them."""
    form = await Form.read(page.request)
    shape = form.parse(HoursShape)
    intervals = _intervals(form, shape) if shape else []
    if form.is_faulty:
        return await _show(page, form, level, status=422)
    done = await page.tried(
        form, lambda session: resources.set_hours(session, page.actor, level, intervals)
    )
    if isinstance(done, Refused):
        return await _show(page, form, level, status=done.status)
    async with page.reading() as reads:
        shown = await policy_levels.load(reads, page.actor, level)
    return see_other(f"{shown.back}?done=hours")


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


async def _show(page: Page, form: Form, level: resources.Level, *, status: int = 200) -> Response:
    async with page.reading() as reads:
        shown = await policy_levels.load(reads, page.actor, level)
        inherited: tuple[Weekly, ...] = ()
        for above in shown.above:
            inherited = inherited or await resources.hours_of(reads, page.actor, above)
    context = {"form": form, "shown": shown, "days": words.DAYS}
    told = words.opening(inherited) if inherited else []
    return page.show("policies/hours.html", status=status, inherited=told, **context)
