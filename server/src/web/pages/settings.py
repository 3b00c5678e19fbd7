"""What the institute decides: one form for each matter, with what each choice means."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from src.core import clock, language, verbs
from src.core.actor import Permission
from src.core.db import ReadSession
from src.core.language import gettext as _
from src.core.language import mark
from src.domain import accounts
from src.domain.accounts.facility import (
    LONGEST_GRACE,
    LONGEST_KEPT,
    MOST_LOG_INS,
    Facility,
    Registration,
)
from src.templating import enter
from src.web.dependencies import Reads
from src.web.forms import Form, Shape, see_other
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.people import role_choices
from src.web.pages.zones import zones

router = APIRouter(include_in_schema=False)
MANAGE = Permission.SETTINGS_MANAGE
enter(mark("Settings"), "/settings", MANAGE, rank=80, icon="job", is_everywhere=True)

REGISTRATION = {
    Registration.OFF: (mark("Nobody"), mark("People are invited or added.")),
    Registration.DOMAINS: (
        mark("People of these domains"),
        mark("Whoever proves an address under one of them."),
    ),
    Registration.ON: (mark("Anybody"), mark("Whoever proves an address.")),
}


class PlaceShape(Shape):
    """Whose deployment it is."""

    name: str = Field(max_length=200)
    timezone: str = Field(max_length=64)
    currency: str = Field(max_length=10)
    locale: str = Field(max_length=16)
    mail_from: str | None = Field(None, max_length=320)


class EntryShape(Shape):
    """Who comes in by themselves."""

    registration: Registration
    registration_domains: str = Field("", max_length=5000)


class GuardShape(Shape):
    """How log-ins are guarded."""

    max_log_ins: int | None = Field(None, ge=1, le=MOST_LOG_INS)
    factor_roles: list[str] = Field([], max_length=100)
    factor_grace_days: int = Field(ge=0, le=LONGEST_GRACE)


Days = Annotated[int, Field(ge=1, le=LONGEST_KEPT)] | None


class KeepingShape(Shape):
    """For how many days what is personal in events is kept."""

    security: Days = None
    bookings: Days = None
    other: Days = None


def _entry(shape: Any, _now: Facility) -> dict[str, Any]:  # noqa: ANN401 - whichever shape
    domains = [one for one in re.split(r"[\s,;]+", shape.registration_domains) if one]
    return {"registration": shape.registration, "registration_domains": domains}


def _keeping(shape: Any, now: Facility) -> dict[str, Any]:  # noqa: ANN401
    """What is decided for single kinds of verbs, by the interface, stays as it is."""
    kept = {name: days for name, days in now.retention.items() if name not in dict(shape)}
    return {"retention": kept | {name: days for name, days in dict(shape).items() if days}}


def _plainly(shape: Any, _now: Facility) -> dict[str, Any]:  # noqa: ANN401
    return dict(shape)


# A part of the page: its form, and what that changes of the settings.
PARTS: Mapping[str, tuple[type[Shape], Callable[[Any, Facility], dict[str, Any]]]] = {
    "place": (PlaceShape, _plainly),
    "entry": (EntryShape, _entry),
    "guard": (GuardShape, _plainly),
    "keeping": (KeepingShape, _keeping),
}


@router.get("/settings", **shows(MANAGE))
async def show_settings(
    page: CurrentPage, reads: Reads, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """What was decided."""
    return await _show(page, reads, done=done)


@router.post("/settings/{part}", **takes(MANAGE))
async def change_settings(page: CurrentPage, part: str) -> Response:
    """Decide one matter anew."""
    form, found = await Form.read(page.request), PARTS.get(part)
    if found is None:
        return see_other("/settings")
    shape, status = form.parse(found[0]), 422
    if shape is not None:
        done = await page.tried(form, lambda tx: _decide(tx, page, form, part, shape))
        if not isinstance(done, Refused):
            return see_other(f"/settings?done={part}#{part}")
        status = done.status
    async with page.reading() as reads:
        return await _show(page, reads, refused={part: form}, status=status)


async def _decide(tx: AsyncSession, page: Page, form: Form, part: str, shape: Shape) -> Facility:
    return await accounts.facility.update(
        tx,
        page.actor,
        changes=PARTS[part][1](shape, await accounts.facility.read(tx)),
        expected_version=form.version,
    )


async def _show(
    page: Page,
    reads: ReadSession,
    *,
    refused: Mapping[str, Form] | None = None,
    done: str = "",
    status: int = 200,
) -> Response:
    now = await accounts.facility.read(reads)
    forms = _forms(now) | dict(refused or {})
    return page.show(
        "settings/show.html",
        status=status,
        forms=forms,
        version=now.version,
        zones=zones(clock.now(), now.timezone),
        spoken=[(code, language.own_name(code)) for code in language.available()],
        registration=[(one.value, *said) for one, said in REGISTRATION.items()],
        roles=await role_choices(reads),
        classes=[(name.value, words) for name, words in verbs.CLASSES.items()],
        sender=now.mail_from or page.settings.mail_from,
        done=_("The settings were saved.") if done in PARTS else None,
    )


def _forms(now: Facility) -> dict[str, Form]:
    place = {name: getattr(now, name) for name in PlaceShape.model_fields}
    return {
        "place": Form.of(place),
        "entry": Form.of(
            {
                "registration": now.registration.value,
                "registration_domains": "\n".join(now.registration_domains),
            }
        ),
        "guard": Form.of(
            {
                "max_log_ins": now.max_log_ins,
                "factor_roles": list(now.factor_roles),
                "factor_grace_days": now.factor_grace_days,
            }
        ),
        "keeping": Form.of({name.value: now.retention.get(name.value) for name in verbs.CLASSES}),
    }
