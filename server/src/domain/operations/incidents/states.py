"""Where an incident goes from where: one table, for buttons, the interface and the documentation."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from src.domain.operations.tables import IncidentState


class Who(StrEnum):
    """Who lets it go there: whoever looks after it; or whoever reported it, who knows best."""

    MANAGER = "manager"
    REPORTER = "reporter"


class Needs(StrEnum):
    """What has to be said with it."""

    NOTHING = "nothing"
    NOTES = "notes"
    REASON = "reason"


@dataclass(frozen=True, slots=True)
class Transition:
    """One way from one state to another."""

    from_: IncidentState
    to: IncidentState
    who: frozenset[Who]
    needs: Needs


_MANAGER, _BOTH = frozenset({Who.MANAGER}), frozenset(Who)
_OPEN, _ON, _RESOLVED, _CLOSED = IncidentState

TABLE: tuple[Transition, ...] = (
    Transition(_OPEN, _ON, _MANAGER, Needs.NOTHING),
    Transition(_ON, _RESOLVED, _MANAGER, Needs.NOTES),
    Transition(_RESOLVED, _CLOSED, _MANAGER, Needs.NOTHING),
    Transition(_RESOLVED, _ON, _BOTH, Needs.REASON),
    Transition(_CLOSED, _ON, _MANAGER, Needs.REASON),
)


def find(from_: IncidentState, to: IncidentState) -> Transition | None:
    """The way from one state to another, if there is one."""
    return next((one for one in TABLE if (one.from_, one.to) == (from_, to)), None)


def targets(from_: IncidentState) -> tuple[IncidentState, ...]:
    """Where it goes from a state at all, in the order of buttons."""
    return tuple(one.to for one in TABLE if one.from_ is from_)


def allowed(from_: IncidentState, who: Collection[Who]) -> tuple[IncidentState, ...]:
    """Where these let it go from a state."""
    return tuple(one.to for one in TABLE if one.from_ is from_ and one.who.intersection(who))
