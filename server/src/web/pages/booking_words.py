"""A booking in words: what was just done, what its state means, what cannot be done and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from src.core import language
from src.core.actor import Actor
from src.core.language import gettext as _
from src.core.language import mark
from src.domain.bookings import BookingView, Status, rules
from src.domain.resources.policy import EffectivePolicy

DONE = {
    "confirmed": mark("It is booked."),
    "requested": mark("It is requested: the time is held until somebody decides."),
    "changed": mark("The booking was changed."),
    "together": mark("All of it is booked."),
    "invited": mark("They are asked whether they come."),
    "uninvited": mark("The invitation was taken back."),
    "answered": mark("Your answer was passed on."),
    "offered": mark("They are asked whether they take it over."),
    "withdrawn": mark("It is no longer offered, and stays as it is."),
    "cancelled": mark("The booking was cancelled."),
    "restored": mark("The cancellation was taken back: the booking stands again."),
    "check-in": mark("You are checked in."),
    "check-out": mark("The booking has ended; the rest of its time is free again."),
    "checklist": mark("The checklist is kept."),
    "approved": mark("The request was approved."),
    "agreed": mark("Your word was noted; others are asked now."),
    "rejected": mark("The request was rejected."),
}
_OVER = frozenset({Status.COMPLETED, Status.REJECTED, Status.EXPIRED, Status.NO_SHOW})


@dataclass(frozen=True, slots=True)
class Not:
    """What cannot be done now, and why or what to do instead."""

    what: str
    why: str


def now_line(booking: BookingView, policy: EffectivePolicy, now: datetime) -> str:
    """What its state means at this moment, and what comes next; a sentence or two."""
    status = booking.status
    if status is Status.CONFIRMED:
        return _confirmed(booking, policy, now)
    if status is Status.IN_USE:
        return _("In use until %(time)s.", time=_time(booking.ends_at, booking))
    if status is Status.REQUESTED:
        until = booking.request_expires_at
        held = _("It waits for a decision.")
        if until is None:
            return held
        return f"{held} {_('The time is held until %(time)s.', time=_time(until, booking))}"
    return {
        Status.CANCELLED: _("It was cancelled; its time is free for others."),
        Status.COMPLETED: _("It is over."),
        Status.REJECTED: _("It was not approved, and its time is free for others."),
        Status.EXPIRED: _("Nobody decided in time, and its time is free for others."),
        Status.NO_SHOW: _("Nobody checked in, and its time was given free."),
    }[status]


def _confirmed(booking: BookingView, policy: EffectivePolicy, now: datetime) -> str:
    opens = booking.starts_at - rules.CHECK_IN_OPENS
    if booking.ends_at <= now:
        return _("It is over.")
    if now < opens:
        return _("Check-in opens at %(time)s.", time=_time(opens, booking))
    if not policy.is_check_in_required:
        return _("It is time: you can check in.")
    lapses = booking.starts_at + timedelta(minutes=policy.check_in_grace_minutes)
    if lapses <= now:
        return _("It is time: check in now, or the time is given away.")
    return _(
        "It is time: check in before %(time)s, or the time is given away.",
        time=_time(lapses, booking),
    )


def left_free(booking: BookingView, now: datetime) -> str:
    """What ending now would give free; nothing when the end is reached."""
    minutes = int((booking.ends_at - now).total_seconds() // 60)
    if minutes < 1:
        return ""
    return _(
        "Ending now gives %(length)s free for others, until %(time)s.",
        length=language.format_length(minutes),
        time=_time(booking.ends_at, booking),
    )


def not_now(booking: BookingView, actor: Actor, now: datetime) -> list[Not]:
    """Each thing one would look for that is not allowed, with the reason."""
    if booking.is_masked or booking.status in _OVER or booking.ends_at <= now:
        return []
    return list(_refused(booking, actor))


def _refused(booking: BookingView, actor: Actor) -> Iterator[Not]:
    people = {one.id for one in (booking.booked_by, booking.booked_for) if one}
    is_own = actor.user_id in people
    is_open = booking.status in {Status.REQUESTED, Status.CONFIRMED, Status.IN_USE}
    if is_open and "edit" not in booking.allowed and booking.booked_for is not None:
        why = _(
            "Only %(name)s, and who looks after %(resource)s, may do that.",
            name=booking.booked_for.name,
            resource=booking.resource.name,
        )
        yield Not(_("Change or cancel it"), why)
    elif booking.status is Status.IN_USE:
        yield Not(_("Cancel it"), _("It has begun. End it now instead; the rest is free at once."))
    if booking.status is Status.REQUESTED and is_own:
        yield Not(_("Check in"), _("It has to be approved first; you are told of the decision."))
        yield Not(_("Approve it"), _("Nobody decides their own request."))
    if booking.status is Status.CANCELLED and is_own and "restore" not in booking.allowed:
        why = _("A cancellation can be taken back for 15 minutes, by whoever cancelled.")
        yield Not(_("Take the cancellation back"), f"{why} {_('Book again while it is free.')}")


def _time(at: datetime, booking: BookingView) -> str:
    """The time of day for the reader, with the day where it is another one than the start's."""
    zone = language.reader().zone
    local = at.astimezone(zone)
    said = local.strftime("%H:%M")
    if local.date() == booking.starts_at.astimezone(zone).date():
        return said
    return f"{language.format_day(local, zone=zone)}, {said}"
