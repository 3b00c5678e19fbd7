"""Static files at /static: as they were built, else as they stand, compressed on the way.

An address that holds the content's hash is kept for ever. With any other hash, as while servers
are replaced, the file is sent as it is now and asked for again: keeping it would be wrong.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import PurePosixPath
from urllib.parse import parse_qs

import anyio.to_thread
import structlog
from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from src.assets import PREFIX, Library, library
from src.assets.sources import BUILT, ENCODINGS, TYPES, Entry
from src.core.settings import Settings
from src.web.compression import choose

FOR_EVER = "public, max-age=31536000, immutable"
FOR_NOW = "public, no-cache"

log = structlog.get_logger(__name__)
address = library.url


class Static(StaticFiles):
    """The files of a library."""

    def __init__(self, files: Library) -> None:
        super().__init__(directory=files.folder)
        self._files = files
        self._contents: dict[str, bytes] = {}

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file an address means."""
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        found = self._files.at(path)
        if found is not None:
            entry, is_exact = found
            # A later build has removed what this process never sent.
            with suppress(FileNotFoundError):
                return await self._built(entry, Headers(scope=scope), is_exact=is_exact)
        if path.partition("/")[0] == BUILT:
            raise HTTPException(404)
        return await self._source(self._files.name_of(path), scope)

    async def _built(self, entry: Entry, asked: Headers, *, is_exact: bool) -> Response:
        encoding = choose(asked.get("accept-encoding", ""), entry.encodings)
        etag = f'"{entry.digest}-{encoding}"' if encoding else f'"{entry.digest}"'
        headers = {
            "Cache-Control": FOR_EVER if is_exact else FOR_NOW,
            "Content-Type": TYPES[PurePosixPath(entry.file).suffix],
            "ETag": etag,
        }
        if entry.digest in asked.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if encoding:
            headers["Content-Encoding"] = encoding
        content = await self._content(entry.file + ENCODINGS.get(encoding or "", ""))
        return Response(content, headers=headers)

    async def _content(self, file: str) -> bytes:
        """What a file holds. All of them together are small enough to be kept once they were read."""
        if file not in self._contents:
            path = self._files.folder / BUILT / file
            self._contents[file] = await anyio.to_thread.run_sync(path.read_bytes)
        return self._contents[file]

    async def _source(self, name: str, scope: Scope) -> Response:
        response = await super().get_response(name, scope)
        given = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("v")
        is_file = response.status_code in (200, 304)
        is_exact = is_file and given == [self._files.content_hash(name)]
        response.headers["Cache-Control"] = FOR_EVER if is_exact else FOR_NOW
        return response


def install(app: FastAPI, settings: Settings) -> None:
    """Serve the folder."""
    app.mount(PREFIX, Static(library), name="static")
    if settings.env == "production" and library.built is None:
        log.warning("static files are not built; they are larger like this: run `aliquot assets`")
