"""The parts a summary is made of; every domain that has something to tell adds its own.

    summaries.section(Section("waste", mark("Waste"), rank=40, collect=…, refs=…, groups=…))

A part is collected once, as ids and codes (no names, no titles: those are the reader's to see or
not), and put into words whenever somebody reads it, of the things that reader may know of. Both
take a number of statements that does not grow with the day.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.domain.operations.subjects import Thing

Ref = tuple[str, UUID]
Stored = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Frame:
    """What is told of: [starts_at, ends_at) of a team, or of everybody (None).

    `as_of` is the moment whose state counts: the end, unless the window is still open.
    """

    team_id: UUID | None
    on_date: date
    starts_at: datetime
    ends_at: datetime
    as_of: datetime
    # When the record of what stands began, where that is later: in a demonstration.
    recorded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A line that leads to a thing. `args` are what it is made of, for programs."""

    kind: str
    id: UUID
    title: str
    path: str
    icon: str
    detail: str = ""
    badge: str = ""  # a state or a severity, as badges know them
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """Lines under a heading. `more`: how many besides are not listed."""

    code: str
    title: str
    items: tuple[Item, ...] = ()
    more: int = 0
    note: str = ""

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.items) + self.more


@dataclass(frozen=True, slots=True)
class Known:
    """What the reader may know of the things a summary speaks of."""

    things: Mapping[Ref, Thing]

    def item(self, kind: str, raw_id: str, **more: Any) -> Item | None:  # noqa: ANN401
        """The line of a thing; None where the reader may not know of it."""
        thing = self.things.get((kind, UUID(raw_id)))
        if thing is None:
            return None
        return Item(kind, thing.id, thing.title, thing.path, thing.icon, **more)


Collect = Callable[[AsyncSession, Frame], Awaitable[Stored]]
Refs = Callable[[Stored], Iterable[Ref]]
Groups = Callable[[Stored, Known], list[Group]]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of every summary. `title` is marked; parts stand in the order of their rank."""

    name: str
    title: str
    rank: int
    collect: Collect
    refs: Refs
    groups: Groups


_sections: dict[str, Section] = {}


def section(made: Section) -> None:
    """Register a part, once."""
    if made.name in _sections:
        raise ValueError(f"the section {made.name!r} is registered twice")
    _sections[made.name] = made


def registered() -> list[Section]:
    """All parts in their order."""
    return sorted(_sections.values(), key=lambda one: (one.rank, one.name))


async def collect(
    session: AsyncSession, frame: Frame, *, only: Collection[str] | None = None
) -> Stored:
    """What every part (or those named) has to tell, as it is stored."""
    wanted = [one for one in registered() if only is None or one.name in only]
    told = {one.name: await one.collect(session, frame) for one in wanted}
    return {"version": 1, "sections": told}


def present(items: Iterable[Item | None]) -> tuple[Item, ...]:
    """Those the reader may know of."""
    return tuple(one for one in items if one is not None)


def refs(kind: str, stored: Iterable[Mapping[str, Any]]) -> list[Ref]:
    """The things of rows that hold an `id`."""
    return [(kind, UUID(one["id"])) for one in stored]
