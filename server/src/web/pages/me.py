"""Your details: name, language and time zone, password, log-ins, and what you may do here."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from src.core import clock, language
from src.core.errors import Unauthenticated
from src.core.language import gettext as _
from src.core.language import mark
from src.domain import accounts
from src.web.declarations import SIGNED_IN
from src.web.dependencies import Tx
from src.web.forms import Form, Shape, see_other
from src.web.pages import permissions
from src.web.pages.devices import device_name
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.zones import zones
from src.web.problems import status_of

router = APIRouter(include_in_schema=False)
FIELDS = frozenset({"name", "locale", "timezone"})

DONE = {
    "details": mark("Your details were saved."),
    "password": mark("Your password was changed; your other log-ins have ended."),
    "ended": mark("The log-in was ended."),
}


class DetailsShape(Shape):
    """What one may change of oneself. Without a language the browser's counts."""

    name: str = Field(max_length=200)
    locale: str | None = Field(None, max_length=16)
    timezone: str = Field(max_length=64)
    version: int


class PasswordShape(Shape):
    """Passwords are taken as typed."""

    current_password: str = Field(max_length=1024)
    new_password: str = Field(max_length=1024)


@router.get("/me", **shows(SIGNED_IN))
async def show_me(page: CurrentPage, done: Annotated[str, Query(max_length=20)] = "") -> Response:
    """Who one is to the system, and forms to change it."""
    return await _show(page, done=done)


@router.post("/me", **takes(SIGNED_IN))
async def change_me(page: CurrentPage) -> Response:
    """Name, language and time zone."""
    form = await Form.read(page.request)
    shape = form.parse(DetailsShape)
    if shape is None:
        return await _show(page, details=form, status=422)
    changes = {"name": shape.name, "locale": shape.locale, "timezone": shape.timezone}
    done = await page.tried(
        form,
        lambda tx: accounts.update_user(
            tx, page.actor, _self(page), changes=changes, expected_version=shape.version
        ),
        FIELDS,
    )
    if isinstance(done, Refused):
        return await _show(page, details=form, status=done.status)
    return see_other("/me?done=details")


@router.post("/me/password", **takes(SIGNED_IN, rate="login"))
async def change_password(page: CurrentPage) -> Response:
    """A new password; the other log-ins end."""
    form = await Form.read(page.request)
    if form.parse(PasswordShape) is None:
        return await _show(page, password=form, status=422)
    current, new = form.values["current_password"], form.values["new_password"]
    try:
        await accounts.change_password(page.database, page.actor, current=current, new=new)
    except accounts.PasswordRefused as refusal:
        form.refuse(refusal)
        return await _show(page, password=form, status=status_of(refusal))
    return see_other("/me?done=password")


@router.post("/me/log-ins", **takes(SIGNED_IN))
async def end_log_ins(page: CurrentPage, session: Tx) -> Response:
    """End one log-in, or all the others."""
    form = await Form.read(page.request)
    which = form.values.get("id")
    with suppress(ValueError):
        await accounts.end_log_ins(session, page.actor, UUID(which) if which else None)
    return see_other("/me?done=ended")


async def _show(
    page: Page,
    *,
    details: Form | None = None,
    password: Form | None = None,
    done: str = "",
    status: int = 200,
) -> Response:
    async with page.reading() as reads:
        me = await accounts.get_user(reads, page.actor, _self(page))
        log_ins = await accounts.log_ins(reads, page.actor)
    now = clock.now()
    return page.show(
        "me/show.html",
        status=status,
        me=me,
        details=details
        or Form.of(
            {"name": me.name, "locale": me.locale, "timezone": me.timezone, "version": me.version}
        ),
        password=password or Form(),
        spoken=[(code, language.own_name(code)) for code in language.available()],
        zones=zones(now, me.timezone),
        log_ins=[(one, device_name(one.device)) for one in log_ins],
        roles=[(permissions.ROLES[role], permissions.MEANINGS[role]) for role in me.roles],
        allowed=permissions.allowed(page.actor),
        done=DONE.get(done),
    )


def _self(page: Page) -> UUID:
    if page.actor.user_id is None:
        raise Unauthenticated(_("Log in as a person."))
    return page.actor.user_id
