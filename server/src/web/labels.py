"""The QR code on a resource's label: the address `/r/<code>`, drawn as SVG or PNG."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from functools import lru_cache

import segno
from markupsafe import Markup

_QUIET = 2  # modules of light around it; a printed label has more by itself
_SCALE = 12


def address(base_url: str, code: str) -> str:
    """Where the code leads."""
    return f"{base_url}/r/{code}"


async def drawn(texts: Sequence[str]) -> list[Markup]:
    """For a page, many at once: one takes tens of milliseconds, so they are drawn beside the loop."""
    return await asyncio.to_thread(lambda: [inline(text) for text in texts])


@lru_cache(maxsize=1000)
def inline(text: str) -> Markup:
    """For a page: it takes the size it is given. Kept, so nothing secret."""
    made = _made(text).svg_inline(border=_QUIET, omitsize=True, svgclass="qr", lineclass=None)
    return Markup(made)  # noqa: S704 - drawn by segno: paths alone, nothing of the address


def svg(text: str) -> bytes:
    """As a file."""
    out = io.BytesIO()
    _made(text).save(out, kind="svg", border=_QUIET, scale=_SCALE, xmldecl=True)
    return out.getvalue()


def png(text: str) -> bytes:
    """As a picture of some 400 points."""
    out = io.BytesIO()
    _made(text).save(out, kind="png", border=_QUIET, scale=_SCALE)
    return out.getvalue()


def _made(text: str) -> segno.QRCode:
    # A quarter of it may be scratched or spilt upon.
    return segno.make(text, error="q", micro=False)
