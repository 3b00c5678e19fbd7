"""Who may see a booking, what of it, and what they may do with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, select

from src.core import clock, reach
from src.core.actor import Actor, Permission, resource_scope, team_scope
from src.domain import approvals
from src.domain.approvals import Approval, Elector
from src.domain.bookings.rules import CHECK_IN_OPENS, HELD, restorable_until, status_at
from src.domain.bookings.tables import Attendee, Booking, Status
from src.domain.bookings.views import Action

_OF_RESOURCE: reach.Columns = {"resource": Booking.resource_id}
_OF_TEAM: reach.Columns = {"team": Booking.team_id}


def visible(actor: Actor) -> ColumnElement[bool]:
    """Bookings the actor may know of: those it may read, and that others' hold a time at all."""
    taken = and_(
        Booking.status.in_(HELD),
        or_(Booking.status != Status.REQUESTED, Booking.request_expires_at > clock.now()),
    )
    taken = and_(taken, reach.within(actor, Permission.BOOKINGS_READ, _OF_RESOURCE))
    return or_(readable(actor), taken)


def readable(actor: Actor) -> ColumnElement[bool]:
    """Bookings of which the actor may see who and what."""
    everywhere = {**_OF_RESOURCE, **_OF_TEAM}
    theirs: list[ColumnElement[bool]] = []
    if actor.user_id is not None:
        theirs += [
            Booking.booked_by == actor.user_id,
            Booking.booked_for == actor.user_id,
            invited(actor),
        ]
    if actor.team_ids:
        theirs.append(Booking.team_id.in_(actor.team_ids))
    concerned = or_(*theirs, false())
    if actor.is_program:  # a key bound to a microscope is not told of the others
        concerned = and_(concerned, reach.within(actor, Permission.BOOKINGS_READ, everywhere))
    return or_(reach.within(actor, Permission.BOOKINGS_READ_DETAILS, everywhere), concerned)


def invited(actor: Actor) -> ColumnElement[bool]:
    """Bookings the actor is invited to: `is_invited`, as a condition."""
    return Booking.id.in_(select(Attendee.booking_id).where(Attendee.user_id == actor.user_id))


def waiting(actor: Actor, electors: Sequence[Elector]) -> ColumnElement[bool]:
    """Requests that wait for a word of the actor; `electors` are those of `approvals`."""
    asked = select(Approval.subject_id).where(
        Approval.subject_type == "booking", approvals.waits_for(actor, electors)
    )
    return and_(Booking.status == Status.REQUESTED, Booking.id.in_(asked))


def on_calendar(actor: Actor) -> ColumnElement[bool]:
    """Bookings whose time a calendar shows the actor, past ones included."""
    return or_(readable(actor), reach.within(actor, Permission.BOOKINGS_READ, _OF_RESOURCE))


def may_know(actor: Actor, booking: Booking) -> bool:
    """`visible`, for one row at hand."""
    return may_read(actor, booking) or (
        status_at(booking, clock.now()) in HELD
        and actor.may(Permission.BOOKINGS_READ, resource_scope(booking.resource_id))
    )


def may_read(actor: Actor, booking: Booking) -> bool:
    """`readable`, for one row at hand."""
    is_theirs = is_own(actor, booking) or is_invited(actor, booking)
    is_theirs = is_theirs or (booking.team_id is not None and booking.team_id in actor.team_ids)
    if is_theirs and actor.is_program:
        is_theirs = actor.may(Permission.BOOKINGS_READ, *_scopes(booking))
    return is_theirs or actor.may(Permission.BOOKINGS_READ_DETAILS, *_scopes(booking))


def is_own(actor: Actor, booking: Booking) -> bool:
    """Whether the actor made it or it is for them."""
    return actor.user_id is not None and actor.user_id in {booking.booked_by, booking.booked_for}


def is_invited(actor: Actor, booking: Booking) -> bool:
    """Whether the actor is invited to it."""
    return actor.user_id is not None and str(actor.user_id) in booking.attendee_ids


def may_change(actor: Actor, booking: Booking) -> bool:
    """Whether the actor may edit, cancel, check in and out."""
    is_theirs = is_own(actor, booking) and _may_act_for_owner(actor, booking)
    return is_theirs or actor.may(Permission.BOOKINGS_MANAGE, *_scopes(booking))


def _may_act_for_owner(actor: Actor, booking: Booking) -> bool:
    """A key that was given reading alone changes nothing, not even its owner's bookings."""
    return not actor.is_program or actor.may(Permission.BOOKINGS_CREATE, *_scopes(booking))


def may_decide(actor: Actor, booking: Booking) -> bool:
    """Whether the actor could be asked without a rule; nobody decides on their own."""
    return not is_own(actor, booking) and actor.may(
        Permission.BOOKINGS_APPROVE, resource_scope(booking.resource_id)
    )


def may_restore(actor: Actor, booking: Booking, cancelled_by: UUID | None) -> bool:
    """Whether the actor may take its cancellation back.

    Who cancelled it may, and who looks after the resource. Who manages the bookings of a team may
    not: they would undo what the staff of the facility cancelled.
    """
    is_theirs = actor.user_id is not None and actor.user_id == cancelled_by
    is_theirs = is_theirs and _may_act_for_owner(actor, booking)
    return is_theirs or may_manage(actor, booking.resource_id)


def may_manage(actor: Actor, resource_id: UUID) -> bool:
    """Whether the actor looks after other people's bookings of the resource."""
    return actor.may(Permission.BOOKINGS_MANAGE, resource_scope(resource_id))


def may_override(actor: Actor, resource_id: UUID) -> bool:
    """Whether the actor may pass over rules of the resource, with a reason."""
    return actor.may(Permission.BOOKINGS_OVERRIDE, resource_scope(resource_id))


def require(actor: Actor, permission: Permission, resource_id: UUID) -> None:
    """Raise `Forbidden`, naming the permission."""
    actor.require(permission, resource_scope(resource_id))


def allowed(
    actor: Actor,
    booking: Booking,
    now: datetime,
    *,
    cancelled_by: UUID | None = None,
    is_decider: bool | None = None,
) -> tuple[Action, ...]:
    """What the actor may do with the booking now, in the order of buttons.

    `is_decider`: whether it waits for their word; None where nobody looked, then whether they
    could be asked.
    """
    may = may_decide(actor, booking) if is_decider is None else is_decider
    status = status_at(booking, now)
    actions: list[Action] = []
    if status is Status.REQUESTED and may:
        actions += ["approve", "reject"]
    until = restorable_until(booking)
    if until is not None and now < until and may_restore(actor, booking, cancelled_by):
        actions.append("restore")
    if not may_change(actor, booking):
        return tuple(actions)
    if status is Status.CONFIRMED and can_check_in(booking, now):
        actions.append("check-in")
    if status is Status.IN_USE or can_end_early(booking, now):
        actions.append("check-out")
    if status in HELD and booking.ends_at > now:
        actions.append("edit")
    if status in {Status.REQUESTED, Status.CONFIRMED} and booking.ends_at > now:
        actions.append("cancel")
    return tuple(actions)


def can_check_in(booking: Booking, now: datetime) -> bool:
    """Whether it is time to check in: from a quarter of an hour before the start, to the end."""
    return booking.starts_at - CHECK_IN_OPENS <= now < booking.ends_at


def can_end_early(booking: Booking, now: datetime) -> bool:
    """Whether a booking nobody checked in to is under way all the same."""
    return booking.status is Status.CONFIRMED and booking.starts_at <= now < booking.ends_at


def _scopes(booking: Booking) -> tuple[str, ...]:
    of_resource = resource_scope(booking.resource_id)
    return (of_resource,) if booking.team_id is None else (of_resource, team_scope(booking.team_id))
