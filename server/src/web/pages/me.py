"""Your details: name, language and time zone, phone, password, and what you may do here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
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
from src.templating import enter_me
from src.web.declarations import SIGNED_IN
from src.web.forms import Form, Shape, see_other
from src.web.pages import permissions
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.zones import zones
from src.web.problems import status_of

router = APIRouter(include_in_schema=False)
FIELDS = frozenset({"name", "locale", "timezone", "phone", "date_format", "time_format"})
enter_me(mark("Details"), "/me", rank=10)

DONE = {
    "details": mark("Your details were saved."),
    "password": mark("Your password was changed; your other log-ins have ended."),
    "code": mark("A code is on its way to your phone."),
    "phone": mark("Your phone number is verified."),
}


class DetailsShape(Shape):
    """What one may change of oneself. Without a language the browser's counts."""

    name: str = Field(max_length=200)
    locale: str | None = Field(None, max_length=16)
    timezone: str = Field(max_length=64)
    phone: str | None = Field(None, max_length=40)
    date_format: str | None = Field(None, max_length=16)
    time_format: str | None = Field(None, max_length=16)
    version: int


class PasswordShape(Shape):
    """Passwords are taken as typed."""

    current_password: str = Field(max_length=1024)
    new_password: str = Field(max_length=1024)


class CodeShape(Shape):
    """The code of a text message."""

    code: str = Field(max_length=20)


@router.get("/me", **shows(SIGNED_IN))
async def show_me(page: CurrentPage, done: Annotated[str, Query(max_length=20)] = "") -> Response:
    """Who one is to the system, and forms to change it."""
    return await _show(page, done=done)


@router.post("/me", **takes(SIGNED_IN))
async def change_me(page: CurrentPage) -> Response:
    """Name, phone, language and time zone, and how days and times look."""
    form = await Form.read(page.request)
    shape = form.parse(DetailsShape)
    if shape is None:
        return await _show(page, details=form, status=422)
    changes = {name: getattr(shape, name) for name in FIELDS}
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


@router.post("/me/phone/code", **takes(SIGNED_IN, rate="reset"))
async def send_phone_code(page: CurrentPage) -> Response:
    """A code to the phone, by text message."""
    form = Form()
    try:
        async with page.writing() as tx:
            await accounts.phones.begin(tx, page.actor)
    except (accounts.SmsClosed, accounts.NothingToVerify, accounts.TooManyCodes) as refusal:
        form.refuse(refusal)
        return await _show(page, phone=form, status=status_of(refusal))
    return see_other("/me?done=code#phone-card")


@router.post("/me/phone/verify", **takes(SIGNED_IN, rate="login"))
async def verify_phone(page: CurrentPage) -> Response:
    """The code that came."""
    form = await Form.read(page.request)
    shape = form.parse(CodeShape)
    if shape is None:
        return await _show(page, phone=form, status=422)
    done = await page.tried(
        form, lambda tx: accounts.phones.confirm(tx, page.actor, code=shape.code)
    )
    if isinstance(done, Refused):
        return await _show(page, phone=form, status=done.status)
    return see_other("/me?done=phone#phone-card")


async def _show(
    page: Page,
    *,
    details: Form | None = None,
    password: Form | None = None,
    phone: Form | None = None,
    done: str = "",
    status: int = 200,
) -> Response:
    async with page.reading() as reads:
        me = await accounts.get_user(reads, page.actor, _self(page))
        waits_for_code = await accounts.phones.is_waiting(reads, page.actor)
    now = clock.now()
    return page.show(
        "me/show.html",
        status=status,
        me=me,
        details=details
        or Form.of({name: getattr(me, name) for name in (*sorted(FIELDS), "version")}),
        date_formats=_date_formats(now),
        time_formats=_time_formats(now),
        password=password or Form(),
        phone=phone or Form(),
        waits_for_code=waits_for_code,
        sends_codes=accounts.phones.is_open(),
        spoken=[(code, language.own_name(code)) for code in language.available()],
        zones=zones(now, me.timezone),
        roles=[permissions.described(role) for role in me.roles],
        allowed=permissions.allowed(page.actor),
        done=DONE.get(done),
    )


def _date_formats(now: datetime) -> list[tuple[str, str]]:
    """Each with today as it looks in it."""
    return [
        (name, _looking(now, (name, None), language.format_day)) for name in language.DATE_FORMATS
    ]


def _time_formats(now: datetime) -> list[tuple[str, str]]:
    return [
        (name, _looking(now, (None, name), language.format_clock)) for name in language.TIME_FORMATS
    ]


def _looking(now: datetime, formats: language.Formats, written: Callable[[datetime], str]) -> str:
    with language.reading_as(formats=formats):
        return written(now)


def _self(page: Page) -> UUID:
    if page.actor.user_id is None:
        raise Unauthenticated(_("Log in as a person."))
    return page.actor.user_id
