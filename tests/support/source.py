"""The source tree as the architecture tests read it."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[2]
SERVER = ROOT / "server"
SOURCE = SERVER / "src"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One file of `server/src`: `name` is dotted (`src.core.db`), `place` its path below src."""

    path: Path

    @property
    def place(self) -> str:
        return self.path.relative_to(SOURCE).as_posix()

    @property
    def name(self) -> str:
        parts = self.path.relative_to(SERVER).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @cached_property
    def text(self) -> str:
        return self.path.read_text()

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.place)

    def functions(self) -> Iterator[Function]:
        """Every function and method, nested ones too."""
        for node in ast.walk(self.tree):
            if isinstance(node, Function):
                yield node

    def at(self, node: ast.stmt | ast.expr | ast.keyword) -> str:
        """Where a node stands, as an editor opens it."""
        return f"server/src/{self.place}:{node.lineno}"


@cache
def modules(below: str = "") -> tuple[Module, ...]:
    """The modules of `server/src`, or of one folder or file of it."""
    start = SOURCE / below
    paths = [start] if start.is_file() else sorted(start.rglob("*.py"))
    return tuple(Module(path) for path in paths)


@cache
def imports() -> grimp.ImportGraph:
    """Who imports whom within `src`."""
    if str(SERVER) not in sys.path:
        sys.path.insert(0, str(SERVER))
    return grimp.build_graph("src", cache_dir=None)


@cache
def tracked_files() -> tuple[Path, ...]:
    """The files that git holds; in an archive without git, those that are there."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode == 0:
        found = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        hidden = {".venv", ".tools", "var", ".git"}
        found = [path for path in ROOT.rglob("*") if hidden.isdisjoint(path.parts)]
    return tuple(path for path in found if path.is_file())


def lines_of(function: Function) -> int:
    """The lines of a function, decorators and docstring left out."""
    return (function.end_lineno or function.lineno) - first_line(function) + 1


def first_line(function: Function) -> int:
    """The first line of the body behind the docstring."""
    body = function.body
    if ast.get_docstring(function) is not None and len(body) > 1:
        body = body[1:]
    return body[0].lineno


def decorators(function: Function) -> set[str]:
    """The last names of the decorators: `router.get(...)` gives `get`."""
    found = set()
    for node in function.decorator_list:
        target = node.func if isinstance(node, ast.Call) else node
        if isinstance(target, ast.Attribute):
            found.add(target.attr)
        elif isinstance(target, ast.Name):
            found.add(target.id)
    return found
