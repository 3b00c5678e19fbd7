"""Files the pages need, under /static: cached for good when asked for by their content's hash."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from src.assets import FOLDER, PREFIX, library

FOR_EVER = "public, max-age=31536000, immutable"
FOR_NOW = "public, no-cache"

address = library.url


class _Static(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        """Let an address with the right hash be kept for a year; any other is asked for again.

        With the hash of another version, as while servers are replaced, keeping it would be wrong.
        """
        response = await super().get_response(path, scope)
        given = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("v")
        is_file = response.status_code in (200, 304)
        is_exact = is_file and given == [library.content_hash(path)]
        response.headers["Cache-Control"] = FOR_EVER if is_exact else FOR_NOW
        return response


def install(app: FastAPI) -> None:
    """Serve the folder."""
    app.mount(PREFIX, _Static(directory=FOLDER), name="static")
