"""Those who take part in a booking, on the wire: attendees, groups, templates, transfers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from src.domain import bookings
from src.domain.bookings import BookingView
from src.domain.bookings.parties import GroupItem
from src.models.bookings import (
    EXAMPLE,
    Answers,
    Attendees,
    BookingRead,
    Note,
    Notes,
    OverrideReason,
    ResourceRef,
    Title,
    Unit,
)
from src.models.common import Line, Moment, Reference, Wire, absent

Response = Literal["invited", "accepted", "tentative", "declined"]
People = Annotated[list[UUID], Field(min_length=1, max_length=50)]
TemplateName = Annotated[Line, Field(min_length=1, max_length=120, examples=["Morning slides"])]
Minutes = Annotated[int, Field(strict=True, ge=1, le=366 * 1440)]


class Invite(Wire):
    """Who else comes; they are asked."""

    user_ids: People


class Respond(Wire):
    """Whether one comes; `whole_series` says so for all of it that lies ahead."""

    response: Literal["accepted", "tentative", "declined"]
    whole_series: Annotated[bool, Field(strict=True)] = False


class AttendeeRead(Wire):
    """Somebody invited; that they are busy then is told to whose booking it is, and to them."""

    person: Reference
    response: Response
    added_at: datetime
    responded_at: datetime | None
    is_busy: bool


class GroupPart(Wire):
    """One of the resources, and what it asks."""

    resource_id: UUID
    unit: Unit | None = None
    answers: Answers | None = None


class GroupCreate(Wire):
    """Several resources for the same time, all or none."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [{"resource_id": EXAMPLE["resource_id"]}],
                    "starts_at": EXAMPLE["starts_at"],
                    "ends_at": EXAMPLE["ends_at"],
                    "title": EXAMPLE["title"],
                }
            ]
        }
    )

    items: Annotated[list[GroupPart], Field(min_length=1, max_length=20)]
    starts_at: Moment
    ends_at: Moment
    title: Title = ""
    notes: Notes = ""
    team_id: UUID | None = None
    booked_for: UUID | None = None
    override_reason: OverrideReason | None = None
    attendees: Attendees = ()
    project_id: UUID | None = None

    def wish(self) -> bookings.Wish:
        """What is the same for all of them."""
        shared = set(GroupCreate.model_fields) - {"items"}
        fields = {name: getattr(self, name) for name in shared}
        return bookings.Wish(resource_id=self.items[0].resource_id, **fields)

    def parts(self) -> list[GroupItem]:
        """The resources."""
        return [GroupItem(item.resource_id, item.unit, item.answers) for item in self.items]


class GroupRead(Wire):
    """What was booked together."""

    group_id: UUID
    bookings: list[BookingRead]

    @classmethod
    def of(cls, views: list[BookingView]) -> Self:
        """The group as it goes over the wire."""
        shown = [BookingRead.of(view) for view in views]
        return cls.model_validate({"group_id": views[0].group_id, "bookings": shown})


class TemplateCreate(Wire):
    """A booking one makes often; with a team its members may use it, too."""

    name: TemplateName
    resource_id: UUID
    minutes: Minutes
    unit: Unit | None = None
    title: Title = ""
    notes: Notes = ""
    team_id: UUID | None = None
    project_id: UUID | None = None
    attendees: Attendees = ()
    answers: Answers = Field(default_factory=dict)


class TemplateUpdate(Wire):
    """What may be changed of a template of one's own."""

    name: TemplateName = absent()
    resource_id: UUID = absent()
    minutes: Minutes = absent()
    unit: Unit | None = None
    title: Title = absent()
    notes: Notes = absent()
    team_id: UUID | None = None
    project_id: UUID | None = None
    attendees: Attendees = absent()
    answers: Answers = absent()


class TemplateRead(Wire):
    """A template of one's own, or one that a team shares."""

    id: UUID
    owner: Reference
    is_own: bool
    team_id: UUID | None
    name: str
    resource: ResourceRef
    unit: int | None
    minutes: int
    title: str
    notes: str
    project_id: UUID | None
    attendees: list[UUID]
    answers: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime


class TransferCreate(Wire):
    """To whom, and a word with it."""

    to_id: UUID
    note: Note = ""


class TransferRead(Wire):
    """A booking that is offered to somebody; once taken, `new_booking_id` is theirs."""

    id: UUID
    booking_id: UUID
    resource: ResourceRef
    starts_at: datetime
    ends_at: datetime
    title: str
    from_person: Reference
    to_person: Reference
    state: Literal["open", "accepted", "declined", "withdrawn", "lapsed"]
    note: str
    expires_at: datetime
    decided_at: datetime | None
    new_booking_id: UUID | None
    version: int
    created_at: datetime
    updated_at: datetime
    allowed: list[Literal["accept", "decline", "withdraw"]]
