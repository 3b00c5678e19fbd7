"""Kiosks: a tablet at instruments, known by a secret address, on which people check in by PIN.

The address shows who has the instruments now and next, without a log-in; it can be revoked. Whoever
manages the bookings of all its instruments makes and revokes a kiosk.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, ids
from src.core.actor import Actor, Permission, resource_scope
from src.core.crypto import hash_of
from src.core.db import savepoint
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.core.paging import Key, Page, Paging, paginate
from src.domain.accounts.tables import User, UserState
from src.domain.bookings import policy
from src.domain.bookings.errors import BookingNotFound
from src.domain.bookings.presence.errors import BadKiosk, KioskNotFound, KioskTaken
from src.domain.bookings.tables import Booking, Kiosk, Status
from src.domain.resources.tables import Resource, ResourceState, Unit

MOST = 20
AHEAD = timedelta(hours=24)
NEXT = 3
_LONGEST_NAME = 120
_MANAGE = Permission.BOOKINGS_MANAGE
_SHOWN = (Status.CONFIRMED, Status.IN_USE)


@dataclass(frozen=True, slots=True)
class KioskView:
    """A kiosk; the names of its resources in their order."""

    id: UUID
    name: str
    resource_ids: tuple[UUID, ...]
    resource_names: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    version: int
    revoked_at: datetime | None
    last_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewKiosk:
    """A kiosk as it is handed over; its token is never shown again."""

    kiosk: KioskView
    token: str


@dataclass(frozen=True, slots=True)
class Turn:
    """A booking as a kiosk shows it: whose it is and when, nothing else of it."""

    booking_id: UUID
    unit: int
    person: str
    starts_at: datetime
    ends_at: datetime
    is_in_use: bool
    can_check_in: bool
    can_check_out: bool


@dataclass(frozen=True, slots=True)
class Place:
    """A resource on a kiosk. `code` stands on its label."""

    id: UUID
    name: str
    state: ResourceState
    state_reason: str | None
    timezone: str
    code: str | None
    units: int
    now: tuple[Turn, ...]
    next: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """What a kiosk shows."""

    kiosk_id: UUID
    name: str
    places: tuple[Place, ...]


async def list_(
    session: AsyncSession, actor: Actor, *, paging: Paging | None = None
) -> Page[KioskView]:
    """All kiosks by name, revoked ones too; for who manages bookings everywhere."""
    actor.require(_MANAGE)
    keys = [Key(func.lower(Kiosk.name), name="name"), Key(Kiosk.id, name="id")]
    page = await paginate(session, select(Kiosk), keys=keys, paging=paging or Paging())
    return page.holding(await _views(session, page.items))


async def get(session: AsyncSession, actor: Actor, kiosk_id: UUID) -> KioskView:
    """One kiosk. Raises `KioskNotFound`."""
    return (await _views(session, [await _owned(session, actor, kiosk_id)]))[0]


async def create(
    session: AsyncSession, actor: Actor, *, name: str, resource_ids: Sequence[UUID]
) -> NewKiosk:
    """Make a kiosk for resources whose bookings the actor manages; its token is shown once.

    Raises `BadKiosk`, `KioskTaken`, `Forbidden`.
    """
    wanted = list(dict.fromkeys(resource_ids))
    await _judge(session, actor, name, wanted)
    token = secrets.token_urlsafe(32)
    row = Kiosk(
        id=ids.new(),
        name=name.strip(),
        resource_ids=[str(each) for each in wanted],
        token_hash=hash_of(token),
        created_by=actor.user_id,
    )
    try:
        async with savepoint(session):
            session.add(row)
            await session.flush()
    except IntegrityError as error:
        detail = _("Another kiosk has this name. Choose another.")
        fault = FieldError(("name",), KioskTaken.code, detail)
        raise KioskTaken(detail, errors=(fault,)) from error
    changes = {"resource_ids": row.resource_ids}
    events.record(session, actor, "kiosk.created", ("kiosk", row.id), changes=changes)
    return NewKiosk((await _views(session, [row]))[0], token)


async def revoke(session: AsyncSession, actor: Actor, kiosk_id: UUID) -> KioskView:
    """Its address leads nowhere from now on; again does nothing. Raises `KioskNotFound`."""
    row = await _owned(session, actor, kiosk_id)
    if row.revoked_at is None:
        row.revoked_at = clock.now()
        await session.flush()
        events.record(session, actor, "kiosk.revoked", ("kiosk", row.id))
    return (await _views(session, [row]))[0]


async def board(session: AsyncSession, token: str) -> Board:
    """What the tablet shows, in three statements. Raises `KioskNotFound`."""
    kiosk = await _known(session, token)
    now, wanted = clock.now(), _ids(kiosk)
    counted = (
        select(func.count())
        .where(Unit.resource_id == Resource.id, Unit.is_active)
        .correlate(Resource)
        .scalar_subquery()
    )
    rows = await session.execute(select(Resource, counted).where(Resource.id.in_(wanted)))
    places = {resource.id: (resource, units) for resource, units in rows}
    turns = await _turns(session, wanted, now)
    return Board(
        kiosk.id,
        kiosk.name,
        tuple(_place(*places[each], turns.get(each, []), now) for each in wanted if each in places),
    )


async def whose(session: AsyncSession, token: str, booking_id: UUID) -> tuple[UUID, Actor]:
    """The kiosk, and the person a booking on it is for, as they act there.

    They hold no permission there: what they may do with their own booking needs none. Raises
    `KioskNotFound`, `BookingNotFound`.
    """
    kiosk = await _known(session, token)
    row = (
        await session.execute(
            select(User)
            .join(Booking, Booking.booked_for == User.id)
            .where(
                Booking.id == booking_id,
                Booking.resource_id.in_(_ids(kiosk)),
                Booking.status.in_(_SHOWN),
                User.state == UserState.ACTIVE,
            )
        )
    ).scalar_one_or_none()
    if row is None:
        raise BookingNotFound(_("Choose one from the kiosk's board."))
    return kiosk.id, Actor(row.id, name=row.name, locale=row.locale, timezone=row.timezone)


async def turn(session: AsyncSession, token: str, booking_id: UUID) -> tuple[Place, Turn]:
    """A booking on the board, and where. Raises `KioskNotFound`, `BookingNotFound`."""
    for place in (await board(session, token)).places:
        for each in (*place.now, *place.next):
            if each.booking_id == booking_id:
                return place, each
    raise BookingNotFound(_("Choose one from the kiosk's board."))


async def seen(session: AsyncSession, kiosk_id: UUID) -> None:
    """Keep that the tablet was used."""
    # Nothing that anybody changed: neither version nor time of change grow.
    await session.execute(
        update(Kiosk)
        .where(Kiosk.id == kiosk_id)
        .values(last_seen_at=clock.now(), updated_at=Kiosk.updated_at)
    )


async def _turns(
    session: AsyncSession, wanted: Collection[UUID], now: datetime
) -> dict[UUID, list[Turn]]:
    rows = await session.execute(
        select(Booking, Unit.number, User.name)
        .join(Unit, Unit.id == Booking.unit_id)
        .join(User, User.id == Booking.booked_for)
        .where(
            Booking.resource_id.in_(wanted),
            Booking.status.in_(_SHOWN),
            Booking.ends_at > now,
            Booking.starts_at < now + AHEAD,
        )
        .order_by(Booking.starts_at, Booking.id)
    )
    found: dict[UUID, list[Turn]] = {}
    for booking, unit, person in rows:
        is_in_use = booking.status is Status.IN_USE
        turn = Turn(
            booking.id,
            unit,
            person,
            booking.starts_at,
            booking.ends_at,
            is_in_use=is_in_use,
            can_check_in=not is_in_use and policy.can_check_in(booking, now),
            can_check_out=is_in_use,
        )
        found.setdefault(booking.resource_id, []).append(turn)
    return found


def _place(resource: Resource, units: int, turns: Sequence[Turn], now: datetime) -> Place:
    on = tuple(turn for turn in turns if turn.starts_at <= now or turn.is_in_use)
    return Place(
        resource.id,
        resource.name,
        resource.state,
        resource.state_reason,
        resource.timezone,
        resource.code,
        units,
        now=on,
        next=tuple(turn for turn in turns if turn not in on)[:NEXT],
    )


async def _known(session: AsyncSession, token: str) -> Kiosk:
    kiosk = await session.scalar(
        select(Kiosk).where(Kiosk.token_hash == hash_of(token), Kiosk.revoked_at.is_(None))
    )
    if kiosk is None:
        raise KioskNotFound(_("This address leads to no kiosk any more."))
    return kiosk


async def _owned(session: AsyncSession, actor: Actor, kiosk_id: UUID) -> Kiosk:
    row = await session.get(Kiosk, kiosk_id)
    if row is None or not all(actor.may(_MANAGE, resource_scope(each)) for each in _ids(row)):
        raise KioskNotFound(_("Choose one from the list of kiosks."))
    return row


def _ids(kiosk: Kiosk) -> list[UUID]:
    return [UUID(each) for each in kiosk.resource_ids]


async def _judge(session: AsyncSession, actor: Actor, name: str, wanted: Sequence[UUID]) -> None:
    faults = []
    if not 1 <= len(name.strip()) <= _LONGEST_NAME or "\x00" in name:
        detail = _("Give it a name of at most %(most)s characters.", most=_LONGEST_NAME)
        faults.append(FieldError(("name",), "bad-name", detail))
    if not 1 <= len(wanted) <= MOST:
        detail = _("Choose 1 to %(most)s instruments.", most=MOST)
        faults.append(FieldError(("resource_ids",), "bad-count", detail))
    for each in wanted:
        actor.require(_MANAGE, resource_scope(each))
    known = set(await session.scalars(select(Resource.id).where(Resource.id.in_(wanted))))
    if set(wanted) - known:
        detail = _("Choose them from the list of resources.")
        faults.append(FieldError(("resource_ids",), "unknown", detail))
    if faults:
        raise BadKiosk(_("Correct what is marked."), errors=tuple(faults))


async def _views(session: AsyncSession, rows: Sequence[Kiosk]) -> list[KioskView]:
    wanted = {each for row in rows for each in _ids(row)}
    found = await session.execute(select(Resource.id, Resource.name).where(Resource.id.in_(wanted)))
    names = {row.id: row.name for row in found}
    return [
        KioskView(
            id=row.id,
            name=row.name,
            resource_ids=tuple(_ids(row)),
            resource_names=tuple(names[each] for each in _ids(row) if each in names),
            created_at=row.created_at,
            updated_at=row.updated_at,
            version=row.version,
            revoked_at=row.revoked_at,
            last_seen_at=row.last_seen_at,
        )
        for row in rows
    ]
