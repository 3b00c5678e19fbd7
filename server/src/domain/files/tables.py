"""Stored files: the bytes by their digest, the names beside the objects they hang on."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from src.core.db import Identified, Table, choice


class Blob(Table):
    """Bytes in the object store, once for each content.

    `key` is where they lie: it is never used again, so bytes that no row names can be removed at
    any time, even while the same content is being uploaded anew.
    """

    __tablename__ = "blobs"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    size: Mapped[int] = mapped_column(BigInteger)
    content_type: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime]


class File(Identified, Table):
    """A named file on an object; who may see the object may see the file."""

    __tablename__ = "files"
    __table_args__ = (
        Index(None, "subject_type", "subject_id"),
        Index(None, "sha256"),
        Index(
            "ix_files_deleted",
            "deleted_at",
            postgresql_where=text("deleted_at IS NOT NULL"),
            sqlite_where=text("deleted_at IS NOT NULL"),
        ),
    )

    sha256: Mapped[str] = mapped_column(ForeignKey("blobs.sha256"))
    name: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(40))
    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID]
    uploaded_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class PictureState(StrEnum):
    """waiting -> ready | refused, where it is drawn anew; kept, where it stays as it was sent."""

    WAITING = "waiting"
    READY = "ready"
    REFUSED = "refused"
    KEPT = "kept"


class Picture(Table):
    """What became of a file that is a picture. A picture without this row is from before there was one.

    `width` and `height` in picture points are known once its small ones are there; `fault` is the
    code of the refusal, where they cannot be.
    """

    __tablename__ = "pictures"

    file_id: Mapped[UUID] = mapped_column(
        ForeignKey("files.id", ondelete="CASCADE"), primary_key=True
    )
    state: Mapped[PictureState] = mapped_column(choice(PictureState))
    width: Mapped[int | None]
    height: Mapped[int | None]
    fault: Mapped[str | None] = mapped_column(String(60))
    settled_at: Mapped[datetime | None]


class Rendition(Table):
    """A picture in a smaller size: its width in picture points, and its bytes."""

    __tablename__ = "renditions"
    __table_args__ = (Index(None, "sha256"),)

    file_id: Mapped[UUID] = mapped_column(
        ForeignKey("files.id", ondelete="CASCADE"), primary_key=True
    )
    width: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sha256: Mapped[str] = mapped_column(ForeignKey("blobs.sha256"))
