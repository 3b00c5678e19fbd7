"""The QR code on a resource's label: the address `/r/<code>`, drawn as SVG or PNG."""

from __future__ import annotations

import io

import segno
from markupsafe import Markup

_QUIET = 2  # modules of light around it; a printed label has more by itself
_SCALE = 12


def address(base_url: str, code: str) -> str:
    """Where the code leads."""
    return f"{base_url}/r/{code}"


def inline(text: str) -> Markup:
    """For a page: it takes the size it is given."""
    drawn = _made(text).svg_inline(border=_QUIET, omitsize=True, svgclass="qr", lineclass=None)
    return Markup(drawn)  # noqa: S704 - drawn by segno: paths alone, nothing of the address


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
