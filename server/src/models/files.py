"""Files on the wire; their bytes travel as they are."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from src.domain.files import PictureState
from src.models.common import Reference, Wire


class PictureRead(Wire):
    """What became of a picture. Until it is `ready` or `kept`, its bytes are kept back."""

    state: PictureState = Field(
        description="`waiting` until it was drawn anew, then `ready` or `refused`; `kept` as it was "
        "sent but for its metadata."
    )
    width: int | None = Field(description="In picture points, once its sizes are there.")
    height: int | None
    fault: str | None = Field(description="The code of the refusal.", examples=[None])


class FileRead(Wire):
    """A stored file. Its bytes are at `/api/v1/files/{id}/content`.

    What cameras and programs write beside a picture (place, time, names) is not stored.
    """

    id: UUID
    name: str = Field(examples=["manual.pdf"])
    kind: str = Field(examples=["document"])
    subject_type: str = Field(examples=["resource"])
    subject_id: UUID
    content_type: str = Field(
        examples=["application/pdf"], description="By its content, never by its name."
    )
    size: int = Field(description="In bytes, of what is stored.")
    sha256: str = Field(description="Of what is stored.")
    uploaded_by: Reference | None = None
    created_at: datetime
    picture: PictureRead | None = Field(None, description="Only of pictures.")
