"""Logging in and out, and the set-up page of an empty Aliquot."""

from __future__ import annotations

import math
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from src.core import clock
from src.core.errors import DomainError, NotFound
from src.core.language import gettext as _
from src.core.language import mark
from src.domain import accounts
from src.domain.accounts.second_step import Waiting
from src.web import greeting, security
from src.web.declarations import PUBLIC, SIGNED_IN
from src.web.dependencies import Reads
from src.web.forms import Form, Shape, safe_next, see_other
from src.web.pages import second_factor, sso
from src.web.pages.frame import CurrentPage, Page, shows, takes
from src.web.pages.second_factor import Next
from src.web.pages.zones import zones
from src.web.problems import status_of

router = APIRouter(include_in_schema=False)

# Why a log-in has to begin again.
WHY = {
    "over": mark("It took too long, or too many codes were wrong. Log in once more."),
    "passkey": mark("The passkey was not accepted. Try again, or log in with your password."),
}


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


@router.get("/login", **shows(PUBLIC))
async def log_in_form(
    page: CurrentPage,
    reads: Reads,
    target: Next = None,
    why: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The log-in page; who is logged in already goes on."""
    if page.actor.is_authenticated:
        return see_other(safe_next(target))
    if not await accounts.is_set_up(reads):
        return see_other("/setup")
    return await _log_in_page(page, Form(), target, why=WHY.get(why))


@router.post("/login", **takes(PUBLIC, rate="login"))
async def log_in(page: CurrentPage, target: Next = None) -> Response:
    """Check the password and set the session's cookie."""
    form = await Form.read(page.request)
    shape = form.parse(LogInShape)
    if shape is None:
        return await _log_in_page(page, form, target, status=422)
    try:
        done = await _entered(page, shape.email, form.values["password"])
    except (accounts.LogInRefused, accounts.TooManyAttempts) as refusal:
        form.refuse(refusal)
        return await _refused_log_in(page, form, target, refusal)
    if isinstance(done, accounts.Opened):
        return second_factor.logged_in(page, done, target)
    return second_factor.ask(page, done, target)


async def _entered(page: Page, email: str, password: str) -> accounts.Opened | Waiting:
    client = security.client_of(page.request)
    proven = await accounts.login.prove(
        page.database, email=email, password=password, client=client
    )
    return await accounts.second_step.go_on(page.database, proven, client)


async def _log_in_page(
    page: Page, form: Form, target: str | None, *, status: int = 200, why: str | None = None
) -> Response:
    found = safe_next(target)
    async with page.reading() as reads:
        may_register = await accounts.joining.registration.is_open(reads)
    return page.show(
        "session/login.html",
        status=status,
        form=form,
        target=found,
        was_waiting=found != "/",
        why=why,
        may_register=may_register,
        providers=accounts.sso.providers.offered(),
    )


async def _refused_log_in(
    page: Page, form: Form, target: str | None, refusal: DomainError
) -> Response:
    if refusal.retry_after is None:
        return await _log_in_page(page, form, target, status=422)
    response = await _log_in_page(page, form, target, status=status_of(refusal))
    response.headers["Retry-After"] = str(math.ceil(refusal.retry_after))
    return response


@router.post("/logout", **takes(SIGNED_IN, even_held_back=True))
async def log_out(page: CurrentPage) -> Response:
    """End this log-in, and that of the provider by which it was made."""
    async with page.writing() as session:
        ended = await accounts.sso.ending.farewell(session, page.actor)
        await accounts.log_out(session, page.actor)
    response = await sso.farewell(page, ended)
    security.clear_session_cookie(page.request, response)
    return response


@router.get("/setup", **shows(PUBLIC))
async def set_up_form(page: CurrentPage) -> Response:
    """The first visit to an empty Aliquot; not there any more once somebody exists."""
    await greeting.catch_up(page.settings, page.database)
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
