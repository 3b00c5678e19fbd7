"""What a search finds, on the wire."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from src.models.common import Wire

KINDS = (
    "resource, booking, person, closure, update, incident, blocker, decision, handover or comment."
)


class PieceRead(Wire):
    """A part of a text. Plain text, never HTML."""

    text: str = Field(examples=["laser"])
    is_found: bool = Field(examples=[True], description="Whether it holds a word of `q`.")


class HitRead(Wire):
    """Something that was found. `path` is its page here; null where the reader has none of it."""

    id: UUID
    title: str = Field(examples=["Confocal 1"])
    subtitle: str = Field(examples=["Confocal · North · Room 12"])
    path: str | None = Field(examples=["/resources/0198c0de-5a7e-7000-8000-000000000002"])
    title_pieces: list[PieceRead] = Field(description="The title in parts, to show what was found.")
    excerpt: list[PieceRead] = Field(
        description="The part of its text that was found, in parts; empty for what has no text."
    )


class SearchGroup(Wire):
    """What was found of one kind, the nearest first."""

    kind: str = Field(examples=["resource"], description=KINDS)
    title: str = Field(examples=["Resources"], description="In the language of the request.")
    hits: list[HitRead]
    has_more: bool
    more: str | None = Field(
        examples=["/resources?q=confocal"], description="The page of the rest."
    )
