"""Versions as HTTP has them: `ETag`, `If-Match`, `If-None-Match`.

An ETag is the row's version and a digest of what is shown: `"3-5f2a…"`. A change is compared by
the version alone, a conditional read by the whole.
"""

from __future__ import annotations

import hashlib
import re
from typing import Annotated

from fastapi import Depends, Header, Request

from src.core.errors import PreconditionFailed
from src.core.language import gettext as _
from src.web import faults

_TAG = re.compile(r'\s*"(\d{1,9})-[0-9a-f]{1,32}"\s*')
_LISTED = re.compile(r'(?:W/)?"([^"]*)"')


def tag(version: int, shown: bytes) -> str:
    """The ETag of version `version`, shown as `shown`."""
    return f'"{version}-{hashlib.sha256(shown).hexdigest()[:12]}"'


def weak(*parts: object) -> str:
    """An ETag for what is put together from several rows, keyed by their versions."""
    joined = "\x1f".join(map(str, parts))
    return f'W/"{hashlib.sha256(joined.encode()).hexdigest()[:24]}"'


def matches(request: Request, etag: str) -> bool:
    """Whether the reader has this already (`If-None-Match`, weak comparison)."""
    given = request.headers.get("if-none-match")
    if given is None:
        return False
    return given.strip() == "*" or etag.removeprefix("W/").strip('"') in _LISTED.findall(given)


_IF_MATCH = Header(
    alias="If-Match",
    description='The ETag of the version that was read, or `*` for "whatever it is now".',
    examples=["*"],
    max_length=200,
)


def _if_match(if_match: Annotated[str | None, _IF_MATCH] = None) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    found = _TAG.fullmatch(if_match)
    if found is None:
        raise PreconditionFailed(_("This is no ETag of it. Read it again, then repeat the change."))
    return int(found.group(1))


def _if_match_required(
    request: Request, version: Annotated[int | None, Depends(_if_match)]
) -> int | None:
    if "if-match" not in request.headers:
        raise faults.PreconditionRequired(_("Send If-Match with the ETag that was read, or *."))
    return version


IfMatch = Annotated[int | None, Depends(_if_match)]
IfMatchRequired = Annotated[int | None, Depends(_if_match_required)]
