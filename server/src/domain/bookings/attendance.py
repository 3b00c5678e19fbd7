"""What people do with a booking they have: cancel, come, leave."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import Actor, Permission, forbidden
from src.core.language import gettext as _
from src.domain import resources
from src.domain.bookings import (
    aftermath,
    facts,
    holds,
    locking,
    policy,
    refusals,
    repository,
    rules,
    telling,
)
from src.domain.bookings.errors import BookingNotFound, BookingStateConflict
from src.domain.bookings.repository import Whole
from src.domain.bookings.tables import Booking, Status
from src.domain.bookings.views import BookingView, Cancelling, Person
from src.domain.resources.tables import Resource

_MINUTE = timedelta(minutes=1)

Window = resources.hours.Window
OnComing = Callable[[AsyncSession, Whole, resources.terms.Terms], Awaitable[None]]

_coming: list[OnComing] = []


async def cancel(
    session: AsyncSession,
    actor: Actor,
    booking_id: UUID,
    *,
    reason: str | None = None,
    expected_version: int | None = None,
) -> BookingView:
    """Cancel a request or a booking that is not in use; its time is free at once.

    Cancelled by its own people later than the policy's notice, that is kept on it. Raises
    `BookingNotFound`, `Forbidden`, `BookingStateConflict`, `PreconditionFailed`.
    """
    now = clock.now()
    found = await _opened(session, actor, booking_id, expected_version)
    _require_ahead(found.booking, now)
    await call_off(session, actor, [found], now=now, reason=reason)
    await session.flush()
    return repository.view(actor, replace(found, cancelled_by=actor.user_id), now=now)


async def cancelling(session: AsyncSession, actor: Actor, booking_id: UUID) -> Cancelling:
    """What cancelling would do now; nothing is written. Raises `BookingNotFound`."""
    now = clock.now()
    found = await repository.find(session, Booking.id == booking_id)
    if not found or not policy.may_know(actor, found[0].booking):
        raise BookingNotFound(_("Choose one from the list of bookings."))
    booking = found[0].booking
    terms = await resources.terms.load(session, [booking.resource_id], around=holds.held(booking))
    limits = terms[booking.resource_id].policy
    names = {booking.booked_by: found[0].booked_by, booking.booked_for: found[0].booked_for}
    told = telling.concerned(actor, booking) if policy.may_read(actor, booking) else []
    return Cancelling(
        repository.view(actor, found[0], now=now),
        is_late=_is_late(actor, booking, limits, now),
        notice_minutes=limits.cancel_notice_minutes,
        told=tuple(Person(id_, names[id_]) for id_ in told if id_ != actor.user_id),
    )


def _is_late(
    actor: Actor, booking: Booking, limits: resources.policy.EffectivePolicy, now: datetime
) -> bool:
    """Whether its own people would cancel it later than the policy's notice."""
    return (
        policy.is_own(actor, booking)
        and booking.status is Status.CONFIRMED
        and now > booking.starts_at - limits.cancel_notice_minutes * _MINUTE
    )


async def call_off(
    session: AsyncSession,
    actor: Actor,
    those: Sequence[Whole],
    *,
    now: datetime,
    reason: str | None,
    is_told: bool = True,
) -> None:
    """Cancel opened bookings, free their time and tell their people (`is_told`)."""
    left = [holds.freed(found.booking) for found in those]
    span = Window(
        min(window.starts_at for _, window in left), max(window.ends_at for _, window in left)
    )
    terms = await resources.terms.load(session, {on for on, _ in left}, around=span)
    for found in those:
        booking = found.booking
        limits = terms[booking.resource_id].policy
        booking.is_cancelled_late = _is_late(actor, booking, limits, now)
        rules.transition(session, actor, booking, Status.CANCELLED, now=now, reason=reason)
    await resources.calendar.release(session, {found.booking.id for found in those})
    await aftermath.follow(session, actor, those, left=left)
    if is_told:
        for found in those:
            await telling.tell(session, actor, found, "booking.cancelled", reason=reason)


def on_coming(hook: OnComing) -> None:
    """Have `hook` asked whenever somebody checks in; it may raise to refuse."""
    _coming.append(hook)


async def check_in(
    session: AsyncSession, actor: Actor, booking_id: UUID, *, expected_version: int | None = None
) -> BookingView:
    """Begin to use it: from a quarter of an hour before the start until the end.

    Raises `BookingNotFound`, `Forbidden`, `BookingStateConflict` (too early, over, not confirmed),
    `BookingRefused` when the resource is down or a qualification it needs is missing,
    `ChecklistNeeded` where there is a list to fill in first, `PreconditionFailed`.
    """
    now = clock.now()
    found = await _opened(session, actor, booking_id, expected_version)
    booking = found.booking
    rules.require_target(booking, Status.IN_USE, now=now)
    if not policy.can_check_in(booking, now):
        opens = booking.starts_at - rules.CHECK_IN_OPENS
        early = _("Check-in opens 15 minutes before the start. Come back a little later.")
        late = _("Check-in is open until the end of a booking. It is over.")
        raise BookingStateConflict(
            late if now >= booking.ends_at else early,
            state=booking.status.value,
            allowed=[],
            opens_at=opens,
        )
    terms = await _require_fit(session, actor, booking, now)
    for ask in _coming:
        await ask(session, found, terms)
    rules.transition(session, actor, booking, Status.IN_USE, now=now)
    booking.checked_in_at = now
    await aftermath.follow(session, actor, [found])
    await session.flush()
    return repository.view(actor, found, now=now)


async def _require_fit(
    session: AsyncSession, actor: Actor, booking: Booking, now: datetime
) -> resources.terms.Terms:
    """Raise `BookingRefused` unless the resource is in service and the person still qualified.

    Who was let pass over rules when it was booked, with a reason, is not asked again. One statement.
    """
    window = Window(booking.starts_at, booking.ends_at)
    known = facts.columns(booking.booked_for, around=window, now=now, with_names=True)
    wanted = resources.terms.statement(Resource.id == booking.resource_id, around=window)
    row = (await session.execute(wanted.add_columns(*known))).one()
    terms, person = resources.terms.of(row), facts.of(row)
    faults = resources.rules.state_faults(terms)
    if booking.override_reason is None:
        question = resources.rules.Question(window, now, held=person.held, names=person.names)
        faults += resources.rules.qualification_faults(terms, question)
    if faults:
        raise await refusals.refused_at(session, actor, booking.resource_id, faults)
    return terms


async def check_out(
    session: AsyncSession, actor: Actor, booking_id: UUID, *, expected_version: int | None = None
) -> BookingView:
    """Stop using it; ended early, the rest of its time is free at once.

    A booking under way that nobody checked in to may be ended too. Raises `BookingNotFound`,
    `Forbidden`, `BookingStateConflict`, `PreconditionFailed`.
    """
    now = clock.now()
    found = await _opened(session, actor, booking_id, expected_version)
    booking, left = found.booking, holds.freed(found.booking)
    if policy.can_end_early(booking, now):
        rules.transition(session, actor, booking, Status.IN_USE, now=now)
    rules.transition(session, actor, booking, Status.COMPLETED, now=now)
    booking.checked_out_at = now
    if now < booking.ends_at:
        booking.planned_ends_at = booking.ends_at
        # Whoever came and went before the start has used a minute of it.
        booking.ends_at = min(booking.ends_at, max(now, booking.starts_at + _MINUTE))
    await resources.calendar.release(session, {booking.id})
    await aftermath.follow(session, actor, [found], left=[left])
    await session.flush()
    return repository.view(actor, found, now=now)


async def _opened(
    session: AsyncSession, actor: Actor, booking_id: UUID, expected_version: int | None
) -> Whole:
    found = (await locking.open_(session, [booking_id])).get(booking_id)
    locking.require_known(actor, found, expected_version)
    if found is None or not policy.may_change(actor, found.booking):
        raise forbidden(Permission.BOOKINGS_MANAGE)
    return found


def _require_ahead(booking: Booking, now: datetime) -> None:
    rules.require_target(booking, Status.CANCELLED, now=now)
    if booking.ends_at <= now:
        raise BookingStateConflict(
            _("The booking is over."), state=booking.status.value, allowed=[]
        )
