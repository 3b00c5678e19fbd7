"""Files the pages need, under /static: cached for good when asked for by their content's hash."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from src.core.settings import SERVER_ROOT

ROOT = SERVER_ROOT / "static"


class _Static(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        """Let a hashed address be kept for a year; anything else is asked for again."""
        response = await super().get_response(path, scope)
        hashed = scope.get("query_string", b"").startswith(b"v=")
        response.headers["Cache-Control"] = (
            "public, max-age=31536000, immutable" if hashed else "public, no-cache"
        )
        return response


@cache
def address(path: str) -> str:
    """The address of a file below `static`, with its content's hash."""
    digest = hashlib.sha256(Path(ROOT / path).read_bytes()).hexdigest()[:12]
    return f"/static/{path}?v={digest}"


def install(app: FastAPI) -> None:
    """Serve the folder."""
    app.mount("/static", _Static(directory=ROOT, check_dir=False), name="static")
