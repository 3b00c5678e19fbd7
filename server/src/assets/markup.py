"""What the head of a page says about static files: functions for templates."""

from __future__ import annotations

from typing import Any

import orjson
from markupsafe import Markup

from src.assets.addresses import library

# JSON has these only inside of strings, where an escape says the same.
_ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def static_url(name: str) -> str:
    """The address of a static file."""
    return library.url(name)


def import_map() -> Markup:
    """Where modules find each other; it must stand before the first of them."""
    return Markup('<script type="importmap">{}</script>').format(
        Markup(library.import_map())  # noqa: S704 - our own file names and hashes
    )


def preload_modules(*names: str) -> Markup:
    """Load what these modules import at once, not one after the other was read."""
    link = Markup('<link rel="modulepreload" href="{}">')
    return Markup("\n").join(link.format(library.url(one)) for one in library.imported(*names))


def script(name: str, *, classic: bool = False) -> Markup:
    """A module, or a classic script that waits for the page as modules do."""
    kind = Markup("defer") if classic else Markup('type="module"')
    return Markup('<script {} src="{}"></script>').format(kind, library.url(name))


def stylesheet(name: str) -> Markup:
    """A style sheet."""
    return Markup('<link rel="stylesheet" href="{}">').format(library.url(name))


def data_block(name: str, value: Any) -> Markup:  # noqa: ANN401 - whatever JSON can say
    """Data for a script, which finds it by its id and reads it with `JSON.parse`."""
    text = orjson.dumps(value, default=str).decode().translate(_ESCAPES)
    safe = Markup(text)  # noqa: S704 - nothing is left in it that ends a script
    return Markup('<script type="application/json" id="{}">{}</script>').format(name, safe)


GLOBALS = {
    one.__name__: one
    for one in (static_url, import_map, preload_modules, script, stylesheet, data_block)
}
