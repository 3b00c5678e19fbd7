"""Files that hang on objects: bytes stored once by content, names beside the object.

Invariants: bytes are stored before the row that names them, and removed after it is gone; the type
is what the content says, never the name; who may see the object may see its files and nobody else;
a restricted file is not read without an event; a picture leaves its metadata at the door, and one
that is for being looked at is shown drawn anew. Domains register the objects files hang on
(`hangs_on`) and kinds of files of their own (`kind`).
"""

from __future__ import annotations

from src.domain.files import kinds, leaving, pictures, portraits, sweeping, topics, verbs
from src.domain.files.errors import (
    FileEmpty,
    FileKindMisplaced,
    FileKindUnknown,
    FileTooLarge,
    FileTypeRefused,
    FileUnknown,
    PictureNotReady,
    PictureTooLarge,
    PictureUnreadable,
    SubjectUnknown,
)
from src.domain.files.kinds import FileKind, kind
from src.domain.files.policy import Rights, hangs_on, subject_types
from src.domain.files.portraits import PORTRAIT, erase_of
from src.domain.files.rules import safe_name
from src.domain.files.service import Wish, delete, download, get, list_for, served, upload
from src.domain.files.tables import PictureState
from src.domain.files.views import Download, FileView, PictureView, Served, Uploaded, picture_of

__all__ = [
    "PORTRAIT",
    "Download",
    "FileEmpty",
    "FileKind",
    "FileKindMisplaced",
    "FileKindUnknown",
    "FileTooLarge",
    "FileTypeRefused",
    "FileUnknown",
    "FileView",
    "PictureNotReady",
    "PictureState",
    "PictureTooLarge",
    "PictureUnreadable",
    "PictureView",
    "Rights",
    "Served",
    "SubjectUnknown",
    "Uploaded",
    "Wish",
    "delete",
    "download",
    "erase_of",
    "get",
    "hangs_on",
    "kind",
    "kinds",
    "leaving",
    "list_for",
    "picture_of",
    "pictures",
    "portraits",
    "safe_name",
    "served",
    "subject_types",
    "sweeping",
    "topics",
    "upload",
    "verbs",
]
