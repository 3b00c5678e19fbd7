"""Blockers on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field

from src.domain.operations.blockers import Action, BlockerView, Wish, service, states
from src.domain.operations.tables import BlockerState, Severity, WaitingOn
from src.models import linked
from src.models.common import Line, Reference, Text, Wire, absent
from src.models.linked import LinkRead, Links, Tags

_LONGEST = service.LONGEST
Title = Annotated[
    Line, Field(min_length=1, max_length=_LONGEST["title"], examples=["No liquid nitrogen"])
]
Markdown = Annotated[Text, Field(max_length=_LONGEST["description"])]
Impact = Annotated[
    Text, Field(max_length=_LONGEST["impact_text"], examples=["The cryostat stands still."])
]
Whom = Annotated[Line, Field(max_length=_LONGEST["waiting_on_name"], examples=["Linde"])]
Note = Annotated[
    Text,
    Field(min_length=1, max_length=states.LONGEST_NOTE, examples=["The delivery came."]),
]


class BlockerCreate(Wire):
    """What keeps the team from going on. Texts are Markdown.

    `waiting_on_id` is a person here, for `waiting_on: person`; anybody else has a
    `waiting_on_name`.
    """

    title: Title
    waiting_on: WaitingOn
    impact: Severity = Severity.UNDETERMINED
    description: Markdown = ""
    impact_text: Impact = ""
    team_id: UUID | None = None
    owner_id: UUID | None = None
    waiting_on_id: UUID | None = None
    waiting_on_name: Whom = ""
    needed_by: date | None = None
    tags: Tags = Field(default_factory=list)
    links: Links = Field(default_factory=list)

    def wish(self) -> Wish:
        """What the service takes."""
        values = self.model_dump(exclude={"tags", "links"})
        return Wish(**values, tags=tuple(self.tags), links=linked.pairs(self.links))


class BlockerUpdate(Wire):
    """What changes. Null clears: nobody owns it, it is for everybody, no day it is needed by."""

    title: Title = absent()
    waiting_on: WaitingOn = absent()
    impact: Severity = absent()
    description: Markdown | None = None
    impact_text: Impact | None = None
    team_id: UUID | None = None
    owner_id: UUID | None = None
    waiting_on_id: UUID | None = None
    waiting_on_name: Whom | None = None
    needed_by: date | None = None
    tags: Tags | None = None
    links: Links | None = None

    def changes(self) -> dict[str, Any]:
        """What the service takes."""
        found = self.model_dump(exclude_unset=True)
        if self.links is not None:
            found["links"] = linked.pairs(self.links)
        return found


class BlockerTransition(Wire):
    """Where it goes: `resolved` with what resolved it, `active` with why it is back."""

    to: BlockerState
    note: Note


class BlockerListed(Wire):
    """A blocker. `impact_rank` grows with the impact: 0 is undetermined, 4 critical.

    `allowed` is what you may do with it now.
    """

    id: UUID
    number: int
    name: str
    title: str
    description: str
    team: Reference | None
    owner: Reference | None
    waiting_on: WaitingOn
    waiting_on_person: Reference | None
    waiting_on_name: str
    impact: Severity
    impact_rank: int
    impact_text: str
    needed_by: date | None
    state: BlockerState
    raised_by: Reference | None
    raised_at: datetime
    resolution: str
    resolved_at: datetime | None
    resolved_by: Reference | None
    archived_at: datetime | None
    tags: list[str]
    allowed: list[Action]
    version: int
    created_at: datetime
    updated_at: datetime


class BlockerRead(BlockerListed):
    """The same with what it leads to, and what leads to it."""

    links: list[LinkRead]
    linked_from: list[LinkRead]

    @classmethod
    def of(cls, view: BlockerView) -> Self:
        """As the service gives it."""
        shown = BlockerListed.model_validate(view)
        return cls(
            **{name: getattr(shown, name) for name in BlockerListed.model_fields},
            links=linked.read(view.links),
            linked_from=linked.read(view.linked_from),
        )
