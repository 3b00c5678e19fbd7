"""Approvals, their rules and delegations on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field

from src.domain import approvals
from src.domain.approvals.delegations import DelegationView, DelegationWish
from src.domain.approvals.rule_book import RuleView
from src.models.common import Line, Moment, Reference, Text, Wire, absent

State = approvals.ApprovalState
Note = Annotated[Text, Field(max_length=2000, examples=["Welcome. Mind the new objective."])]
Minutes = Annotated[int, Field(ge=5, le=366 * 1440, examples=[1440])]
Name = Annotated[Line, Field(min_length=1, max_length=120, examples=["Two of the core facility"])]
Description = Annotated[Text, Field(max_length=2000)]


class Approver(Wire):
    """Whom a step asks.

    `value`: the id of a person, the name of a role or of a permission; of `responsible` a duty
    (primary, deputy, trainer, safety), empty for the contact and the deputies of the resource.
    """

    kind: approvals.rules.ApproverKind
    value: Annotated[Line, Field(max_length=120)] = ""


class Step(Wire):
    """One step: whom it asks, how many must agree, by when, and what happens then."""

    approvers: Annotated[list[Approver], Field(min_length=1, max_length=20)]
    needs: Literal["any", "all"] | Annotated[int, Field(ge=1, le=20)] = "any"
    deadline_minutes: Minutes | None = None
    on_deadline: approvals.rules.OnDeadline = approvals.rules.OnDeadline.EXPIRE
    escalate_to: Annotated[list[Approver], Field(max_length=20)] = Field(default_factory=list)

    def step(self) -> approvals.rules.Step:
        """The same for the services."""
        return approvals.rules.step_of(self.model_dump(mode="json"))


Steps = Annotated[list[Step], Field(min_length=1, max_length=10)]


class ApprovalRuleCreate(Wire):
    """A new rule: ordered steps."""

    name: Name
    steps: Steps
    description: Description = ""
    is_active: bool = True


class ApprovalRuleUpdate(Wire):
    """What may be changed of a rule; what waits already goes on as it was asked."""

    name: Name = absent()
    steps: Steps = absent()
    description: Description = absent()
    is_active: bool = absent()


class ApprovalRuleRead(Wire):
    """An approval rule; `used` is how many policies name it."""

    id: UUID
    name: str
    description: str
    steps: list[Step]
    is_active: bool
    used: int
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, view: RuleView) -> Self:
        """A rule as the services give it."""
        steps = [approvals.rules.raw_of(step) for step in view.steps]
        plain = {name: getattr(view, name) for name in cls.model_fields if name != "steps"}
        return cls.model_validate({**plain, "steps": steps})


class VoteRead(Wire):
    """What somebody said; `stands_in_for` is whose place they took."""

    step: int
    by: Reference
    stands_in_for: Reference | None
    verdict: approvals.Verdict
    note: str | None
    is_by_link: bool
    at: datetime


class WaitingRead(Wire):
    """Whom it waits for, and until when; null is without end."""

    people: list[Reference]
    until: datetime | None


class ApprovalRead(Wire):
    """A request for approval. Steps count from 1; lists leave `votes` and `waits_for` out."""

    id: UUID
    subject_type: Annotated[str, Field(examples=["booking"])]
    subject_id: UUID
    resource_id: UUID | None
    what: str | None
    title: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    concerns: list[str]
    requested_by: Reference
    requested_for: Reference
    state: State
    step: int
    steps: int
    rule: str | None
    due_at: datetime | None
    expires_at: datetime | None
    decided_at: datetime | None
    is_escalated: bool
    may_decide: bool
    votes: list[VoteRead]
    waits_for: WaitingRead | None
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, view: approvals.ApprovalView) -> Self:
        """An approval as the services give it."""
        told = view.description
        return cls(
            id=view.id,
            subject_type=view.subject_type,
            subject_id=view.subject_id,
            resource_id=view.resource_id,
            what=told.what if told else None,
            title=(told.title or None) if told else None,
            starts_at=told.starts_at if told else None,
            ends_at=told.ends_at if told else None,
            concerns=list(told.concerns) if told else [],
            requested_by=Reference.model_validate(view.requested_by),
            requested_for=Reference.model_validate(view.requested_for),
            state=view.state,
            step=view.step + 1,
            steps=view.steps,
            rule=view.rule,
            due_at=view.due_at,
            expires_at=view.expires_at,
            decided_at=view.decided_at,
            is_escalated=view.is_escalated,
            may_decide=view.may_decide,
            votes=[_vote(vote) for vote in view.votes],
            waits_for=_waiting(view),
            version=view.version,
            created_at=view.created_at,
            updated_at=view.updated_at,
        )


def _vote(vote: approvals.VoteView) -> VoteRead:
    return VoteRead(
        step=vote.step + 1,
        by=Reference.model_validate(vote.by),
        stands_in_for=Reference.model_validate(vote.for_) if vote.for_ else None,
        verdict=vote.verdict,
        note=vote.note,
        is_by_link=vote.is_by_link,
        at=vote.at,
    )


def _waiting(view: approvals.ApprovalView) -> WaitingRead | None:
    if view.waiting is None:
        return None
    people = [Reference.model_validate(each) for each in view.waiting.people]
    return WaitingRead(people=people, until=view.waiting.until)


class ApprovalDecision(Wire):
    """A word with a decision; those who asked are told it."""

    note: Note | None = None


class BatchDecision(Wire):
    """One decision of several. With `version` only if nobody has had a say since."""

    id: UUID
    verdict: approvals.Verdict
    note: Note | None = None
    version: int | None = None


class ApprovalBatch(Wire):
    """Up to 200 decisions, each for itself."""

    items: Annotated[list[BatchDecision], Field(min_length=1, max_length=200)]


class DelegationCreate(Wire):
    """Who stands in for you, from when until when; without a resource for everything."""

    to_id: UUID
    starts_at: Moment
    ends_at: Moment
    resource_id: UUID | None = None
    reason: Annotated[Text, Field(max_length=500, examples=["On leave"])] = ""

    def wish(self) -> DelegationWish:
        """The same for the services."""
        return DelegationWish(
            self.to_id, self.starts_at, self.ends_at, self.resource_id, self.reason
        )


class DelegationRead(Wire):
    """Who stands in for whom."""

    id: UUID
    stands_in_for: Reference
    to: Reference
    resource: Reference | None
    starts_at: datetime
    ends_at: datetime
    reason: str
    revoked_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, view: DelegationView) -> Self:
        """A delegation as the services give it."""
        on = None
        if view.resource_id is not None:
            on = Reference(id=view.resource_id, name=view.resource or "")
        plain = {
            name: getattr(view, name)
            for name in (
                "id", "starts_at", "ends_at", "reason", "revoked_at", "version",
                "created_at", "updated_at",
            )
        }  # fmt: skip
        return cls(
            stands_in_for=Reference.model_validate(view.from_),
            to=Reference.model_validate(view.to),
            resource=on,
            **plain,
        )
