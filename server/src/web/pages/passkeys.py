"""Your passkeys: adding, naming and removing them."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from src.domain.accounts.factors import PasskeyView, passkeys
from src.web.declarations import SIGNED_IN
from src.web.forms import Form, Shape, see_other
from src.web.pages.devices import device_name
from src.web.pages.factors import overview, sure
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.passkeys import asked, relying_party
from src.web.security import device_of

router = APIRouter(include_in_schema=False)


class NewShape(Shape):
    """What the browser answered, and what to call the passkey."""

    name: str = Field(max_length=passkeys.LONGEST_NAME)
    credential: str = Field(max_length=40_000)
    pending_token: str = Field(max_length=100)


class NameShape(Shape):
    """Another name."""

    name: str = Field(max_length=passkeys.LONGEST_NAME)


@router.get("/me/factors/passkeys/new", **sure(shows(SIGNED_IN, even_held_back=True)))
async def new_passkey(page: CurrentPage) -> Response:
    """The form, with a name that says which device it is."""
    return _new_page(page, Form.of({"name": device_name(device_of(page.request))}))


@router.post("/me/factors/passkeys/begin", **sure(takes(SIGNED_IN, even_held_back=True)))
async def begin_passkey(page: CurrentPage) -> Response:
    """What the script is to ask of the browser."""
    async with page.writing() as session:
        begun = await passkeys.begin_registration(
            session, page.actor, rp=relying_party(page.request)
        )
    return asked(begun)


@router.post("/me/factors/passkeys/new", **sure(takes(SIGNED_IN, even_held_back=True)))
async def add_passkey(page: CurrentPage) -> Response:
    """The browser's answer."""
    form = await Form.read(page.request)
    shape = form.parse(NewShape)
    if shape is None:
        return _new_page(page, form, status=422)
    done = await page.tried(form, lambda tx: _finish(tx, page, shape))
    if isinstance(done, Refused):
        return _new_page(page, form, status=done.status)
    return see_other("/me/factors?done=passkey")


@router.get("/me/factors/passkeys/{passkey_id}", **shows(SIGNED_IN, even_held_back=True))
async def show_passkey(page: CurrentPage, passkey_id: UUID) -> Response:
    """Its name, to be changed."""
    found = await _found(page, passkey_id)
    return _edit_page(page, found, Form.of({"name": found.name}))


@router.post("/me/factors/passkeys/{passkey_id}", **takes(SIGNED_IN, even_held_back=True))
async def rename_passkey(page: CurrentPage, passkey_id: UUID) -> Response:
    """Call it something else."""
    form = await Form.read(page.request)
    shape = form.parse(NameShape)
    if shape is None:
        return _edit_page(page, await _found(page, passkey_id), form, status=422)
    done = await page.tried(
        form, lambda tx: passkeys.rename(tx, page.actor, passkey_id, name=shape.name)
    )
    if isinstance(done, Refused):
        return _edit_page(page, await _found(page, passkey_id), form, status=done.status)
    return see_other("/me/factors?done=passkey-renamed")


@router.get(
    "/me/factors/passkeys/{passkey_id}/remove", **sure(shows(SIGNED_IN, even_held_back=True))
)
async def ask_to_remove_passkey(page: CurrentPage, passkey_id: UUID) -> Response:
    """What removing it means."""
    return await _remove_page(page, passkey_id, Form())


@router.post(
    "/me/factors/passkeys/{passkey_id}/remove", **sure(takes(SIGNED_IN, even_held_back=True))
)
async def remove_passkey(page: CurrentPage, passkey_id: UUID) -> Response:
    """It opens nothing any more."""
    form = Form()
    done = await page.tried(form, lambda tx: passkeys.remove(tx, page.actor, passkey_id))
    if isinstance(done, Refused):
        return await _remove_page(page, passkey_id, form, status=done.status)
    return see_other("/me/factors?done=passkey-removed")


async def _finish(tx: AsyncSession, page: Page, shape: NewShape) -> None:
    await passkeys.finish_registration(
        tx,
        page.actor,
        pending_token=shape.pending_token,
        credential_json=shape.credential,
        name=shape.name,
        rp=relying_party(page.request),
    )


def _new_page(page: Page, form: Form, *, status: int = 200) -> Response:
    return page.show("factors/passkey_new.html", status=status, form=form)


def _edit_page(page: Page, found: PasskeyView, form: Form, *, status: int = 200) -> Response:
    return page.show("factors/passkey.html", status=status, form=form, passkey=found)


async def _remove_page(page: Page, passkey_id: UUID, form: Form, *, status: int = 200) -> Response:
    one = await _found(page, passkey_id)
    found = await overview(page)
    return page.show("factors/remove.html", status=status, form=form, found=found, passkey=one)


async def _found(page: Page, passkey_id: UUID) -> PasskeyView:
    async with page.reading() as reads:
        return await passkeys.get(reads, page.actor, passkey_id)
