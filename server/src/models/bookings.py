"""Bookings and calendars on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Discriminator, Field, Tag

from src.domain import bookings
from src.models.common import BRANCH, Line, Moment, Problem, Reference, Text, Wire, absent

Title = Annotated[Line, Field(max_length=200, examples=["Confocal, slides 4 to 9"])]
Notes = Annotated[Text, Field(max_length=10_000)]
Unit = Annotated[
    int, Field(strict=True, ge=1, le=10_000, description="The number of a unit; absent is any.")
]
OverrideReason = Annotated[
    Text,
    Field(max_length=1000, description="Passes over rules that may be; needs a permission."),
]
Note = Annotated[Text, Field(max_length=1000)]
Attendees = Annotated[
    tuple[UUID, ...], Field(max_length=50, description="Who else comes: they are invited.")
]
Answers = Annotated[
    dict[Text, Text | int | float | bool | None],
    Field(max_length=100, description="The answers to what the resource asks, by its schema."),
]
Status = Literal[
    "requested", "confirmed", "in_use", "completed", "rejected", "expired", "cancelled", "no_show"
]
MAX_BATCH = 500

EXAMPLE: dict[str, Any] = {
    "id": "0198c0de-5a7e-7000-8000-000000000005",
    "resource_id": "0198c0de-5a7e-7000-8000-000000000002",
    "unit": 1,
    "starts_at": "2026-11-23T09:00:00Z",
    "ends_at": "2026-11-23T11:00:00Z",
    "title": "Confocal, slides 4 to 9",
    "notes": "",
    "status": "confirmed",
    "booked_by": {"id": "0198c0de-5a7e-7000-8000-000000000001", "name": "Ada Lovelace"},
    "booked_for": {"id": "0198c0de-5a7e-7000-8000-000000000001", "name": "Ada Lovelace"},
    "team_id": None,
    "series_id": None,
    "series_at": None,
    "group_id": None,
    "project_id": None,
    "answers": {},
    "sequence": 0,
    "is_rival": False,
    "request_expires_at": None,
    "checked_in_at": None,
    "checked_out_at": None,
    "planned_ends_at": None,
    "decision_note": None,
    "override_reason": None,
    "is_cancelled_late": False,
    "restorable_until": None,
    "is_masked": False,
    "version": 3,
    "created_at": "2026-11-21T09:00:00Z",
    "updated_at": "2026-11-21T09:00:00Z",
    "allowed": ["edit", "cancel"],
    "resource": None,
}
WISH: dict[str, Any] = {
    name: EXAMPLE[name] for name in ("resource_id", "starts_at", "ends_at", "title")
}


class BookingCreate(Wire):
    """What somebody would like to book."""

    model_config = ConfigDict(json_schema_extra={"examples": [WISH]})

    resource_id: UUID
    starts_at: Moment
    ends_at: Moment
    title: Title = ""
    notes: Notes = ""
    unit: Unit | None = None
    team_id: UUID | None = None
    booked_for: UUID | None = None
    override_reason: OverrideReason | None = None
    attendees: Attendees = ()
    answers: Answers | None = None
    project_id: UUID | None = None
    slot_id: UUID | None = Field(None, description="A time that is kept for you already.")

    def wish(self) -> bookings.Wish:
        """What the service is asked for."""
        return bookings.Wish(**{name: getattr(self, name) for name in BookingCreate.model_fields})


class BookingCheck(BookingCreate):
    """What would happen? With `booking_id`, to that booking if it were changed so.

    Then its own time is not in the way, and it stays whose it is: `booked_for` says nothing.
    """

    booking_id: UUID | None = None


class BookingUpdate(Wire):
    """What may be changed; the rules hold as they do for a new booking."""

    resource_id: UUID = absent()
    starts_at: Moment = absent()
    ends_at: Moment = absent()
    title: Title = absent()
    notes: Notes = absent()
    unit: Unit | None = None
    team_id: UUID | None = None
    project_id: UUID | None = None
    answers: Answers = absent()
    override_reason: OverrideReason | None = None

    def changes(self) -> dict[str, Any]:
        """What was said, and no more."""
        said = self.model_fields_set & set(BookingUpdate.model_fields)
        return {name: getattr(self, name) for name in said}


class Reason(Wire):
    """Why, for those concerned to read."""

    reason: Note | None = None


class Decision(Wire):
    """A word to whoever asked."""

    note: Note | None = None


class ResourceRef(Reference):
    """A resource by its name; `timezone` is where its opening hours are meant."""

    timezone: str


class BookingRead(Wire):
    """A booking as you may see it. `allowed` is what you may do with it now."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: UUID
    resource_id: UUID
    unit: int
    starts_at: datetime
    ends_at: datetime
    title: str
    notes: str
    status: Status
    booked_by: Reference | None
    booked_for: Reference | None
    team_id: UUID | None
    series_id: UUID | None = None
    series_at: datetime | None = None
    group_id: UUID | None = Field(None, description="Shared by what was booked together.")
    project_id: UUID | None = None
    answers: dict[str, Any] = Field(default_factory=dict)
    sequence: int = 0
    is_rival: bool = False
    request_expires_at: datetime | None
    checked_in_at: datetime | None
    checked_out_at: datetime | None
    planned_ends_at: datetime | None
    decision_note: str | None
    override_reason: str | None
    is_cancelled_late: bool
    restorable_until: datetime | None = Field(
        description="Until when a cancellation can be taken back (`restore`)."
    )
    is_masked: bool
    version: int
    created_at: datetime
    updated_at: datetime
    allowed: list[
        Literal["edit", "cancel", "check-in", "check-out", "approve", "reject", "restore"]
    ]
    resource: ResourceRef | None = Field(None, description="With `include=resource` alone.")

    @classmethod
    def of(cls, view: bookings.BookingView, *, include: frozenset[str] = frozenset()) -> Self:
        """The booking as it goes over the wire."""
        own = {"resource_id", "resource"}
        fields: dict[str, Any] = {
            name: getattr(view, name) for name in cls.model_fields if name not in own
        }
        fields["resource_id"] = view.resource.id
        if "resource" in include:
            fields["resource"] = view.resource
        return cls.model_validate(fields)


class Violation(Wire):
    """A rule that does not hold. `field` is what would have to change; `numbers` say by how much."""

    code: str
    message: str
    overridable: bool
    numbers: dict[str, int | str | None]
    field: str | None


class Conflict(Wire):
    """What stands in the way, buffers included, as far as you may see."""

    resource_id: UUID
    unit: int
    starts_at: datetime
    ends_at: datetime
    kind: Literal["booking", "block"]
    title: str
    booking_id: UUID | None
    booked_for: Reference | None


class Suggestion(Wire):
    """A window that is free and fits all rules."""

    kind: Literal["unit", "resource", "earlier", "later", "shorter"]
    resource: ResourceRef
    unit: int
    starts_at: datetime
    ends_at: datetime


class Contact(Reference):
    """Whom to ask about the resource: the person first responsible for it."""

    email: str


class QuotaForecast(Wire):
    """Where one would stand in a period of a quota: `taken` by others, `adding` by this."""

    allocation_id: UUID
    name: str
    unit: Literal["minutes", "count"]
    period_start: date
    period_end: date
    amount: int
    taken: int
    adding: int
    left: int


class Answer(Wire):
    """What would happen: confirmed, requested (somebody must approve) or refused, and why."""

    outcome: Literal["confirmed", "requested", "refused"]
    violations: list[Violation]
    conflicts: list[Conflict]
    suggestions: list[Suggestion]
    contact: Contact | None
    request_expires_at: datetime | None
    warnings: list[Violation] = Field(description="What to know; it stands in nobody's way.")
    quotas: list[QuotaForecast]


class Hit(Wire):
    """A booking that is in the way, and where it could go."""

    booking: BookingRead
    suggestions: list[Suggestion]

    @classmethod
    def of(cls, hit: Any) -> Self:  # noqa: ANN401 - displacement's Hit
        """The hit as it goes over the wire."""
        found = [Suggestion.model_validate(item) for item in hit.suggestions]
        return cls(booking=BookingRead.of(hit.booking), suggestions=found)


class BatchCreate(BookingCreate):
    """A booking to be made."""

    action: Literal["create"] = "create"


class BatchUpdate(BookingUpdate):
    """A booking to be changed; `version` is the one that was read."""

    action: Literal["update"]
    id: UUID
    version: Annotated[int, Field(strict=True, ge=1)] | None = None


class BatchCancel(Reason):
    """A booking to be cancelled."""

    action: Literal["cancel"]
    id: UUID
    version: Annotated[int, Field(strict=True, ge=1)] | None = None


def _action(item: object) -> str:
    """Which of the three an item is; one that says nothing is a booking to be made."""
    said = (
        item.get("action", "create")
        if isinstance(item, dict)
        else getattr(item, "action", "create")
    )
    return f"{BRANCH}{said}"


BatchItem = Annotated[
    Annotated[BatchCreate, Tag(f"{BRANCH}create")]
    | Annotated[BatchUpdate, Tag(f"{BRANCH}update")]
    | Annotated[BatchCancel, Tag(f"{BRANCH}cancel")],
    Discriminator(
        _action,
        custom_error_type="unknown_action",
        custom_error_message="The action should be create, update or cancel",
        custom_error_context={"member": "action"},
    ),
]


class BookingBatch(Wire):
    """Up to 500 bookings at once.

    `all` does everything or nothing, and its updates happen together: two bookings may swap
    their times. `each` does what it can and answers 207 with the failures by index.
    """

    mode: Literal["all", "each"] = "all"
    items: list[BatchItem] = Field(min_length=1, max_length=MAX_BATCH)


class BookingProblem(Problem):
    """A booking that cannot be: what stands in the way, every rule that fails, and what is free."""

    conflicts: list[Conflict] = Field(default_factory=list)
    suggestions: list[Suggestion] = Field(default_factory=list)
    violations: list[Violation] = Field(default_factory=list)
    contact: Contact | None = None


class DisplacementProblem(BookingProblem):
    """Bookings stand in the way of a closure; `hits` need a choice each."""

    hits: list[Hit] = Field(default_factory=list)
