"""A forgotten password, and how good a new one is."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from src.core.language import gettext as _
from src.domain import accounts
from src.domain.accounts import joining, passwords
from src.web.declarations import PUBLIC
from src.web.forms import Form, Shape, see_other
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.joining import SENT, ByEmailShape, Done, Token, gone
from src.web.problems import status_of
from src.web.security import client_of

router = APIRouter(include_in_schema=False)
_LONGEST = 320


class ResetShape(Shape):
    """Passwords are taken as typed; the token stands in a hidden field."""

    token: str = Field(max_length=200)
    password: str = Field(max_length=1024)


@router.get("/forgot", **shows(PUBLIC))
async def forgot_form(page: CurrentPage, done: Done = "") -> Response:
    """Where one asks for a link."""
    if done != SENT:
        return page.show("joining/forgot.html", form=Form())
    text = _(
        "If somebody logs in with this address, a mail is on its way. Its link works for an hour."
    )
    return page.show("joining/sent.html", form=Form(), text=text, again="/forgot")


@router.post("/forgot", **takes(PUBLIC, rate="reset"))
async def forgot(page: CurrentPage) -> Response:
    """Mail the link. What is shown is the same for every address."""
    form = await Form.read(page.request)
    shape = form.parse(ByEmailShape)
    if shape is None:
        return page.show("joining/forgot.html", status=422, form=form)
    done = await page.tried(
        form,
        lambda tx: joining.reset.forgot(tx, email=shape.email, client=client_of(page.request)),
    )
    if isinstance(done, Refused):
        return page.show("joining/forgot.html", status=done.status, form=form)
    return see_other("/forgot?done=sent")


@router.get("/reset", **shows(PUBLIC))
async def reset_form(page: CurrentPage, token: Token = "") -> Response:
    """The link of the mail."""
    return await _show(page, token, Form())


@router.post("/reset", **takes(PUBLIC, rate="login"))
async def reset(page: CurrentPage) -> Response:
    """Set the password; everything that was open ends, so one logs in anew."""
    form = await Form.read(page.request)
    shape = form.parse(ResetShape)
    if shape is None:
        return await _show(page, form.values.get("token", ""), form, 422)
    try:
        secret, client = form.values["password"], client_of(page.request)
        await joining.reset.reset(page.database, shape.token, password=secret, client=client)
    except joining.LinkGone:
        return _gone(page)
    except accounts.PasswordRefused as refusal:
        form.refuse(refusal)
        return await _show(page, shape.token, form, status_of(refusal))
    return _done(page)


@router.post("/password-strength", **takes(PUBLIC))
async def strength(request: Request) -> Response:
    """How good a password would be, while it is typed: a level from 0 to 4, and words."""
    sent = await request.form()
    password = sent.get("password")
    about = [one[:_LONGEST] for one in sent.getlist("about")[:5] if isinstance(one, str)]
    found = await passwords.measure(password if isinstance(password, str) else "", about=about)
    return JSONResponse({"level": found.level, "text": _words(found)})


def _words(found: accounts.strength.Strength) -> str:
    if found.fault is not None:
        return passwords.words_of(found.fault)
    return _("Strong") if found.level == accounts.strength.LEVELS else _("Good")


async def _show(page: Page, token: str, form: Form, status: int = 200) -> Response:
    try:
        async with page.reading() as reads:
            email = await joining.reset.look(reads, token)
    except joining.LinkGone:
        return _gone(page)
    return page.show("joining/reset.html", status=status, form=form, token=token, email=email)


def _done(page: Page) -> Response:
    return page.show(
        "joining/done.html",
        title=_("The password is set"),
        text=_("Log in with it now. Everything that was open before has ended."),
        onward="/login",
        onward_text=_("Log in"),
    )


def _gone(page: Page) -> Response:
    return gone(page, _("You can have another one mailed."), "/forgot", _("Mail me a new link"))
