"""What others see of a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.storage import Opened
from src.domain import accounts
from src.domain.files.kinds import SHOWN_INLINE, is_redrawn
from src.domain.files.tables import Blob, File, Picture, PictureState


@dataclass(frozen=True, slots=True)
class Uploader:
    """Who uploaded it."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class PictureView:
    """What became of a picture: width and height in picture points, once it can be shown small.

    `fault` is the code of the refusal where it cannot.
    """

    state: PictureState
    width: int | None = None
    height: int | None = None
    fault: str | None = None

    @property
    def is_shown(self) -> bool:
        """Whether its sizes can be had."""
        return self.width is not None

    @property
    def is_held(self) -> bool:
        """Whether its bytes are kept back, because they were not drawn anew."""
        return self.state in (PictureState.WAITING, PictureState.REFUSED)

    @property
    def is_coming(self) -> bool:
        """Whether it is being prepared."""
        return self.width is None and self.fault is None


@dataclass(frozen=True, slots=True)
class FileView:
    """A file: `size` in bytes, `content_type` by its content, `sha256` of it in hexadecimal.

    All three are of what is stored: pictures are stored without what cameras write beside them.
    """

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
    picture: PictureView | None = None

    @property
    def is_shown_inline(self) -> bool:
        """Whether a browser may show it in its own window."""
        return self.content_type in SHOWN_INLINE

    @property
    def is_held(self) -> bool:
        """Whether its bytes are kept back for now."""
        return self.picture is not None and self.picture.is_held


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file that was stored now, or before under the same Idempotency-Key."""

    file: FileView
    is_replay: bool = False


@dataclass(frozen=True, slots=True)
class Served:
    """What would be sent of a file; its type, size and digest are those of the size asked for."""

    file: FileView
    key: str
    is_restricted: bool


@dataclass(frozen=True, slots=True)
class Download:
    """A file and its bytes, being read."""

    file: FileView
    content: Opened
    is_restricted: bool = False


def picture_of(kind: str, content_type: str, picture: Picture | None) -> PictureView | None:
    """What became of a file that is a picture; None for every other."""
    if picture is not None:
        return PictureView(picture.state, picture.width, picture.height, picture.fault)
    # Stored before pictures were drawn anew; the worker will find it.
    return PictureView(PictureState.WAITING) if is_redrawn(kind, content_type) else None


async def of(
    session: AsyncSession, rows: Sequence[tuple[File, Blob, Picture | None]]
) -> list[FileView]:
    """Views of rows, with the names of people in one statement."""
    ids = {file.uploaded_by for file, _, _ in rows if file.uploaded_by is not None}
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
            picture=picture_of(file.kind, blob.content_type, picture),
        )
        for file, blob, picture in rows
    ]
