"""Taking a cancellation back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import Actor, Permission, forbidden
from src.core.language import gettext as _
from src.domain import resources
from src.domain.bookings import (
    aftermath,
    judging,
    locking,
    policy,
    refusals,
    repository,
    rules,
    telling,
)
from src.domain.bookings.errors import BookingNotFound, BookingStateConflict
from src.domain.bookings.plans import Plan, Window
from src.domain.bookings.repository import Whole
from src.domain.bookings.tables import Booking, Transfer, TransferState
from src.domain.bookings.views import BookingView


async def restore(
    session: AsyncSession, actor: Actor, booking_id: UUID, *, expected_version: int | None = None
) -> BookingView:
    """Take a cancellation back: the booking is again what it was, confirmed or requested.

    For whoever cancelled it and for those who look after the resource's bookings, within a
    quarter of an hour (`rules.RESTORABLE_FOR`), before its end and before a request's deadline.

    It is asked only about what can have taken its place meanwhile: the calendar (its own unit is
    preferred, another one will do), the state and the units of the resource, closures, and how
    many bookings the person has ahead, unless its limit was passed over then. Rules about the
    wish itself (notice, grid, length, opening hours) were answered when it was made; like any
    booking that stands, it is not asked about them again because time has passed.

    Raises `BookingNotFound`, `Forbidden`, `BookingStateConflict` (not cancelled, or too late),
    `BookingRefused`, `BookingOverlaps` with what is free instead, `PreconditionFailed`.
    """
    now = clock.now()
    found = await _opened(session, actor, booking_id, expected_version, now=now)
    (judgement,) = await judging.judge(session, actor, [_as_it_was(found)], now=now)
    if judgement.refusals:
        raise await refusals.refusal(session, actor, judgement, now=now)
    try:
        placed = await resources.calendar.replace(session, [judgement.piece()], holders=())
    except resources.calendar.TimeTaken as taken:
        raise await refusals.overlap(session, actor, judgement, now=now) from taken
    _write(session, actor, found.booking, placed[booking_id][0].unit_id, now)
    await session.flush()
    await aftermath.follow(session, actor, [found])
    await telling.tell(session, actor, found, "booking.restored")
    await session.flush()
    (renewed,) = await repository.find(session, Booking.id == booking_id)
    return repository.view(actor, renewed, now=now)


async def _opened(
    session: AsyncSession,
    actor: Actor,
    booking_id: UUID,
    expected_version: int | None,
    *,
    now: datetime,
) -> Whole:
    found = (await locking.open_(session, [booking_id])).get(booking_id)
    locking.require_known(actor, found, expected_version)
    if found is None:
        raise BookingNotFound(_("Choose one from the list of bookings."))
    # Who cancelled is known while that can be taken back: it is asked for first.
    rules.require_restorable(found.booking, now=now)
    if not policy.may_restore(actor, found.booking, found.cancelled_by):
        raise forbidden(Permission.BOOKINGS_MANAGE)
    await _require_not_handed_over(session, found.booking)
    return found


async def _require_not_handed_over(session: AsyncSession, booking: Booking) -> None:
    """Raise `BookingStateConflict` for what became somebody else's booking: they have its time."""
    is_theirs = exists().where(
        Transfer.booking_id == booking.id, Transfer.state == TransferState.ACCEPTED
    )
    if await session.scalar(select(is_theirs)):
        detail = _("It was handed over to somebody else. Ask them, or book the time again.")
        raise BookingStateConflict(detail, state=booking.status.value, allowed=[])


def _as_it_was(found: Whole) -> Plan:
    booking = found.booking
    return Plan(
        id=booking.id,
        resource_id=booking.resource_id,
        window=Window(booking.starts_at, booking.ends_at),
        person_id=booking.booked_for,
        preferred=found.unit,
        booking=booking,
        is_restored=True,
        team_id=booking.team_id,
        project_id=booking.project_id,
        group_id=booking.group_id,
    )


def _write(
    session: AsyncSession, actor: Actor, booking: Booking, unit_id: int, now: datetime
) -> None:
    moved: dict[str, object] = {}
    if booking.unit_id != unit_id:
        moved["unit_id"], booking.unit_id = [booking.unit_id, unit_id], unit_id
    rules.restore(session, actor, booking, now=now, moved=moved)
