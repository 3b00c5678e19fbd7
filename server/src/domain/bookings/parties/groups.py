"""Several resources at once: all of them for the same time, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import and_
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, ids
from src.core.actor import Actor
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain.bookings import attendance, locking, policy, repository, reservation, rules
from src.domain.bookings.errors import BookingNotFound
from src.domain.bookings.parties.errors import NothingInGroup
from src.domain.bookings.parties.views import GroupItem
from src.domain.bookings.reservation import Order
from src.domain.bookings.tables import Booking
from src.domain.bookings.views import BookingView, Wish

MOST = 20


async def create(
    session: AsyncSession, actor: Actor, *, wish: Wish, items: Sequence[GroupItem]
) -> list[BookingView]:
    """Book every item for the time of `wish`, or nothing; they share a `group_id`.

    Their calendars are locked in the order of their ids, so that however many contend, nobody
    waits in a circle. Raises what `bookings.create` does, with the place of the item that stands
    in the way, and `NothingInGroup`.
    """
    if not 1 <= len(items) <= MOST or len({item.resource_id for item in items}) < len(items):
        detail = _("Name each resource once, at most %(most)s of them.", most=MOST)
        fault = FieldError(("items",), "bad-group", detail)
        raise NothingInGroup(detail, errors=(fault,))
    group_id = ids.new()
    orders = [
        Order(
            replace(wish, resource_id=item.resource_id, unit=item.unit, answers=item.answers),
            at=("items", place),
            group_id=group_id,
        )
        for place, item in enumerate(items)
    ]
    return await reservation.create_many(session, actor, orders=orders)


async def cancel(
    session: AsyncSession, actor: Actor, group_id: UUID, *, reason: str | None = None
) -> list[BookingView]:
    """Cancel what lies ahead of a group, as far as the actor may change it.

    Raises `BookingNotFound` when nothing of it does.
    """
    now = clock.now()
    which = and_(Booking.group_id == group_id, Booking.starts_at > now, repository.is_held(now))
    found = await repository.find(session, and_(which, policy.visible(actor)))
    theirs = [each.booking.id for each in found if policy.may_change(actor, each.booking)]
    opened = await locking.open_(session, theirs)
    those = [each for each in opened.values() if rules.status_at(each.booking, now) in rules.HELD]
    if not those:
        raise BookingNotFound(_("Nothing of it lies ahead that you may cancel."))
    await attendance.call_off(session, actor, those, now=now, reason=reason)
    await session.flush()
    return repository.views(actor, those, now=now)
