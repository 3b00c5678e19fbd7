"""Registering, and opening the link of an invitation or a registration."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from src.core.errors import DomainError
from src.core.language import gettext as _
from src.domain.accounts import joining
from src.web.declarations import PUBLIC
from src.web.dependencies import Reads
from src.web.forms import Form, Shape, see_other
from src.web.pages import permissions
from src.web.pages.frame import ABOUT_FORMS, CurrentPage, Page, Refused, shows, takes
from src.web.problems import status_of
from src.web.security import client_of, log_in_browser

router = APIRouter(include_in_schema=False)
Token = Annotated[str, Query(max_length=200)]
Done = Annotated[str, Query(max_length=20)]
SENT = "sent"


class RegistrationShape(Shape):
    """Who wants to come in."""

    name: str = Field(max_length=200)
    email: str = Field(max_length=320)


class ByEmailShape(Shape):
    """An address, for which a mail is asked."""

    email: str = Field(max_length=320)


class ArrivalShape(Shape):
    """Passwords are taken as typed; the token stands in a hidden field."""

    token: str = Field(max_length=200)
    name: str = Field(max_length=200)
    password: str = Field(max_length=1024)


@router.get("/register", **shows(PUBLIC))
async def register_form(page: CurrentPage, reads: Reads, done: Done = "") -> Response:
    """The form, where the institute lets people register."""
    institute = await joining.registration.opening(reads)
    if done == SENT:
        return _sent(page, Form())
    return page.show("joining/register.html", form=Form(), institute=institute)


@router.post("/register", **takes(PUBLIC, rate="reset"))
async def register(page: CurrentPage) -> Response:
    """Mail the way in. What is shown is the same for an address that has an account."""
    form = await Form.read(page.request)
    shape, status = form.parse(RegistrationShape), 422
    if shape is not None:
        done = await page.tried(
            form,
            lambda tx: joining.registration.register(
                tx, email=shape.email, name=shape.name, client=client_of(page.request)
            ),
        )
        if not isinstance(done, Refused):
            return see_other("/register?done=sent")
        status = done.status
    async with page.reading() as reads:
        institute = await joining.registration.opening(reads)
    return page.show("joining/register.html", status=status, form=form, institute=institute)


@router.post("/verify/resend", **takes(PUBLIC, rate="reset"))
async def send_again(page: CurrentPage) -> Response:
    """Mail the link of a registration once more; the same is shown for every address."""
    form = await Form.read(page.request)
    shape = form.parse(ByEmailShape)
    if shape is None:
        return _sent(page, form, status=422)
    done = await page.tried(
        form,
        lambda tx: joining.registration.verify_again(
            tx, email=shape.email, client=client_of(page.request)
        ),
    )
    if isinstance(done, Refused):
        return _sent(page, form, status=done.status)
    return see_other("/register?done=sent")


@router.get("/invitation", **shows(PUBLIC))
async def open_invitation(page: CurrentPage, token: Token = "") -> Response:
    """Who invites whom to what."""
    return await _welcome(page, token, "/invitation")


@router.post("/invitation", **takes(PUBLIC, rate="login"))
async def accept_invitation(page: CurrentPage) -> Response:
    """Take name and password, and let them in."""
    return await _arrive(page, "/invitation")


@router.get("/verify", **shows(PUBLIC))
async def open_verification(page: CurrentPage, token: Token = "") -> Response:
    """The link of a registration."""
    return await _welcome(page, token, "/verify")


@router.post("/verify", **takes(PUBLIC, rate="login"))
async def verify(page: CurrentPage) -> Response:
    """Take name and password, and let them in."""
    return await _arrive(page, "/verify")


async def _welcome(
    page: Page, token: str, action: str, form: Form | None = None, status: int = 200
) -> Response:
    try:
        async with page.reading() as reads:
            welcome = await joining.arriving.look(reads, token)
    except joining.LinkGone:
        return _gone(page, action)
    return page.show(
        "joining/welcome.html",
        status=status,
        welcome=welcome,
        roles=[permissions.described(role)[0] for role in welcome.roles],
        token=token,
        action=action,
        form=form or Form.of({"name": welcome.name}),
    )


async def _arrive(page: Page, action: str) -> Response:
    form = await Form.read(page.request)
    shape = form.parse(ArrivalShape)
    if shape is None:
        return await _welcome(page, form.values.get("token", ""), action, form, 422)
    try:
        opened = await joining.arriving.arrive(
            page.database,
            shape.token,
            password=form.values["password"],
            name=shape.name,
            client=client_of(page.request),
        )
    except joining.LinkGone:
        return _gone(page, action)
    except DomainError as refusal:
        if refusal.kind not in ABOUT_FORMS:
            raise
        form.refuse(refusal)
        return await _welcome(page, shape.token, action, form, status_of(refusal))
    response = see_other("/")
    log_in_browser(page.request, response, opened)
    return response


def _sent(page: Page, form: Form, *, status: int = 200) -> Response:
    text = _("If the address is right, a mail is on its way. It says how to go on.")
    return page.show(
        "joining/sent.html", status=status, form=form, text=text, again="/verify/resend"
    )


def _gone(page: Page, action: str) -> Response:
    if action == "/verify":
        text = _("You can have another one mailed.")
        return gone(page, text, "/register?done=sent", _("Send another link"))
    return gone(page, _("Ask whoever invited you to send it again."))


def gone(page: Page, text: str, again: str = "", again_text: str = "") -> Response:
    """The page of a link that does not count, with what to do instead."""
    return page.show("joining/gone.html", status=410, text=text, again=again, again_text=again_text)
