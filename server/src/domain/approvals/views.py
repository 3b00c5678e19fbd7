"""What the services take and give: plain frozen values, never rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from src.core import language
from src.core.actor import Actor
from src.domain.approvals.rules import Step
from src.domain.approvals.subjects import Description
from src.domain.approvals.tables import ApprovalState, Verdict


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, as far as others need to know."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Rule:
    """An approval rule as it counts for what is asked now."""

    id: UUID
    name: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked for. Without `rule` the holders of the subject's permission decide.

    `latest_at`: when it ends by itself; `asked`: what it is, free of personal data.
    """

    subject_id: UUID
    resource_id: UUID | None
    requested_by: UUID
    requested_for: UUID
    latest_at: datetime | None = None
    rule: Rule | None = None
    asked: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Elector:
    """In whose name somebody may decide: their own, or that of a person they stand in for.

    `actor` is that person with their permissions; `resource_id` bounds a delegation.
    """

    person_id: UUID
    actor: Actor
    resource_id: UUID | None = None
    is_own: bool = True

    def covers(self, resource_id: UUID | None) -> bool:
        """Whether it holds for a resource."""
        return self.resource_id is None or self.resource_id == resource_id


@dataclass(frozen=True, slots=True)
class VoteView:
    """What somebody said. `for_` is whom they stood in for."""

    step: int
    by: Person
    for_: Person | None
    verdict: Verdict
    note: str | None
    is_by_link: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """Whom a request waits for, and until when. `until` None: without end."""

    people: tuple[Person, ...]
    until: datetime | None
    step: int
    steps: int
    is_escalated: bool = False

    @property
    def names(self) -> str:
        """Those it waits for, as they stand in a sentence."""
        return language.format_list([person.name for person in self.people], "or")


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """An approval as its reader may see it."""

    id: UUID
    subject_type: str
    subject_id: UUID
    resource_id: UUID | None
    state: ApprovalState
    step: int
    steps: int
    requested_by: Person
    requested_for: Person
    description: Description | None
    due_at: datetime | None
    expires_at: datetime | None
    decided_at: datetime | None
    is_escalated: bool
    may_decide: bool
    version: int
    created_at: datetime
    updated_at: datetime
    rule: str | None = None
    votes: tuple[VoteView, ...] = ()
    waiting: Waiting | None = None
