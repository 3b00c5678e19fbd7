"""The SQL of bookings."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    case,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from src.core import clock
from src.core.actor import Actor
from src.core.events import Event
from src.core.language import gettext as _
from src.domain import resources
from src.domain.accounts.tables import User
from src.domain.bookings import policy, rules
from src.domain.bookings.rules import HELD, RESTORABLE_FOR, VERBS, status_at
from src.domain.bookings.tables import Booking, Status
from src.domain.bookings.views import (
    MASKED_TITLE,
    Action,
    BookingView,
    Conflict,
    Person,
    ResourceRef,
)
from src.domain.resources.tables import Closure, Hold, HoldKind, Resource, Unit

_By, _For = aliased(User), aliased(User)


@dataclass(frozen=True, slots=True)
class Whole:
    """A booking and the names around it."""

    booking: Booking
    unit: int
    resource: ResourceRef
    type_id: UUID
    booked_by: str
    booked_for: str
    cancelled_by: UUID | None = None
    # Whether it waits for a word of whoever reads; None where nobody looked.
    is_decider: bool | None = None


def whole(
    waiting: ColumnElement[bool] | None = None,
) -> Select[Booking, int, str, str, UUID, str, str, UUID | None, bool | None]:
    """Bookings with the names around them; read rows by `of`.

    `waiting` tells which wait for a word of whoever reads.

    Who cancelled stands in the record, and is looked up while that can be taken back.
    """
    cancelled_by = (
        select(Event.actor_id)
        .where(
            Event.subject_type == "booking",
            Event.subject_id == Booking.id,
            Event.verb == VERBS[Status.CANCELLED],
        )
        .order_by(Event.id.desc())
        .limit(1)
        .correlate(Booking)
        .scalar_subquery()
    )
    is_recent = and_(
        Booking.status == Status.CANCELLED, Booking.updated_at > clock.now() - RESTORABLE_FOR
    )
    return (
        select(
            Booking,
            Unit.number,
            Resource.name,
            Resource.timezone,
            Resource.type_id,
            _By.name,
            _For.name,
            case((is_recent, cancelled_by), else_=None),
            literal(None, Boolean()) if waiting is None else waiting.label("is_decider"),
        )
        .join(Unit, Unit.id == Booking.unit_id)
        .join(Resource, Resource.id == Booking.resource_id)
        .join(_By, _By.id == Booking.booked_by)
        .join(_For, _For.id == Booking.booked_for)
    )


def of(row: Iterable[Any]) -> Whole:
    """What stands in a row of `whole`."""
    booking, unit, name, timezone, type_id, booked_by, booked_for, cancelled_by, decider = row
    resource = ResourceRef(booking.resource_id, name, timezone)
    return Whole(booking, unit, resource, type_id, booked_by, booked_for, cancelled_by, decider)


async def find(
    session: AsyncSession,
    which: ColumnElement[bool],
    *,
    lock: bool = False,
    waiting: ColumnElement[bool] | None = None,
) -> list[Whole]:
    """Bookings by id; with `lock` no other transaction changes them until this one ends."""
    wanted = whole(waiting).where(which).order_by(Booking.id)
    if lock:
        wanted = wanted.with_for_update(of=Booking)
    rows = await session.execute(wanted.execution_options(populate_existing=True))
    return [of(row) for row in rows]


async def resources_of(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Which resource each of the bookings is on, without a lock."""
    wanted = select(Booking.id, Booking.resource_id).where(Booking.id.in_(ids))
    return {row.id: row.resource_id for row in await session.execute(wanted)}


def is_live(now: datetime) -> ColumnElement[bool]:
    """Not a request past its deadline: that holds nothing any more."""
    return or_(
        Booking.status != Status.REQUESTED,
        Booking.request_expires_at.is_(None),
        Booking.request_expires_at > now,
    )


def is_held(now: datetime) -> ColumnElement[bool]:
    """Bookings that hold their time."""
    return and_(Booking.status.in_(HELD), is_live(now))


def status_now(now: datetime) -> ColumnElement[str]:
    """The status that counts: a lapsed request has expired."""
    return case((is_live(now), Booking.status), else_=Status.EXPIRED.value)


def touches(window: resources.hours.Window) -> ColumnElement[bool]:
    """Bookings that share an instant with the window, buffers apart."""
    return and_(Booking.starts_at < window.ends_at, Booking.ends_at > window.starts_at)


def upcoming(
    person_id: UUID | None, *, now: datetime, excluding: Collection[UUID] = ()
) -> ScalarSelect[int]:
    """A column for statements over resources: how many bookings a person has ahead there."""
    return (
        select(func.count())
        .select_from(Booking)
        .where(
            Booking.resource_id == Resource.id,
            Booking.booked_for == person_id,
            Booking.ends_at > now,
            is_held(now),
            Booking.id.not_in(list(excluding)),
        )
        .correlate(Resource)
        .scalar_subquery()
    )


async def conflicts(
    session: AsyncSession,
    actor: Actor,
    resource_id: UUID,
    *,
    window: resources.hours.Window,
    unit: int | None = None,
    excluding: Collection[UUID] = (),
) -> list[Conflict]:
    """What holds the units of a resource in the window, as far as the actor may see."""
    now = clock.now()
    wanted = (
        select(Hold, Unit.number, Booking, _For.name, Closure.reason)
        .join(Unit, Unit.id == Hold.unit_id)
        .outerjoin(Booking, Booking.id == Hold.holder_id)
        .outerjoin(_For, _For.id == Booking.booked_for)
        .outerjoin(Closure, Closure.id == Hold.holder_id)
        .where(
            Unit.resource_id == resource_id,
            Unit.is_active,
            Hold.starts_at < window.ends_at,
            Hold.ends_at > window.starts_at,
            Hold.holder_id.not_in(list(excluding)),
            resources.calendar.is_live(now),
        )
        .order_by(Hold.starts_at, Unit.number)
    )
    if unit is not None:
        wanted = wanted.where(Unit.number == unit)
    found = []
    for hold, number, booking, person, reason in await session.execute(wanted):
        is_readable = hold.kind is HoldKind.BOOKING and policy.may_read(actor, booking)
        title = booking.title if is_readable else _(MASKED_TITLE)
        found.append(
            Conflict(
                resource_id=resource_id,
                unit=number,
                starts_at=hold.starts_at,
                ends_at=hold.ends_at,
                kind="block" if hold.kind is HoldKind.BLOCK else "booking",
                title=(reason or "") if hold.kind is HoldKind.BLOCK else title,
                booking_id=booking.id if is_readable else None,
                booked_for=Person(booking.booked_for, person) if is_readable else None,
            )
        )
    return found


def view(actor: Actor, found: Whole, *, now: datetime) -> BookingView:
    """A booking as the actor may see it."""
    booking = found.booking
    if not (found.is_decider or policy.may_read(actor, booking)):
        return BookingView(
            id=booking.id,
            resource=found.resource,
            unit=found.unit,
            starts_at=booking.starts_at,
            ends_at=booking.ends_at,
            title=_(MASKED_TITLE),
            notes="",
            status=status_at(booking, now),
            booked_by=None,
            booked_for=None,
            team_id=None,
            version=booking.version,
            created_at=booking.created_at,
            updated_at=booking.updated_at,
            allowed=_allowed(actor, found, now),
            is_masked=True,
        )
    return BookingView(
        id=booking.id,
        resource=found.resource,
        unit=found.unit,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        title=booking.title,
        notes=booking.notes,
        status=status_at(booking, now),
        booked_by=Person(booking.booked_by, found.booked_by),
        booked_for=Person(booking.booked_for, found.booked_for),
        team_id=booking.team_id,
        version=booking.version,
        created_at=booking.created_at,
        updated_at=booking.updated_at,
        request_expires_at=booking.request_expires_at,
        checked_in_at=booking.checked_in_at,
        checked_out_at=booking.checked_out_at,
        planned_ends_at=booking.planned_ends_at,
        decision_note=booking.decision_note,
        override_reason=booking.override_reason,
        is_cancelled_late=booking.is_cancelled_late,
        restorable_until=rules.restorable_until(booking),
        buffer_before=booking.buffer_before,
        buffer_after=booking.buffer_after,
        series_id=booking.series_id,
        series_at=booking.series_at,
        group_id=booking.group_id,
        project_id=booking.project_id,
        answers=booking.answers,
        sequence=booking.sequence,
        is_rival=booking.is_rival,
        allowed=_allowed(actor, found, now),
    )


def _allowed(actor: Actor, found: Whole, now: datetime) -> tuple[Action, ...]:
    return policy.allowed(
        actor,
        found.booking,
        now,
        cancelled_by=found.cancelled_by,
        is_decider=found.is_decider,
    )


def views(actor: Actor, found: Iterable[Whole], *, now: datetime) -> list[BookingView]:
    """The same for several."""
    return [view(actor, each, now=now) for each in found]
