"""Who looks after a resource, and its photo, on the wire."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import Field

from src.domain import resources
from src.domain.resources.tables import Duty
from src.models.common import Wire


class ResponsiblePersonRead(Wire):
    """Whom to ask; `primary` is the resource's contact."""

    role: Literal["primary", "deputy", "trainer", "safety"]
    id: UUID
    name: str
    email: str


class ResourcePeople(Wire):
    """Everybody responsible, in the order in which to ask them."""

    people: list[ResponsiblePersonRead]


class Charge(Wire):
    """Somebody is to look after the resource in this way."""

    role: Duty
    user_id: UUID


class ResourcePeopleSet(Wire):
    """Deputies, trainers and safety; the contact is the resource's own field `contact_id`."""

    people: list[Charge] = Field(max_length=resources.MOST_PEOPLE)


class PhotoSet(Wire):
    """A PNG, JPEG or WebP of at most 10 MB among the files of the resource."""

    file_id: UUID
