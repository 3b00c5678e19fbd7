"""A series as it is wished for: its times in the local time of the resource, each as a wish."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain import resources
from src.domain.bookings.plans import Window
from src.domain.bookings.series import recurrence
from src.domain.bookings.series.fitting import Finding
from src.domain.bookings.series.recurrence import Rule, Slot
from src.domain.bookings.series.views import LOCAL, Coming, Occurrence
from src.domain.bookings.views import Wish

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
YEARS = range(2000, 2200)
NO_WINDOW = Window(_EPOCH, _EPOCH)  # no closure is asked for


@dataclass(frozen=True, slots=True)
class Planned:
    """The times of a series. `starts` is the local time its rule begins with."""

    zone: ZoneInfo
    rule: Rule
    minutes: int
    slots: tuple[Slot, ...]

    @property
    def first(self) -> Window:
        """The first that is there."""
        return next(slot.window for slot in self.slots if slot.window is not None)


async def plan(session: AsyncSession, actor: Actor, wish: Wish, rule: str) -> Planned:
    """The times a rule gives from a wish for the first of them on.

    Raises `BadRecurrence`, `ResourceNotFound`.
    """
    terms = await resources.terms.one(session, actor, wish.resource_id, around=NO_WINDOW)
    zone = terms.zone
    parsed = recurrence.parse(rule, zone)
    minutes = length(wish.starts_at, wish.ends_at, zone)
    slots = recurrence.slots(parsed, wall(wish.starts_at, zone), minutes, zone)
    return Planned(zone, parsed, minutes, tuple(slots))


def length(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> int:
    """How long each is by the clock on the wall. Raises `BadRecurrence` for no length at all."""
    _require_reach(starts_at, ends_at)
    minutes = recurrence.minutes_between(starts_at, ends_at, zone)
    if minutes <= 0:
        detail = _("The end must be after the start.")
        fault = FieldError(("ends_at",), "ends-before-start", detail)
        raise recurrence.BadRecurrence(detail, errors=(fault,))
    return minutes


def wall(at: datetime, zone: ZoneInfo) -> datetime:
    """What the clock on the wall shows, to the minute. Raises `BadRecurrence` beyond calendars."""
    _require_reach(at)
    return at.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0)


def _require_reach(*times: datetime) -> None:
    if any(at.year not in YEARS for at in times):
        detail = _("No calendar reaches that far.")
        fault = FieldError(("starts_at",), "out-of-range", detail)
        raise recurrence.BadRecurrence(detail, errors=(fault,))


def wishes(wish: Wish, slots: Sequence[Slot]) -> list[Wish]:
    """The same wish for each of the times that are there."""
    return [
        replace(wish, starts_at=slot.window.starts_at, ends_at=slot.window.ends_at)
        for slot in slots
        if slot.window is not None
    ]


def occurrence(slot: Slot, finding: Finding | None, *, is_skipped: bool = False) -> Occurrence:
    """What would become of a time, told."""
    local = f"{slot.local:{LOCAL}}"
    if slot.window is None or finding is None:
        return Occurrence(local, None, None, "skipped-hour", is_skipped=True)
    outcome: Coming = "taken"
    if finding.violations:
        outcome = "refused"
    elif not finding.is_taken:
        is_request = finding.judgement.outcome == "requested"
        outcome = "requested" if is_request else "confirmed"
    return Occurrence(
        local,
        slot.window.starts_at,
        slot.window.ends_at,
        outcome,
        finding.violations,
        finding.conflicts,
        is_skipped,
    )
