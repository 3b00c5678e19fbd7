"""Pictures of people: bytes in, and bytes out in the size that is asked for."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from src.core.actor import Actor
from src.core.db import reading
from src.core.errors import Unauthenticated
from src.core.language import gettext as _
from src.core.storage import ObjectMissing, StorageUnavailable
from src.domain import files
from src.models.common import One
from src.models.files import FileRead
from src.web import faults, replies
from src.web.api.files import BINARY, REQUEST_BODY, Width, received, sent, uploading
from src.web.dependencies import SIGNED_IN, CurrentActor, Tx, declares

own = APIRouter(prefix="/api/v1/me/picture", tags=["me"])
router = APIRouter(prefix="/api/v1/users/{user_id}/picture", tags=["people"])

_put = declares(
    SIGNED_IN,
    rate="write",
    problems=(
        files.SubjectUnknown,
        files.FileTypeRefused,
        files.FileEmpty,
        files.PictureTooLarge,
        files.PictureUnreadable,
        faults.TooLarge,
        StorageUnavailable,
    ),
)
_put["openapi_extra"]["requestBody"] = REQUEST_BODY
_delete = declares(SIGNED_IN, rate="write", problems=(files.SubjectUnknown,))
_get: dict[str, Any] = {
    "response_class": StreamingResponse,
    "responses": {200: {"content": {"image/*": BINARY}}},
    **declares(
        SIGNED_IN,
        cache="private",
        problems=(
            files.SubjectUnknown,
            files.FileUnknown,
            files.PictureNotReady,
            ObjectMissing,
            StorageUnavailable,
        ),
    ),
}
Which = Annotated[
    UUID | None,
    Query(alias="v", description="The id of the picture that is meant: then it may be kept."),
]


@own.put("", operation_id="me_set_picture", response_model=One[FileRead], **_put)
async def set_own(request: Request, actor: CurrentActor) -> Response:
    """Let this be your picture: as the body itself, or as the part `file` of a form."""
    return await _set(request, actor, _self(actor))


@own.delete("", operation_id="me_remove_picture", status_code=204, **_delete)
async def remove_own(actor: CurrentActor, tx: Tx) -> Response:
    """Have no picture. Its bytes are kept for 30 days."""
    await files.portraits.remove(tx, actor, _self(actor))
    return replies.nothing()


@router.get("", operation_id="users_picture", **_get)
async def get_picture(
    request: Request, user_id: UUID, actor: CurrentActor, *, width: Width = None, v: Which = None
) -> Response:
    """A person's picture, a square, for colleagues (`users:read`) and themselves."""
    async with reading(request.app.state.database) as reads:
        found = await files.portraits.require(reads, actor, user_id)
    return await sent(request, actor, found.id, inline=True, width=width, is_lasting=v == found.id)


@router.put("", operation_id="users_set_picture", response_model=One[FileRead], **_put)
async def set_picture(request: Request, user_id: UUID, actor: CurrentActor) -> Response:
    """Let this be a person's picture. Others than oneself: `users:manage`."""
    return await _set(request, actor, user_id)


@router.delete("", operation_id="users_remove_picture", status_code=204, **_delete)
async def remove_picture(user_id: UUID, actor: CurrentActor, tx: Tx) -> Response:
    """Let a person have no picture. Others than oneself: `users:manage`."""
    await files.portraits.remove(tx, actor, user_id)
    return replies.nothing()


async def _set(request: Request, actor: Actor, user_id: UUID) -> Response:
    state = request.app.state
    async with received(request) as (content, given, size):
        with uploading():
            uploaded = await files.portraits.put(
                state.database,
                state.storage,
                actor,
                user_id,
                content=content,
                name=given,
                size=size,
                largest=state.settings.max_upload,
            )
    shown = FileRead.model_validate(uploaded.file)
    return replies.one(request, shown, changed_at=uploaded.file.created_at)


def _self(actor: Actor) -> UUID:
    if actor.user_id is None:
        raise Unauthenticated(_("Log in as a person."))
    return actor.user_id
