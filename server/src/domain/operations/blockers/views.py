"""What the services of blockers take and give: plain frozen values, never rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from src.domain.operations.parties import Named
from src.domain.operations.subjects import Thing
from src.domain.operations.tables import BlockerState, Severity, WaitingOn


@dataclass(frozen=True, slots=True)
class Wish:
    """A blocker as it is raised. `waiting_on_id`: the person; `waiting_on_name`: anybody else."""

    title: str
    waiting_on: WaitingOn
    impact: Severity = Severity.UNDETERMINED
    description: str = ""
    impact_text: str = ""
    team_id: UUID | None = None
    owner_id: UUID | None = None
    waiting_on_id: UUID | None = None
    waiting_on_name: str = ""
    needed_by: date | None = None
    tags: tuple[str, ...] = ()
    links: tuple[tuple[str, UUID], ...] = ()


@dataclass(frozen=True, slots=True)
class Past:
    """What became of a blocker before it was moved in from elsewhere."""

    raised_at: datetime
    resolved_at: datetime | None = None
    resolution: str = ""
    is_archived: bool = False


@dataclass(frozen=True, slots=True)
class Filters:
    """Which blockers a list holds; empty means any. `owned`: whether it has an owner."""

    states: tuple[BlockerState, ...] = ()
    impacts: tuple[Severity, ...] = ()
    waiting_on: tuple[WaitingOn, ...] = ()
    team_ids: tuple[UUID, ...] = ()
    owner_id: UUID | None = None
    concerns_id: UUID | None = None
    owned: bool | None = None
    overdue_on: date | None = None
    archived: bool | None = False
    tag: str | None = None
    q: str | None = None


class Action(StrEnum):
    """What somebody may do with a blocker."""

    CHANGE = "change"
    COMMENT = "comment"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    ARCHIVE = "archive"
    UNARCHIVE = "unarchive"


@dataclass(frozen=True, slots=True)
class Way:
    """An action, and why the reader cannot take it now; empty where they can."""

    action: Action
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class BlockerView:
    """Something that somebody waits for. `impact_rank` grows with the impact: 4 is critical.

    `links` and `linked_from` are empty in lists. `ways` is what this reader may do, and why not.
    """

    id: UUID
    number: int
    name: str
    title: str
    description: str
    team: Named | None
    owner: Named | None
    waiting_on: WaitingOn
    waiting_on_person: Named | None
    waiting_on_name: str
    impact: Severity
    impact_rank: int
    impact_text: str
    needed_by: date | None
    state: BlockerState
    raised_by: Named | None
    raised_at: datetime
    resolution: str
    resolved_at: datetime | None
    resolved_by: Named | None
    archived_at: datetime | None
    tags: tuple[str, ...]
    ways: tuple[Way, ...]
    version: int
    created_at: datetime
    updated_at: datetime
    links: tuple[Thing, ...] = ()
    linked_from: tuple[Thing, ...] = ()

    @property
    def is_archived(self) -> bool:
        """Whether it is read-only."""
        return self.archived_at is not None

    @property
    def allowed(self) -> tuple[Action, ...]:
        """What this reader may do with it now."""
        return tuple(way.action for way in self.ways if not way.why_not)
