"""A plan is a booking that somebody would like to have so, and a judgement what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from src.core.language import gettext as _
from src.domain import resources
from src.domain.bookings.tables import Booking
from src.domain.bookings.views import Forecast, Outcome
from src.domain.resources.tables import HoldKind

_YEARS = range(2000, 2200)
_LIMITS = {"title": 200, "notes": 10_000, "override_reason": 1_000}

Violation = resources.rules.Violation
Window = resources.hours.Window


@dataclass(frozen=True, slots=True)
class Plan:
    """How a booking shall be. `booking` is how it is now, None when it is new.

    `is_displaced`: it makes way for something new, which its time was never accepted against.
    `is_restored`: it was cancelled, and shall be again what it was.
    """

    id: UUID
    resource_id: UUID
    window: Window
    person_id: UUID | None
    unit: int | None = None
    preferred: int | None = None
    texts: tuple[tuple[str, str], ...] = ()
    override_reason: str | None = None
    booking: Booking | None = None
    faults: tuple[Violation, ...] = ()
    is_displaced: bool = False
    is_restored: bool = False
    # Holders whose holds it takes the place of: a slot that was kept, an offer.
    takes_over: frozenset[UUID] = frozenset()
    # None: nobody asks.
    answers: Mapping[str, Any] | None = None
    team_id: UUID | None = None
    project_id: UUID | None = None
    # Bookings made together are one to the person.
    group_id: UUID | None = None

    @property
    def shortened(self) -> Booking | None:
        """The booking this is a part of, on the same resource and unit."""
        booking = self.booking
        if booking is None or self.is_displaced or booking.resource_id != self.resource_id:
            return None
        whole = Window(booking.starts_at, booking.ends_at)
        is_there = self.unit in {None, self.preferred} and whole.contains(self.window)
        return booking if is_there else None

    def is_started(self, now: datetime) -> bool:
        """Whether it is under way and goes on: rules about its start are past."""
        return (
            self.booking is not None
            and self.booking.starts_at <= now
            and self.booking.starts_at == self.window.starts_at
            and self.booking.resource_id == self.resource_id
        )


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rules say. `refusals` stand in the way, `overridden` were passed over.

    `warnings` are told and stand in nobody's way; `quotas` is where its holders would stand.
    `buffers` are minutes before and after.
    """

    plan: Plan
    terms: resources.terms.Terms
    outcome: Outcome
    refusals: tuple[Violation, ...]
    overridden: tuple[Violation, ...]
    request_expires_at: datetime | None
    buffers: tuple[int, int]
    warnings: tuple[Violation, ...] = ()
    quotas: tuple[Forecast, ...] = ()

    @property
    def held(self) -> Window:
        """What the booking keeps others out of."""
        before, after = self.buffers
        return self.plan.window.widened(before=before, after=after)

    def piece(self) -> resources.calendar.Piece:
        """The hold it needs."""
        held = self.held
        return resources.calendar.Piece(
            holder_id=self.plan.id,
            kind=HoldKind.BOOKING,
            resource_id=self.plan.resource_id,
            starts_at=held.starts_at,
            ends_at=held.ends_at,
            unit_number=self.plan.unit,
            preferred=self.plan.preferred,
            expires_at=self.request_expires_at,
        )


def time_faults(plan: Plan) -> list[Violation]:
    """Times no calendar has."""
    return [
        Violation("out-of-range", _("No calendar reaches that far."), False, {}, name)
        for name, at in (("starts_at", plan.window.starts_at), ("ends_at", plan.window.ends_at))
        if at.year not in _YEARS
    ]


def text_faults(texts: Iterable[tuple[str, str]]) -> Iterable[Violation]:
    """Texts that cannot be stored."""
    for name, text in texts:
        limit = _LIMITS[name]
        if len(text) > limit:
            numbers: dict[str, int | str | None] = {"max_length": limit, "length": len(text)}
            yield Violation(
                "too-long-text",
                _("At most %(limit)s characters.", limit=limit),
                False,
                numbers,
                name,
            )
        if "\x00" in text:
            message = _("A character in it cannot be stored.")
            yield Violation("bad-character", message, False, {}, name)


def in_utc(window: Window) -> Window:
    """The same instants, written in UTC. A time no zone can write stays as it is."""
    if window.starts_at.year not in _YEARS or window.ends_at.year not in _YEARS:
        return window
    return Window(window.starts_at.astimezone(UTC), window.ends_at.astimezone(UTC))
