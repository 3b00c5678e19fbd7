"""The states of a booking and the one way from one to the next."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import events, language
from src.core.actor import Actor
from src.core.language import gettext as _
from src.core.language import mark
from src.domain.bookings.errors import BookingStateConflict
from src.domain.bookings.tables import Booking, Status

TARGETS: dict[Status, frozenset[Status]] = {
    Status.REQUESTED: frozenset(
        {Status.CONFIRMED, Status.REJECTED, Status.EXPIRED, Status.CANCELLED}
    ),
    Status.CONFIRMED: frozenset({Status.IN_USE, Status.CANCELLED, Status.NO_SHOW}),
    Status.IN_USE: frozenset({Status.COMPLETED}),
    Status.COMPLETED: frozenset(),
    Status.REJECTED: frozenset(),
    Status.EXPIRED: frozenset(),
    Status.CANCELLED: frozenset(),
    Status.NO_SHOW: frozenset(),
}
"""From each state, where a booking may go. All that is not here is refused."""

RESTORES: dict[Status, frozenset[Status]] = {
    Status.CANCELLED: frozenset({Status.CONFIRMED, Status.REQUESTED})
}
"""The one way back: a cancellation that is taken back in time (`restore`), and nothing else."""

HELD = frozenset({Status.REQUESTED, Status.CONFIRMED, Status.IN_USE})
"""States in which a booking has a hold (requested: until its deadline)."""

VERBS: dict[Status, str] = {
    Status.REQUESTED: "booking.requested",
    Status.CONFIRMED: "booking.confirmed",
    Status.IN_USE: "booking.started",
    Status.COMPLETED: "booking.completed",
    Status.REJECTED: "booking.rejected",
    Status.EXPIRED: "booking.expired",
    Status.CANCELLED: "booking.cancelled",
    Status.NO_SHOW: "booking.no-show",
}

CHECK_IN_OPENS = timedelta(minutes=15)
RESTORABLE_FOR = timedelta(minutes=15)


_WORDS: dict[Status, str] = {
    Status.REQUESTED: mark("requested"),
    Status.CONFIRMED: mark("confirmed"),
    Status.IN_USE: mark("in use"),
    Status.COMPLETED: mark("completed"),
    Status.REJECTED: mark("rejected"),
    Status.EXPIRED: mark("expired"),
    Status.CANCELLED: mark("cancelled"),
    Status.NO_SHOW: mark("not used"),
}


def word(status: Status) -> str:
    """A state as it stands in the middle of a sentence."""
    return _(_WORDS[status])


def status_at(booking: Booking, now: datetime) -> Status:
    """What counts at `now`: a request past its deadline has expired, job or no job."""
    is_lapsed = (
        booking.status is Status.REQUESTED
        and booking.request_expires_at is not None
        and booking.request_expires_at <= now
    )
    return Status.EXPIRED if is_lapsed else booking.status


def restorable_until(booking: Booking) -> datetime | None:
    """Until when its cancellation can be taken back; None when it is not cancelled.

    A quarter of an hour, but not beyond its end, nor beyond the deadline of a request. Nothing
    changes a cancelled booking, so its last change is the cancellation.
    """
    if booking.status not in RESTORES:
        return None
    ends = (booking.updated_at + RESTORABLE_FOR, booking.ends_at, booking.request_expires_at)
    return min(end for end in ends if end is not None)


def status_before(booking: Booking) -> Status:
    """What a cancelled booking was: only a request has a deadline."""
    return Status.CONFIRMED if booking.request_expires_at is None else Status.REQUESTED


def require_target(booking: Booking, to: Status, *, now: datetime) -> None:
    """Raise `BookingStateConflict` unless the booking may go to `to`."""
    status = status_at(booking, now)
    if to in TARGETS[status] or (booking.status is Status.REQUESTED and to is Status.EXPIRED):
        return
    allowed = sorted(TARGETS[status])
    detail = _("The booking is %(status)s. Nothing follows that.", status=word(status))
    if allowed:
        ways = language.format_list([word(way) for way in allowed], "or")
        detail = _(
            "The booking is %(status)s. It may become %(ways)s.", status=word(status), ways=ways
        )
    raise BookingStateConflict(detail, state=status.value, allowed=[way.value for way in allowed])


def require_decidable(booking: Booking, *, now: datetime) -> None:
    """Raise `BookingStateConflict` unless it is a request that waits for a decision."""
    status = status_at(booking, now)
    if status is not Status.REQUESTED:
        allowed = [target.value for target in sorted(TARGETS[status])]
        raise BookingStateConflict(
            _("The booking is %(status)s: there is nothing to decide.", status=word(status)),
            state=status.value,
            allowed=allowed,
        )


def transition(
    session: AsyncSession,
    actor: Actor,
    booking: Booking,
    to: Status,
    *,
    now: datetime,
    reason: str | None = None,
) -> None:
    """Take the booking to its next state, and write down who did it and why.

    Its hold is the caller's business. Raises `BookingStateConflict` with the allowed targets.
    """
    require_target(booking, to, now=now)
    before, booking.status = booking.status, to
    changes: dict[str, object] = {"status": [before, to]}
    if to is Status.CANCELLED and booking.is_cancelled_late:
        changes["is_cancelled_late"] = True
    events.record(
        session, actor, VERBS[to], ("booking", booking.id), changes=changes, reason=reason
    )


def require_restorable(booking: Booking, *, now: datetime) -> None:
    """Raise `BookingStateConflict` unless its cancellation can still be taken back."""
    until = restorable_until(booking)
    if until is not None and now < until:
        return
    detail = _("It is too late to take the cancellation back. Book the time again if it is free.")
    if until is None:
        detail = _("Only a cancellation can be taken back, and this booking is not cancelled.")
    status = status_at(booking, now)
    allowed = [target.value for target in sorted(TARGETS[status])]
    raise BookingStateConflict(detail, state=status.value, allowed=allowed)


def restore(
    session: AsyncSession,
    actor: Actor,
    booking: Booking,
    *,
    now: datetime,
    moved: dict[str, object],
) -> None:
    """Give a cancelled booking its former state again; `moved` is what else became different.

    Its hold is the caller's business. Raises `BookingStateConflict`.
    """
    require_restorable(booking, now=now)
    before, booking.status = booking.status, status_before(booking)
    changes: dict[str, object] = {"status": [before, booking.status], **moved}
    if booking.is_cancelled_late:
        changes["is_cancelled_late"] = [True, False]
        booking.is_cancelled_late = False
    events.record(session, actor, "booking.restored", ("booking", booking.id), changes=changes)
