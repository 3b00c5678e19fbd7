"""Upload, look, download, delete. No transaction is open while bytes move."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, idempotency, ids
from src.core.actor import Actor
from src.core.db import Database, reading, transaction
from src.core.idempotency import Answer
from src.core.language import gettext as _
from src.core.storage import ObjectTooLarge, Storage, StorageUnavailable, Stored
from src.domain.files import kinds, policy, repository, rules, views
from src.domain.files.errors import (
    FileEmpty,
    FileTooLarge,
    FileTypeRefused,
    FileUnknown,
    SubjectUnknown,
)
from src.domain.files.kinds import FileKind
from src.domain.files.policy import Subject
from src.domain.files.tables import Blob, File
from src.domain.files.views import Download, FileView, Uploaded

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
    `FileEmpty`, `StorageUnavailable`, `IdempotencyKeyReused`. After any of them nothing is seen
    of the file.
    """
    kind = kinds.get(wish.kind)
    limit = min(kind.max_size, largest)
    if wish.size is not None and wish.size > limit:
        raise _too_large(limit)
    async with reading(database) as reads:
        await policy.require_attach(reads, actor, wish.subject)
    incoming = f"incoming/{ids.new().hex}"
    recognised = _Recognised(content, kind)
    try:
        stored = await storage.put(incoming, recognised, limit=limit)
    except ObjectTooLarge as error:
        raise _too_large(limit) from error
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
    events.record(
        session,
        actor,
        "file.uploaded",
        ("file", file.id),
        changes={"subject": list(map(str, wish.subject)), "sha256": file.sha256, "kind": file.kind},
        personal={"name": file.name},  # names of files often hold names of people
    )
    blob = Blob(sha256=stored.sha256, key=kept, size=stored.size, content_type=content_type)
    return (await views.of(session, [(file, blob)]))[0], kept


async def list_for(session: AsyncSession, actor: Actor, *, subject: Subject) -> list[FileView]:
    """The files of an object, newest first, at most 200. Errors: `SubjectUnknown`."""
    await policy.rights(session, actor, subject)
    return await views.of(session, await repository.of_subject(session, subject, MOST_LISTED))


async def get(session: AsyncSession, actor: Actor, file_id: UUID) -> FileView:
    """What is known of a file, without its bytes. Errors: `FileUnknown`."""
    file, blob, _ = await _visible(session, actor, file_id)
    return (await views.of(session, [(file, blob)]))[0]


async def download(database: Database, storage: Storage, actor: Actor, file_id: UUID) -> Download:
    """Begin to read a file. Where its object is restricted, this is an event.

    Errors: `FileUnknown`, `StorageUnavailable`, and `ObjectMissing` where the bytes were lost.
    """
    async with reading(database) as reads:
        file, blob, rights = await _visible(reads, actor, file_id)
        view = (await views.of(reads, [(file, blob)]))[0]
    if rights.is_restricted:
        async with transaction(database) as session:
            subject = [file.subject_type, str(file.subject_id)]
            events.record(
                session, actor, "file.read", ("file", file_id), changes={"subject": subject}
            )
    return Download(view, await storage.open(blob.key))


async def delete(session: AsyncSession, actor: Actor, file_id: UUID) -> None:
    """Take a file away; its bytes are kept for 30 days. Errors: `FileUnknown`, `Forbidden`."""
    file, _, _ = await _visible(session, actor, file_id)
    await policy.require_attach(session, actor, (file.subject_type, file.subject_id))
    file.deleted_at = clock.now()
    events.record(
        session,
        actor,
        "file.deleted",
        ("file", file.id),
        changes={"subject": [file.subject_type, str(file.subject_id)]},
    )


async def _visible(
    session: AsyncSession, actor: Actor, file_id: UUID
) -> tuple[File, Blob, policy.Rights]:
    found = await repository.find(session, file_id)
    if found is None:
        raise _unknown()
    file, blob = found
    try:
        rights = await policy.rights(session, actor, (file.subject_type, file.subject_id))
    except SubjectUnknown as error:
        raise _unknown() from error
    return file, blob, rights


def _unknown() -> FileUnknown:
    return FileUnknown(_("Check the id; it may have been deleted."))


def _too_large(limit: int) -> FileTooLarge:
    return FileTooLarge(_("Send at most %(limit)s bytes.", limit=limit), limit=limit)


class _Recognised:
    """Passes chunks on once their beginning has told an accepted type."""

    def __init__(self, content: AsyncIterable[bytes], kind: FileKind) -> None:
        self._content = content
        self._kind = kind
        self.content_type = rules.UNKNOWN

    async def __aiter__(self) -> AsyncIterator[bytes]:
        head = b""
        is_known = False
        async for chunk in self._content:
            if is_known:
                yield chunk
                continue
            head += chunk
            if len(head) >= rules.HEAD:
                self._recognise(head)
                is_known = True
                yield head
        if not is_known:
            self._recognise(head)
            yield head

    def _recognise(self, head: bytes) -> None:
        if not head:
            raise FileEmpty(_("Send the bytes of the file."))
        found = rules.content_type(head[: rules.HEAD])
        if found not in self._kind.content_types:
            accepted = sorted(self._kind.content_types)
            raise FileTypeRefused(
                _(
                    "The content looks like %(found)s; files of the kind %(kind)s may not be that.",
                    found=found,
                    kind=self._kind.name,
                ),
                content_type=found,
                accepted=accepted,
            )
        self.content_type = found
