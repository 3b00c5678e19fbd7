"""Types and priorities of incidents on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StrictBool

from src.domain.operations import Severity, incidents
from src.domain.operations.incidents.leads import Leads
from src.domain.operations.tables import TaskPhase, Visibility
from src.models.common import Line, Reference, Text, Wire, absent

_types, _priorities = incidents.types, incidents.priorities


class IncidentTaskTemplate(Wire):
    """A task that incidents of a type begin with, due so long after the report."""

    title: Annotated[Line, Field(min_length=1, max_length=_types.LONGEST_TASK)]
    is_mandatory: StrictBool = False
    phase: TaskPhase = TaskPhase.RESPONSE
    due_minutes: Annotated[int, Field(strict=True, ge=1, le=_types.LONGEST_DUE)] | None = None


class IncidentLeads(Wire):
    """Who leads at first. `value` is the name of a role, or the id of a person."""

    kind: Leads
    value: Annotated[Line, Field(max_length=120)] | None = None


_TypeName = Annotated[
    Line, Field(min_length=1, max_length=_types.LONGEST["name"], examples=["Cryogen spill"])
]
_TypeText = Annotated[Text, Field(max_length=_types.LONGEST["description"])]
_Rank = Annotated[int, Field(strict=True, ge=0, le=_types.HIGHEST_RANK)]
_Tasks = Annotated[list[IncidentTaskTemplate], Field(max_length=_types.MOST_TASKS)]


class IncidentTypeUpdate(Wire):
    """What changes, for incidents reported from now on. `default_priority_id: null` clears it."""

    name: _TypeName = absent()
    description: _TypeText = absent()
    rank: _Rank = absent()
    default_severity: Severity = absent()
    default_priority_id: UUID | None = None
    default_visibility: Visibility = absent()
    needs_review: StrictBool = absent()
    may_be_anonymous: StrictBool = absent()
    leads: IncidentLeads = absent()
    tasks: _Tasks = absent()
    is_active: StrictBool = absent()

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        return {
            name: value
            for name, value in self.model_dump(exclude_unset=True).items()
            if name != "code"
        }


class IncidentTypeCreate(IncidentTypeUpdate):
    """A type of incidents. What is left out: undetermined, open, led by nobody at first."""

    code: Annotated[Line, Field(min_length=1, max_length=40, examples=["cryogen-spill"])]
    name: _TypeName


class IncidentTypeRead(Wire):
    """A type with what is so of each of its incidents unless said otherwise."""

    id: UUID
    code: str
    name: str
    description: str
    rank: int
    default_severity: Severity
    default_priority: Reference | None
    default_visibility: Visibility
    needs_review: bool
    may_be_anonymous: bool
    leads: IncidentLeads
    tasks: list[IncidentTaskTemplate]
    is_active: bool
    version: int
    created_at: datetime
    updated_at: datetime


_PriorityName = Annotated[
    Line, Field(min_length=1, max_length=_priorities.LONGEST_NAME, examples=["Urgent"])
]
_PriorityRank = Annotated[int, Field(strict=True, ge=1, le=_priorities.HIGHEST_RANK)]
_Minutes = Annotated[int, Field(strict=True, ge=1, le=_priorities.LONGEST_MINUTES)]


class IncidentPriorityCreate(Wire):
    """A priority; rank 1 is the most urgent. Null: nobody is reminded."""

    name: _PriorityName
    rank: _PriorityRank
    response_minutes: _Minutes | None = None
    update_minutes: _Minutes | None = None
    is_active: StrictBool = True


class IncidentPriorityUpdate(Wire):
    """What changes; null clears a time."""

    name: _PriorityName = absent()
    rank: _PriorityRank = absent()
    response_minutes: _Minutes | None = None
    update_minutes: _Minutes | None = None
    is_active: StrictBool = absent()


class IncidentPriorityRead(Wire):
    """How soon somebody answers, and how often those concerned hear of it, in minutes."""

    id: UUID
    name: str
    rank: int
    response_minutes: int | None
    update_minutes: int | None
    is_active: bool
    version: int
    created_at: datetime
    updated_at: datetime
