"""Kinds of files: how large they may be and what they may contain. Domains register their own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.core.language import gettext as _
from src.domain.files.errors import FileKindUnknown
from src.domain.files.tables import File

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


# Called in the transaction that attaches a file, and in the one that takes it away (`deleted_at`).
Changed = Callable[[AsyncSession, Actor, File], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file: its largest size in bytes and the types of content it takes.

    `is_picture`: it is for being looked at, so it is drawn anew and small. `subject_type`: hangs on
    such objects alone, and they take no other kind.
    """

    name: str
    max_size: int
    content_types: frozenset[str]
    is_picture: bool = False
    is_square: bool = False
    subject_type: str | None = None
    changed: Changed | None = None


registered: dict[str, FileKind] = {}


def kind(
    name: str,
    *,
    max_size: int,
    content_types: Collection[str],
    **options: Any,  # noqa: ANN401 - FileKind's fields
) -> FileKind:
    """Register a kind of file, once, beside the domain that takes it."""
    if name in registered:
        raise ValueError(f"the kind of file {name!r} is registered twice")
    registered[name] = made = FileKind(name, max_size, frozenset(content_types), **options)
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


def is_redrawn(kind_name: str, content_type: str) -> bool:
    """Whether a picture is kept as it is drawn anew: all that are for being looked at, and HEIC.

    Other pictures among the documents are data: they lose their metadata and no picture point.
    """
    found = registered.get(kind_name)
    return content_type in PICTURES and (
        (found is not None and found.is_picture) or content_type == "image/heif"
    )


DOCUMENT = kind("document", max_size=200 * MB, content_types=PICTURES | TEXTS | DOCUMENTS)
PICTURE = kind("picture", max_size=20 * MB, content_types=PICTURES, is_picture=True)
