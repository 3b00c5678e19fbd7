"""What a search finds, on the wire."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from src.models.common import Wire


class HitRead(Wire):
    """Something that was found. `path` is its page here; null where the reader has none of it."""

    id: UUID
    title: str = Field(examples=["Confocal 1"])
    subtitle: str = Field(examples=["Confocal · North · Room 12"])
    path: str | None = Field(examples=["/resources/0198c0de-5a7e-7000-8000-000000000002"])


class SearchGroup(Wire):
    """What was found of one kind, the nearest first."""

    kind: str = Field(examples=["resource"], description="resource, booking, person, closure.")
    title: str = Field(examples=["Resources"], description="In the language of the request.")
    hits: list[HitRead]
    has_more: bool
    more: str | None = Field(
        examples=["/resources?q=confocal"], description="The page of the rest."
    )
