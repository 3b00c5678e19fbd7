"""Upload, look, download, delete. No transaction is open while bytes move."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterable
from contextlib import suppress
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import cache, clock, events, idempotency, ids
from src.core.actor import Actor
from src.core.db import Database, reading, transaction
from src.core.idempotency import Answer
from src.core.language import gettext as _
from src.core.storage import ObjectTooLarge, Storage, StorageUnavailable, Stored
from src.domain.files import kinds, metadata, pictures, policy, repository, rules, views
from src.domain.files.errors import (
    FileKindMisplaced,
    FileTooLarge,
    FileUnknown,
    PictureNotReady,
    PictureTooLarge,
    PictureUnreadable,
    SubjectUnknown,
)
from src.domain.files.kinds import FileKind
from src.domain.files.policy import Subject
from src.domain.files.recognition import Recognised
from src.domain.files.tables import Blob, File, PictureState
from src.domain.files.views import Download, FileView, Served, Uploaded

MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """A file to be stored on `subject`; `size` in bytes as announced, if it was.

    `once` is the scope of the caller's Idempotency-Key (`core.idempotency`).
    """

    subject: Subject
    name: str
    kind: str = kinds.DOCUMENT.name
    size: int | None = None
    once: str | None = None


async def upload(
    database: Database,
    storage: Storage,
    actor: Actor,
    *,
    wish: Wish,
    content: AsyncIterable[bytes],
    largest: int,
) -> Uploaded:
    """Store the bytes first, then the row, each in its own step; what fails between is swept.

    `largest` in bytes bounds every kind (`settings.max_upload`).

    Errors: `SubjectUnknown`, `Forbidden`, `FileKindUnknown`, `FileTooLarge`, `FileTypeRefused`,
    `FileEmpty`, `FileKindMisplaced`, `PictureTooLarge`, `PictureUnreadable`, `StorageUnavailable`,
    `IdempotencyKeyReused`. After any of them nothing is seen of the file.
    """
    kind = kinds.get(wish.kind)
    _require_place(kind, wish.subject[0])
    limit = min(kind.max_size, largest)
    if wish.size is not None and wish.size > limit:
        raise _too_large(limit)
    async with reading(database) as reads:
        await policy.require_attach(reads, actor, wish.subject)
    incoming = f"incoming/{ids.new().hex}"
    recognised = Recognised(content, kind)
    try:
        stored = await storage.put(incoming, metadata.stripped(recognised), limit=limit)
    except ObjectTooLarge as error:
        raise _too_large(limit) from error
    if kinds.is_redrawn(kind.name, recognised.content_type):
        await _examine(storage, incoming, stored.size)
    key = f"blobs/{stored.sha256[:2]}/{stored.sha256}-{ids.new().hex}"
    await storage.move(incoming, key)
    spare = [key]
    try:
        async with transaction(database) as session:
            # Again: minutes may have passed.
            await policy.require_attach(session, actor, wish.subject)
            earlier = await _earlier(session, actor, wish, stored)
            if earlier is not None:
                return earlier
            view, kept = await _attach(session, actor, wish, stored, recognised.content_type, key)
            if wish.once is not None:
                answer = Answer(201, {}, str(view.id).encode())
                await idempotency.keep(session, scope=wish.once, answer=answer)
        spare = [] if kept == key else [key]
    finally:
        with suppress(StorageUnavailable):  # the sweep will find it
            await storage.delete(spare)
    return Uploaded(view)


def _require_place(kind: FileKind, subject_type: str) -> None:
    placed = {one.subject_type for one in kinds.registered.values() if one.subject_type}
    wanted = subject_type if subject_type in placed else None
    if kind.subject_type != wanted:
        raise FileKindMisplaced(
            _("Files of the kind %(kind)s do not hang on a %(object)s.",
              kind=kind.name, object=subject_type)
        )  # fmt: skip


async def _examine(storage: Storage, key: str, size: int) -> None:
    try:
        await pictures.examine(storage, key, size)
    except (PictureTooLarge, PictureUnreadable):
        with suppress(StorageUnavailable):  # the sweep will find it
            await storage.delete([key])
        raise


async def _earlier(
    session: AsyncSession, actor: Actor, wish: Wish, stored: Stored
) -> Uploaded | None:
    """What the same key made before; bytes, name and object are the body it belongs to."""
    if wish.once is None:
        return None
    body = "\x1f".join((stored.sha256, wish.name, wish.kind, *map(str, wish.subject)))
    digest = hashlib.sha256(body.encode()).hexdigest()
    kept = await idempotency.claim(session, scope=wish.once, body_digest=digest)
    if kept is None:
        return None
    return Uploaded(await get(session, actor, UUID(kept.body.decode())), is_replay=True)


async def _attach(
    session: AsyncSession, actor: Actor, wish: Wish, stored: Stored, content_type: str, key: str
) -> tuple[FileView, str]:
    kept = await repository.claim_blob(
        session, sha256=stored.sha256, key=key, size=stored.size, content_type=content_type
    )
    file = File(
        id=ids.new(),
        sha256=stored.sha256,
        name=rules.safe_name(wish.name),
        kind=wish.kind,
        subject_type=wish.subject[0],
        subject_id=wish.subject[1],
        uploaded_by=actor.user_id,
        created_at=clock.now(),
        deleted_at=None,
    )
    session.add(file)
    await session.flush()
    picture = await pictures.expect(session, file.id, file.kind, content_type)
    events.record(
        session,
        actor,
        "file.uploaded",
        ("file", file.id),
        changes={"subject": list(map(str, wish.subject)), "sha256": file.sha256, "kind": file.kind},
        personal={"name": file.name},  # names of files often hold names of people
    )
    await _changed(session, actor, file)
    blob = Blob(sha256=stored.sha256, key=kept, size=stored.size, content_type=content_type)
    return (await views.of(session, [(file, blob, picture)]))[0], kept


async def _changed(session: AsyncSession, actor: Actor, file: File) -> None:
    """Tell whoever registered the kind, and whoever shows its pictures."""
    cache.stale(session, pictures.group_of((file.subject_type, file.subject_id)))
    kind = kinds.registered.get(file.kind)
    if kind is not None and kind.changed is not None:
        await kind.changed(session, actor, file)


async def list_for(session: AsyncSession, actor: Actor, *, subject: Subject) -> list[FileView]:
    """The files of an object, newest first, at most 200. Errors: `SubjectUnknown`."""
    await policy.rights(session, actor, subject)
    return await views.of(session, await repository.of_subject(session, subject, MOST_LISTED))


async def get(session: AsyncSession, actor: Actor, file_id: UUID) -> FileView:
    """What is known of a file, without its bytes. Errors: `FileUnknown`."""
    row, _ = await _visible(session, actor, file_id)
    return (await views.of(session, [row]))[0]


async def served(
    session: AsyncSession, actor: Actor, file_id: UUID, *, width: int | None = None
) -> Served:
    """What would be sent of a file; of a picture in the size for `width` picture points.

    Errors: `FileUnknown`, and `PictureNotReady` where a picture was not drawn anew yet. One that
    cannot be is sent as it came, whole, to those who keep the files of its object.
    """
    row, rights = await _visible(session, actor, file_id)
    view = (await views.of(session, [row]))[0]
    if view.is_held and (width is not None or not _may_have_original(view, rights)):
        raise PictureNotReady(
            _("It is shown once it was drawn anew, without what the camera wrote beside it."),
            retry_after=2,
            state=view.picture.state if view.picture else None,
        )
    small = await repository.rendition(session, file_id, width) if width is not None else None
    if small is not None:
        view = replace(
            view,
            name=rules.renamed(view.name, small.content_type),
            content_type=small.content_type,
            size=small.size,
            sha256=small.sha256,
        )
    return Served(view, (small or row[1]).key, rights.is_restricted)


def _may_have_original(view: FileView, rights: policy.Rights) -> bool:
    is_refused = view.picture is not None and view.picture.state is PictureState.REFUSED
    return is_refused and rights.may_attach


async def download(
    database: Database, storage: Storage, actor: Actor, file_id: UUID, *, width: int | None = None
) -> Download:
    """Begin to read a file, as `served` says. Where its object is restricted, this is an event.

    Errors: those of `served`, `StorageUnavailable`, and `ObjectMissing` where the bytes were lost.
    """
    async with reading(database) as reads:
        found = await served(reads, actor, file_id, width=width)
    if found.is_restricted:
        async with transaction(database) as session:
            subject = [found.file.subject_type, str(found.file.subject_id)]
            events.record(
                session, actor, "file.read", ("file", file_id), changes={"subject": subject}
            )
    return Download(found.file, await storage.open(found.key), found.is_restricted)


async def delete(session: AsyncSession, actor: Actor, file_id: UUID) -> None:
    """Take a file away; its bytes are kept for 30 days. Errors: `FileUnknown`, `Forbidden`."""
    row, _ = await _visible(session, actor, file_id)
    file = row[0]
    await policy.require_attach(session, actor, (file.subject_type, file.subject_id))
    file.deleted_at = clock.now()
    events.record(
        session,
        actor,
        "file.deleted",
        ("file", file.id),
        changes={"subject": [file.subject_type, str(file.subject_id)]},
    )
    await _changed(session, actor, file)


async def _visible(
    session: AsyncSession, actor: Actor, file_id: UUID
) -> tuple[repository.Row, policy.Rights]:
    row = await repository.find(session, file_id)
    if row is None:
        raise _unknown()
    try:
        rights = await policy.rights(session, actor, (row[0].subject_type, row[0].subject_id))
    except SubjectUnknown as error:
        raise _unknown() from error
    return row, rights


def _unknown() -> FileUnknown:
    return FileUnknown(_("Check the id; it may have been deleted."))


def _too_large(limit: int) -> FileTooLarge:
    return FileTooLarge(_("Send at most %(limit)s bytes.", limit=limit), limit=limit)
