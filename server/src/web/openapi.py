"""The specification at /openapi.json and its two readers, Swagger and ReDoc, self-hosted."""

from __future__ import annotations

import threading
from typing import Any

import anyio.to_thread
from fastapi import APIRouter, FastAPI, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from src.web import assets, middleware, specification
from src.web.dependencies import PUBLIC, declares

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Aliquot: {title}</title>
<link rel="icon" href="/static/img/favicon.svg">
{styles}
</head>
<body>
<div id="documentation"></div>
{scripts}
</body>
</html>
"""

router = APIRouter(include_in_schema=False)
_open: dict[str, Any] = declares(PUBLIC, cache="public")
_building = threading.Lock()


def _page(
    title: str, styles: tuple[str, ...], scripts: tuple[str, ...], policy: str = middleware.STRICT
) -> HTMLResponse:
    links = [f'<link rel="stylesheet" href="{assets.address(path)}">' for path in styles]
    loaded = [f'<script src="{assets.address(path)}"></script>' for path in scripts]
    return HTMLResponse(
        _PAGE.format(title=title, styles="\n".join(links), scripts="\n".join(loaded)),
        headers={"Content-Security-Policy": policy},
    )


@router.get("/openapi.json", **_open)
async def get_specification(request: Request) -> Response:
    """The interface, to generate clients from."""
    body = await anyio.to_thread.run_sync(_written, request.app)
    return Response(body, media_type="application/json")


def _written(app: FastAPI) -> bytes:
    """Building it takes most of a second of the processor: in a thread, and once."""
    with _building:
        return bytes(JSONResponse(app.openapi()).body)


@router.get("/docs", **_open)
async def read_with_swagger() -> Response:
    """The interface, to try."""
    folder = "vendor/swagger-ui"
    return _page(
        "API", (f"{folder}/swagger-ui.css",), (f"{folder}/swagger-ui-bundle.js", "docs/swagger.js")
    )


@router.get("/docs/oauth2-redirect", **_open)
async def come_back_to_swagger() -> Response:
    """Where an app that is tried with Swagger is registered to send people back to."""
    return _page("API", (), ("docs/oauth2-redirect.js",))


@router.get("/redoc", **_open)
async def read_with_redoc() -> Response:
    """The interface, to read."""
    scripts = ("vendor/redoc/redoc.standalone.js", "docs/redoc.js")
    return _page("API reference", (), scripts, middleware.REDOC)


def install(app: FastAPI) -> None:
    """Serve them, and build the specification once when it is first asked for."""
    app.include_router(router)
    built: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not built:
            built.update(specification.build(app))
        return built

    app.openapi = openapi  # type: ignore[method-assign]
