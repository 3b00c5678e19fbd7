"""Which static files there are, and the address of each."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

from src.assets import modules, sources
from src.assets.sources import Entry
from src.core.settings import SERVER_ROOT

FOLDER = SERVER_ROOT / "static"
PREFIX = "/static"
SCRIPTS = "js"
# How scripts name each other: `import { on } from "aliquot/live.js"`.
NAMESPACE = "aliquot/"
_HASHED = re.compile(r"(.+)\.[0-9a-f]{16}(\.[a-z0-9]+)")


class Library:
    """The files of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._built: Mapping[str, Entry] | None = None
        self._by_file: dict[str, Entry] = {}
        self._is_open = False
        self._hashes: dict[Path, tuple[int, str]] = {}
        self._imports: dict[str, tuple[str, tuple[str, ...]]] = {}
        self._map: str | None = None

    @property
    def built(self) -> Mapping[str, Entry] | None:
        """What was built, by the names of the sources; None while the sources are served."""
        if not self._is_open:
            self._built = sources.read(self.folder)
            self._by_file = {entry.file: entry for entry in (self._built or {}).values()}
            self._is_open = True
        return self._built

    def serve_sources(self) -> None:
        """From now on leave aside what was built: somebody is about to change the sources."""
        self._built, self._is_open = None, True

    def url(self, name: str) -> str:
        """The address of a file; it changes with the content, so it may be kept for ever."""
        if self.built is not None:
            return f"{PREFIX}/{self.built[name].file}"
        return f"{PREFIX}/{name}?v={self.content_hash(name)}"

    def at(self, path: str) -> tuple[Entry, bool] | None:
        """What was built of the file an address means, and whether the address has its hash."""
        if self.built is None:
            return None
        if path in self._by_file:
            return self._by_file[path], True
        entry = self.built.get(self.name_of(path))
        return (entry, False) if entry else None

    def name_of(self, path: str) -> str:
        """The source an address means, whichever hash is in it."""
        hashed = _HASHED.fullmatch(path)
        return f"{hashed[1]}{hashed[2]}" if hashed else path

    def content_hash(self, name: str) -> str:
        """The hash of a source, computed again when the file changes."""
        path = self.folder / name
        changed = path.stat().st_mtime_ns
        known = self._hashes.get(path)
        if known is None or known[0] != changed:
            self._hashes[path] = known = (changed, sources.digest(path.read_bytes()))
        return known[1]

    def scripts(self) -> list[str]:
        """The names of our own modules."""
        root = self.folder / SCRIPTS
        return sorted(path.relative_to(self.folder).as_posix() for path in root.rglob("*.js"))

    def import_map(self) -> str:
        """JSON that tells a browser where each module is that another one names."""
        if self.built is not None and self._map is not None:
            return self._map
        found = {
            NAMESPACE + name.removeprefix(f"{SCRIPTS}/"): self.url(name) for name in self.scripts()
        }
        self._map = json.dumps({"imports": found}, separators=(",", ":"))
        return self._map

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
