"""What the rules are asked, and how they answer: plain values, so that a rule needs nothing else."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from src.domain.resources.hours import Window
from src.domain.resources.terms import Terms

Numbers = dict[str, int | str | None]


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that does not hold. `field` is the part of the wish that would have to change.

    `numbers` are what the message says, for those who word it themselves; times in ISO 8601.
    `overridable`: `bookings:override` and a reason may pass over it. `is_warning`: it is told, and
    stands in nobody's way.
    """

    code: str
    message: str
    overridable: bool
    numbers: Numbers = dataclasses.field(default_factory=dict)
    field: str | None = None
    is_warning: bool = False

    @property
    def place(self) -> tuple[str, ...]:
        """The field by its path: `answers.sample` is a part of `answers`."""
        return tuple(self.field.split(".")) if self.field else ()


@dataclass(frozen=True, slots=True)
class Taken:
    """Another booking of the person, or (`is_attended`) one they have accepted to take part in."""

    window: Window
    resource_id: UUID
    resource: str = ""
    group_id: UUID | None = None
    is_attended: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """A qualification the person has, from when, and until when (None: for good)."""

    since: datetime
    until: datetime | None = None

    def holds_at(self, at: datetime) -> bool:
        """Whether it counts at a moment."""
        return self.since <= at and (self.until is None or self.until > at)


@dataclass(frozen=True, slots=True)
class Question:
    """What the rules are asked about. `upcoming` counts the person's other bookings ahead.

    `taken` are their other bookings in the weeks around. `held` are their qualifications by id
    and `answers` what was answered to the resource's questions; None: nobody asks about those.
    `names` are those of qualifications. `group_id`: bookings made together are one to the person.
    `is_started` is for a booking under way whose start stays: rules about its start are past.
    """

    window: Window
    now: datetime
    unit: int | None = None
    upcoming: int = 0
    is_started: bool = False
    taken: tuple[Taken, ...] = ()
    held: Mapping[UUID, tuple[Held, ...]] | None = None
    names: Mapping[UUID, str] = dataclasses.field(default_factory=dict)
    answers: Mapping[str, Any] | None = None
    group_id: UUID | None = None

    def others_on(self, resource_id: UUID) -> Iterator[Window]:
        """The person's own other bookings of one resource."""
        for each in self.taken:
            if each.resource_id == resource_id and not each.is_attended:
                yield each.window


def hold_window(terms: Terms, window: Window) -> Window:
    """What a booking of `window` keeps others out of: the window and its buffers."""
    policy = terms.policy
    return window.widened(before=policy.buffer_before_minutes, after=policy.buffer_after_minutes)
