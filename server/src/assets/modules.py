"""What a JavaScript module imports before it runs."""

from __future__ import annotations

import re
from collections.abc import Iterator

_COMMENT = re.compile(r"/\*.*?\*/|^\s*//[^\n]*", re.DOTALL | re.MULTILINE)
# `import "x"`, `import a, { b } from "x"`, `export { a } from "x"`; not `import("x")`.
_IMPORT = re.compile(
    r"""(?:^|[;}\s])(?:import|export)(?:\s*[\w$*{][\w$\s*,{}]*?\sfrom|\s*\{[^}]*\}\s*from)?\s*"""
    r"""["']([^"'\n]+)["']"""
)


def imports(text: str) -> Iterator[str]:
    """The names in its static imports, as they stand; what it loads later is not among them."""
    for found in _IMPORT.finditer(_COMMENT.sub("", text)):
        yield found[1]
