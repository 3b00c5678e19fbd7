"""Which bookings of a series are meant: this one, those from it on, or all that lie ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.errors import FieldError, Invalid
from src.core.language import gettext as _
from src.domain.bookings import locking, repository
from src.domain.bookings.plans import Window
from src.domain.bookings.repository import Whole
from src.domain.bookings.series import planning, recurrence
from src.domain.bookings.series.errors import SeriesStateConflict
from src.domain.bookings.series.recurrence import Rule, Slot
from src.domain.bookings.series.views import Part
from src.domain.bookings.tables import Booking, BookingSeries


@dataclass(frozen=True, slots=True)
class Chosen:
    """A part of a series, and the times before it. `those` are its bookings that lie ahead.

    `anchor` is the time the choice was made at.
    """

    zone: ZoneInfo
    rule: Rule
    before: tuple[Slot, ...]
    part: tuple[Slot, ...]
    anchor: Slot
    those: tuple[Whole, ...]


async def choose(
    session: AsyncSession, series: BookingSeries, which: Part, *, now: datetime
) -> Chosen:
    """What a part of a series means now.

    Raises `SeriesStateConflict` when nothing of it lies ahead, `Invalid` for a start the series
    does not have.
    """
    scope = which.scope
    zone = ZoneInfo(series.timezone)
    rule = recurrence.parse(series.rule, zone)
    local = planning.wall(series.starts_at, zone)
    slots = recurrence.slots(rule, local, series.minutes, zone)
    place = _place(slots, which, now)
    first = 0 if scope == "all" else place
    last = place + 1 if scope == "this" else len(slots)
    those = await _ahead(session, series.id, now)
    starts = {slot.window.starts_at for slot in slots[first:last] if slot.window}
    meant = tuple(
        each
        for each in those
        if scope == "all" or _is_in(each.booking, starts, slots[first], is_one=scope == "this")
    )
    if not meant:
        raise SeriesStateConflict(_("Nothing of it lies ahead any more. Book it anew."))
    return Chosen(zone, rule, tuple(slots[:first]), tuple(slots[first:last]), slots[place], meant)


def _place(slots: Sequence[Slot], which: Part, now: datetime) -> int:
    """Where the choice was made; without a word the first that lies ahead."""
    windows: list[tuple[int, Window]] = [
        (place, slot.window) for place, slot in enumerate(slots) if slot.window is not None
    ]
    if which.from_ is None and which.scope == "all":
        return next((place for place, one in windows if one.starts_at > now), windows[-1][0])
    found = [place for place, one in windows if one.starts_at == which.from_]
    if not found:
        detail = _("Name a start that the series has, as its bookings tell in series_at.")
        raise Invalid(detail, errors=(FieldError(("from",), "not-in-series", detail),))
    return found[0]


def _is_in(booking: Booking, starts: set[datetime], first: Slot, *, is_one: bool) -> bool:
    at = booking.series_at
    if at is None or first.window is None:
        return False
    return at in starts or (not is_one and at >= first.window.starts_at)


async def _ahead(session: AsyncSession, series_id: UUID, now: datetime) -> list[Whole]:
    which = and_(Booking.series_id == series_id, Booking.starts_at > now, repository.is_held(now))
    found = await repository.find(session, which)
    return sorted(found, key=lambda each: each.booking.starts_at)


async def lock(
    session: AsyncSession, series_id: UUID, *, now: datetime, also: Sequence[UUID] = ()
) -> None:
    """The calendars all its bookings are on, at once and in the order of every other lock."""
    found = await _ahead(session, series_id, now)
    await locking.lock(session, [each.booking.id for each in found], resource_ids=also)
