"""Bookings taken in hand to be changed: locked, known to whoever changes them, and not over."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor, Permission, forbidden
from src.core.errors import DatabaseBusy, PreconditionFailed
from src.core.language import gettext as _
from src.domain import resources
from src.domain.bookings import policy, repository, rules
from src.domain.bookings.errors import BookingNotFound, BookingStateConflict
from src.domain.bookings.repository import Whole
from src.domain.bookings.tables import Booking


async def lock(
    session: AsyncSession, booking_ids: Collection[UUID], *, resource_ids: Collection[UUID] = ()
) -> None:
    """Lock the calendars that bookings are on, and others, at once.

    Whoever makes several changes one by one begins with this: taken one after the other in an
    order of their own, two such locks could wait for each other for ever.
    """
    on = await repository.resources_of(session, booking_ids)
    await resources.calendar.lock(session, {*on.values(), *resource_ids})


async def open_(
    session: AsyncSession, ids: Sequence[UUID], *, also: set[UUID] | None = None
) -> dict[UUID, Whole]:
    """Bookings, locked behind the calendars they are on: resources first, in order of id.

    `also` locks further resources with them. Those that do not exist are missing in the answer.
    """
    on = await repository.resources_of(session, ids)
    await resources.calendar.lock(session, {*on.values(), *(also or ())})
    found = await repository.find(session, Booking.id.in_(on), lock=True)
    if any(each.booking.resource_id != on[each.booking.id] for each in found):
        # It moved between the look and the lock: the caller comes again.
        raise DatabaseBusy(_("Repeat the request in a second."), retry_after=1)
    return {each.booking.id: each for each in found}


def require_change(
    actor: Actor,
    found: Whole | None,
    expected_version: int | None,
    *,
    now: datetime,
    is_displaced: bool = False,
) -> None:
    """Raise unless the actor may change the booking, knows its latest version, and it is on."""
    require_known(actor, found, expected_version)
    if found is None:
        return
    if not is_displaced and not policy.may_change(actor, found.booking):
        raise forbidden(Permission.BOOKINGS_MANAGE)
    status = rules.status_at(found.booking, now)
    if status not in rules.HELD or found.booking.ends_at <= now:
        detail = _("The booking is over: it cannot be changed.")
        if status not in rules.HELD:
            said = rules.word(status)
            detail = _("The booking is %(status)s: it cannot be changed.", status=said)
        raise BookingStateConflict(detail, state=status.value, allowed=[])


def require_known(actor: Actor, found: Whole | None, expected_version: int | None) -> None:
    """Raise `BookingNotFound`, or `PreconditionFailed` when it is not the version expected."""
    if found is None or not policy.may_know(actor, found.booking):
        raise BookingNotFound(_("Choose one from the list of bookings."))
    if expected_version not in {None, found.booking.version}:
        raise PreconditionFailed(
            _("Read the booking again, then repeat the change."), version=found.booking.version
        )
