"""Asking first: what would happen to a wish, and when the same could be had once more."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import Actor, Permission, forbidden, resource_scope
from src.core.language import gettext as _
from src.domain import resources
from src.domain.bookings import (
    charging,
    judging,
    locking,
    policy,
    refusals,
    repository,
    reservation,
    rivalry,
    suggestions,
)
from src.domain.bookings.errors import BookingNotFound
from src.domain.bookings.plans import Plan, Window
from src.domain.bookings.repository import Whole
from src.domain.bookings.tables import Booking
from src.domain.bookings.views import Answer, Wish

AGAIN_WITHIN = 28
_DAY = timedelta(days=1)


async def check(
    session: AsyncSession, actor: Actor, *, wish: Wish, booking_id: UUID | None = None
) -> Answer:
    """What would happen to a wish, or to a booking that became like it; nothing is written.

    A booking that is changed does not stand in its own way, and stays the person's whose it is.
    Raises `ResourceNotFound`, `BookingNotFound`, `BookingStateConflict`, `Forbidden`, and
    `BookingRefused` for times no calendar has.
    """
    now = clock.now()
    if booking_id is None:
        policy.require(actor, Permission.BOOKINGS_CREATE, wish.resource_id)
        plan = await reservation.wished(session, actor, wish)
    else:
        plan = await _changed(session, actor, wish, booking_id, now)
    (judgement,) = await judging.judge(session, actor, [plan], now=now)
    taken = await refusals.in_the_way(session, actor, judgement)
    is_new = booking_id is None
    if taken and is_new and await rivalry.is_contested(session, judgement):
        taken = []  # others have asked for it as well, and nobody has it yet
    is_clean = not judgement.refusals and not taken
    fitting = [] if is_clean else await refusals.instead(session, actor, judgement, now=now)
    return Answer(
        outcome=judgement.outcome if is_clean else "refused",
        violations=judgement.refusals,
        conflicts=tuple(taken),
        suggestions=tuple(fitting),
        contact=await resources.contacts.for_(session, wish.resource_id),
        request_expires_at=judgement.request_expires_at if is_clean else None,
        warnings=judgement.warnings,
        quotas=judgement.quotas,
    )


async def _changed(
    session: AsyncSession, actor: Actor, wish: Wish, booking_id: UUID, now: datetime
) -> Plan:
    found = await _known(session, actor, booking_id)
    locking.require_change(actor, found, None, now=now)
    faults = await charging.faults(session, actor, wish, was=found.booking)
    return reservation.replanned(wish, found, faults=faults)


async def again(session: AsyncSession, actor: Actor, booking_id: UUID) -> Wish | None:
    """The same once more, as long and at the same time of the resource's clock.

    On the first later day on which it is free and fits all rules; None when there is no such day
    in four weeks. Whoever could not book for the person it was for gets it for themselves. Raises
    `BookingNotFound`, `Forbidden` when the reader may not see what it was.
    """
    now = clock.now()
    found = await _known(session, actor, booking_id)
    booking = found.booking
    if not policy.may_read(actor, booking):
        raise forbidden(Permission.BOOKINGS_READ_DETAILS)
    length = (booking.planned_ends_at or booking.ends_at) - booking.starts_at
    zone = ZoneInfo(found.resource.timezone)
    local = booking.starts_at.astimezone(zone)
    first = max(local.date(), now.astimezone(zone).date()) + _DAY
    days = (_at(first + number * _DAY, local, zone) for number in range(AGAIN_WITHIN))
    windows = [Window(starts, starts + length) for starts in days if starts is not None]
    for_whom = _whose(actor, booking)
    free = await suggestions.first_of(
        session, actor, booking.resource_id, windows, person_id=for_whom or actor.user_id, now=now
    )
    if free is None:
        return None
    is_theirs = booking.team_id in actor.team_ids or policy.may_manage(actor, booking.resource_id)
    return Wish(
        booking.resource_id,
        free.starts_at,
        free.ends_at,
        title=booking.title,
        notes=booking.notes,
        team_id=booking.team_id if is_theirs else None,
        booked_for=for_whom,
    )


def _at(day: date, local: datetime, zone: ZoneInfo) -> datetime | None:
    """The time of day of `local` on another day; None where the clocks skip it."""
    wanted = datetime.combine(day, local.time(), zone)
    instant = wanted.astimezone(UTC)
    is_there = instant.astimezone(zone).replace(tzinfo=None) == wanted.replace(tzinfo=None)
    return instant if is_there else None


def _whose(actor: Actor, booking: Booking) -> UUID | None:
    """For whom it would be; None: for the actor."""
    scope = resource_scope(booking.resource_id)
    may_for_others = actor.may(Permission.BOOKINGS_FOR_OTHERS, scope)
    return booking.booked_for if may_for_others and booking.booked_for != actor.user_id else None


async def _known(session: AsyncSession, actor: Actor, booking_id: UUID) -> Whole:
    found = await repository.find(session, Booking.id == booking_id)
    if not found or not policy.may_know(actor, found[0].booking):
        raise BookingNotFound(_("Choose one from the list of bookings."))
    return found[0]
