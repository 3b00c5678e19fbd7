"""Files from upload to removal, on both databases."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, ids
from src.core.actor import EVERYWHERE, Actor, Permission
from src.core.db import Database, reading, transaction
from src.core.errors import DomainError, Forbidden
from src.core.events import Event
from src.core.idempotency import IdempotencyKeyReused
from src.core.outbox import Message
from src.core.storage import Storage, StorageUnavailable, create_storage
from src.domain import files
from src.domain.files import policy
from src.domain.files.tables import Blob, File

THING = ("thing", ids.new())
SECRET = ("thing", ids.new())
PNG = b"\x89PNG\r\n\x1a\n" + bytes(30_000)
READER = Actor(None, granted={Permission.FILES_READ: EVERYWHERE})
KEEPER = Actor(
    None,
    name="keeper",
    granted={Permission.FILES_READ: EVERYWHERE, Permission.FILES_UPLOAD: EVERYWHERE},
)
STRANGER = Actor(None, name="stranger", granted=dict(KEEPER.granted))


async def _rights(_session: AsyncSession, actor: Actor, id: UUID) -> files.Rights | None:
    if id not in {THING[1], SECRET[1]}:
        return None
    return files.Rights(
        may_read=actor is not STRANGER,
        may_attach=actor is KEEPER,
        is_restricted=id == SECRET[1],
    )


@pytest.fixture(autouse=True)
def _things(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "_hooks", {"thing": _rights})


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    """An empty folder."""
    return create_storage("", data_dir=tmp_path)


async def _stream(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 10_000):
        yield content[start : start + 10_000]


async def _upload(
    database: Database,
    storage: Storage,
    content: bytes = PNG,
    *,
    actor: Actor = KEEPER,
    **wish: Any,
) -> files.FileView:
    wish = {"subject": THING, "name": "picture.png"} | wish
    uploaded = await files.upload(
        database,
        storage,
        actor,
        wish=files.Wish(**wish),
        content=_stream(content),
        largest=100_000,
    )
    return uploaded.file


async def _keys(storage: Storage) -> list[str]:
    return sorted(
        [entry.key for folder in ("incoming", "blobs") async for entry in _list(storage, folder)]
    )


def _list(storage: Storage, folder: str) -> Any:
    return storage.list(folder)


async def _verbs(database: Database) -> list[str]:
    async with reading(database) as reads:
        return list(await reads.scalars(select(Event.verb).order_by(Event.id)))


async def _rows(database: Database, table: type[Blob | File]) -> int:
    async with reading(database) as reads:
        return await reads.scalar(select(func.count()).select_from(table)) or 0


async def _bytes(download: files.Download) -> bytes:
    return b"".join([chunk async for chunk in download.content.chunks])


async def test_what_was_uploaded_is_downloaded(database: Database, storage: Storage) -> None:
    stored = await _upload(database, storage, name="../Bild 4.png")
    assert (stored.name, stored.size) == ("Bild 4.png", len(PNG))
    assert stored.content_type == "image/png"
    assert stored.sha256 == hashlib.sha256(PNG).hexdigest()
    download = await files.download(database, storage, READER, stored.id)
    assert await _bytes(download) == PNG
    assert download.file == stored
    async with reading(database) as reads:
        assert await files.get(reads, READER, stored.id) == stored
        assert await files.list_for(reads, READER, subject=THING) == [stored]
        assert await files.list_for(reads, READER, subject=SECRET) == []
    assert await _verbs(database) == ["file.uploaded"]


async def test_the_same_bytes_are_stored_once(database: Database, storage: Storage) -> None:
    first, second = [
        await _upload(database, storage, name=name, subject=subject)
        for name, subject in (("a.png", THING), ("b.png", SECRET))
    ]
    assert first.sha256 == second.sha256
    assert len(await _keys(storage)) == 1
    assert (await _rows(database, Blob), await _rows(database, File)) == (1, 2)


async def test_of_many_uploading_the_same_all_succeed(database: Database, storage: Storage) -> None:
    views = await asyncio.gather(*(_upload(database, storage) for _ in range(8)))
    assert len({view.id for view in views}) == 8
    assert len(await _keys(storage)) == 1
    for view in views:
        assert await _bytes(await files.download(database, storage, READER, view.id)) == PNG


async def test_the_same_key_stores_one_file_and_another_body_is_refused(
    database: Database, storage: Storage
) -> None:
    first, again = [await _upload(database, storage, once="f" * 64) for _ in range(2)]
    assert first == again
    for wish in ({"name": "other.png"}, {"subject": SECRET}):
        with pytest.raises(IdempotencyKeyReused):
            await _upload(database, storage, once="f" * 64, **wish)
    with pytest.raises(IdempotencyKeyReused):
        await _upload(database, storage, PNG + b"x", once="f" * 64)
    assert len(await _keys(storage)) == 1
    assert await _rows(database, File) == 1


@pytest.mark.parametrize(
    ("content", "wish", "code"),
    [
        (PNG, {"kind": "novel"}, "file-kind-unknown"),
        (PNG, {"size": 100_001}, "file-too-large"),
        (PNG * 4, {}, "file-too-large"),
        (b"", {}, "file-empty"),
        (b"MZ\x90\x00" + bytes(200), {"name": "harmless.png"}, "file-type-refused"),
        (b"<svg onload=alert(1)>", {"kind": "picture"}, "file-type-refused"),
        (PNG, {"subject": ("thing", ids.new())}, "file-subject-not-found"),
        (PNG, {"subject": ("other", THING[1])}, "file-subject-not-found"),
        (PNG, {"actor": STRANGER}, "file-subject-not-found"),
        (PNG, {"actor": READER}, "forbidden"),
    ],
)
async def test_what_is_refused_leaves_nothing(
    database: Database, storage: Storage, content: bytes, wish: dict[str, Any], code: str
) -> None:
    with pytest.raises(DomainError) as refused:
        await _upload(database, storage, content, **wish)
    assert refused.value.code == code
    assert await _keys(storage) == []
    assert await _rows(database, Blob) == 0
    assert await _verbs(database) == []


async def test_rights_lost_during_the_upload_refuse_it(
    database: Database, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def loses() -> AsyncIterator[bytes]:
        yield PNG
        monkeypatch.setattr(policy, "_hooks", {})

    with pytest.raises(files.SubjectUnknown):
        await files.upload(
            database,
            storage,
            KEEPER,
            wish=files.Wish(THING, "a.png"),
            content=loses(),
            largest=100_000,
        )
    assert await _keys(storage) == []
    assert await _rows(database, Blob) == 0


async def test_no_transaction_is_open_while_bytes_move(
    database: Database, storage: Storage
) -> None:
    async def writes_meanwhile() -> AsyncIterator[bytes]:
        yield PNG[:10]
        async with asyncio.timeout(60), transaction(database) as session:
            await session.execute(update(File).values(name="x"))
        yield PNG[10:]

    uploaded = await files.upload(
        database,
        storage,
        KEEPER,
        wish=files.Wish(THING, "a.png"),
        content=writes_meanwhile(),
        largest=100_000,
    )
    assert uploaded.file.size == len(PNG)


async def test_who_may_not_see_the_object_cannot_tell_the_file_exists(
    database: Database, storage: Storage
) -> None:
    stored = await _upload(database, storage)
    for actor, file_id in ((STRANGER, stored.id), (READER, ids.new())):
        async with reading(database) as reads:
            with pytest.raises(files.FileUnknown):
                await files.get(reads, actor, file_id)
        with pytest.raises(files.FileUnknown):
            await files.download(database, storage, actor, file_id)


async def test_reading_a_restricted_file_is_an_event(database: Database, storage: Storage) -> None:
    stored = await _upload(database, storage, subject=SECRET)
    await files.download(database, storage, READER, stored.id)
    assert await _verbs(database) == ["file.uploaded", "file.read"]
    with pytest.raises(files.FileUnknown):
        await files.download(database, storage, STRANGER, stored.id)
    assert await _verbs(database) == ["file.uploaded", "file.read"]


async def test_a_deleted_file_is_gone_at_once(database: Database, storage: Storage) -> None:
    stored = await _upload(database, storage)
    async with transaction(database) as session:
        with pytest.raises(Forbidden):
            await files.delete(session, READER, stored.id)
    async with transaction(database) as session:
        await files.delete(session, KEEPER, stored.id)
    with pytest.raises(files.FileUnknown):
        await files.download(database, storage, KEEPER, stored.id)
    async with reading(database) as reads:
        assert await files.list_for(reads, KEEPER, subject=THING) == []
    assert await _verbs(database) == ["file.uploaded", "file.deleted"]


async def _sweep(database: Database, storage: Storage, hours: range) -> None:
    """What the worker does: sweep, search, and the removals these publish."""
    async with transaction(database) as session:
        await files.sweeping.sweep(session)
    for hour in hours:
        found = await files.sweeping.search(storage, files.sweeping.folders_of(hour))
        async with transaction(database) as session:
            await files.sweeping.remove_unnamed(session, found)
    async with transaction(database) as session:
        wanted = await session.scalars(
            select(Message.payload).where(Message.topic == files.topics.REMOVE.name)
        )
        for payload in wanted:
            keys = await files.sweeping.removable(session, payload["keys"])
            await storage.delete(keys)


def _age(folder: Path, *, days: int) -> None:
    then = time.time() - days * 86400
    for path in folder.rglob("*"):
        if path.is_file():
            os.utime(path, (then, then))


async def test_bytes_go_when_the_last_file_was_deleted_long_ago(
    database: Database, storage: Storage
) -> None:
    kept = await _upload(database, storage)
    other = await _upload(database, storage, PNG + b"other")
    async with transaction(database) as session:
        await files.delete(session, KEEPER, other.id)
    await _sweep(database, storage, range(0))
    assert len(await _keys(storage)) == 2
    async with transaction(database) as session:
        then = clock.now() - timedelta(days=31)
        await session.execute(update(File).where(File.id == other.id).values(deleted_at=then))
    await _sweep(database, storage, range(0))
    assert len(await _keys(storage)) == 1
    assert await _rows(database, Blob) == 1
    assert await _bytes(await files.download(database, storage, READER, kept.id)) == PNG
    again = await _upload(database, storage, PNG + b"other")
    assert again.sha256 == other.sha256
    assert len(await _keys(storage)) == 2


async def test_bytes_without_a_row_go_after_a_day_and_no_others(
    database: Database, storage: Storage, tmp_path: Path
) -> None:
    kept = await _upload(database, storage)
    await storage.put("incoming/broken-off", b"x")
    await storage.put("blobs/ff/never-named", b"x")
    await _sweep(database, storage, range(24))
    assert len(await _keys(storage)) == 3
    _age(tmp_path, days=2)
    await storage.put("incoming/just-now", b"x")
    await _sweep(database, storage, range(24))
    assert [key for key in await _keys(storage) if not key.startswith("blobs")] == [
        "incoming/just-now"
    ]
    assert await _bytes(await files.download(database, storage, READER, kept.id)) == PNG


def test_the_whole_store_is_searched_within_a_day() -> None:
    searched = [folder for hour in range(24) for folder in files.sweeping.folders_of(hour)[1:]]
    assert sorted(searched) == sorted(files.sweeping.FOLDERS)


async def test_an_upload_holds_its_bytes_against_a_sweep_at_the_same_time(
    database: Database, storage: Storage
) -> None:
    stored = await _upload(database, storage)
    async with transaction(database) as session:
        then = clock.now() - timedelta(days=31)
        await session.execute(update(File).values(deleted_at=then))

    async def sweep() -> None:
        async with transaction(database) as session:
            await files.sweeping.sweep(session)

    uploads = [_upload(database, storage) for _ in range(4)]
    results = await asyncio.gather(*uploads, sweep(), sweep())
    await _sweep(database, storage, range(0))
    for view in results[:4]:
        assert isinstance(view, files.FileView)
        assert view.sha256 == stored.sha256
        assert await _bytes(await files.download(database, storage, READER, view.id)) == PNG


async def test_a_store_that_is_away_refuses_and_stores_nothing(
    database: Database, tmp_path: Path
) -> None:
    away = create_storage(
        "s3://bucket", data_dir=tmp_path, endpoint="http://127.0.0.1:1", access_key_id="a",
        secret_access_key="b", region="us-east-1",
    )  # fmt: skip
    with pytest.raises(StorageUnavailable):
        await _upload(database, away)
    assert await _rows(database, File) == 0
