"""Photos and files of an incident. Bytes move while no transaction is open."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.datastructures import UploadFile
from starlette.responses import Response

from src.core.actor import Permission
from src.domain import files
from src.web.dependencies import Tx
from src.web.forms import Form, see_other
from src.web.pages import incident_frame, uploads, words
from src.web.pages.frame import CurrentPage, Page, shows, takes
from src.web.pages.incident_frame import PATH

router = APIRouter(include_in_schema=False)
UPLOAD = Permission.FILES_UPLOAD
KIND = files.kinds.DOCUMENT


@router.get(f"{PATH}/files", **shows(UPLOAD))
async def file_form(page: CurrentPage, incident_id: UUID) -> Response:
    """The form for one more."""
    return await _show(page, incident_id, Form())


@router.post(f"{PATH}/files", **takes(UPLOAD))
async def add_file(page: CurrentPage, incident_id: UUID) -> Response:
    """Upload it."""
    form = await Form.read(page.request)
    if not await _is_stored(page, incident_id, form):
        return await _show(page, incident_id, form, status=422)
    return see_other(f"/incidents/{incident_id}?done=file-added#files")


@router.post(f"{PATH}/files/{{file_id}}/remove", **takes(UPLOAD))
async def remove_file(page: CurrentPage, session: Tx, incident_id: UUID, file_id: UUID) -> Response:
    """Take it away; that it was there stays on record."""
    await files.delete(session, page.actor, file_id)
    return see_other(f"/incidents/{incident_id}?done=file-removed#files")


async def _is_stored(page: Page, incident_id: UUID, form: Form) -> bool:
    state = page.request.app.state
    async with page.request.form() as sent:
        part = uploads.part_of(sent, form)
        if part is None:
            return False
        wish = _wish(incident_id, part)
        with uploads.refusals(form):
            await files.upload(
                state.database, state.storage, page.actor,
                wish=wish, content=uploads.pieces(part), largest=state.settings.max_upload,
            )  # fmt: skip
            return True
    return False


def _wish(incident_id: UUID, part: UploadFile) -> files.Wish:
    """A photo is drawn anew, without where it was taken; everything else is a document."""
    is_photo = (part.content_type or "") in files.kinds.PICTURE.content_types
    kind = files.kinds.PICTURE if is_photo else KIND
    return files.Wish(("incident", incident_id), part.filename or "", kind.name, part.size)


async def _show(page: Page, incident_id: UUID, form: Form, *, status: int = 200) -> Response:
    async with page.reading() as reads:
        framed = await incident_frame.framed(reads, page, incident_id)
    return page.show(
        "incidents/room/file.html",
        status=status,
        form=form,
        framed=framed,
        most=words.size(min(KIND.max_size, page.settings.max_upload)),
        accepted=", ".join(sorted(KIND.content_types)),
    )
