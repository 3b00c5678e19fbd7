"""Answers in the interface's envelope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from fastapi import Request
from starlette.responses import Response

from src.core import clock
from src.core.paging import Page
from src.models.common import API_VERSION, Wire
from src.web import etags

_JSON = "application/json"


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _meta(changed_at: datetime | None, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"version": API_VERSION, "timestamp": _stamp(changed_at or clock.now()), **more}


def one(
    request: Request,
    item: Wire,
    *,
    version: int | None = None,
    changed_at: datetime | None = None,
    status: int = 200,
    location: str | None = None,
    fields: Sequence[str] | None = None,
) -> Response:
    """A single thing; with `version` it carries an ETag, and a reader who has it gets 304."""
    shown = item.model_dump_json(include=set(fields) if fields else None).encode()
    headers = {"Location": location} if location else {}
    if version is not None:
        headers["ETag"] = etag = etags.tag(version, shown)
        if request.method in ("GET", "HEAD") and etags.matches(request, etag):
            return Response(status_code=304, headers=headers)
    envelope = {"data": orjson.Fragment(shown), "meta": _meta(changed_at), "errors": []}
    return Response(orjson.dumps(envelope), status, headers, media_type=_JSON)


def raw(written: bytes, **meta: Any) -> Response:  # noqa: ANN401
    """What is JSON already, in the envelope; `meta` is said besides."""
    envelope = {"data": orjson.Fragment(written), "meta": _meta(None, **meta), "errors": []}
    return Response(orjson.dumps(envelope), media_type=_JSON)


def many(
    items: Sequence[Wire],
    page: Page[Any],
    *,
    fields: Sequence[str] | None = None,
    changed_at: datetime | None = None,
) -> Response:
    """A part of a list; `fields` prunes its items to those named."""
    include = set(fields) if fields else None
    pagination: dict[str, Any] = {
        "limit": page.limit,
        "next": page.next,
        "previous": page.previous,
    }
    if page.page is not None:
        pagination |= {"page": page.page, "total": page.total}
    envelope = {
        "data": [orjson.Fragment(item.model_dump_json(include=include)) for item in items],
        "meta": _meta(changed_at, pagination=pagination),
        "errors": [],
    }
    return Response(orjson.dumps(envelope), media_type=_JSON)


def whole(items: Sequence[Wire], *, fields: Sequence[str] | None = None) -> Response:
    """A list that is short by nature and therefore never cut."""
    return many(items, Page(list(items), max(1, len(items))), fields=fields)


def batch(
    items: Sequence[Wire | None], errors: Sequence[Mapping[str, Any]], *, status: int
) -> Response:
    """The results of a batch in the order of its items; None where one failed."""
    envelope = {
        "data": [item and orjson.Fragment(item.model_dump_json()) for item in items],
        "meta": _meta(None),
        "errors": list(errors),
    }
    return Response(orjson.dumps(envelope), status, media_type=_JSON)


def nothing() -> Response:
    """Done, and there is nothing to say."""
    return Response(status_code=204)
