"""What goes on in an incident, on the wire: roles, timeline, tasks, updates, review, subscriptions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StrictBool

from src.domain.operations import Severity
from src.domain.operations.incidents import room
from src.domain.operations.tables import (
    EntryKind,
    IncidentRole,
    IncidentState,
    TaskPhase,
    TaskState,
)
from src.models.common import Line, Moment, Reference, Text, Wire, absent

_Words = Annotated[Text, Field(max_length=room.updates.LONGEST)]
_Part = Annotated[Text, Field(max_length=room.review.LONGEST)]
_Note = Annotated[Text, Field(max_length=room.roles.LONGEST_NOTE)]
_Title = Annotated[Line, Field(min_length=1, max_length=room.tasks.LONGEST_TITLE)]
_Ids = Annotated[list[UUID], Field(max_length=room.subscriptions.MOST_OF_EACH)]


class IncidentRoleGive(Wire):
    """Give somebody a role. Whoever has it hands it over; responders stay beside each other.

    `instead_of` is the id of the role that was read: if somebody else has it meanwhile, 409.
    """

    role: IncidentRole
    user_id: UUID
    note: Annotated[_Note, Field(examples=["My shift ends at two."])] = ""
    instead_of: UUID | None = None


class IncidentRoleEnd(Wire):
    """Let a role end, and why."""

    note: _Note = ""


class IncidentRoleRead(Wire):
    """Who has or had a role; `until_at` is null while they have it."""

    id: UUID
    role: IncidentRole
    person: Reference
    since_at: datetime
    until_at: datetime | None
    given_by: Reference | None
    note: str


class IncidentNoteCreate(Wire):
    """A note in the timeline, in Markdown; `at` where it happened earlier than now."""

    text: Annotated[
        Text,
        Field(
            min_length=1, max_length=room.entries.LONGEST, examples=["The alarm went off again."]
        ),
    ]
    at: Moment | None = None


class IncidentEntryRead(Wire):
    """A line of the timeline.

    `words` is what was written by itself, in your language; `text` what somebody wrote. The three
    parts of an update are empty elsewhere. `at` is when it happened, `written_at` when it was
    written down: `is_backdated` where that was later.
    """

    id: UUID
    kind: EntryKind
    code: str
    at: datetime
    written_at: datetime
    author: Reference | None
    words: str
    text: str
    conditions: str
    actions: str
    needs: str
    is_backdated: bool
    is_pinned: bool


class IncidentUpdateCreate(Wire):
    """How it stands: the conditions, what is being done, what is needed."""

    conditions: Annotated[
        Text,
        Field(
            min_length=1,
            max_length=room.updates.LONGEST,
            examples=["The room is safe; imaging is not possible."],
        ),
    ]
    actions: _Words = ""
    needs: _Words = ""


class TaskIncident(Wire):
    """The incident a task is of."""

    id: UUID
    reference: str
    title: str
    state: IncidentState


class IncidentTaskCreate(Wire):
    """What is to be done. A mandatory task keeps the incident from being closed."""

    title: Annotated[_Title, Field(examples=["Ask the vendor for a visit"])]
    description: Annotated[Text, Field(max_length=room.tasks.LONGEST_TEXT)] = ""
    phase: TaskPhase = TaskPhase.RESPONSE
    is_mandatory: StrictBool = False
    owner_id: UUID | None = None
    due_at: Moment | None = None

    def wish(self) -> room.TaskWish:
        """What the service takes."""
        return room.TaskWish(
            self.title, self.description, self.phase, self.is_mandatory, self.owner_id, self.due_at
        )


class IncidentTaskUpdate(Wire):
    """An open task changed; null takes its owner or its date away."""

    title: _Title = absent()
    description: Annotated[Text, Field(max_length=room.tasks.LONGEST_TEXT)] = absent()
    phase: TaskPhase = absent()
    is_mandatory: StrictBool = absent()
    owner_id: UUID | None = absent()
    due_at: Moment | None = absent()


class IncidentTaskMove(Wire):
    """Where the task goes, and what came of it; dropping it needs a reason in `outcome`."""

    to: TaskState
    outcome: Annotated[
        Text, Field(max_length=room.tasks.LONGEST_OUTCOME, examples=["Replaced and tried."])
    ] = ""


class IncidentTaskRead(Wire):
    """A task of an incident. `allowed`: where you can let it go from here."""

    id: UUID
    incident: TaskIncident
    title: str
    description: str
    phase: TaskPhase
    state: TaskState
    is_mandatory: bool
    owner: Reference | None
    due_at: datetime | None
    is_overdue: bool
    done_at: datetime | None
    done_by: Reference | None
    outcome: str
    allowed: tuple[TaskState, ...]
    version: int
    created_at: datetime
    updated_at: datetime


class IncidentReviewWrite(Wire):
    """The review as it shall stand; what is left out is empty."""

    what_happened: Annotated[_Part, Field(examples=["A bottle slipped while it was decanted."])] = (
        ""
    )
    impact: _Part = ""
    root_cause: _Part = ""
    lessons: _Part = ""


class IncidentReviewReopen(Wire):
    """Why the signature is taken back."""

    reason: Annotated[
        Text,
        Field(
            min_length=1,
            max_length=room.review.LONGEST_REASON,
            examples=["The cause was another."],
        ),
    ]


class IncidentReviewRead(Wire):
    """What is learned. `may_…`: what you may do now; `why_not` says why you do not sign it."""

    incident_id: UUID
    what_happened: str
    impact: str
    root_cause: str
    lessons: str
    authors: tuple[Reference, ...]
    signed_by: Reference | None
    signed_at: datetime | None
    may_write: bool
    may_sign: bool
    may_reopen: bool
    why_not: str
    version: int
    created_at: datetime
    updated_at: datetime


class IncidentFilter(Wire):
    """Which incidents: each part fits where one of it does; what is left out fits always."""

    type_ids: _Ids = Field(default_factory=list)
    team_ids: _Ids = Field(default_factory=list)
    resource_ids: _Ids = Field(default_factory=list)
    tags: Annotated[list[Annotated[Line, Field(max_length=40)]], Field(max_length=20)] = Field(
        default_factory=list
    )
    least_severity: Severity | None = None


class IncidentSubscriptionCreate(Wire):
    """Hear of incidents that fit."""

    name: Annotated[
        Line,
        Field(
            min_length=1,
            max_length=room.subscriptions.LONGEST_NAME,
            examples=["Severe ones on our instruments"],
        ),
    ]
    filter: IncidentFilter = Field(default_factory=IncidentFilter)


class IncidentSubscriptionUpdate(Wire):
    """Another name, another filter as a whole, or whether it counts."""

    name: Annotated[Line, Field(min_length=1, max_length=room.subscriptions.LONGEST_NAME)] = (
        absent()
    )
    filter: IncidentFilter = absent()
    is_active: StrictBool = absent()

    def changes(self) -> dict[str, Any]:
        """What the service takes."""
        return self.model_dump(exclude_unset=True)


class IncidentSubscriptionRead(Wire):
    """A filter you saved, with the names of what it asks for."""

    id: UUID
    name: str
    filter: IncidentFilter
    is_active: bool
    types: tuple[Reference, ...]
    teams: tuple[Reference, ...]
    resources: tuple[Reference, ...]
    version: int
    created_at: datetime
    updated_at: datetime
