"""The second step of a log-in: a code of the app, a backup code, or a passkey; passkeys alone too.

Where one wanted to go stands in the address all the way, so that nothing is lost on it.
"""

from __future__ import annotations

import math
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from src.core.errors import DomainError
from src.domain import accounts
from src.domain.accounts.factors import PasskeyRefused, passkeys
from src.domain.accounts.second_step import LIFETIME, Waiting
from src.web import cookies, security
from src.web.declarations import PUBLIC
from src.web.forms import Form, Shape, safe_next, see_other
from src.web.pages.frame import CurrentPage, Page, shows, takes
from src.web.passkeys import asked, relying_party
from src.web.problems import status_of

router = APIRouter(include_in_schema=False)
Next = Annotated[str | None, Query(alias="next", max_length=2000)]


class CodeShape(Shape):
    """A code, and whether this browser is asked again."""

    code: str = Field(max_length=100)
    trust: bool = False


class PasskeyShape(Shape):
    """What a passkey answered, as JSON."""

    credential: str = Field(max_length=40_000)
    pending_token: str = Field(max_length=100)
    trust: bool = False


def logged_in(page: Page, opened: accounts.Opened, target: str | None) -> Response:
    """On to where one wanted to go."""
    response = see_other(safe_next(target))
    security.log_in_browser(page.request, response, opened)
    return response


def ask(page: Page, waiting: Waiting, target: str | None) -> Response:
    """On to the page that asks for the second factor."""
    response = see_other(with_next("/login/factor", target))
    seconds = int(LIFETIME.total_seconds())
    cookies.put(page.request, response, cookies.PENDING, waiting.secret, seconds=seconds)
    return response


@router.get("/login/factor", **shows(PUBLIC))
async def factor_form(page: CurrentPage, target: Next = None) -> Response:
    """Ask for a code or a passkey."""
    if page.actor.is_authenticated:
        return see_other(safe_next(target))
    return await _show(page, Form(), target)


@router.post("/login/factor", **takes(PUBLIC, rate="login"))
async def give_code(page: CurrentPage, target: Next = None) -> Response:
    """Check the code and log in."""
    form, secret = await Form.read(page.request), cookies.read(page.request, cookies.PENDING)
    if secret is None:
        return _again(page, target)
    if (shape := form.parse(CodeShape)) is None:
        return await _show(page, form, target, status=422)
    client, second_step = security.client_of(page.request), accounts.second_step
    try:
        opened = await second_step.give_code(
            page.database, secret, shape.code, client, trust=shape.trust
        )
    except accounts.LogInOver:
        return _again(page, target)
    except (accounts.CodeRefused, accounts.TooManyAttempts) as refusal:
        return await _refused(page, form, target, refusal)
    return logged_in(page, opened, target)


@router.post("/login/passkey/begin", **takes(PUBLIC, rate="login"))
async def begin_passkey(page: CurrentPage) -> Response:
    """What a script asks of the browser: for whom a code is awaited, else for anybody."""
    secret, rp = cookies.read(page.request, cookies.PENDING), relying_party(page.request)
    async with page.writing() as session:
        if secret is None:
            return asked(await passkeys.begin_authentication(session, user_id=None, rp=rp))
        return asked(await accounts.second_step.ask_passkey(session, secret, rp))


@router.post("/login/passkey", **takes(PUBLIC, rate="login"))
async def give_passkey(page: CurrentPage, target: Next = None) -> Response:
    """Check what the passkey answered, and log in."""
    shape = (await Form.read(page.request)).parse(PasskeyShape)
    if shape is None:
        return _again(page, target, why="passkey")
    try:
        return logged_in(page, await _by_passkey(page, shape), target)
    except (accounts.LogInOver, PasskeyRefused):
        return _again(page, target, why="passkey")


async def _by_passkey(page: Page, shape: PasskeyShape) -> accounts.Opened:
    return await accounts.second_step.give_passkey(
        page.database,
        cookies.read(page.request, cookies.PENDING),
        security.client_of(page.request),
        pending_token=shape.pending_token,
        credential_json=shape.credential,
        rp=relying_party(page.request),
        trust=shape.trust,
    )


async def _show(page: Page, form: Form, target: str | None, *, status: int = 200) -> Response:
    secret = cookies.read(page.request, cookies.PENDING)
    async with page.reading() as reads:
        waiting = None if secret is None else await accounts.second_step.waiting(reads, secret)
    if waiting is None:
        return _again(page, target)
    return page.show(
        "session/factor.html",
        status=status,
        form=form,
        target=safe_next(target),
        methods=waiting.methods,
    )


async def _refused(page: Page, form: Form, target: str | None, refusal: DomainError) -> Response:
    form.add("code", refusal.code, refusal.detail)
    form.values.pop("code", None)
    if refusal.retry_after is None:
        return await _show(page, form, target, status=422)
    response = await _show(page, form, target, status=status_of(refusal))
    response.headers["Retry-After"] = str(math.ceil(refusal.retry_after))
    return response


def _again(page: Page, target: str | None, *, why: str = "over") -> Response:
    """Back to the password, and why."""
    response = see_other(with_next("/login", target, why=why))
    cookies.drop(page.request, response, cookies.PENDING)
    return response


def with_next(path: str, target: str | None, **more: str) -> str:
    """The address, with where one wanted to go in its query."""
    found = safe_next(target)
    said = {**({"next": found} if found != "/" else {}), **more}
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in said.items())
    return f"{path}?{query}" if query else path


__all__ = ["Next", "ask", "logged_in", "router", "with_next"]
