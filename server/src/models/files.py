"""Files on the wire; their bytes travel as they are."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from src.models.common import Reference, Wire


class FileRead(Wire):
    """A stored file. Its bytes are at `/api/v1/files/{id}/content`."""

    id: UUID
    name: str = Field(examples=["manual.pdf"])
    kind: str = Field(examples=["document"])
    subject_type: str = Field(examples=["resource"])
    subject_id: UUID
    content_type: str = Field(
        examples=["application/pdf"], description="By its content, never by its name."
    )
    size: int = Field(description="In bytes.")
    sha256: str
    uploaded_by: Reference | None = None
    created_at: datetime
