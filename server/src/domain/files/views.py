"""What others see of a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.storage import Opened
from src.domain import accounts
from src.domain.files.kinds import SHOWN_INLINE
from src.domain.files.tables import Blob, File


@dataclass(frozen=True, slots=True)
class Uploader:
    """Who uploaded it."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class FileView:
    """A file: `size` in bytes, `content_type` by its content, `sha256` of it in hexadecimal."""

    id: UUID
    name: str
    kind: str
    subject_type: str
    subject_id: UUID
    content_type: str
    size: int
    sha256: str
    uploaded_by: Uploader | None
    created_at: datetime

    @property
    def is_shown_inline(self) -> bool:
        """Whether a browser may show it in its own window."""
        return self.content_type in SHOWN_INLINE


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file that was stored now, or before under the same Idempotency-Key."""

    file: FileView
    is_replay: bool = False


@dataclass(frozen=True, slots=True)
class Download:
    """A file and its bytes, being read."""

    file: FileView
    content: Opened


async def of(session: AsyncSession, rows: Sequence[tuple[File, Blob]]) -> list[FileView]:
    """Views of rows, with the names of people in one statement."""
    ids = {file.uploaded_by for file, _ in rows if file.uploaded_by is not None}
    names = await accounts.names(session, ids) if ids else {}
    return [
        FileView(
            id=file.id,
            name=file.name,
            kind=file.kind,
            subject_type=file.subject_type,
            subject_id=file.subject_id,
            content_type=blob.content_type,
            size=blob.size,
            sha256=blob.sha256,
            uploaded_by=None
            if file.uploaded_by is None
            else Uploader(file.uploaded_by, names.get(file.uploaded_by, "")),
            created_at=file.created_at,
        )
        for file, blob in rows
    ]
