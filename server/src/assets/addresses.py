"""Which static files there are, and the address of each."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from pathlib import Path

from src.assets import modules
from src.core.settings import SERVER_ROOT

FOLDER = SERVER_ROOT / "static"
PREFIX = "/static"
SCRIPTS = "js"
# How scripts name each other: `import { on } from "aliquot/live.js"`.
NAMESPACE = "aliquot/"


class Library:
    """The files of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._hashes: dict[Path, tuple[int, str]] = {}
        self._imports: dict[str, tuple[str, tuple[str, ...]]] = {}

    def url(self, name: str) -> str:
        """The address of a file; it changes with the content, so it may be kept for ever."""
        return f"{PREFIX}/{name}?v={self.content_hash(name)}"

    def content_hash(self, name: str) -> str:
        """The first 16 digits of a source's SHA-256, computed again when the file changes."""
        path = self.folder / name
        changed = path.stat().st_mtime_ns
        known = self._hashes.get(path)
        if known is None or known[0] != changed:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
            self._hashes[path] = known = (changed, digest)
        return known[1]

    def scripts(self) -> list[str]:
        """The names of our own modules."""
        root = self.folder / SCRIPTS
        return sorted(path.relative_to(self.folder).as_posix() for path in root.rglob("*.js"))

    def import_map(self) -> str:
        """JSON that tells a browser where each module is that another one names."""
        found = {
            NAMESPACE + name.removeprefix(f"{SCRIPTS}/"): self.url(name) for name in self.scripts()
        }
        return json.dumps({"imports": found}, separators=(",", ":"))

    def import_map_source(self) -> str:
        """The import map as a content security policy names it."""
        digest = hashlib.sha256(self.import_map().encode()).digest()
        return f"'sha256-{b64encode(digest).decode()}'"

    def imported(self, *names: str) -> list[str]:
        """What these modules load before they run, directly and through others; not themselves."""
        found: dict[str, None] = {}
        waiting = list(names)
        while waiting:
            for one in self._direct(waiting.pop(0)):
                if one not in found and one not in names:
                    found[one] = None
                    waiting.append(one)
        return list(found)

    def _direct(self, name: str) -> tuple[str, ...]:
        digest = self.content_hash(name)
        known = self._imports.get(name)
        if known is None or known[0] != digest:
            text = (self.folder / name).read_text(encoding="utf-8")
            wanted = (one for one in modules.imports(text) if one.startswith(NAMESPACE))
            files = tuple(f"{SCRIPTS}/{one.removeprefix(NAMESPACE)}" for one in wanted)
            self._imports[name] = known = (digest, files)
        return known[1]


library = Library(FOLDER)
