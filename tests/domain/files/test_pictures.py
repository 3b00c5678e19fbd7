"""Pictures from the door to the page, on both databases."""

from __future__ import annotations

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
from src.core.errors import DomainError
from src.core.events import Event
from src.core.storage import Storage, create_storage
from src.domain import files
from src.domain.files import policy
from src.domain.files.tables import Blob, File, Picture, Rendition
from tests.support import photographs
from tests.support.darkroom import develop
from tests.support.photographs import read, tells

THING = ("thing", ids.new())
READER = Actor(None, granted={Permission.FILES_READ: EVERYWHERE})
KEEPER = Actor(
    None,
    name="keeper",
    granted={Permission.FILES_READ: EVERYWHERE, Permission.FILES_UPLOAD: EVERYWHERE},
)


async def _rights(_session: AsyncSession, actor: Actor, _id: UUID) -> files.Rights | None:
    return files.Rights(may_read=True, may_attach=actor is KEEPER)


@pytest.fixture(autouse=True)
def _things(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "_hooks", {"thing": _rights})


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    """An empty folder."""
    return create_storage("", data_dir=tmp_path)


async def _stream(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _upload(
    database: Database, storage: Storage, content: bytes, **wish: Any
) -> files.FileView:
    wish = {"subject": THING, "name": "bench.jpeg", "kind": "picture"} | wish
    uploaded = await files.upload(
        database,
        storage,
        KEEPER,
        wish=files.Wish(**wish),
        content=_stream(content),
        largest=10_000_000,
    )
    return uploaded.file


async def _bytes(
    database: Database, storage: Storage, file_id: UUID, *, width: int | None = None
) -> tuple[files.FileView, bytes]:
    got = await files.download(database, storage, READER, file_id, width=width)
    return got.file, b"".join([chunk async for chunk in got.content.chunks])


async def _verbs(database: Database) -> list[str]:
    async with reading(database) as reads:
        return list(await reads.scalars(select(Event.verb).order_by(Event.id)))


async def test_a_picture_is_seen_once_it_was_drawn_anew(
    database: Database, storage: Storage
) -> None:
    sent = await _upload(database, storage, photographs.jpeg(orientation=6))
    assert sent.picture == files.PictureView(files.PictureState.WAITING)
    for width in (None, 96):
        with pytest.raises(files.PictureNotReady):
            await _bytes(database, storage, sent.id, width=width)
    assert await develop(database, storage) == [files.PictureState.READY]
    view, content = await _bytes(database, storage, sent.id)
    assert tells(content) == []
    assert dict(read(content).getexif()) == {}
    assert read(content).size == (800, 1200)
    assert (view.content_type, view.size) == ("image/jpeg", len(content))
    assert view.picture == files.PictureView(files.PictureState.READY, 800, 1200)
    assert await _verbs(database) == ["file.uploaded", "file.prepared"]
    for asked, got in ((1, 96), (96, 96), (97, 320), (800, 800), (9_999, 800)):
        view, content = await _bytes(database, storage, sent.id, width=asked)
        assert (read(content).width, view.content_type, view.name) == (
            got, "image/webp", "bench.webp",
        )  # fmt: skip
        assert tells(content) == []


async def test_what_a_phone_sends_gets_the_name_of_what_it_becomes(
    database: Database, storage: Storage
) -> None:
    for kind in ("picture", "document"):
        sent = await _upload(database, storage, photographs.HEIC, name="IMG_1.heic", kind=kind)
        await develop(database, storage)
        view, _ = await _bytes(database, storage, sent.id)
        assert (view.name, view.content_type) == ("IMG_1.jpg", "image/jpeg")


async def test_a_document_that_is_a_picture_keeps_its_points_and_tells_nothing(
    database: Database, storage: Storage
) -> None:
    content = photographs.png()
    sent = await _upload(database, storage, content, kind="document", name="gel.png")
    view, served = await _bytes(database, storage, sent.id)
    assert (tells(content) != [], tells(served)) == (True, [])
    assert read(served).tobytes() == read(content).tobytes()
    assert await develop(database, storage) == [files.PictureState.KEPT]
    assert (await _bytes(database, storage, sent.id))[1] == served
    _, small = await _bytes(database, storage, sent.id, width=96)
    assert read(small).size == (96, 64)
    assert view.picture == files.PictureView(files.PictureState.KEPT)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (photographs.bomb(), "picture-too-large"),
        (b"\x89PNG\r\n\x1a\n" + bytes(3_000), "picture-unreadable"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(300_000), "picture-unreadable"),
    ],
)
async def test_what_its_header_betrays_is_refused_and_leaves_nothing(
    database: Database, storage: Storage, content: bytes, code: str
) -> None:
    with pytest.raises(DomainError) as refused:
        await _upload(database, storage, content)
    assert refused.value.code == code
    assert [entry.key for folder in ("incoming", "blobs")
            async for entry in storage.list(folder)] == []  # fmt: skip
    assert await _verbs(database) == []


async def test_what_cannot_be_decoded_is_refused_and_its_keeper_has_it_back(
    database: Database, storage: Storage
) -> None:
    whole = photographs.jpeg()
    content = whole[: len(whole) // 2]
    sent = await _upload(database, storage, content)
    assert await develop(database, storage) == [files.PictureState.REFUSED]
    async with reading(database) as reads:
        view = await files.get(reads, READER, sent.id)
    assert view.picture == files.PictureView(files.PictureState.REFUSED, fault="picture-unreadable")
    with pytest.raises(files.PictureNotReady):
        await _bytes(database, storage, sent.id)
    kept = await files.download(database, storage, KEEPER, sent.id)
    assert tells(content)
    assert len(b"".join([chunk async for chunk in kept.content.chunks])) == sent.size
    assert await _verbs(database) == ["file.uploaded", "file.refused"]


async def _store_as_before(
    database: Database, storage: Storage, content: bytes, kind: str, type_: str
) -> UUID:
    """As releases did that knew nothing of pictures."""
    key = f"blobs/aa/{ids.new().hex}"
    stored = await storage.put(key, content)
    file = File(
        id=ids.new(), sha256=stored.sha256, name="old", kind=kind, subject_type=THING[0],
        subject_id=THING[1], created_at=clock.now(),
    )  # fmt: skip
    async with transaction(database) as session:
        session.add(Blob(sha256=stored.sha256, key=key, size=stored.size, content_type=type_,
                         created_at=clock.now()))  # fmt: skip
        await session.flush()
        session.add(file)
    return file.id


async def test_pictures_from_before_lose_what_they_tell(
    database: Database, storage: Storage
) -> None:
    photo = await _store_as_before(database, storage, photographs.jpeg(), "picture", "image/jpeg")
    paper = await _store_as_before(database, storage, photographs.png(), "document", "image/png")
    text = await _store_as_before(database, storage, b"words", "document", "text/plain")
    with pytest.raises(files.PictureNotReady):
        await _bytes(database, storage, photo)
    async with transaction(database) as session:
        assert await files.pictures.expect_old(session) == 2
    await develop(database, storage)
    for file_id in (photo, paper):
        assert tells((await _bytes(database, storage, file_id))[1]) == []
        assert read((await _bytes(database, storage, file_id, width=320))[1]).width == 320
    assert (await _bytes(database, storage, text))[1] == b"words"
    async with transaction(database) as session:
        assert await files.pictures.expect_old(session) == 0
        assert (await files.sweeping.sweep(session))["blobs"] == 2  # what told


async def test_the_sizes_of_a_picture_go_with_it(database: Database, storage: Storage) -> None:
    sent = await _upload(database, storage, photographs.jpeg())
    await develop(database, storage)
    async with transaction(database) as session:
        await files.sweeping.sweep(session)
    assert read((await _bytes(database, storage, sent.id, width=96))[1]).width == 96
    async with transaction(database) as session:
        await session.execute(update(File).values(deleted_at=clock.now() - timedelta(days=31)))
    async with transaction(database) as session:
        await files.sweeping.sweep(session)
    async with reading(database) as reads:
        for table in (File, Picture, Rendition, Blob):
            assert await reads.scalar(select(func.count()).select_from(table)) == 0


async def test_a_picture_that_is_taken_away_meanwhile_stays_away(
    database: Database, storage: Storage
) -> None:
    sent = await _upload(database, storage, photographs.jpeg())
    async with reading(database) as reads:
        original = await files.pictures.original(reads, sent.id, is_old=False)
    assert original is not None
    prepared = await files.pictures.prepare(storage, original)
    async with transaction(database) as session:
        await files.delete(session, KEEPER, sent.id)
    async with transaction(database) as session:
        assert await files.pictures.settle(session, prepared) is None


async def test_a_worker_that_gave_up_says_so_and_may_try_again(
    database: Database, storage: Storage
) -> None:
    sent = await _upload(database, storage, photographs.jpeg())
    async with transaction(database) as session:
        await files.pictures.give_up(session, sent.id)
    async with reading(database) as reads:
        view = await files.get(reads, READER, sent.id)
    assert view.picture is not None
    assert (view.picture.state, view.picture.fault) == (files.PictureState.REFUSED, "gave-up")
    assert await develop(database, storage) == [files.PictureState.READY]
    assert (await _bytes(database, storage, sent.id))[0].picture is not None
