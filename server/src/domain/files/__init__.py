"""Files that hang on objects: bytes stored once by content, names beside the object.

Invariants: bytes are stored before the row that names them, and removed after it is gone; the type
is what the content says, never the name; who may see the object may see its files and nobody else;
a restricted file is not read without an event. Domains register the objects files hang on
(`hangs_on`) and kinds of files of their own (`kind`).
"""

from __future__ import annotations

from src.domain.files import kinds, sweeping, topics
from src.domain.files.errors import (
    FileEmpty,
    FileKindUnknown,
    FileTooLarge,
    FileTypeRefused,
    FileUnknown,
    SubjectUnknown,
)
from src.domain.files.kinds import FileKind, kind
from src.domain.files.policy import Rights, hangs_on, subject_types
from src.domain.files.rules import safe_name
from src.domain.files.service import Wish, delete, download, get, list_for, upload
from src.domain.files.views import Download, FileView, Uploaded

__all__ = [
    "Download",
    "FileEmpty",
    "FileKind",
    "FileKindUnknown",
    "FileTooLarge",
    "FileTypeRefused",
    "FileUnknown",
    "FileView",
    "Rights",
    "SubjectUnknown",
    "Uploaded",
    "Wish",
    "delete",
    "download",
    "get",
    "hangs_on",
    "kind",
    "kinds",
    "list_for",
    "safe_name",
    "subject_types",
    "sweeping",
    "topics",
    "upload",
]
