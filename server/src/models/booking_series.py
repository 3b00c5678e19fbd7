"""Series of bookings on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from src.domain.bookings.series import Part
from src.models.bookings import (
    EXAMPLE,
    WISH,
    BookingCreate,
    BookingProblem,
    BookingUpdate,
    Conflict,
    Contact,
    Note,
    ResourceRef,
    Violation,
)
from src.models.common import Line, Moment, Reference, Wire

Rule = Annotated[
    Line,
    Field(
        min_length=1,
        max_length=500,
        examples=["FREQ=WEEKLY;BYDAY=MO;COUNT=10"],
        description=(
            "RFC 5545: FREQ=DAILY, WEEKLY or MONTHLY with INTERVAL, BYDAY, BYMONTHDAY, and COUNT "
            "or UNTIL; at most 200 occurrences, in the local time of the resource."
        ),
    ),
]
Local = Annotated[
    Line,
    Field(
        max_length=16,
        examples=["2026-12-24T09:00"],
        description="A start by the clock on the wall of the resource.",
    ),
]
Skip = Annotated[list[Local], Field(max_length=200)]
Scope = Literal["this", "following", "all"]
From = Annotated[
    Moment | None,
    Field(description="A start the rule gives (`series_at` of a booking); all may do without."),
]


class SeriesCheck(BookingCreate):
    """A series that is asked about: the first of its bookings, and the rule for the others."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**WISH, "rule": "FREQ=WEEKLY;COUNT=4"}]}
    )

    rule: Rule
    skip: Skip = Field(default_factory=list)


class SeriesCreate(SeriesCheck):
    """A series to be booked whole; `skip_conflicts` leaves out what cannot be booked."""

    skip_conflicts: Annotated[bool, Field(strict=True)] = False


class SeriesUpdate(BookingUpdate):
    """What shall change, and of which part of the series; `from` is needed but for `all`.

    Times are those of the occurrence `from`; the others move along by the clock on the wall.
    `skip_conflicts` leaves bookings that cannot follow where they are.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"scope": "all", "title": "Another title"}]}
    )

    scope: Scope
    from_: From = Field(None, alias="from")
    skip_conflicts: Annotated[bool, Field(strict=True)] = False

    def part(self) -> Part:
        """Which part is meant."""
        return Part(self.scope, self.from_)


class SeriesCancel(Wire):
    """Which part to cancel, and why; without a word all of it."""

    scope: Scope = "all"
    from_: From = Field(None, alias="from")
    reason: Note | None = None

    def part(self) -> Part:
        """Which part is meant."""
        return Part(self.scope, self.from_)


class Occurrence(Wire):
    """One time of a series and what would become of it.

    `skipped-hour`: the clocks go forward over it, so that it is left out.
    """

    local: str
    starts_at: datetime | None
    ends_at: datetime | None
    outcome: Literal["confirmed", "requested", "refused", "taken", "skipped-hour"]
    violations: list[Violation]
    conflicts: list[Conflict]
    is_skipped: bool


class SeriesAnswer(Wire):
    """What would happen to every occurrence of a series."""

    rule: str
    timezone: str
    occurrences: list[Occurrence]
    contact: Contact | None


class SeriesRead(Wire):
    """A series. `ahead` of its `count` bookings lie ahead; they are in `bookings?series_id=`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0198c0de-5a7e-7000-8000-000000000006",
                    "resource": {
                        "id": EXAMPLE["resource_id"],
                        "name": "Confocal 1",
                        "timezone": "Europe/Berlin",
                    },
                    "rule": "FREQ=WEEKLY;COUNT=10",
                    "starts_at": EXAMPLE["starts_at"],
                    "timezone": "Europe/Berlin",
                    "minutes": 120,
                    "skipped": ["2026-12-28T10:00"],
                    "title": EXAMPLE["title"],
                    "notes": "",
                    "unit": None,
                    "booked_by": EXAMPLE["booked_by"],
                    "booked_for": EXAMPLE["booked_for"],
                    "team_id": None,
                    "project_id": None,
                    "answers": {},
                    "count": 9,
                    "ahead": 9,
                    "next_at": EXAMPLE["starts_at"],
                    "cancelled_at": None,
                    "version": 1,
                    "created_at": EXAMPLE["created_at"],
                    "updated_at": EXAMPLE["updated_at"],
                    "allowed": ["edit", "cancel"],
                }
            ]
        }
    )

    id: UUID
    resource: ResourceRef
    rule: str
    starts_at: datetime
    timezone: str
    minutes: int
    skipped: list[str]
    title: str
    notes: str
    unit: int | None
    booked_by: Reference
    booked_for: Reference
    team_id: UUID | None
    project_id: UUID | None
    answers: dict[str, Any]
    count: int
    ahead: int
    next_at: datetime | None
    cancelled_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime
    allowed: list[Literal["edit", "cancel"]]


class SeriesProblem(BookingProblem):
    """A series that cannot be booked whole: every occurrence in the way, and why."""

    occurrences: list[Occurrence] = Field(default_factory=list)
