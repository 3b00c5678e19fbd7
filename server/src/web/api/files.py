"""Files: streamed in and out, so these routes take neither `Tx` nor `Reads` where bytes move."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from starlette.datastructures import UploadFile
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse

from src.core.actor import Actor, Permission
from src.core.db import reading
from src.core.idempotency import IdempotencyKeyReused, RequestInProgress
from src.core.language import gettext as _
from src.core.storage import ObjectMissing, StorageUnavailable
from src.domain import files
from src.domain.files import FileView, Uploaded, Wish
from src.models.common import Many, One
from src.models.files import FileRead
from src.web import etags, faults, replies
from src.web.dependencies import CurrentActor, Reads, Tx, declares

router = APIRouter(prefix="/api/v1/files", tags=["files"])

CHUNK = 64 * 1024
# What a browser runs is never called by its name.
_ACTIVE = frozenset({"text/html", "image/svg+xml", "application/xml"})
# A picture is drawn once, so its sizes never change; a week is as long as a removed one is kept.
_LASTING = "private, max-age=604800, immutable"
_HARMLESS = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"

SubjectType = Annotated[
    str,
    Query(
        max_length=40,
        pattern="^[a-z-]+$",
        description="`resource`, `booking` or `user`.",
        examples=["resource"],
    ),
]
SubjectId = Annotated[UUID, Query(examples=["0198c0de-5a7e-7000-8000-000000000002"])]
Kind = Annotated[
    str,
    Query(
        max_length=40,
        pattern="^[a-z-]+$",
        description="`document`, `picture`, `photo` or `portrait`.",
    ),
]
Name = Annotated[
    str | None,
    Query(
        max_length=1000,
        description="Else the name in the form, or `file`.",
        examples=["manual.txt"],
    ),
]
Key = Annotated[
    str | None,
    Header(alias="Idempotency-Key", min_length=8, max_length=200, pattern=r"^[\x21-\x7e]+$"),
]

BINARY = {"schema": {"type": "string", "format": "binary"}}
_upload = declares(
    Permission.FILES_UPLOAD,
    rate="write",
    problems=(
        files.SubjectUnknown,
        files.FileKindUnknown,
        files.FileTypeRefused,
        files.FileEmpty,
        files.FileKindMisplaced,
        files.PictureTooLarge,
        files.PictureUnreadable,
        faults.TooLarge,
        StorageUnavailable,
        IdempotencyKeyReused,
        RequestInProgress,
    ),
)
REQUEST_BODY = {
    "required": True,
    "content": {
        "application/octet-stream": {**BINARY, "example": "Switch it on at the back."},
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {"file": BINARY["schema"]},
            }
        },
    },
}
_upload["openapi_extra"]["requestBody"] = REQUEST_BODY


@router.post(
    "", operation_id="files_upload", status_code=201, response_model=One[FileRead], **_upload
)
async def upload(
    request: Request,
    actor: CurrentActor,
    subject_type: SubjectType,
    subject_id: SubjectId,
    kind: Kind = "document",
    name: Name = None,
    key: Key = None,
) -> Response:
    """Store a file on an object: as the body itself, or as the part `file` of a form."""
    async with received(request) as (content, given, size):
        wish = Wish((subject_type, subject_id), name or given, kind, size, _scope(actor, key))
        uploaded = await _store(request, actor, wish, content)
    response = replies.one(
        request,
        FileRead.model_validate(uploaded.file),
        changed_at=uploaded.file.created_at,
        status=201,
        location=f"{router.prefix}/{uploaded.file.id}",
    )
    if uploaded.is_replay:
        response.headers["Idempotency-Replayed"] = "true"
    return response


@router.get(
    "",
    operation_id="files_list",
    response_model=Many[FileRead],
    **declares(Permission.FILES_READ, problems=(files.SubjectUnknown,)),
)
async def list_files(
    actor: CurrentActor, reads: Reads, subject_type: SubjectType, subject_id: SubjectId
) -> Response:
    """The files of an object, newest first, at most 200."""
    found = await files.list_for(reads, actor, subject=(subject_type, subject_id))
    return replies.whole([FileRead.model_validate(view) for view in found])


@router.get(
    "/{file_id}",
    operation_id="files_get",
    response_model=One[FileRead],
    **declares(Permission.FILES_READ, cache="private", problems=(files.FileUnknown,)),
)
async def get(request: Request, actor: CurrentActor, file_id: UUID, reads: Reads) -> Response:
    """What is known of a file."""
    view = await files.get(reads, actor, file_id)
    shown = FileRead.model_validate(view)
    return replies.one(request, shown, version=1, changed_at=view.created_at)


_content = declares(
    Permission.FILES_READ,
    cache="private",
    problems=(files.FileUnknown, files.PictureNotReady, ObjectMissing, StorageUnavailable),
)
Width = Annotated[
    int | None,
    Query(
        ge=1,
        le=10_000,
        description="Of a picture: a size that is as wide, in picture points, if there is one.",
    ),
]


@router.get(
    "/{file_id}/content",
    operation_id="files_content",
    response_class=StreamingResponse,
    responses={200: {"content": {"*/*": BINARY}}},
    **_content,
)
async def content(
    request: Request,
    actor: CurrentActor,
    file_id: UUID,
    *,
    inline: Annotated[bool, Query(description="Show it, if its type can do no harm.")] = False,
    width: Width = None,
) -> Response:
    """The bytes of a file. Of pictures there are small ones too, which a browser may keep."""
    return await sent(request, actor, file_id, inline=inline, width=width)


async def sent(
    request: Request,
    actor: Actor,
    file_id: UUID,
    *,
    inline: bool,
    width: int | None,
    is_lasting: bool = True,
) -> Response:
    """The bytes of a file, or 304. `is_lasting`: the address never means another picture."""
    state = request.app.state
    if "if-none-match" in request.headers:
        async with reading(state.database) as reads:
            found = await files.served(reads, actor, file_id, width=width)
        headers = _headers(found.file, inline=inline)
        if etags.matches(request, headers["ETag"]):
            return Response(status_code=304, headers={"ETag": headers["ETag"]})
    download = await files.download(state.database, state.storage, actor, file_id, width=width)
    headers = _headers(download.file, inline=inline)
    # A restricted file is asked for each time, because each reading is an event.
    if is_lasting and width is not None and not download.is_restricted:
        headers["Cache-Control"] = _LASTING
    return StreamingResponse(download.content.chunks, headers=headers)


@router.delete(
    "/{file_id}",
    operation_id="files_delete",
    status_code=204,
    **declares(Permission.FILES_UPLOAD, rate="write", problems=(files.FileUnknown,)),
)
async def delete(actor: CurrentActor, file_id: UUID, tx: Tx) -> Response:
    """Take a file away. Its bytes are kept for 30 days."""
    await files.delete(tx, actor, file_id)
    return replies.nothing()


@asynccontextmanager
async def received(
    request: Request,
) -> AsyncIterator[tuple[AsyncIterator[bytes], str, int | None]]:
    """The bytes, the name and the size that came with the request."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        length = request.headers.get("content-length")
        yield request.stream(), "file", int(length) if length else None
        return
    async with request.form(max_files=1, max_fields=5) as form:
        part = form.get("file")
        if not isinstance(part, UploadFile):
            raise files.FileEmpty(_("Send the bytes as the part `file` of the form."))
        yield _pieces(part), part.filename or "file", part.size


async def _pieces(part: UploadFile) -> AsyncIterator[bytes]:
    while piece := await part.read(CHUNK):
        yield piece


async def _store(
    request: Request, actor: Actor, wish: Wish, content: AsyncIterator[bytes]
) -> Uploaded:
    state = request.app.state
    with uploading():
        return await files.upload(
            state.database,
            state.storage,
            actor,
            wish=wish,
            content=content,
            largest=state.settings.max_upload,
        )


@contextmanager
def uploading() -> Iterator[None]:
    """What an upload is refused for, as HTTP says it."""
    try:
        yield
    except files.FileTooLarge as refusal:
        raise faults.TooLarge(refusal.detail, **refusal.members) from refusal
    except ClientDisconnect as gone:
        raise faults.HttpFault(_("The connection ended before the file did.")) from gone


def _scope(actor: Actor, key: str | None) -> str | None:
    if key is None:
        return None
    who = actor.credential_id or actor.user_id or actor.ip
    parts = (str(who), "POST", router.prefix, key)
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def _headers(view: FileView, *, inline: bool) -> dict[str, str]:
    shown = "inline" if inline and view.is_shown_inline else "attachment"
    plain = "".join(c if c.isascii() and c.isprintable() else "_" for c in view.name)
    text = "; charset=utf-8" if view.content_type == "text/plain" else ""
    type_ = "application/octet-stream" if view.content_type in _ACTIVE else view.content_type
    return {
        "Content-Type": type_ + text,
        "Content-Length": str(view.size),
        "Content-Disposition": f"{shown}; filename=\"{plain}\"; filename*=UTF-8''{quote(view.name, safe='')}",
        "Content-Security-Policy": _HARMLESS,
        "ETag": f'"{view.sha256}"',
        "X-Content-Type-Options": "nosniff",
    }
