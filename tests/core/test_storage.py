"""One contract for every kind of object store: a folder, and a real S3 service."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from src.core.storage import (
    ObjectExists,
    ObjectMissing,
    ObjectTooLarge,
    Storage,
    StorageUnavailable,
    create_storage,
)
from tests.support import objects, servers


@pytest.fixture(params=["folder", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """An empty store of each kind."""
    if request.param == "folder":
        return create_storage("", data_dir=tmp_path)
    try:
        server = objects.s3()
    except servers.NoServerError as error:
        servers.missing("s3", error)
    url = f"s3://{objects.BUCKET}/{secrets.token_hex(6)}"
    return create_storage(url, data_dir=tmp_path, **server.options)


async def _pieces(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def _keys(storage: Storage, prefix: str) -> list[str]:
    return sorted([entry.key async for entry in storage.list(prefix)])


async def test_what_is_streamed_in_is_streamed_out(storage: Storage) -> None:
    pieces = [secrets.token_bytes(700_001) for _ in range(18)]  # several parts, none even
    whole = b"".join(pieces)
    stored = await storage.put("blobs/ab/cd", _pieces(*pieces))
    assert (stored.size, stored.sha256) == (len(whole), hashlib.sha256(whole).hexdigest())
    opened = await storage.open("blobs/ab/cd")
    chunks = [chunk async for chunk in opened.chunks]
    assert opened.size == len(whole)
    assert b"".join(chunks) == whole
    assert len(chunks) > 1
    part = await storage.open("blobs/ab/cd", start=700_000, end=700_010)
    assert b"".join([chunk async for chunk in part.chunks]) == whole[700_000:700_010]
    assert await storage.size("blobs/ab/cd") == len(whole)


async def test_an_empty_object_is_an_object(storage: Storage) -> None:
    stored = await storage.put("empty", _pieces())
    assert stored.size == 0
    assert await storage.size("empty") == 0
    assert await storage.read("empty", limit=0) == b""


@pytest.mark.parametrize("pieces", [(b"x" * 11,), (b"x" * 6, b"x" * 5), (b"x" * 6_000_000,) * 3])
async def test_past_the_limit_nothing_is_stored(
    storage: Storage, pieces: tuple[bytes, ...]
) -> None:
    limit = sum(map(len, pieces)) - 1
    with pytest.raises(ObjectTooLarge) as refused:
        await storage.put("incoming/x", _pieces(*pieces), limit=limit)
    assert refused.value.members == {"limit": limit}
    assert not await storage.exists("incoming/x")
    assert await _keys(storage, "incoming") == []
    await storage.put("incoming/x", _pieces(*pieces), limit=limit + 1)
    assert await storage.exists("incoming/x")


async def test_a_source_that_breaks_stores_nothing_and_keeps_its_own_error(
    storage: Storage,
) -> None:
    async def breaks() -> AsyncIterator[bytes]:
        yield b"x" * 6_000_000
        raise ConnectionResetError("the client went away")

    with pytest.raises(ConnectionResetError, match="client went away"):
        await storage.put("incoming/x", breaks())
    assert await _keys(storage, "incoming") == []


async def test_creating_twice_is_refused_and_keeps_the_first(storage: Storage) -> None:
    await storage.put("once", b"first", create=True)
    with pytest.raises(ObjectExists):
        await storage.put("once", b"second", create=True)
    assert await storage.read("once", limit=10) == b"first"
    await storage.put("once", b"third")
    assert await storage.read("once", limit=10) == b"third"


async def test_a_moved_object_has_its_new_key_only(storage: Storage) -> None:
    await storage.put("incoming/a", b"new")
    await storage.put("blobs/a", b"old")
    await storage.move("incoming/a", "blobs/a")
    assert await storage.read("blobs/a", limit=10) == b"new"
    assert not await storage.exists("incoming/a")
    with pytest.raises(ObjectMissing):
        await storage.move("incoming/a", "blobs/b")


async def test_listing_keeps_to_its_folder_and_deleting_twice_is_no_error(
    storage: Storage,
) -> None:
    for key in ("blobs/ab/1", "blobs/cd/2", "blobsandmore/3"):
        await storage.put(key, b"12345")
    entries = [entry async for entry in storage.list("blobs")]
    assert sorted((entry.key, entry.size) for entry in entries) == [
        ("blobs/ab/1", 5),
        ("blobs/cd/2", 5),
    ]
    assert all(abs(entry.modified_at.timestamp() - time.time()) < 60 for entry in entries)
    await storage.delete(["blobs/ab/1", "blobs/ab/1", "never"])
    assert await _keys(storage, "blobs") == ["blobs/cd/2"]


async def test_what_is_missing_is_a_fact_of_its_own(storage: Storage) -> None:
    with pytest.raises(ObjectMissing):
        await storage.open("nothing")
    with pytest.raises(ObjectMissing):
        await storage.read("nothing", limit=5)
    assert await storage.size("nothing") is None


async def test_a_store_that_works_is_ready(storage: Storage) -> None:
    await storage.put("blobs/a", b"a")
    await storage.probe()


@pytest.mark.parametrize("key", ["", "/a", "a/", "../a", "a/../b", "A", "a b", "a//b", "ä"])
async def test_odd_keys_never_reach_the_store(tmp_path: Path, key: str) -> None:
    storage = create_storage("", data_dir=tmp_path)
    with pytest.raises(ValueError, match="not a key"):
        await storage.put(key, b"x")
    with pytest.raises(ValueError, match="not a key"):
        await storage.open(key)


async def test_reading_whole_is_for_what_is_small(tmp_path: Path) -> None:
    storage = create_storage(f"file://{tmp_path}/with%20space", data_dir=tmp_path / "unused")
    await storage.put("a", b"12345")
    assert (tmp_path / "with space" / "a").read_bytes() == b"12345"
    with pytest.raises(ObjectTooLarge):
        await storage.read("a", limit=4)


@pytest.mark.parametrize("url", ["ftp://host/x", "s3:///x", "bucket"])
def test_an_address_that_is_none_is_refused_with_the_right_form(tmp_path: Path, url: str) -> None:
    with pytest.raises(ValueError, match="s3://bucket/prefix or file:///folder"):
        create_storage(url, data_dir=tmp_path)


async def test_a_folder_that_is_gone_is_not_ready(tmp_path: Path) -> None:
    storage = create_storage("", data_dir=tmp_path)
    (tmp_path / "files").rmdir()
    with pytest.raises(StorageUnavailable):
        await storage.probe()


async def test_a_service_that_is_not_there_is_said_to_be_away(tmp_path: Path) -> None:
    storage = create_storage(
        "s3://bucket",
        data_dir=tmp_path,
        endpoint=f"http://127.0.0.1:{servers.free_port()}",
        access_key_id="a",
        secret_access_key="b",
        region="us-east-1",
    )
    for work in (storage.probe(), storage.put("a", b"x"), storage.exists("a")):
        with pytest.raises(StorageUnavailable) as refused:
            await work
        assert refused.value.retry_after == 5


@pytest.mark.faults
async def test_a_service_that_hangs_is_given_up_in_time_and_works_again(tmp_path: Path) -> None:
    try:
        own = objects.OwnS3()
    except servers.NoServerError as error:
        servers.missing("s3", error)
    with own:
        storage = create_storage(f"s3://{objects.BUCKET}", data_dir=tmp_path, **own.options)
        await objects.warm(own)
        await storage.put("a", b"x")
        own.freeze()
        began = time.monotonic()
        said = await asyncio.gather(
            storage.probe(), storage.put("b", b"x"), storage.open("a"), return_exceptions=True
        )
        assert time.monotonic() - began < 8
        assert [type(error) for error in said] == [StorageUnavailable] * 3
        own.thaw()
        await storage.put("b", b"x")
        assert await storage.exists("a")
