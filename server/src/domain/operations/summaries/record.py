"""Reading the record for summaries: what changed in a window, and what stood before it changed.

The tables hold what is so now. What was so at a boundary is found by taking back what happened
since: of each thing the first change after that moment still says what it changed from.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import chain
from src.core.events import Event

# Between an id and its event's time lies a moment, or a clock that was set back.
_SLACK = timedelta(minutes=5)
REWOUND = ("incident", "blocker", "decision")
FIELDS = ("state", "severity")


@dataclass(frozen=True, slots=True)
class Happening:
    """What became of a thing in the window."""

    verb: str
    id: UUID


@dataclass(slots=True)
class Before:
    """How things stood before what happened since: by kind and id, the fields that changed."""

    fields: dict[tuple[str, UUID], dict[str, Any]] = field(default_factory=dict)

    def ids(self, kind: str) -> list[UUID]:
        """Those of a kind that changed since."""
        return [thing_id for name, thing_id in self.fields if name == kind]

    def value(self, kind: str, thing_id: UUID, name: str, now: str) -> str:
        """What a field was, if it is `now` today."""
        return str(self.fields.get((kind, thing_id), {}).get(name, now))


def within(starts_at: datetime, ends_at: datetime | None = None) -> ColumnElement[bool]:
    """Events of [starts_at, ends_at); by their ids too, which is what is indexed."""
    found = and_(Event.at >= starts_at, Event.id >= chain.first_id(starts_at - _SLACK))
    if ends_at is None:
        return found
    return and_(found, Event.at < ends_at, Event.id < chain.first_id(ends_at + _SLACK))


def of_team(team_id: UUID | None) -> ColumnElement[bool]:
    """Events of what belongs to the team or to everybody; all of them without a team."""
    if team_id is None:
        return true()
    told = Event.changes["team_id"].as_string()
    return or_(told.is_(None), told == str(team_id))


async def before(session: AsyncSession, at: datetime) -> Before:
    """What incidents, blockers and decisions were at that moment, where it is not so any more."""
    wanted = (
        select(
            Event.subject_type, Event.subject_id, Event.changes["before"],
            *(Event.changes[name] for name in FIELDS),
            *(Event.changes[("changed", name)] for name in FIELDS),
        )
        .where(within(at), Event.subject_type.in_(REWOUND), _changes_anything())
        .order_by(Event.id)
    )  # fmt: skip
    found = Before()
    for kind, thing_id, state, *changes in await session.execute(wanted):
        known = found.fields.setdefault((kind, thing_id), {})
        # Every event of an incident says how it is; what it was stands beside that.
        if isinstance(state, str):
            known.setdefault("state", state)
        for name, change in zip(FIELDS * 2, changes, strict=True):
            if isinstance(change, list) and len(change) == 2:
                known.setdefault(name, change[0])
    return found


def moved_in(kind: str, at: datetime) -> Select[UUID | None]:
    """The ids of what was brought in from elsewhere since: nobody could have read of it then."""
    return select(Event.subject_id).where(
        within(at), Event.verb == f"{kind}.imported", Event.subject_id.is_not(None)
    )


async def happenings(
    session: AsyncSession,
    starts_at: datetime,
    ends_at: datetime,
    *,
    team_id: UUID | None,
    verbs: Collection[str],
) -> list[Happening]:
    """To which things something of this happened in the window, in order; grouped in SQL."""
    last = func.max(Event.at)  # of ids PostgreSQL knows no greatest
    rows = await session.execute(
        select(Event.verb, Event.subject_id)
        .where(
            within(starts_at, ends_at),
            Event.verb.in_(verbs),
            Event.subject_id.is_not(None),
            of_team(team_id),
        )
        .group_by(Event.verb, Event.subject_id)
        .order_by(last, Event.subject_id)
    )
    return [Happening(verb, thing_id) for verb, thing_id in rows if thing_id is not None]


def _changes_anything() -> ColumnElement[bool]:
    return or_(*(Event.changes[name].as_string().is_not(None) for name in FIELDS))
