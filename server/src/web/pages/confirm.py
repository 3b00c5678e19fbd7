"""Showing once more that it is you, before something sensitive goes on."""

from __future__ import annotations

import math

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from src.core.errors import DomainError
from src.domain import accounts
from src.domain.accounts.factors import PasskeyRefused
from src.web import security
from src.web.declarations import SIGNED_IN
from src.web.forms import MESSAGES, Form, Shape, safe_next, see_other
from src.web.pages.frame import CurrentPage, Page, shows, takes
from src.web.pages.second_factor import Next
from src.web.passkeys import asked, relying_party
from src.web.problems import status_of

router = APIRouter(include_in_schema=False)
REFUSALS = (accounts.LogInRefused, accounts.CodeRefused, accounts.TooManyAttempts, PasskeyRefused)


class ConfirmShape(Shape):
    """A password (taken as typed) or a code."""

    password: str | None = Field(None, max_length=1024)
    code: str | None = Field(None, max_length=100)


class PasskeyShape(Shape):
    """What a passkey answered."""

    credential: str = Field(max_length=40_000)
    pending_token: str = Field(max_length=100)


@router.get("/me/confirm", **shows(SIGNED_IN, even_held_back=True))
async def confirm_form(page: CurrentPage, target: Next = None) -> Response:
    """Ask for whatever the person can show."""
    return await _show(page, Form(), target)


@router.post("/me/confirm", **takes(SIGNED_IN, rate="login", even_held_back=True))
async def confirm(page: CurrentPage, target: Next = None) -> Response:
    """Check it, and go on."""
    form = await Form.read(page.request)
    shape = form.parse(ConfirmShape)
    if shape is None or not (shape.password or shape.code):
        form.add("code" if "code" in form.values else "password", "missing", MESSAGES["missing"])
        return await _show(page, form, target, status=422)
    client = security.client_of(page.request)
    try:
        if shape.code:
            made = await accounts.confirming.by_code(page.database, page.actor, shape.code, client)
        else:
            typed = form.values["password"]
            made = await accounts.confirming.by_password(page.database, page.actor, typed, client)
    except REFUSALS as refusal:
        return await _refused(page, form, target, refusal, "code" if shape.code else "password")
    return _done(page, made, target)


@router.post("/me/confirm/passkey/begin", **takes(SIGNED_IN, rate="login", even_held_back=True))
async def begin_passkey(page: CurrentPage) -> Response:
    """What a script asks of the browser."""
    rp = relying_party(page.request)
    async with page.writing() as session:
        return asked(await accounts.confirming.ask_passkey(session, page.actor, rp))


@router.post("/me/confirm/passkey", **takes(SIGNED_IN, rate="login", even_held_back=True))
async def give_passkey(page: CurrentPage, target: Next = None) -> Response:
    """Check what the passkey answered, and go on."""
    shape = (await Form.read(page.request)).parse(PasskeyShape)
    if shape is None:
        return await _show(page, Form(), target, status=422)
    try:
        made = await accounts.confirming.by_passkey(
            page.database,
            page.actor,
            security.client_of(page.request),
            pending_token=shape.pending_token,
            credential_json=shape.credential,
            rp=relying_party(page.request),
        )
    except PasskeyRefused as refusal:
        return await _refused(page, Form(), target, refusal, None)
    return _done(page, made, target)


def _done(page: Page, secret: str, target: str | None) -> Response:
    response = see_other(safe_next(target))
    security.set_session_cookie(page.request, response, secret)
    return response


async def _show(page: Page, form: Form, target: str | None, *, status: int = 200) -> Response:
    async with page.reading() as reads:
        ways = await accounts.confirming.ways(reads, page.actor)
    return page.show(
        "session/confirm.html", status=status, form=form, target=safe_next(target), ways=ways
    )


async def _refused(
    page: Page, form: Form, target: str | None, refusal: DomainError, field: str | None
) -> Response:
    if field is None:
        form.refuse(refusal)
    else:
        form.add(field, refusal.code, refusal.detail)
        form.values.pop(field, None)
    status = 422 if refusal.retry_after is None else status_of(refusal)
    response = await _show(page, form, target, status=status)
    if refusal.retry_after is not None:
        response.headers["Retry-After"] = str(math.ceil(refusal.retry_after))
    return response
