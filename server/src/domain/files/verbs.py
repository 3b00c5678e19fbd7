"""What the record says of files."""

from __future__ import annotations

from src.core.events import Kind, verb
from src.core.language import mark

verb("file.uploaded", mark("File uploaded"))
verb("file.read", mark("File read"), kind=Kind.RESTRICTED_READ)
verb("file.deleted", mark("File deleted"))
verb("file.prepared", mark("Picture prepared"))
verb("file.refused", mark("Picture could not be read"))
verb("user.picture_set", mark("Profile picture changed"))
verb("user.picture_removed", mark("Profile picture removed"))
