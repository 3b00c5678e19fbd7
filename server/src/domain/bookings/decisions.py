"""Deciding requests."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import Actor, Permission, forbidden, resource_scope
from src.core.errors import Forbidden
from src.core.language import gettext as _
from src.domain import accounts, resources
from src.domain.bookings import aftermath, holds, locking, policy, repository, rules, telling
from src.domain.bookings.repository import Whole
from src.domain.bookings.tables import Booking, Status
from src.domain.bookings.views import BookingView, Person
from src.domain.resources.tables import HoldKind


async def approve(
    session: AsyncSession,
    actor: Actor,
    booking_id: UUID,
    *,
    note: str | None = None,
    expected_version: int | None = None,
) -> BookingView:
    """Confirm somebody else's request; from now on it holds its time without a deadline.

    Raises `BookingNotFound`, `Forbidden` (`bookings:approve`; nobody approves their own),
    `BookingStateConflict` when it was decided or has expired, `PreconditionFailed`.
    """
    found = await _decided(
        session, actor, booking_id, Status.CONFIRMED, note=note, expected_version=expected_version
    )
    booking, held = found.booking, holds.held(found.booking)
    booking.request_expires_at = None
    piece = resources.calendar.Piece(
        booking.id,
        HoldKind.BOOKING,
        booking.resource_id,
        held.starts_at,
        held.ends_at,
        unit_number=found.unit,
    )
    await resources.calendar.replace(session, [piece], holders={booking.id})
    await aftermath.follow(session, actor, [found])
    await telling.tell(session, actor, found, "booking.approved", reason=note)
    await session.flush()
    return repository.view(actor, found, now=clock.now())


async def reject(
    session: AsyncSession,
    actor: Actor,
    booking_id: UUID,
    *,
    note: str | None = None,
    expected_version: int | None = None,
) -> BookingView:
    """Refuse somebody else's request; its time is free at once. Raises as `approve` does."""
    found = await _decided(
        session, actor, booking_id, Status.REJECTED, note=note, expected_version=expected_version
    )
    found.booking.request_expires_at = None
    await resources.calendar.release(session, {found.booking.id})
    await aftermath.follow(session, actor, [found], left=[holds.freed(found.booking)])
    await telling.tell(session, actor, found, "booking.rejected", reason=note)
    await session.flush()
    return repository.view(actor, found, now=clock.now())


async def _decided(
    session: AsyncSession,
    actor: Actor,
    booking_id: UUID,
    to: Status,
    *,
    note: str | None,
    expected_version: int | None,
) -> Whole:
    found = (await locking.open_(session, [booking_id])).get(booking_id)
    locking.require_known(actor, found, expected_version)
    if found is None or not policy.may_decide(actor, found.booking):
        permission = Permission.BOOKINGS_APPROVE
        if found is not None and actor.may(permission, resource_scope(found.booking.resource_id)):
            raise Forbidden(_("Nobody decides their own request: ask somebody else to."))
        raise forbidden(permission)
    booking = found.booking
    rules.require_decidable(booking, now=clock.now())
    rules.transition(session, actor, booking, to, now=clock.now(), reason=note)
    booking.decided_by, booking.decision_note = actor.user_id, note
    return found


async def tell_deciders(session: AsyncSession, booking_id: UUID) -> int:
    """Tell everybody who may decide a request that it waits; how many that are."""
    found = await repository.find(session, Booking.id == booking_id)
    return await telling.tell_deciders(session, found[0]) if found else 0


async def deciders(
    session: AsyncSession, actor: Actor, resource_id: UUID, *, excluding: Collection[UUID] = ()
) -> list[Person]:
    """Who may decide requests of the resource besides the actor, by name. Two statements."""
    holders = await accounts.holders(
        session, Permission.BOOKINGS_APPROVE, resource_scope(resource_id)
    )
    names = await accounts.names(session, set(holders) - {actor.user_id, *excluding})
    return sorted((Person(id_, name) for id_, name in names.items()), key=lambda one: one.name)
