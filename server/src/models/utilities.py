"""Utilities, outages, and what becomes of bookings of what is down, on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import Field

from src.domain import resources
from src.domain.resources.tables import Effect, UtilityState
from src.models.common import Moment, Wire, absent
from src.models.resources import Choice, Name, Prose, Reason, State


class UtilityCreate(Wire):
    """A new utility; what depends on it is said at `/dependants`."""

    name: Name
    description: Prose = ""


class UtilityUpdate(Wire):
    """What may be changed of a utility."""

    name: Name = absent()
    description: Prose = absent()


class Dependant(Wire):
    """What becomes of a resource when the utility fails: down (full) or degraded (partial)."""

    resource_id: UUID
    effect: Effect


class DependantsSet(Wire):
    """Everything that depends on the utility."""

    dependants: list[Dependant] = Field(max_length=resources.utilities.MOST_DEPENDANTS)


class DependantRead(Dependant):
    """A dependant with its name and its state."""

    name: str
    state: State


class UtilityRead(Wire):
    """A utility, and those of its dependants you may see."""

    id: UUID
    name: str
    description: str
    state: UtilityState
    state_reason: str | None
    dependants: list[DependantRead]
    version: int
    created_at: datetime
    updated_at: datetime


class UtilityDown(Wire):
    """Take a utility and its dependants down; every booking that is hit needs a choice."""

    reason: Reason
    until: Moment | None = Field(
        None, description="It is expected back by then: only bookings that begin before are hit."
    )
    choices: list[Choice] = Field(default_factory=list, max_length=500)


class UtilityUp(Wire):
    """Bring a utility back, with what nothing else keeps down."""

    note: Reason | None = None


class OutageRead(Wire):
    """Why a resource is or was down or degraded; open while `ended_at` is null.

    `source` says by what: a person, a utility or a problem, the last two with their `source_id`.
    """

    id: UUID
    resource_id: UUID
    effect: Effect
    source: Literal["person", "utility", "problem"]
    source_id: UUID | None
    reason: str
    started_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, view: Any) -> Self:  # noqa: ANN401 - resources.outages.OutageView
        """The outage as it goes over the wire."""
        said = {name: getattr(view, name) for name in cls.model_fields if name in _OUTAGE}
        return cls(source=view.source.kind, source_id=view.source.id, **said)


_OUTAGE = frozenset({"id", "resource_id", "effect", "reason", "started_at", "ended_at"})


class Decisions(Wire):
    """What becomes of bookings of a resource that is down; the others stay as they are."""

    choices: list[Choice] = Field(min_length=1, max_length=500)


class Decided(Wire):
    """How many bookings were decided about."""

    decided: int
