"""What the services of decisions take and give: plain frozen values, never rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from src.domain.operations.decisions.difference import Piece
from src.domain.operations.parties import Named
from src.domain.operations.subjects import Thing
from src.domain.operations.tables import DecisionState, Stance


@dataclass(frozen=True, slots=True)
class OptionWish:
    """Something that is considered."""

    title: str
    description: str = ""
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """A decision as it is proposed. `context` and `outcome` are Markdown."""

    title: str
    context: str = ""
    outcome: str = ""
    team_id: UUID | None = None
    review_on: date | None = None
    options: tuple[OptionWish, ...] = ()
    participant_ids: tuple[UUID, ...] = ()
    tags: tuple[str, ...] = ()
    links: tuple[tuple[str, UUID], ...] = ()


@dataclass(frozen=True, slots=True)
class Past:
    """What became of a decision before it was moved in from elsewhere.

    A superseded one is moved in as accepted, and superseded once the other is there.
    """

    proposed_at: datetime
    state: DecisionState = DecisionState.PROPOSED
    decided_at: datetime | None = None
    reason: str = ""
    decided_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where a decision goes. `outcome`: what was decided; `superseded_by`: what takes its place."""

    to: DecisionState
    reason: str = ""
    outcome: str | None = None
    superseded_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class Filters:
    """Which decisions a list holds; empty means any. `asks_id`: who has not answered yet."""

    states: tuple[DecisionState, ...] = ()
    team_ids: tuple[UUID, ...] = ()
    proposed_by: UUID | None = None
    participant_id: UUID | None = None
    asks_id: UUID | None = None
    review_by: date | None = None
    tag: str | None = None
    q: str | None = None


class Action(StrEnum):
    """What somebody may do with a decision."""

    CHANGE = "change"
    ANSWER = "answer"
    ACCEPT = "accept"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    AMEND = "amend"
    SUPERSEDE = "supersede"
    DEPRECATE = "deprecate"
    COMMENT = "comment"


@dataclass(frozen=True, slots=True)
class Way:
    """An action, and why the reader cannot take it now; empty where they can."""

    action: Action
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class OptionView:
    """Something that was considered; the positions count from 1."""

    id: UUID
    position: int
    title: str
    description: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class ParticipantView:
    """Somebody who was asked, and what they think."""

    person: Named
    stance: Stance
    comment: str
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class ChangeView:
    """What an amendment did to one field."""

    field: str
    before: str
    after: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class AmendmentView:
    """A change of an accepted decision."""

    id: UUID
    number: int
    reason: str
    amended_by: Named | None
    amended_at: datetime
    changes: tuple[ChangeView, ...]


@dataclass(frozen=True, slots=True)
class ChainView:
    """Another decision of the same chain."""

    id: UUID
    number: int
    name: str
    title: str
    state: DecisionState


@dataclass(frozen=True, slots=True)
class DecisionView:
    """A decision. Options and what follows them are empty in lists.

    `supersedes` are all it took the place of, the oldest first; `successors` what took its own,
    the one that holds now last; what the reader may not see is left out.
    """

    id: UUID
    number: int
    name: str
    title: str
    context: str
    outcome: str
    team: Named | None
    state: DecisionState
    proposed_by: Named | None
    proposed_at: datetime
    decided_by: Named | None
    decided_at: datetime | None
    reason: str
    review_on: date | None
    tags: tuple[str, ...]
    ways: tuple[Way, ...]
    version: int
    created_at: datetime
    updated_at: datetime
    superseded_by: ChainView | None = None
    options: tuple[OptionView, ...] = ()
    participants: tuple[ParticipantView, ...] = ()
    supersedes: tuple[ChainView, ...] = ()
    successors: tuple[ChainView, ...] = ()
    links: tuple[Thing, ...] = ()
    linked_from: tuple[Thing, ...] = ()

    @property
    def allowed(self) -> tuple[Action, ...]:
        """What this reader may do with it now."""
        return tuple(way.action for way in self.ways if not way.why_not)
