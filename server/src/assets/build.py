"""Makes `server/static/built`: each file minified, under its content's hash, and compressed.

A file whose outcome has not changed is left as it stands, so that a second build costs little.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import posixpath
import re
import time
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import brotli
import rcssmin
import rjsmin

from src.assets import sources
from src.assets.sources import BUILT, ENCODINGS, MANIFEST, Entry

# Only the readers of the interface are that large: 9 % more to send, a twentieth of the time.
LARGE = 1_000_000
_TEXT = (".css", ".js", ".json", ".svg", ".webmanifest")
_URL = re.compile(r"""url\(\s*(["']?)(?!data:|[a-z]+:|/|#)([^"')?#]+)([^"')]*)\1\s*\)""")
_SOURCE_MAP = re.compile(
    rb"(?:^|\n)[ \t]*//[#@] sourceMappingURL=[^\n]*\s*\Z|/\*[#@] sourceMappingURL=[^*]*\*/\s*\Z"
)
# A template literal inside of another one, which the minifier would take for code.
_NESTED = re.compile(r"`[^`]*\$\{[^}`]*`")


class MissingFileError(ValueError):
    """A style sheet names a file that is not there."""


@dataclass(frozen=True, slots=True)
class Report:
    """How many files there are, and how many had to be made."""

    files: int
    made: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.files} files, {self.made} of them new, in {self.seconds:.1f} s"


def build(folder: Path) -> Report:
    """Make what is missing, then the manifest, and remove what that does not name."""
    started = time.perf_counter()
    target = folder / BUILT
    is_stale = _recipe_of(target) != sources.recipe()
    target.mkdir(exist_ok=True)
    works = _Works(folder)
    made = [works.outcome(name) for name in sources.names(folder)]
    missing = [one for one in made if is_stale or not (target / one.file).exists()]
    missing.sort(key=lambda one: len(one.content), reverse=True)
    with (
        TemporaryDirectory(dir=target, prefix=".") as unfinished,
        ThreadPoolExecutor(os.cpu_count()) as pool,
    ):
        place = _Place(target, Path(unfinished))
        list(pool.map(place.make, missing))
        files = {one.name: asdict(place.entry(one)) for one in made}
        text = json.dumps({"recipe": sources.recipe(), "files": files}, indent=1)
        place.write(MANIFEST, text.encode() + b"\n")
    kept = {target / f"{one.file}{suffix}" for one in made for suffix in ("", *ENCODINGS.values())}
    _sweep(target, {*kept, target / MANIFEST})
    return Report(len(made), len(missing), time.perf_counter() - started)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """A file as it is to be sent."""

    name: str
    source: str
    file: str
    content: bytes


class _Works:
    """Turns sources into what is sent; a style sheet after the files that it names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.outcomes: dict[str, _Outcome] = {}

    def outcome(self, name: str) -> _Outcome:
        known = self.outcomes.get(name)
        if known is None:
            source = (self.folder / name).read_bytes()
            content = self._content(name, source)
            stem, suffix = posixpath.splitext(name)
            file = f"{stem}.{sources.digest(content)}{suffix}"
            known = _Outcome(name, sources.digest(source), file, content)
            self.outcomes[name] = known
        return known

    def _content(self, name: str, source: bytes) -> bytes:
        suffix = posixpath.splitext(name)[1]
        if suffix not in (".css", ".js"):
            return source
        source = _SOURCE_MAP.sub(b"", source)
        is_ours = not name.startswith("vendor/")
        if suffix == ".js":
            return _script(source) if is_ours else source
        text = source.decode()
        text = rcssmin.cssmin(text, keep_bang_comments=True) if is_ours else text
        return _URL.sub(lambda found: self._renamed(name, found), text).encode()

    def _renamed(self, name: str, found: re.Match[str]) -> str:
        folder = posixpath.dirname(name)
        wanted = posixpath.normpath(posixpath.join(folder, found[2].strip()))
        if not (self.folder / wanted).is_file():
            raise MissingFileError(f"{name} names {found[2]}, which is not there.")
        file = posixpath.relpath(self.outcome(wanted).file, folder)
        return f'url("{file}{found[3]}")'


def _script(source: bytes) -> bytes:
    text = source.decode()
    return source if _NESTED.search(text) else rjsmin.jsmin(text, keep_bang_comments=True).encode()


class _Place:
    """Where the files are put: each is whole as soon as it has its name."""

    def __init__(self, target: Path, unfinished: Path) -> None:
        self.target = target
        self.unfinished = unfinished

    def make(self, one: _Outcome) -> None:
        if one.file.endswith(_TEXT):
            quality = 9 if len(one.content) > LARGE else 11
            self._write_smaller(one, "br", brotli.compress(one.content, quality=quality))
            self._write_smaller(one, "gzip", gzip.compress(one.content, 9, mtime=0))
        # Last, for its presence says that all of it is there.
        self.write(one.file, one.content)

    def _write_smaller(self, one: _Outcome, encoding: str, content: bytes) -> None:
        file = one.file + ENCODINGS[encoding]
        if len(content) < len(one.content):
            self.write(file, content)
        else:
            (self.target / file).unlink(missing_ok=True)

    def write(self, file: str, content: bytes) -> None:
        unfinished = self.unfinished / file.replace("/", "~")
        unfinished.write_bytes(content)
        path = self.target / file
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.replace(path)

    def entry(self, one: _Outcome) -> Entry:
        there = [
            name for name, end in ENCODINGS.items() if (self.target / (one.file + end)).exists()
        ]
        digest = b64encode(hashlib.sha384(one.content).digest()).decode()
        return Entry(one.source, one.file, f"sha384-{digest}", tuple(there))


def _recipe_of(target: Path) -> object:
    try:
        return json.loads((target / MANIFEST).read_bytes())["recipe"]
    except (FileNotFoundError, ValueError, KeyError):
        return None


def _sweep(target: Path, kept: set[Path]) -> None:
    for path in sorted(target.rglob("*"), reverse=True):
        if any(part.startswith(".") for part in path.relative_to(target).parts):
            continue  # another build is at work
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path not in kept:
            path.unlink(missing_ok=True)
