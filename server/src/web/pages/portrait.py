"""Your picture: uploaded, seen as others will see it, and removed."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.datastructures import UploadFile
from starlette.responses import Response

from src.core.errors import Unauthenticated
from src.core.language import gettext as _
from src.core.language import mark
from src.domain import files
from src.web.declarations import SIGNED_IN
from src.web.dependencies import Tx
from src.web.forms import Form, see_other
from src.web.pages import uploads, words
from src.web.pages.frame import CurrentPage, Page, shows, takes

router = APIRouter(include_in_schema=False)

DONE = {
    "set": mark("Your picture was changed."),
    "removed": mark("Your picture was removed."),
}


@router.get("/me/picture", **shows(SIGNED_IN))
async def show_picture(
    page: CurrentPage, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """The picture there is, and another one."""
    return await _show(page, Form(), done=done)


@router.post("/me/picture", **takes(SIGNED_IN))
async def set_picture(page: CurrentPage) -> Response:
    """Upload it; the worker cuts and shrinks it."""
    form = await Form.read(page.request)
    async with page.request.form() as sent:
        part = uploads.part_of(sent, form)
        if part is None or not await _stored(page, form, part):
            return await _show(page, form, status=422)
    return see_other("/me/picture?done=set")


@router.post("/me/picture/remove", **takes(SIGNED_IN))
async def remove_picture(page: CurrentPage, session: Tx) -> Response:
    """Be shown by initials."""
    await files.portraits.remove(session, page.actor, _self(page))
    return see_other("/me/picture?done=removed")


async def _stored(page: Page, form: Form, part: UploadFile) -> bool:
    state = page.request.app.state
    with uploads.refusals(form):
        await files.portraits.put(
            state.database,
            state.storage,
            page.actor,
            _self(page),
            content=uploads.pieces(part),
            name=part.filename or "",
            size=part.size,
            largest=page.settings.max_upload,
        )
    return not form.is_faulty


async def _show(page: Page, form: Form, *, done: str = "", status: int = 200) -> Response:
    async with page.reading() as reads:
        found = await files.portraits.find(reads, page.actor, _self(page))
    kind = files.PORTRAIT
    return page.show(
        "me/picture.html",
        status=status,
        form=form,
        portrait=found,
        most=words.size(min(kind.max_size, page.settings.max_upload)),
        accepted=", ".join(sorted(kind.content_types)),
        done=DONE.get(done),
    )


def _self(page: Page) -> UUID:
    if page.actor.user_id is None:
        raise Unauthenticated(_("Log in as a person."))
    return page.actor.user_id
