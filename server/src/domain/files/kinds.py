"""Kinds of files: how large they may be and what they may contain. Domains register their own."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from src.core.language import gettext as _
from src.domain.files.errors import FileKindUnknown

MB = 1024 * 1024

PICTURES = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "image/tiff", "image/heif"}
)
TEXTS = frozenset({"text/plain", "text/html", "image/svg+xml", "application/xml"})
DOCUMENTS = frozenset(
    {
        "application/pdf",
        "application/rtf",
        "application/zip",
        "application/gzip",
        "application/x-ole-storage",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.oasis.opendocument.text",
        "application/vnd.oasis.opendocument.spreadsheet",
        "application/vnd.oasis.opendocument.presentation",
        "video/mp4",
    }
)

# What a browser may show in its own window. Never what can carry script: SVG, HTML, XML.
SHOWN_INLINE = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain"}
)


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file: its largest size in bytes and the types of content it takes."""

    name: str
    max_size: int
    content_types: frozenset[str]


registered: dict[str, FileKind] = {}


def kind(name: str, *, max_size: int, content_types: Collection[str]) -> FileKind:
    """Register a kind of file, once, beside the domain that takes it."""
    if name in registered:
        raise ValueError(f"the kind of file {name!r} is registered twice")
    registered[name] = made = FileKind(name, max_size, frozenset(content_types))
    return made


def get(name: str) -> FileKind:
    """The registered kind. Errors: `FileKindUnknown`."""
    try:
        return registered[name]
    except KeyError:
        raise FileKindUnknown(
            _("Use one of %(choices)s.", choices=", ".join(sorted(registered))),
            kinds=sorted(registered),
        ) from None


DOCUMENT = kind("document", max_size=200 * MB, content_types=PICTURES | TEXTS | DOCUMENTS)
PICTURE = kind("picture", max_size=20 * MB, content_types=PICTURES)
