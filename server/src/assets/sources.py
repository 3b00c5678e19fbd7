"""What there is to be served, and whether what was built is of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

BUILT = "built"
MANIFEST = "manifest.json"
# How the files beside a file end, in the order of preference.
ENCODINGS = {"br": ".br", "gzip": ".gz"}
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of the build: from which source, under which name, in which encodings beside it."""

    source: str
    file: str
    integrity: str
    encodings: tuple[str, ...]

    @property
    def digest(self) -> str:
        """The hash in the name."""
        return self.file.rsplit(".", 2)[-2]


def names(folder: Path) -> list[str]:
    """The files that pages may name; not licences and lists of what was vendored."""
    found = (path for path in folder.rglob("*") if path.suffix in TYPES)
    relative = (path.relative_to(folder) for path in found if path.name != MANIFEST)
    return sorted(
        path.as_posix()
        for path in relative
        if path.parts[0] != BUILT and not any(part.startswith(".") for part in path.parts)
    )


def digest(content: bytes) -> str:
    """The hash that stands in names and addresses."""
    return hashlib.sha256(content).hexdigest()[:16]


def recipe() -> str:
    """A hash of how things are built."""
    return digest(Path(__file__).with_name("build.py").read_bytes())


def read(folder: Path) -> Mapping[str, Entry] | None:
    """What was built of exactly these sources in exactly this way; None when that is not there."""
    try:
        manifest = json.loads((folder / BUILT / MANIFEST).read_bytes())
        entries = {
            name: Entry(**{**one, "encodings": tuple(one["encodings"])})
            for name, one in manifest["files"].items()
        }
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    if manifest.get("recipe") != recipe() or sorted(entries) != names(folder):
        return None
    for name, entry in entries.items():
        if digest((folder / name).read_bytes()) != entry.source:
            return None
    return entries
