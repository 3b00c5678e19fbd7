"""Those who wait in the demonstration: three for a time that is taken, one with an open offer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.domain import accounts, resources
from src.domain.bookings import suggestions
from src.domain.bookings.tables import Booking, Status
from src.domain.bookings.waiting import alerts, entries
from src.domain.bookings.waiting.views import Awaited

Window = resources.hours.Window

_WISHES = ("Repeat of Tuesday's series", "Controls for figure 2", "New antibodies")
_HOUR = timedelta(hours=1)


async def fill(
    session: AsyncSession, *, member: UUID, others: Sequence[UUID], popular: UUID, now: datetime
) -> None:
    """Let three people wait for what is booked on `popular`, and the member have an offer there."""
    booked = await session.scalar(
        select(Booking)
        .where(
            Booking.resource_id == popular,
            Booking.status == Status.CONFIRMED,
            Booking.starts_at > now + timedelta(days=2),
            Booking.booked_for.not_in([member, *others]),
        )
        .order_by(Booking.starts_at)
        .limit(1)
    )
    if booked is None:
        return
    for person_id, title in zip(others[:3], _WISHES, strict=False):
        awaited = Awaited(
            booked.starts_at, booked.ends_at, 60, 120, resource_id=popular, title=title
        )
        await entries.add(session, await _actor(session, person_id), awaited=awaited)
    actor = await _actor(session, member)
    free = await _free(session, actor, popular, now)
    if free is not None:
        awaited = Awaited(
            free.starts_at, free.ends_at, 60, 60, resource_id=popular, title="Live cells, last dish"
        )
        await entries.add(session, actor, awaited=awaited)
    await alerts.add(session, actor, popular, min_minutes=240)


async def _free(
    session: AsyncSession, actor: Actor, resource_id: UUID, now: datetime
) -> Window | None:
    """An hour in the next days that the member could book."""
    first = now.replace(minute=0, second=0) + 3 * _HOUR
    windows = [Window(first + number * _HOUR, first + (number + 1) * _HOUR) for number in range(96)]
    return await suggestions.first_of(
        session, actor, resource_id, windows, person_id=actor.user_id, now=now
    )


async def _actor(session: AsyncSession, person_id: UUID) -> Actor:
    actor = await accounts.actor_of_user(session, person_id)
    if actor is None:
        raise LookupError(person_id)
    return replace(actor, request_id="demo")
