"""Logging in and out, and the set-up page of an empty Aliquot."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from src.core import clock
from src.core.errors import DomainError, NotFound
from src.core.language import gettext as _
from src.domain import accounts
from src.web import greeting, security
from src.web.declarations import PUBLIC, SIGNED_IN
from src.web.dependencies import Reads, Tx
from src.web.forms import Form, Shape, safe_next, see_other
from src.web.pages.frame import CurrentPage, Page, shows, takes
from src.web.pages.zones import zones
from src.web.problems import status_of

router = APIRouter(include_in_schema=False)


class LogInShape(Shape):
    """Passwords are taken as typed; their length is bounded, for hashing them costs."""

    email: str = Field(max_length=320)
    password: str = Field(max_length=1024)


class SetUpShape(Shape):
    """The institute and its first administrator."""

    code: str = Field(max_length=60)
    name: str = Field(max_length=200)
    timezone: str = Field(max_length=64)
    currency: str = Field(max_length=3)
    mail_from: str | None = Field(None, max_length=320)
    admin_name: str = Field(max_length=200)
    email: str = Field(max_length=320)
    password: str = Field(max_length=1024)


Next = Annotated[str | None, Query(alias="next", max_length=2000)]


@router.get("/login", **shows(PUBLIC))
async def log_in_form(page: CurrentPage, reads: Reads, target: Next = None) -> Response:
    """The log-in page; who is logged in already goes on."""
    if page.actor.is_authenticated:
        return see_other(safe_next(target))
    if not await accounts.is_set_up(reads):
        return see_other("/setup")
    return _log_in_page(page, Form(), target)


@router.post("/login", **takes(PUBLIC, rate="login"))
async def log_in(page: CurrentPage, target: Next = None) -> Response:
    """Check the password and set the session's cookie."""
    form = await Form.read(page.request)
    shape = form.parse(LogInShape)
    if shape is None:
        return _log_in_page(page, form, target, status=422)
    try:
        token = await _opened(page, shape.email, form.values["password"])
    except accounts.LogInRefused as refusal:
        form.refuse(refusal)
        return _log_in_page(page, form, target, status=422)
    response = see_other(safe_next(target))
    security.set_session_cookie(page.request, response, token)
    return response


async def _opened(page: Page, email: str, password: str) -> str:
    opened = await accounts.log_in(
        page.database,
        email=email,
        password=password,
        device=security.device_of(page.request),
        ip=page.actor.ip,
        request_id=page.actor.request_id,
    )
    return opened.token


def _log_in_page(page: Page, form: Form, target: str | None, *, status: int = 200) -> Response:
    found = safe_next(target)
    return page.show(
        "session/login.html", status=status, form=form, target=found, was_waiting=found != "/"
    )


@router.post("/logout", **takes(SIGNED_IN))
async def log_out(page: CurrentPage, session: Tx) -> Response:
    """End this log-in."""
    await accounts.log_out(session, page.actor)
    response = see_other("/login")
    security.clear_session_cookie(response)
    return response


@router.get("/setup", **shows(PUBLIC))
async def set_up_form(page: CurrentPage) -> Response:
    """The first visit to an empty Aliquot; not there any more once somebody exists."""
    await _require_empty(page)
    greeting.tell_code(page.settings)
    return _set_up_page(page, Form.of({"currency": "EUR", "timezone": "UTC"}), is_new=True)


@router.post("/setup", **takes(PUBLIC, rate="login"))
async def set_up(page: CurrentPage) -> Response:
    """Write the institute and its first administrator."""
    await _require_empty(page)
    form = await Form.read(page.request)
    shape = form.parse(SetUpShape)
    if shape is None:
        return _set_up_page(page, form, status=422)
    try:
        await _found(page, shape, form.values["password"])
    except DomainError as refusal:
        form.refuse(refusal)
        return _set_up_page(page, form, status=status_of(refusal))
    return see_other("/login")


def _set_up_page(page: Page, form: Form, *, status: int = 200, is_new: bool = False) -> Response:
    choices = zones(clock.now(), form.values.get("timezone", ""))
    return page.show("session/setup.html", status=status, form=form, zones=choices, is_new=is_new)


async def _require_empty(page: Page) -> None:
    async with page.reading() as reads:
        if await accounts.is_set_up(reads):
            raise NotFound(_("Aliquot is set up already. Log in instead."))


async def _found(page: Page, shape: SetUpShape, password: str) -> None:
    accounts.setup.require_code(shape.code)
    about = (shape.admin_name, shape.email)
    hashed = await accounts.new_hash(password, about=about, field="password")
    async with page.writing() as session:
        await accounts.set_up(
            session,
            name=shape.name,
            timezone=shape.timezone,
            currency=shape.currency,
            mail_from=shape.mail_from,
            admin_name=shape.admin_name,
            admin_email=shape.email,
            password_hash=hashed,
        )
