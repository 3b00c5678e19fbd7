"""Under which versions starlette-admin names its scripts and styles."""

from __future__ import annotations

import re
from functools import cache
from importlib.metadata import version
from pathlib import Path

import starlette_admin

PACKAGE = version("starlette-admin")
_NAMING = re.compile(r"""static_url\(\s*request,\s*["']([^"'{}]+)["'],\s*v=["']?([\w.]+)""")


def is_named(path: str, said: str) -> bool:
    """Whether this very content is meant: only then may a browser keep it and never ask again."""
    return said == PACKAGE or (path, said) in _named()


@cache
def _named() -> frozenset[tuple[str, str]]:
    """File and version, as they stand in the package's templates and fields."""
    root = Path(starlette_admin.__file__).parent
    sources = [*root.rglob("*.html"), *root.rglob("*.py")]
    return frozenset(
        (path, said)
        for source in sources
        for path, said in _NAMING.findall(source.read_text(encoding="utf-8"))
    )
