"""What leads from one thing of operations to another, on the wire."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

from pydantic import Field

from src.domain.operations.subjects import Thing
from src.models.common import Line, Wire

Kind = Annotated[Line, Field(min_length=1, max_length=40, examples=["resource"])]
Tags = Annotated[
    list[Annotated[Line, Field(min_length=1, max_length=41)]],
    Field(max_length=20, examples=[["laser", "room-3"]]),
]


class LinkTo(Wire):
    """Something that exists and that you may see, by its kind and id."""

    type: Kind
    id: UUID


Links = Annotated[list[LinkTo], Field(max_length=50)]


class LinkRead(Wire):
    """Something that is linked, as far as you may see it."""

    type: str
    id: UUID
    title: str
    path: str


def pairs(links: Iterable[LinkTo]) -> tuple[tuple[str, UUID], ...]:
    """As the service takes them."""
    return tuple((link.type, link.id) for link in links)


def read(things: Iterable[Thing]) -> list[LinkRead]:
    """As the service gives them."""
    return [LinkRead(type=one.kind, id=one.id, title=one.title, path=one.path) for one in things]
