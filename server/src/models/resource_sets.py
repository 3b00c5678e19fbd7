"""Personal sets of resources on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from src.domain.resources import sets
from src.models.common import Line, Wire, absent

Name = Annotated[Line, Field(min_length=1, max_length=120, examples=["My microscopes"])]
Members = Annotated[list[UUID], Field(min_length=1, max_length=sets.MOST_RESOURCES)]


class ResourceSetCreate(Wire):
    """A new set; the order of the resources is kept."""

    name: Name
    resource_ids: Members


class ResourceSetUpdate(Wire):
    """What may be changed of a set."""

    name: Name = absent()
    resource_ids: Members = absent()


class ResourceSetRead(Wire):
    """A set of one's own; resources one may no longer see are left out."""

    id: UUID
    name: str
    resource_ids: list[UUID]
    version: int
    created_at: datetime
    updated_at: datetime
