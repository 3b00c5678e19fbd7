"""Who is told what about a booking; the texts stand in `notices`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import outbox
from src.core.actor import SYSTEM, Actor
from src.domain import notifications
from src.domain.bookings import inviting, repository
from src.domain.bookings.repository import Whole
from src.domain.bookings.rules import HELD
from src.domain.bookings.tables import Booking, Status
from src.domain.bookings.topics import MADE

# What those who were invited hear when a booking changes.
_FOR_ATTENDEES = {
    "booking.changed": "attendance.changed",
    "booking.displaced": "attendance.changed",
    "booking.restored": "attendance.changed",
    "booking.cancelled": "attendance.cancelled",
    "booking.rejected": "attendance.cancelled",
    "booking.expired": "attendance.cancelled",
}


async def tell(
    session: AsyncSession, actor: Actor, found: Whole, kind: str, *, reason: str | None = None
) -> None:
    """Tell whom the booking is for, and who made it for them unless they do this themselves.

    Those who were invited hear what it means for them, unless they have declined.
    """
    for user_id in concerned(actor, found.booking):
        await _notify(session, user_id, kind, found, by=actor.user_id, reason=reason)
    if kind in _FOR_ATTENDEES:
        for user_id in await inviting.coming(session, found.booking):
            told = _FOR_ATTENDEES[kind]
            await _notify(session, user_id, told, found, by=actor.user_id, reason=reason)


async def announce(session: AsyncSession, actor: Actor, found: Sequence[Whole]) -> None:
    """Have those concerned told of new bookings, and those invited asked, after the commit."""
    worth = [
        each.booking.id
        for each in found
        if each.booking.status is not Status.REQUESTED or each.booking.attendee_ids
    ]
    if worth:
        by = str(actor.user_id) if actor.user_id else None
        payload = {"booking_ids": [str(id_) for id_ in worth], "by": by}
        await outbox.publish(session, MADE, payload, once=f"{MADE.name}:{worth[0]}")


async def tell_made(session: AsyncSession, payload: Mapping[str, Any]) -> int:
    """Tell of new bookings what `announce` wrote down; how many of them still stand.

    Of what was called off in the meantime its people have heard already.
    """
    actor = Actor(UUID(payload["by"])) if payload["by"] else SYSTEM
    ids = [UUID(id_) for id_ in payload["booking_ids"]]
    found = await repository.find(session, Booking.id.in_(ids))
    standing = [each for each in found if each.booking.status in HELD]
    for each in standing:
        if each.booking.status is not Status.REQUESTED:
            await tell(session, actor, each, "booking.confirmed")
        await invite(session, actor, each)
    return len(standing)


async def invite(
    session: AsyncSession, actor: Actor, found: Whole, *, only: Collection[UUID] | None = None
) -> None:
    """Ask those who were invited, all of them or `only` some, whether they come."""
    for user_id in map(UUID, found.booking.attendee_ids):
        if only is None or user_id in only:
            await _notify(session, user_id, "attendance.invited", found, by=actor.user_id)


async def uninvite(session: AsyncSession, actor: Actor, found: Whole, user_id: UUID) -> None:
    """Tell somebody that they are not expected any more."""
    await _notify(session, user_id, "attendance.cancelled", found, by=actor.user_id)


async def answered(session: AsyncSession, actor: Actor, found: Whole, answer: str) -> None:
    """Tell whose booking it is what somebody invited says."""
    user_id = found.booking.booked_for
    await _notify(session, user_id, f"attendance.{answer}", found, by=actor.user_id)


def concerned(actor: Actor, booking: Booking) -> list[UUID]:
    """Who is told what becomes of a booking."""
    if booking.booked_by in {booking.booked_for, actor.user_id}:
        return [booking.booked_for]
    return [booking.booked_for, booking.booked_by]


def args_of(found: Whole, *, by: UUID | None = None, reason: str | None = None) -> dict[str, Any]:
    """What a notification about a booking is made of; `notices` says what each means."""
    booking = found.booking
    return {
        "booking_id": booking.id,
        "resource": found.resource.name,
        "unit": found.unit,
        "title": booking.title or None,
        "starts_at": booking.starts_at,
        "ends_at": booking.ends_at,
        "person": booking.booked_for,
        "by": by,
        "reason": reason or None,
        "request_expires_at": booking.request_expires_at,
    }


async def _notify(
    session: AsyncSession,
    user_id: UUID,
    kind: str,
    found: Whole,
    *,
    by: UUID | None = None,
    reason: str | None = None,
) -> None:
    booking = found.booking
    args = args_of(found, by=by, reason=reason)
    await notifications.notify(
        session,
        user_id=user_id,
        kind=kind,
        args=args,
        link=f"/bookings/{booking.id}",
        subject=("booking", booking.id),
    )
