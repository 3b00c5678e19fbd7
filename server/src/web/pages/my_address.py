"""Another address to log in with: asking for it, confirming it, taking it back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from src.core.errors import DomainError, Unauthenticated
from src.core.language import gettext as _
from src.domain import accounts
from src.domain.accounts import joining
from src.web.declarations import PUBLIC, SIGNED_IN
from src.web.forms import Form, Shape, see_other
from src.web.pages.frame import ABOUT_FORMS, CurrentPage, Page, Refused, shows, takes
from src.web.pages.joining import SENT, Done, Token, gone
from src.web.problems import status_of
from src.web.security import client_of

router = APIRouter(include_in_schema=False)


class AddressShape(Shape):
    """Passwords are taken as typed."""

    email: str = Field(max_length=320)
    password: str = Field(max_length=1024)


class LinkShape(Shape):
    """The token of a link, in a hidden field."""

    token: str = Field(max_length=200)


@router.get("/me/email", **shows(SIGNED_IN))
async def address_form(page: CurrentPage, done: Done = "") -> Response:
    """The address one has, and the form for another."""
    return await _show(page, Form(), is_sent=done == SENT)


@router.post("/me/email", **takes(SIGNED_IN, rate="login"))
async def change_address(page: CurrentPage) -> Response:
    """Mail a link to the new address. What is shown is the same for one that is taken."""
    form = await Form.read(page.request)
    shape = form.parse(AddressShape)
    if shape is None:
        return await _show(page, form, status=422)
    try:
        await joining.addresses.change(
            page.database, page.actor, email=shape.email, password=form.values["password"]
        )
    except DomainError as refusal:
        if refusal.kind not in ABOUT_FORMS:
            raise
        form.refuse(refusal)
        return await _show(page, form, status=status_of(refusal))
    return see_other("/me/email?done=sent")


@router.get("/email/confirm", **shows(PUBLIC))
async def open_confirmation(page: CurrentPage, token: Token = "") -> Response:
    """The link that was mailed to the new address."""
    return await _confirmation(page, token, Form())


@router.post("/email/confirm", **takes(PUBLIC, rate="login"))
async def confirm(page: CurrentPage) -> Response:
    """Take over the new address."""
    form, done = await _used(
        page,
        lambda tx, token: joining.addresses.confirm(
            tx, page.actor, token, client=client_of(page.request)
        ),
    )
    if done is None:
        return _no_confirmation(page)
    if isinstance(done, Refused):
        return await _confirmation(page, form.values["token"], form, done.status)
    return _done(page, _("Your address is confirmed"), _("You log in with it from now on."))


@router.get("/email/keep", **shows(PUBLIC))
async def open_keeping(page: CurrentPage, token: Token = "") -> Response:
    """The link in the notice to the old address."""
    return await _keeping(page, token, Form())


@router.post("/email/keep", **takes(PUBLIC, rate="login"))
async def keep(page: CurrentPage) -> Response:
    """Undo the change, and close the account until a new password."""
    form, done = await _used(
        page,
        lambda tx, token: joining.addresses.take_back(tx, token, client=client_of(page.request)),
    )
    if done is None:
        return _no_keeping(page)
    if isinstance(done, Refused):
        return await _keeping(page, form.values["token"], form, done.status)
    text = _("Everybody is logged out. We mailed you a link to choose a new password.")
    return _done(page, _("Your address is yours again"), text)


async def _used(
    page: Page, use: Callable[[AsyncSession, str], Awaitable[None]]
) -> tuple[Form, Refused | bool | None]:
    """Use a link: True if done, None for one that does not count."""
    form = await Form.read(page.request)
    shape = form.parse(LinkShape)
    if shape is None:
        return form, None
    try:
        done = await page.tried(form, lambda tx: use(tx, shape.token))
    except joining.LinkGone:
        return form, None
    return form, done or True


async def _confirmation(page: Page, token: str, form: Form, status: int = 200) -> Response:
    try:
        async with page.reading() as reads:
            email = await joining.addresses.look(reads, token)
    except joining.LinkGone:
        return _no_confirmation(page)
    return page.show(
        "joining/one_step.html",
        status=status,
        title=_("Confirm your new address"),
        lead=_("You log in with %(email)s from then on.", email=email),
        button=_("Confirm the address"),
        tone="primary",
        action="/email/confirm",
        token=token,
        form=form,
    )


async def _keeping(page: Page, token: str, form: Form, status: int = 200) -> Response:
    try:
        async with page.reading() as reads:
            email = await joining.addresses.look_back(reads, token)
    except joining.LinkGone:
        return _no_keeping(page)
    return page.show(
        "joining/one_step.html",
        status=status,
        title=_("That was not you?"),
        lead=_(
            "You log in with %(email)s again. Everybody is logged out, the password ends, and we "
            "mail you a link for a new one.",
            email=email,
        ),
        button=_("That was not me"),
        tone="danger",
        action="/email/keep",
        token=token,
        form=form,
    )


def _no_confirmation(page: Page) -> Response:
    return gone(page, _("Ask for the change once more, under your details."))


def _no_keeping(page: Page) -> Response:
    return gone(page, _("If your account is in danger, tell an administrator of your institute."))


def _done(page: Page, title: str, text: str) -> Response:
    return page.show(
        "joining/done.html", title=title, text=text, onward="/", onward_text=_("Go on")
    )


async def _show(page: Page, form: Form, *, status: int = 200, is_sent: bool = False) -> Response:
    if page.actor.user_id is None:
        raise Unauthenticated(_("Log in as a person."))
    async with page.reading() as reads:
        me = await accounts.get_user(reads, page.actor, page.actor.user_id)
    return page.show("joining/my_address.html", status=status, form=form, me=me, sent=is_sent)
