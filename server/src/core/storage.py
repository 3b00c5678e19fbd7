"""Object storage: bytes by key, in a local folder or in a bucket of any S3 service.

Bytes are streamed both ways. A key has one content for ever: writing an existing key with `create`
is refused, and without it replaces it as a whole; nobody sees half an object. The folder takes no
attributes and signs no addresses, so neither is offered: types and names live in our tables, and
the server passes the bytes on. Credentials of S3 come from the usual `AWS_*` variables.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from collections.abc import AsyncIterable, AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, S3Store

from src.core.errors import Conflict, Invalid, NotFound, Unavailable
from src.core.language import gettext as _

PART = 5 * 1024 * 1024  # the least that S3 takes as a part
CHUNK = 64 * 1024
ANSWER_WITHIN = 5.0  # seconds until a store that says nothing counts as away

_key = re.compile(r"[a-z0-9][a-z0-9_.-]*(/[a-z0-9][a-z0-9_.-]*)*")


class StorageUnavailable(Unavailable):
    """The object store does not answer. Nothing was stored; try again shortly."""

    code, title = "storage-unavailable", "The file store does not answer"


class ObjectMissing(NotFound):
    """The stored bytes are not there."""

    code, title = "object-missing", "The stored bytes are missing"


class ObjectExists(Conflict):
    """Something is stored under that key already, and it was to be created."""

    code, title = "object-exists", "It is stored already"


class ObjectTooLarge(Invalid):
    """More bytes came than are accepted; the member `limit` tells how many are."""

    code, title = "object-too-large", "This is too large"


@dataclass(frozen=True, slots=True)
class Stored:
    """What was written: its size in bytes and its SHA-256 in hexadecimal."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An object in a listing."""

    key: str
    size: int
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class Opened:
    """An object being read: the size of all of it, and the bytes asked for."""

    size: int
    chunks: AsyncIterator[bytes]


class Storage:
    """A folder or a bucket. Every method raises `StorageUnavailable` when it does not answer."""

    def __init__(self, store: LocalStore | S3Store, origin: str) -> None:
        self._store = store
        self.origin = origin

    async def put(
        self,
        key: str,
        content: bytes | AsyncIterable[bytes],
        *,
        limit: int | None = None,
        create: bool = False,
    ) -> Stored:
        """Store `content` under `key`; at most `limit` bytes, else `ObjectTooLarge` and nothing.

        With `create` an existing key raises `ObjectExists`; then the content is held in memory, so
        it is for small objects. An error of the source passes through, and nothing is stored.
        """
        counted = _Counted(_stream(content), limit)
        path = _checked(key)
        try:
            with _translated(self.origin):
                if create:
                    whole = b"".join([chunk async for chunk in counted])
                    await obstore.put_async(self._store, path, whole, mode="create")
                else:
                    await obstore.put_async(
                        self._store, path, counted, chunk_size=PART, max_concurrency=2
                    )
        except Exception as error:
            if counted.error is not None:
                raise counted.error from None
            if isinstance(error.__cause__, AlreadyExistsError):
                raise ObjectExists(f"{key} is stored already.") from error
            raise
        return Stored(counted.size, counted.digest.hexdigest())

    async def open(self, key: str, *, start: int = 0, end: int | None = None) -> Opened:
        """Begin to read bytes `start` to `end` (exclusive). Errors: `ObjectMissing`."""
        options: dict[str, Any] = {}
        if end is not None:
            options["range"] = (start, end)
        elif start:
            options["range"] = {"offset": start}
        with _translated(self.origin):
            async with asyncio.timeout(ANSWER_WITHIN):
                result = await obstore.get_async(self._store, _checked(key), options=options)  # type: ignore[arg-type]
        return Opened(result.meta["size"], self._chunks(result))

    async def read(self, key: str, *, limit: int) -> bytes:
        """All of an object that is known to be small. Errors: `ObjectMissing`, `ObjectTooLarge`."""
        opened = await self.open(key)
        if opened.size > limit:
            raise ObjectTooLarge(f"{key} has {opened.size} bytes.", limit=limit)
        return b"".join([chunk async for chunk in opened.chunks])

    async def size(self, key: str) -> int | None:
        """The size in bytes, or None where there is no such object."""
        with _translated(self.origin):
            try:
                async with asyncio.timeout(ANSWER_WITHIN):
                    meta = await obstore.head_async(self._store, _checked(key))
            except FileNotFoundError:
                return None
        return meta["size"]

    async def exists(self, key: str) -> bool:
        """Whether something is stored under `key`."""
        return await self.size(key) is not None

    async def move(self, source: str, target: str) -> None:
        """Give an object another key, replacing what is there. Errors: `ObjectMissing`."""
        with _translated(self.origin):
            await obstore.rename_async(self._store, _checked(source), _checked(target))

    async def delete(self, keys: Sequence[str]) -> None:
        """Remove objects; those that are not there are no error."""
        for key in keys:
            with _translated(self.origin):
                try:
                    async with asyncio.timeout(ANSWER_WITHIN):
                        await obstore.delete_async(self._store, _checked(key))
                except FileNotFoundError:
                    continue

    async def list(self, prefix: str) -> AsyncIterator[Entry]:
        """Every object below the folder `prefix`, in no order that both kinds of store share."""
        with _translated(self.origin):
            async for batch in obstore.list(self._store, _checked(prefix), chunk_size=500):
                for meta in batch:
                    yield Entry(meta["path"], meta["size"], meta["last_modified"])

    async def probe(self) -> None:
        """Return when the store would take and give bytes; for readiness, so it costs little."""
        if isinstance(self._store, LocalStore):
            folder = self._store.prefix
            if folder is None or not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
                raise StorageUnavailable(f"The folder {folder} is not writable.")
            return
        with _translated(self.origin):
            async with asyncio.timeout(ANSWER_WITHIN):
                # One page of what is being uploaded just now: the bucket is there and lets us in.
                async for _ in obstore.list(self._store, "incoming", chunk_size=1):
                    break

    async def _chunks(self, result: obstore.GetResult) -> AsyncIterator[bytes]:
        with _translated(self.origin):
            async for chunk in result.stream(min_chunk_size=CHUNK):
                yield bytes(chunk)


def create_storage(url: str, *, data_dir: Path, **options: Any) -> Storage:  # noqa: ANN401 - obstore's
    """Open the store at `url`: `s3://bucket/prefix`, `file:///folder`, or `data_dir/files` if empty.

    `options` are obstore's for S3 and win over the `AWS_*` variables. Nothing is contacted yet;
    the folder is made. A `ValueError` says what is wrong with the address.
    """
    parts = urlsplit(url)
    if not url or parts.scheme == "file":
        folder = Path(unquote(parts.path)) if url else data_dir / "files"
        return Storage(LocalStore(folder.resolve(), mkdir=True), f"folder {folder}")
    if parts.scheme != "s3" or not parts.netloc:
        raise ValueError(
            f"ALIQUOT_STORAGE_URL must be s3://bucket/prefix or file:///folder, not {url!r}"
        )
    store = S3Store(
        parts.netloc,
        prefix=parts.path.strip("/") or None,
        client_options={
            "allow_http": True,  # only where the endpoint says http://
            "connect_timeout": timedelta(seconds=2),
            "read_timeout": timedelta(seconds=ANSWER_WITHIN),
            "timeout": timedelta(hours=1),  # of a whole transfer, which a slow reader draws out
        },
        retry_config={"max_retries": 1, "retry_timeout": timedelta(seconds=4)},
        **options,
    )
    return Storage(store, f"bucket {parts.netloc}")


class _Counted:
    """Passes chunks on; counts, digests and limits them, and remembers the source's own error.

    The store reports an error of the source in a form of its own on one of its paths.
    """

    def __init__(self, chunks: AsyncIterable[bytes], limit: int | None) -> None:
        self._chunks = chunks
        self._limit = limit
        self.size = 0
        self.digest = hashlib.sha256()
        self.error: Exception | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._chunks:
                self._count(chunk)
                if chunk:
                    yield chunk
        except Exception as error:
            self.error = error
            raise

    def _count(self, chunk: bytes) -> None:
        self.size += len(chunk)
        if self._limit is not None and self.size > self._limit:
            raise ObjectTooLarge(
                _("Send at most %(limit)s bytes.", limit=self._limit), limit=self._limit
            )
        self.digest.update(chunk)


async def _stream(content: bytes | AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    async for chunk in content:
        yield chunk


def _checked(key: str) -> str:
    if not _key.fullmatch(key):
        raise ValueError(f"not a key of the store: {key!r}")
    return key


@contextmanager
def _translated(origin: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise ObjectMissing(
            _("The bytes are not where they were stored: %(place)s.", place=origin)
        ) from error
    except (BaseError, OSError, TimeoutError) as error:
        raise StorageUnavailable(_("Try again in a few seconds."), retry_after=5) from error
