"""Handing a booking over: its receiver is asked, and takes it by the same rules as any booking.

When they accept, the booking of the one ends and the receiver has one of their own in its place,
made in the same transaction by the one reservation path: rules, approval and quota are theirs, and
the time is free for nobody in between. Until then, and when they decline, nothing changes. At the
start of the booking the question lapses by itself.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from src.core import clock, events, ids, reach
from src.core.actor import Actor, Permission, forbidden
from src.core.errors import FieldError, PreconditionFailed
from src.core.language import gettext as _
from src.domain import notifications
from src.domain.accounts.tables import User
from src.domain.bookings import (
    aftermath,
    charging,
    inviting,
    locking,
    policy,
    repository,
    reservation,
    rules,
)
from src.domain.bookings.errors import BookingNotFound, BookingStateConflict
from src.domain.bookings.parties.errors import (
    BadTransfer,
    TransferNotFound,
    TransferStateConflict,
)
from src.domain.bookings.parties.views import TransferView
from src.domain.bookings.repository import Whole
from src.domain.bookings.reservation import Order
from src.domain.bookings.tables import Booking, Status, Transfer, TransferState
from src.domain.bookings.views import BookingView, Person, ResourceRef, Wish
from src.domain.resources.tables import Resource

_From, _To = aliased(User), aliased(User)
_CAN_GO = frozenset({Status.REQUESTED, Status.CONFIRMED})
Side = Literal["received", "given"]


async def list_(
    session: AsyncSession, actor: Actor, *, side: Side | None = None, is_open: bool = True
) -> list[TransferView]:
    """Transfers that concern the actor, the latest first; one statement, at most 200."""
    now = clock.now()
    wanted = _whole().where(_concerns(actor, side)).order_by(Transfer.id.desc()).limit(200)
    if is_open:
        wanted = wanted.where(Transfer.state == TransferState.OPEN, Transfer.expires_at > now)
        wanted = wanted.where(Booking.status.in_(_CAN_GO), repository.is_live(now))
    return [_view(actor, row, now) for row in await session.execute(wanted)]


async def get(session: AsyncSession, actor: Actor, transfer_id: UUID) -> TransferView:
    """One that concerns the actor. Raises `TransferNotFound`."""
    wanted = _whole().where(Transfer.id == transfer_id, _concerns(actor, None))
    row = (await session.execute(wanted)).one_or_none()
    if row is None:
        raise TransferNotFound(_("Choose one of those that concern you."))
    return _view(actor, row, clock.now())


async def of_booking(session: AsyncSession, actor: Actor, booking_id: UUID) -> TransferView | None:
    """The latest transfer of a booking, if it concerns the actor."""
    wanted = _whole().where(Transfer.booking_id == booking_id, _concerns(actor, None))
    row = (await session.execute(wanted.order_by(Transfer.id.desc()).limit(1))).one_or_none()
    return _view(actor, row, clock.now()) if row is not None else None


async def offer(
    session: AsyncSession, actor: Actor, booking_id: UUID, *, to: UUID, note: str = ""
) -> TransferView:
    """Ask somebody to take a booking over; it stays as it is until they do.

    Raises `BookingNotFound`, `Forbidden`, `BookingStateConflict` (it has begun, or is over),
    `BadTransfer` (nobody who could take it), `TransferStateConflict` (somebody is asked already).
    """
    now = clock.now()
    found = (await locking.open_(session, [booking_id])).get(booking_id)
    locking.require_change(actor, found, None, now=now)
    if found is None:
        raise BookingNotFound(_("Choose one from the list of bookings."))
    _require_ahead(found.booking, now)
    if to == found.booking.booked_for or not await inviting.known(session, [to]):
        detail = _("Choose somebody else who is here: they are asked whether they take it.")
        raise BadTransfer(detail, errors=(FieldError(("to_id",), "unknown-person", detail),))
    await session.execute(
        update(Transfer)
        .where(
            Transfer.booking_id == booking_id,
            Transfer.state == TransferState.OPEN,
            Transfer.expires_at <= now,
        )
        .values(state=TransferState.LAPSED, version=Transfer.version + 1)
    )
    which = and_(Transfer.booking_id == booking_id, Transfer.state == TransferState.OPEN)
    if await session.scalar(select(func.count()).where(which)):
        raise TransferStateConflict(
            _("Somebody is asked already. Withdraw that first."), state="open", allowed=[]
        )
    row = Transfer(
        id=ids.new(),
        booking_id=booking_id,
        from_id=found.booking.booked_for,
        to_id=to,
        note=note.replace("\x00", "")[:1000],
        expires_at=found.booking.starts_at,
    )
    session.add(row)
    await session.flush()
    _record(session, actor, "booking-transfer.offered", row)
    await _tell(session, actor, row, found, "transfer.offered", to)
    await session.flush()
    return await get_as_is(session, actor, row.id)


async def accept(
    session: AsyncSession, actor: Actor, transfer_id: UUID, *, expected_version: int | None = None
) -> BookingView:
    """Take the booking over: what the receiver has now, confirmed or requested.

    Raises `TransferNotFound`, `TransferStateConflict` (decided, lapsed), `BookingStateConflict`,
    and what `bookings.create` raises when the rules do not let the receiver have it.
    """
    now = clock.now()
    row, found = await _in_hand(session, actor, transfer_id, expected_version, now)
    if actor.user_id != row.to_id:
        raise forbidden(Permission.BOOKINGS_MANAGE)
    booking = found.booking
    _require_ahead(booking, now)
    wish = await _wish(session, actor, found)
    rules.transition(session, actor, booking, Status.CANCELLED, now=now, reason=_("Handed over."))
    # Nothing is left behind: the hold passes to the receiver's booking.
    await aftermath.follow(session, actor, [found])
    order = Order(wish, group_id=booking.group_id, takes_over=frozenset({booking.id}))
    (made,) = await reservation.create_many(session, actor, orders=[order])
    row.new_booking_id = made.id
    _decide(session, actor, row, TransferState.ACCEPTED, now)
    changes = {"from": row.from_id, "to": row.to_id, "into": made.id}
    events.record(session, actor, "booking.transferred", ("booking", booking.id), changes=changes)
    await _tell(session, actor, row, found, "transfer.accepted", row.from_id)
    await session.flush()
    return made


async def decline(
    session: AsyncSession, actor: Actor, transfer_id: UUID, *, expected_version: int | None = None
) -> TransferView:
    """Leave it with whose it is. Raises `TransferNotFound`, `TransferStateConflict`."""
    now = clock.now()
    row, found = await _in_hand(session, actor, transfer_id, expected_version, now)
    if actor.user_id != row.to_id:
        raise forbidden(Permission.BOOKINGS_MANAGE)
    if actor.is_program:  # a key that was given reading alone answers nothing for its owner
        policy.require(actor, Permission.BOOKINGS_CREATE, found.booking.resource_id)
    _decide(session, actor, row, TransferState.DECLINED, now)
    await _tell(session, actor, row, found, "transfer.declined", row.from_id)
    await session.flush()
    return await get_as_is(session, actor, transfer_id)


async def withdraw(
    session: AsyncSession, actor: Actor, transfer_id: UUID, *, expected_version: int | None = None
) -> TransferView:
    """Take the question back. Raises `TransferNotFound`, `TransferStateConflict`, `Forbidden`."""
    now = clock.now()
    row, found = await _in_hand(session, actor, transfer_id, expected_version, now)
    if not policy.may_change(actor, found.booking):
        raise forbidden(Permission.BOOKINGS_MANAGE)
    _decide(session, actor, row, TransferState.WITHDRAWN, now)
    await _tell(session, actor, row, found, "transfer.withdrawn", row.to_id)
    await session.flush()
    return await get_as_is(session, actor, transfer_id)


async def get_as_is(session: AsyncSession, actor: Actor, transfer_id: UUID) -> TransferView:
    """One that the caller has just written, whomever it concerns."""
    row = (await session.execute(_whole().where(Transfer.id == transfer_id))).one()
    return _view(actor, row, clock.now())


async def _wish(session: AsyncSession, actor: Actor, found: Whole) -> Wish:
    """The same as the receiver's wish; a team or project not theirs does not come along."""
    booking = found.booking
    foreign = await charging.project_faults(session, actor, booking.project_id, may_any=False)
    return Wish(
        booking.resource_id,
        booking.starts_at,
        booking.ends_at,
        title=booking.title,
        notes=booking.notes,
        unit=found.unit,
        team_id=booking.team_id if booking.team_id in actor.team_ids else None,
        attendees=tuple(map(UUID, booking.attendee_ids)),
        answers=booking.answers,
        project_id=None if foreign else booking.project_id,
    )


async def _in_hand(
    session: AsyncSession,
    actor: Actor,
    transfer_id: UUID,
    expected_version: int | None,
    now: datetime,
) -> tuple[Transfer, Whole]:
    """An open transfer with its booking, both locked: the calendar first, as everywhere."""
    seen = await get_for(session, actor, transfer_id)
    opened = await locking.open_(session, [seen])
    row = await session.scalar(
        select(Transfer)
        .where(Transfer.id == transfer_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise TransferNotFound(_("Choose one of those that concern you."))
    if expected_version not in {None, row.version}:
        raise PreconditionFailed(
            _("Read the transfer again, then repeat the change."), version=row.version
        )
    state = _state(row, now)
    if state is not TransferState.OPEN:
        raise TransferStateConflict(
            _("This was decided already, or the booking has begun."), state=state.value, allowed=[]
        )
    return row, opened[seen]


async def get_for(session: AsyncSession, actor: Actor, transfer_id: UUID) -> UUID:
    """The booking of a transfer the actor has to do with. Raises `TransferNotFound`."""
    wanted = (
        select(Booking)
        .join(Transfer, Transfer.booking_id == Booking.id)
        .where(Transfer.id == transfer_id)
    )
    booking = await session.scalar(wanted)
    to = await session.scalar(select(Transfer.to_id).where(Transfer.id == transfer_id))
    if booking is None or not (actor.user_id == to or policy.may_change(actor, booking)):
        raise TransferNotFound(_("Choose one of those that concern you."))
    return booking.id


def _require_ahead(booking: Booking, now: datetime) -> None:
    status = rules.status_at(booking, now)
    if status not in _CAN_GO or booking.starts_at <= now:
        raise BookingStateConflict(
            _("Only what has not begun can be handed over."), state=status.value, allowed=[]
        )


def _decide(
    session: AsyncSession, actor: Actor, row: Transfer, state: TransferState, now: datetime
) -> None:
    row.state, row.decided_at = state, now
    _record(session, actor, f"booking-transfer.{state.value}", row)


def _state(row: Transfer, now: datetime) -> TransferState:
    is_over = row.state is TransferState.OPEN and row.expires_at <= now
    return TransferState.LAPSED if is_over else row.state


def _concerns(actor: Actor, side: Side | None) -> ColumnElement[bool]:
    sides = {
        "received": Transfer.to_id == actor.user_id,
        "given": or_(Transfer.from_id == actor.user_id, Booking.booked_by == actor.user_id),
    }
    concerned = sides[side] if side is not None else or_(*sides.values())
    if actor.is_program:  # a key bound to a microscope is not told of the others
        of_resource: reach.Columns = {"resource": Booking.resource_id}
        concerned = and_(concerned, reach.within(actor, Permission.BOOKINGS_READ, of_resource))
    return concerned


def _whole() -> Select[Transfer, Booking, str, str, str, str]:
    return (
        select(Transfer, Booking, Resource.name, Resource.timezone, _From.name, _To.name)
        .join(Booking, Booking.id == Transfer.booking_id)
        .join(Resource, Resource.id == Booking.resource_id)
        .join(_From, _From.id == Transfer.from_id)
        .join(_To, _To.id == Transfer.to_id)
        .execution_options(populate_existing=True)
    )


def _view(actor: Actor, found: Any, now: datetime) -> TransferView:  # noqa: ANN401 - a row
    row, booking, resource, timezone, giver, receiver = found
    state = _state(row, now)
    can_go = rules.status_at(booking, now) in _CAN_GO and booking.starts_at > now
    allowed: list[str] = []
    if state is TransferState.OPEN and actor.user_id == row.to_id:
        allowed += ["accept", "decline"] if can_go else ["decline"]
    if state is TransferState.OPEN and policy.may_change(actor, booking):
        allowed.append("withdraw")
    return TransferView(
        id=row.id,
        booking_id=booking.id,
        resource=ResourceRef(booking.resource_id, resource, timezone),
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        title=booking.title,
        from_person=Person(row.from_id, giver),
        to_person=Person(row.to_id, receiver),
        state=state,
        note=row.note,
        expires_at=row.expires_at,
        decided_at=row.decided_at,
        new_booking_id=row.new_booking_id,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        allowed=tuple(allowed),
    )


def _record(session: AsyncSession, actor: Actor, verb: str, row: Transfer) -> None:
    changes = {"booking_id": row.booking_id, "from": row.from_id, "to": row.to_id}
    events.record(session, actor, verb, ("booking-transfer", row.id), changes=changes)


async def _tell(
    session: AsyncSession, actor: Actor, row: Transfer, found: Whole, kind: str, user_id: UUID
) -> None:
    booking = found.booking
    is_offer = kind == "transfer.offered"
    await notifications.notify(
        session,
        user_id=user_id,
        kind=kind,
        args={
            "booking_id": booking.id,
            "resource": found.resource.name,
            "unit": found.unit,
            "title": booking.title or None,
            "starts_at": booking.starts_at,
            "ends_at": booking.ends_at,
            "person": row.from_id,
            "by": actor.user_id,
            "reason": row.note if is_offer else None,
            "request_expires_at": None,
        },
        link=f"/booking-transfers/{row.id}" if user_id == row.to_id else f"/bookings/{booking.id}",
        subject=("booking-transfer", row.id),
    )
