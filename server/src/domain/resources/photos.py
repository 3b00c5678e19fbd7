"""The photo of a resource: one of its files."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events
from src.core.actor import Actor
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain import files
from src.domain.resources import access, listing, service, writing
from src.domain.resources.errors import NoPhoto
from src.domain.resources.views import ResourceView

# What cameras, phones and screens make; shown drawn anew.
PHOTO = files.kind(
    "photo",
    max_size=10 * files.kinds.MB,
    content_types=("image/png", "image/jpeg", "image/webp", "image/heif"),
    is_picture=True,
)


async def set_photo(
    session: AsyncSession,
    actor: Actor,
    resource_id: UUID,
    file_id: UUID,
    *,
    expected_version: int | None = None,
) -> ResourceView:
    """Let a file of the resource be its photo.

    A file that was uploaded as photo and is none any more is taken away. Raises
    `ResourceNotFound`, `Forbidden`, `PreconditionFailed`, `FileUnknown`, `NoPhoto`.
    """
    access.require_manage(actor, resource_id)
    _require_photo(await files.get(session, actor, file_id), resource_id)
    return await _change(session, actor, resource_id, file_id, expected_version)


async def remove_photo(
    session: AsyncSession, actor: Actor, resource_id: UUID, *, expected_version: int | None = None
) -> ResourceView:
    """Let the resource have no photo. Raises as `set_photo`; without one nothing changes."""
    access.require_manage(actor, resource_id)
    return await _change(session, actor, resource_id, None, expected_version)


async def _change(
    session: AsyncSession,
    actor: Actor,
    resource_id: UUID,
    file_id: UUID | None,
    expected_version: int | None,
) -> ResourceView:
    resource = await service.locked(session, resource_id)
    writing.require_version(resource, expected_version)
    seen = await listing.get(session, actor, resource_id)
    if seen.photo_id == file_id:
        return seen
    resource.photo_id, resource.updated_at = file_id, clock.now()
    verb = "resource.photo-removed" if file_id is None else "resource.photo-set"
    changes = {"photo_id": [seen.photo_id, file_id]}
    events.record(session, actor, verb, ("resource", resource_id), changes=changes)
    await session.flush()
    if seen.photo_id is not None:
        before = await files.get(session, actor, seen.photo_id)
        if before.kind == PHOTO.name:
            await files.delete(session, actor, before.id)
    return await listing.get(session, actor, resource_id)


def _require_photo(file: files.FileView, resource_id: UUID) -> None:
    if (file.subject_type, file.subject_id) != ("resource", resource_id):
        detail = _("Upload the file to this resource first.")
    elif file.content_type not in PHOTO.content_types:
        detail = _("A photo is a PNG, JPEG, WebP or HEIC.")
    elif file.size > PHOTO.max_size:
        detail = _("A photo has at most %(most)s MB.", most=PHOTO.max_size // files.kinds.MB)
    else:
        return
    raise NoPhoto(detail, errors=(FieldError(("file_id",), "not-a-photo", detail),))
