"""Files on a resource: its photo, manuals and protocols. Bytes move while no transaction is open."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.datastructures import UploadFile
from starlette.responses import Response

from src.core.actor import Permission
from src.domain import files, resources
from src.domain.files import FileView
from src.web.dependencies import Tx
from src.web.forms import Form, see_other
from src.web.pages import pictures, uploads, words
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes

router = APIRouter(include_in_schema=False)
MANAGE = Permission.RESOURCES_MANAGE


@router.get("/resources/{resource_id}/photo", **shows(MANAGE))
async def photo_form(page: CurrentPage, resource_id: UUID) -> Response:
    """The photo there is, and another one."""
    return await _show(page, "photo", Form(), resource_id)


@router.post("/resources/{resource_id}/photo", **takes(MANAGE))
async def set_photo(page: CurrentPage, resource_id: UUID) -> Response:
    """Upload it, then let it be the photo."""
    form = await Form.read(page.request)
    uploaded = await _uploaded(page, form, resource_id, resources.PHOTO.name)
    if uploaded is None:
        return await _show(page, "photo", form, resource_id, status=422)
    done = await page.tried(
        form, lambda tx: resources.set_photo(tx, page.actor, resource_id, uploaded.id)
    )
    if isinstance(done, Refused):
        return await _show(page, "photo", form, resource_id, status=done.status)
    return see_other(f"/resources/{resource_id}?done=photo")


@router.post("/resources/{resource_id}/photo/remove", **takes(MANAGE))
async def remove_photo(page: CurrentPage, session: Tx, resource_id: UUID) -> Response:
    """Have none any more."""
    await resources.remove_photo(session, page.actor, resource_id)
    return see_other(f"/resources/{resource_id}?done=no-photo")


@router.get("/resources/{resource_id}/files", **shows(MANAGE))
async def file_form(page: CurrentPage, resource_id: UUID) -> Response:
    """The form for one more."""
    return await _show(page, "file", Form(), resource_id)


@router.post("/resources/{resource_id}/files", **takes(MANAGE))
async def add_file(page: CurrentPage, resource_id: UUID) -> Response:
    """Upload it."""
    form = await Form.read(page.request)
    if await _uploaded(page, form, resource_id, files.kinds.DOCUMENT.name) is None:
        return await _show(page, "file", form, resource_id, status=422)
    return see_other(f"/resources/{resource_id}?done=file")


@router.post("/resources/{resource_id}/files/{file_id}/remove", **takes(MANAGE))
async def remove_file(page: CurrentPage, session: Tx, resource_id: UUID, file_id: UUID) -> Response:
    """Take it away."""
    await files.delete(session, page.actor, file_id)
    return see_other(f"/resources/{resource_id}?done=no-file")


async def _uploaded(page: Page, form: Form, resource_id: UUID, kind: str) -> FileView | None:
    """The file of the form, stored; None when something stands against it, said at its field."""
    async with page.request.form() as sent:
        part = uploads.part_of(sent, form)
        if part is None:
            return None
        wish = files.Wish(("resource", resource_id), part.filename or "", kind, part.size)
        with uploads.refusals(form):
            return await _stored(page, wish, part)
    return None


async def _stored(page: Page, wish: files.Wish, part: UploadFile) -> FileView:
    state = page.request.app.state
    uploaded = await files.upload(
        state.database,
        state.storage,
        page.actor,
        wish=wish,
        content=uploads.pieces(part),
        largest=state.settings.max_upload,
    )
    return uploaded.file


async def _show(
    page: Page, template: str, form: Form, resource_id: UUID, *, status: int = 200
) -> Response:
    async with page.reading() as reads:
        one = await resources.get(reads, page.actor, resource_id)
    largest = page.settings.max_upload
    kind = resources.PHOTO if template == "photo" else files.kinds.DOCUMENT
    return page.show(
        f"resources/{template}.html",
        status=status,
        form=form,
        resource=one,
        picture=pictures.of(one),
        most=words.size(min(kind.max_size, largest)),
        accepted=", ".join(sorted(kind.content_types)),
    )
