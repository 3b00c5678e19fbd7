"""Incidents, their types and priorities on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StrictBool

from src.domain.operations import Severity
from src.domain.operations.incidents import IncidentView, NearMiss, On, Report, judging
from src.domain.operations.tables import IncidentState, Visibility
from src.domain.resources.tables import Effect
from src.models import linked
from src.models.common import Line, Moment, Reference, Text, Wire, absent
from src.models.linked import LinkRead, Links, Tags

_Title = Annotated[
    Line,
    Field(
        min_length=1, max_length=judging.LONGEST["title"], examples=["The laser does not ignite"]
    ),
]
_Prose = Annotated[Text, Field(max_length=judging.LONGEST["description"], description="Markdown.")]
_Notes = Annotated[Text, Field(max_length=judging.LONGEST["resolution"], examples=["New tube."])]
_Reason = Annotated[Text, Field(max_length=judging.LONGEST_REASON, examples=["It went out again."])]


class IncidentResourceOn(Wire):
    """A resource it concerns. `effect`: `down` or `degraded` from now until it is resolved."""

    resource_id: UUID
    effect: Effect | None = None


_Resources = Annotated[list[IncidentResourceOn], Field(max_length=judging.MOST_RESOURCES)]


def _on(found: list[IncidentResourceOn]) -> tuple[On, ...]:
    return tuple(On(one.resource_id, one.effect) for one in found)


class IncidentCreate(Wire):
    """What went wrong. What is left out is as its type says.

    Photos are uploaded to `/api/v1/files` with `subject_type=incident` afterwards.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type_id": "0198c0de-5a7e-7000-8000-000000000003",
                    "title": "The laser does not ignite",
                    "severity": "high",
                    "resources": [
                        {
                            "resource_id": "0198c0de-5a7e-7000-8000-000000000002",
                            "effect": "down",
                        }
                    ],
                    "tags": ["laser"],
                }
            ]
        }
    )

    type_id: UUID
    title: _Title
    description: _Prose = ""
    severity: Severity | None = None
    priority_id: UUID | None = None
    visibility: Visibility | None = None
    team_id: UUID | None = None
    location_id: UUID | None = None
    occurred_at: Moment | None = None
    resources: _Resources = Field(default_factory=list)
    tags: Tags = Field(default_factory=list)
    links: Links = Field(default_factory=list)
    recurrence_of: UUID | None = None
    is_near_miss: StrictBool = False

    def report(self) -> Report:
        """What the service takes."""
        plain = {
            name: getattr(self, name)
            for name in type(self).model_fields
            if name not in {"resources", "tags", "links"}
        }
        return Report(
            **plain,
            resources=_on(self.resources),
            tags=tuple(self.tags),
            links=linked.pairs(self.links),
        )


class IncidentUpdate(Wire):
    """What changes; null clears what can be empty: team, place, priority, what it is related to.

    `resources`, `tags` and `links` are all there shall be.
    """

    title: _Title = absent()
    description: _Prose = absent()
    resolution: _Notes = absent()
    type_id: UUID = absent()
    severity: Severity = absent()
    visibility: Visibility = absent()
    priority_id: UUID | None = None
    team_id: UUID | None = None
    location_id: UUID | None = None
    occurred_at: Moment = absent()
    is_near_miss: StrictBool = absent()
    duplicate_of: UUID | None = None
    recurrence_of: UUID | None = None
    resources: _Resources = absent()
    tags: Tags = absent()
    links: Links = absent()

    def changes(self) -> dict[str, Any]:
        """What the service takes."""
        found = {name: getattr(self, name) for name in self.model_fields_set}
        if "resources" in found:
            found["resources"] = list(_on(self.resources))
        if "links" in found:
            found["links"] = linked.pairs(self.links)
        return found


class IncidentTransition(Wire):
    """Where it goes: resolving needs `notes`, reopening (to `in_progress`) a `reason`."""

    to: IncidentState
    notes: _Notes | None = None
    reason: _Reason | None = None


class IncidentTypeRef(Wire):
    """The type of an incident."""

    id: UUID
    code: str
    name: str
    needs_review: bool


class IncidentResourceRead(Wire):
    """A resource it concerns, and what it does to it."""

    id: UUID
    name: str
    effect: Effect | None


class IncidentRelated(Wire):
    """Another incident that you may know of."""

    id: UUID
    reference: str
    title: str
    state: IncidentState


class IncidentListed(Wire):
    """An incident, as lists show it.

    `severity_rank` grows with the severity. `allowed` names the states it can go to, by you. The
    `seconds_to_…` count from when it was reported.
    """

    id: UUID
    number: int
    reference: str
    type: IncidentTypeRef
    title: str
    description: str
    severity: Severity
    severity_rank: int
    priority: Reference | None
    state: IncidentState
    visibility: Visibility
    is_near_miss: bool
    team: Reference | None
    location: Reference | None
    resources: list[IncidentResourceRead]
    tags: list[str]
    lead: Reference | None
    reported_by: Reference | None
    is_anonymous: bool
    occurred_at: datetime
    reported_at: datetime
    response_due_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: Reference | None
    resolved_at: datetime | None
    closed_at: datetime | None
    next_update_at: datetime | None
    seconds_to_acknowledge: int | None
    seconds_to_resolve: int | None
    seconds_to_close: int | None
    resolution: str
    duplicate_of: IncidentRelated | None
    recurrence_of: IncidentRelated | None
    allowed: list[IncidentState]
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, view: IncidentView) -> Self:
        """An incident as it goes over the wire."""
        return cls.model_validate(_plain(cls, view))


class IncidentRead(IncidentListed):
    """An incident with what it is linked and related to."""

    duplicates: list[IncidentRelated]
    recurrences: list[IncidentRelated]
    links: list[LinkRead]
    linked_from: list[LinkRead]

    @classmethod
    def of(cls, view: IncidentView) -> Self:
        """An incident as it goes over the wire."""
        links = {
            "links": linked.read(view.links),
            "linked_from": linked.read(view.linked_from),
        }
        return cls.model_validate({**_plain(cls, view), **links})


def _plain(shape: type[Wire], view: IncidentView) -> dict[str, Any]:
    found = {
        name: getattr(view, name)
        for name in shape.model_fields
        if not name.startswith("seconds_to_") and name not in {"links", "linked_from"}
    }
    for name in ("acknowledge", "resolve", "close"):
        taken = getattr(view, f"to_{name}")
        found[f"seconds_to_{name}"] = None if taken is None else int(taken.total_seconds())
    return found


class NearMissCreate(Wire):
    """What nearly went wrong. `is_anonymous`: nobody can learn who reported it, not even later."""

    what: Annotated[
        Text,
        Field(
            min_length=1,
            max_length=judging.LONGEST["description"],
            examples=["I slipped on oil at the lift."],
        ),
    ]
    type_id: UUID | None = None
    severity: Severity | None = None
    resource_id: UUID | None = None
    location_id: UUID | None = None
    team_id: UUID | None = None
    occurred_at: Moment | None = None
    is_anonymous: StrictBool = False

    def miss(self) -> NearMiss:
        """What the service takes."""
        return NearMiss(**{name: getattr(self, name) for name in type(self).model_fields})


class NearMissRead(Wire):
    """That it was taken; what it is called where you may read it."""

    incident_id: UUID | None
    reference: str | None
    is_anonymous: bool
