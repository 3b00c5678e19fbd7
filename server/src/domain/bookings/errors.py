"""Refusals of a booking."""

from __future__ import annotations

from src.core.errors import Conflict, Invalid, NotFound


class BookingNotFound(NotFound):
    """There is no such booking, or you may not know of it."""

    code, title = "booking-not-found", "No such booking"


class BookingOverlaps(Conflict):
    """Somebody else has this time, and nothing but that stands in the way.

    `conflicts` tells what holds it, as far as you may see; `suggestions` are windows that are
    free and fit all rules.
    """

    code, title = "booking-overlaps", "This time is taken"


class BookingRefused(Invalid):
    """Rules of the resource do not hold; `errors` names every one of them, with its numbers.

    Those marked `overridable` may be passed over with `override_reason` by those who hold
    `bookings:override`. `conflicts` tells what holds the time besides, `suggestions` what fits.
    """

    code, title = "booking-refused", "This cannot be booked so"


class BookingStateConflict(Conflict):
    """The booking's state does not allow this; `allowed` lists the states it may go to."""

    code, title = "booking-state", "The booking's state does not allow this"


class TooManyChanges(Invalid):
    """So many bookings cannot be changed at once. Change fewer at a time."""

    code, title = "too-many-changes", "Too many changes at once"


class DisplacementNeeded(Conflict):
    """Bookings stand in the way; `hits` lists those without a choice of keep, move or cancel.

    Send a choice for each of them.
    """

    code, title = "displacement-needed", "Bookings stand in the way"


class BadRange(Invalid):
    """The time to read must have an end after its start, at most 100 days later."""

    code, title = "bad-range", "There is no such time to read"


class NotDown(Conflict):
    """The resource can be used, so nothing has to make way. Take it down first."""

    code, title = "not-down", "The resource is not down"
