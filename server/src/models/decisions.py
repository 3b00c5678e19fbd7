"""Decisions on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StrictBool

from src.domain.operations.decisions import (
    Action,
    DecisionView,
    OptionWish,
    Verdict,
    Wish,
    participants,
    service,
    states,
)
from src.domain.operations.tables import DecisionState, Stance
from src.models import linked
from src.models.common import Line, Reference, Text, Wire, absent
from src.models.linked import LinkRead, Links, Tags

_LONGEST, _OPTION = service.LONGEST, service.LONGEST_OPTION
Title = Annotated[
    Line,
    Field(min_length=1, max_length=_LONGEST["title"], examples=["One buffer for all cryostats"]),
]
Markdown = Annotated[
    Text, Field(max_length=_LONGEST["context"], examples=["Three recipes are in use."])
]
OptionTitle = Annotated[
    Line, Field(min_length=1, max_length=_OPTION["title"], examples=["Keep the recipe of 2024"])
]
OptionText = Annotated[Text, Field(max_length=_OPTION["description"])]
Reason = Annotated[Text, Field(max_length=states.LONGEST_REASON)]
Said = Annotated[
    Text,
    Field(min_length=1, max_length=states.LONGEST_REASON, examples=["The supplier changed."]),
]
People = Annotated[list[UUID], Field(max_length=service.MOST_PARTICIPANTS)]


class OptionCreate(Wire):
    """Something to consider. Of a decision's options one at the most is chosen."""

    title: OptionTitle
    description: OptionText = ""
    is_chosen: StrictBool = False

    def wish(self) -> OptionWish:
        """What the service takes."""
        return OptionWish(self.title, self.description, self.is_chosen)


class OptionUpdate(Wire):
    """What changes of an option. `position` counts from 1; the others make room."""

    title: OptionTitle = absent()
    description: OptionText | None = None
    is_chosen: StrictBool = absent()
    position: Annotated[int, Field(ge=1, le=service.MOST_OPTIONS)] = absent()


class DecisionCreate(Wire):
    """What is put up for decision. `context` and `outcome` are Markdown."""

    title: Title
    context: Markdown = ""
    outcome: Markdown = ""
    team_id: UUID | None = None
    review_on: date | None = None
    options: Annotated[
        list[OptionCreate], Field(default_factory=list, max_length=service.MOST_OPTIONS)
    ]
    participant_ids: People = Field(default_factory=list)
    tags: Tags = Field(default_factory=list)
    links: Links = Field(default_factory=list)

    def wish(self) -> Wish:
        """What the service takes."""
        return Wish(
            title=self.title,
            context=self.context,
            outcome=self.outcome,
            team_id=self.team_id,
            review_on=self.review_on,
            options=tuple(option.wish() for option in self.options),
            participant_ids=tuple(self.participant_ids),
            tags=tuple(self.tags),
            links=linked.pairs(self.links),
        )


class DecisionUpdate(Wire):
    """What changes of a proposal; null clears. Of a decided one only `tags` and `links`."""

    title: Title = absent()
    context: Markdown | None = None
    outcome: Markdown | None = None
    team_id: UUID | None = None
    review_on: date | None = None
    tags: Tags | None = None
    links: Links | None = None

    def changes(self) -> dict[str, Any]:
        """What the service takes."""
        found = self.model_dump(exclude_unset=True)
        if self.links is not None:
            found["links"] = linked.pairs(self.links)
        return found


class DecisionTransition(Wire):
    """Where it goes. `outcome`, with `accepted`: what was decided; `superseded_by`: what replaces it.

    All but `accepted` need a reason.
    """

    to: DecisionState
    reason: Reason = ""
    outcome: Markdown | None = None
    superseded_by: UUID | None = None

    def verdict(self) -> Verdict:
        """What the service takes."""
        return Verdict(self.to, self.reason, self.outcome, self.superseded_by)


class ParticipantsPut(Wire):
    """Who is asked, all of them."""

    user_ids: People


class StancePut(Wire):
    """What you think of it."""

    stance: Stance
    comment: Annotated[Text, Field(max_length=participants.LONGEST_COMMENT)] = ""


class AmendmentCreate(Wire):
    """What an accepted decision says from now on, and why; what is absent stays."""

    reason: Said
    title: Title = absent()
    context: Markdown | None = None
    outcome: Annotated[Markdown, Field(min_length=1)] = absent()
    review_on: date | None = None

    def changes(self) -> dict[str, Any]:
        """What the service takes."""
        return self.model_dump(exclude_unset=True, exclude={"reason"})


class OptionRead(Wire):
    """Something that was considered."""

    id: UUID
    position: int
    title: str
    description: str
    is_chosen: bool


class ParticipantRead(Wire):
    """Somebody who was asked, and what they think."""

    person: Reference
    stance: Stance
    comment: str
    answered_at: datetime | None


class DifferencePiece(Wire):
    """A stretch of text that stayed, went or came, with the blanks around it."""

    model_config = ConfigDict(str_strip_whitespace=False)

    kind: Literal["same", "removed", "added"]
    text: str


class AmendedField(Wire):
    """What an amendment did to one field, whole and word by word."""

    model_config = ConfigDict(str_strip_whitespace=False)

    field: str
    before: str
    after: str
    pieces: list[DifferencePiece]


class AmendmentRead(Wire):
    """A change of an accepted decision, kept for good."""

    id: UUID
    number: int
    reason: str
    amended_by: Reference | None
    amended_at: datetime
    changes: list[AmendedField]


class DecisionReference(Wire):
    """Another decision of the same chain."""

    id: UUID
    number: int
    name: str
    title: str
    state: DecisionState


class DecisionListed(Wire):
    """A decision. `allowed` is what you may do with it now."""

    id: UUID
    number: int
    name: str
    title: str
    context: str
    outcome: str
    team: Reference | None
    state: DecisionState
    proposed_by: Reference | None
    proposed_at: datetime
    decided_by: Reference | None
    decided_at: datetime | None
    reason: str
    review_on: date | None
    superseded_by: DecisionReference | None
    participants: list[ParticipantRead]
    tags: list[str]
    allowed: list[Action]
    version: int
    created_at: datetime
    updated_at: datetime


class DecisionRead(DecisionListed):
    """The same with its options, links and chain.

    `supersedes` are all it took the place of, the oldest first; `successors` what took its own,
    the one that holds now last.
    """

    options: list[OptionRead]
    supersedes: list[DecisionReference]
    successors: list[DecisionReference]
    links: list[LinkRead]
    linked_from: list[LinkRead]

    @classmethod
    def of(cls, view: DecisionView) -> Self:
        """As the service gives it."""
        shown = DecisionListed.model_validate(view)
        return cls(
            **{name: getattr(shown, name) for name in DecisionListed.model_fields},
            options=[OptionRead.model_validate(one) for one in view.options],
            supersedes=[DecisionReference.model_validate(one) for one in view.supersedes],
            successors=[DecisionReference.model_validate(one) for one in view.successors],
            links=linked.read(view.links),
            linked_from=linked.read(view.linked_from),
        )
