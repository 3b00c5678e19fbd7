"""Addresses of calendars on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from src.domain.bookings import feeds
from src.domain.bookings.feeds import FeedKind, FeedView, FeedWish, NewFeed
from src.models.common import Line, Wire

Name = Annotated[Line, Field(max_length=120, examples=["On my phone"])]


class FeedCreate(Wire):
    """A calendar to have elsewhere."""

    kind: FeedKind = FeedKind.PERSON
    subject_id: UUID | None = Field(
        None, description="The person (without it: you), the team or the resource it shows."
    )
    name: Name = ""

    def wish(self) -> FeedWish:
        """As the service takes it."""
        return FeedWish(self.kind, self.subject_id, self.name)


class FeedUpdate(Wire):
    """Another name."""

    name: Name


class FeedRead(Wire):
    """An address of a calendar; the address itself is told once, when it is made or renewed."""

    id: UUID
    name: str
    kind: FeedKind
    subject_id: UUID
    subject: str | None = Field(
        description="Whose calendar it is; null: that is gone, or you may not see it."
    )
    hint: str = Field(description="The last characters of the secret in the address.")
    revoked_at: datetime | None
    last_used_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, view: FeedView) -> Self:
        """The address as it goes over the wire."""
        return cls.model_validate(view)


class FeedCreated(FeedRead):
    """What is shown by this answer and never again."""

    address: str = Field(
        description="Whoever has it reads the calendar as you may see it.",
        json_schema_extra={"format": "uri"},
    )

    @classmethod
    def of_new(cls, made: NewFeed, base_url: str) -> Self:
        """The address with its secret."""
        read = FeedRead.of(made.view).model_dump()
        return cls(**read, address=feeds.address(base_url, made.token))
