"""Calling off a series: this one, those from it on, or all that lie ahead."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events
from src.core.actor import Actor
from src.domain.bookings import attendance, locking, repository
from src.domain.bookings.series import choosing, reading, recurrence, telling
from src.domain.bookings.series.choosing import Chosen
from src.domain.bookings.series.views import LOCAL, Part, Scope, SeriesView
from src.domain.bookings.tables import BookingSeries


async def cancel(
    session: AsyncSession,
    actor: Actor,
    series_id: UUID,
    *,
    part: Part,
    reason: str | None = None,
    expected_version: int | None = None,
) -> SeriesView:
    """Cancel what lies ahead of a series; what is under way or over stays as it is.

    Raises `SeriesNotFound`, `Forbidden`, `SeriesStateConflict`, `Invalid`, `PreconditionFailed`.
    """
    now = clock.now()
    await reading.get(session, actor, series_id)
    await choosing.lock(session, series_id, now=now)
    row = await reading.take_in_hand(session, actor, series_id, expected_version)
    series = row.series
    chosen = await choosing.choose(session, series, part, now=now)
    opened = await locking.open_(session, [each.booking.id for each in chosen.those])
    those = [opened[each.booking.id] for each in chosen.those]
    await attendance.call_off(session, actor, those, now=now, reason=reason, is_told=False)
    _shorten(series, chosen, part.scope, now)
    events.record(
        session,
        actor,
        "booking-series.cancelled",
        ("booking-series", series.id),
        changes={"scope": part.scope, "bookings": len(those)},
        reason=reason,
    )
    views = repository.views(actor, those, now=now)
    people = {UUID(one) for each in those for one in each.booking.attendee_ids}
    await telling.tell(
        session, actor, series, "series.cancelled", views, attendees=sorted(people), reason=reason
    )
    await session.flush()
    return await reading.get(session, actor, series.id)


def _shorten(series: BookingSeries, chosen: Chosen, scope: Scope, now: datetime) -> None:
    """What was called off is no longer part of what the rule promises."""
    if scope == "this":
        series.skipped = sorted({*series.skipped, f"{chosen.anchor.local:{LOCAL}}"})
    elif scope == "following" and any(slot.window for slot in chosen.before):
        series.rule = str(recurrence.counting(chosen.rule, list(chosen.before)))
    else:
        series.cancelled_at = now
