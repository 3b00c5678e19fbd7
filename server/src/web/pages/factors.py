"""Your second factors: an authenticator app, backup codes, and what there is to know of them."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import segno
from fastapi import APIRouter, Depends, Query
from markupsafe import Markup
from pydantic import Field
from starlette.responses import Response

from src.core.language import mark
from src.domain import accounts
from src.domain.accounts.factors import totp
from src.templating import enter_me
from src.web import security
from src.web.declarations import SIGNED_IN
from src.web.forms import Form, Shape, see_other
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes

router = APIRouter(include_in_schema=False)
enter_me(mark("Second factor"), "/me/factors", rank=30)

DONE = {
    "totp": mark("The app is set up: its codes count from now on."),
    "totp-removed": mark("The app was removed."),
    "passkey": mark("The passkey was added."),
    "passkey-renamed": mark("The passkey has its new name."),
    "passkey-removed": mark("The passkey was removed."),
}


def sure(declared: dict[str, Any]) -> dict[str, Any]:
    """What changes a factor is done by somebody who has shown just now who they are."""
    declared["dependencies"].append(Depends(security.require_recent))
    return declared


class CodeShape(Shape):
    """The first code of a new app."""

    code: str = Field(max_length=20)


@router.get("/me/factors", **shows(SIGNED_IN, even_held_back=True))
async def show_factors(
    page: CurrentPage, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """What is set up, and what could be."""
    return await _show(page, done=done)


@router.post("/me/factors/totp", **sure(takes(SIGNED_IN, even_held_back=True)))
async def begin_app(page: CurrentPage) -> Response:
    """Choose a secret for a new app."""
    async with page.writing() as session:
        await totp.begin(session, page.actor)
    return see_other("/me/factors/totp")


@router.get("/me/factors/totp", **sure(shows(SIGNED_IN, even_held_back=True)))
async def show_app(page: CurrentPage) -> Response:
    """What it takes; then the QR code of the app that is being set up."""
    return await _show_app(page, Form())


@router.post(
    "/me/factors/totp/confirm", **sure(takes(SIGNED_IN, rate="login", even_held_back=True))
)
async def confirm_app(page: CurrentPage) -> Response:
    """Its first code."""
    form = await Form.read(page.request)
    shape = form.parse(CodeShape)
    if shape is None:
        return await _show_app(page, form, status=422)
    done = await page.tried(form, lambda tx: totp.confirm(tx, page.actor, code=shape.code))
    if isinstance(done, Refused):
        return await _show_app(page, form, status=done.status)
    return see_other("/me/factors?done=totp")


@router.get("/me/factors/totp/remove", **sure(shows(SIGNED_IN, even_held_back=True)))
async def ask_to_remove_app(page: CurrentPage) -> Response:
    """What removing the app means."""
    return await _remove_page(page, Form())


@router.post("/me/factors/totp/remove", **sure(takes(SIGNED_IN, even_held_back=True)))
async def remove_app(page: CurrentPage) -> Response:
    """Its codes count no longer."""
    form = Form()
    done = await page.tried(form, lambda tx: totp.remove(tx, page.actor))
    if isinstance(done, Refused):
        return await _remove_page(page, form, status=done.status)
    return see_other("/me/factors?done=totp-removed")


@router.get("/me/factors/backup-codes", **sure(shows(SIGNED_IN, even_held_back=True)))
async def ask_for_backup_codes(page: CurrentPage) -> Response:
    """What they are for, and what happens to those from before."""
    return await _codes_page(page, Form())


@router.post("/me/factors/backup-codes", **sure(takes(SIGNED_IN, even_held_back=True)))
async def make_backup_codes(page: CurrentPage) -> Response:
    """Ten new ones, shown by this answer and never again."""
    form = Form()
    codes = await page.tried(form, lambda tx: accounts.factors.backup_codes.renew(tx, page.actor))
    if isinstance(codes, Refused):
        return await _codes_page(page, form, status=codes.status)
    file = "data:text/plain;charset=utf-8," + quote("\r\n".join([*codes, ""]))
    return page.show("factors/codes.html", codes=codes, file=file)


def qr(uri: str) -> Markup:
    """A QR code as SVG; it has its own light ground, so that phones read it in the dark theme."""
    drawn = segno.make(uri, error="m", micro=False).svg_inline(
        border=4, omitsize=True, light="#fff", dark="#000", svgclass=None, lineclass=None
    )
    return Markup(drawn)  # noqa: S704 - drawn by segno: paths alone, nothing of the address


async def _show(page: Page, *, done: str = "") -> Response:
    return page.show(
        "factors/show.html",
        found=await overview(page),
        few=accounts.factors.backup_codes.FEW,
        done=DONE.get(done),
    )


async def _show_app(page: Page, form: Form, *, status: int = 200) -> Response:
    async with page.reading() as reads:
        begun = await totp.begun(reads, page.actor)
    drawn = None if begun is None else qr(begun.uri)
    return page.show("factors/totp.html", status=status, form=form, begun=begun, qr=drawn)


async def _remove_page(page: Page, form: Form, *, status: int = 200) -> Response:
    found = await overview(page)
    return page.show("factors/remove.html", status=status, form=form, found=found, passkey=None)


async def _codes_page(page: Page, form: Form, *, status: int = 200) -> Response:
    found = await overview(page)
    return page.show(
        "factors/codes.html", status=status, form=form, factors=found.factors, codes=None
    )


async def overview(page: Page) -> accounts.factors.Overview:
    """The reader's own factors."""
    async with page.reading() as reads:
        return await accounts.factors.overview(reads, page.actor)
