"""Making a booking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, ids
from src.core.actor import Actor, Permission
from src.core.errors import Unauthenticated
from src.core.language import gettext as _
from src.domain import resources
from src.domain.accounts.tables import User, UserState
from src.domain.bookings import (
    aftermath,
    charging,
    inviting,
    judging,
    plans,
    policy,
    refusals,
    reminders,
    repository,
    rivalry,
    slot_use,
    telling,
    wishes,
)
from src.domain.bookings.plans import Judgement, Plan, Violation, Window
from src.domain.bookings.rules import VERBS
from src.domain.bookings.tables import Booking, Status
from src.domain.bookings.views import BookingView, Person, ResourceRef, Wish


@dataclass(frozen=True, slots=True)
class Order:
    """A wish with what else becomes part of its booking.

    `at` is where in the input it stands; `takes_over` are holders whose holds it takes the place
    of, an offer for one.
    """

    wish: Wish
    at: tuple[str | int, ...] = ()
    series_id: UUID | None = None
    series_at: datetime | None = None
    group_id: UUID | None = None
    takes_over: frozenset[UUID] = frozenset()


async def create(session: AsyncSession, actor: Actor, *, wish: Wish) -> BookingView:
    """Book what is wished for, or request it where somebody must approve.

    Raises `BookingRefused` with every violated rule, `BookingOverlaps` with what is free instead,
    `ResourceNotFound`, `Forbidden` (`bookings:create`; `bookings:for-others` to book for somebody
    else; `bookings:override` to pass over rules).
    """
    return (await create_many(session, actor, orders=[Order(wish)]))[0]


async def create_many(
    session: AsyncSession, actor: Actor, *, orders: Sequence[Order], is_told: bool = True
) -> list[BookingView]:
    """Book all of it or nothing; the rules are asked about all of it together.

    Without `is_told` its people hear nothing of what is confirmed: the caller tells them of all
    of it at once. Raises as `create` does; errors name the place of the order that stands in the
    way.
    """
    now = clock.now()
    for order in orders:
        policy.require(actor, Permission.BOOKINGS_CREATE, order.wish.resource_id)
    # First of all: whoever waits here sees what the one before has done.
    people = await _people(session, actor, [order.wish for order in orders])
    await resources.calendar.lock(session, {order.wish.resource_id for order in orders})
    kept = await slot_use.of(session, actor, [order.wish for order in orders])
    wanted = [
        _ordered(order, person, faults, kept)
        for order, (person, faults) in zip(orders, people, strict=True)
    ]
    judged = await judging.judge(session, actor, wanted, now=now)
    for order, judgement in zip(orders, judged, strict=True):
        if judgement.refusals:
            raise await refusals.refusal(session, actor, judgement, now=now, at=order.at)
    placed, rivals = await _place(session, actor, orders, judged, now)
    await slot_use.spend(session, kept)
    found = []
    for order, judgement, (person, _faults) in zip(orders, judged, people, strict=True):
        hold = placed[judgement.plan.id][0]
        booking = _booking(actor, order, judgement, person.id, hold.unit_id)
        booking.is_rival = booking.id in rivals
        session.add(booking)
        reminders.skip_if_soon(booking, now)
        _record(session, actor, booking, judgement, order.wish)
        found.append(_whole(actor, booking, judgement, person, hold.unit_number))
    await inviting.store(session, [each.booking for each in found], now)
    await aftermath.follow(session, actor, found)
    if is_told:
        await telling.announce(session, actor, found)
    await session.flush()
    return repository.views(actor, found, now=now)


def _ordered(
    order: Order, person: Person, faults: Sequence[Violation], kept: frozenset[UUID]
) -> Plan:
    plan = planned(order.wish, person.id, faults=faults, kept=kept)
    return replace(plan, takes_over=plan.takes_over | order.takes_over, group_id=order.group_id)


async def _place(
    session: AsyncSession,
    actor: Actor,
    orders: Sequence[Order],
    judged: Sequence[Judgement],
    now: datetime,
) -> tuple[dict[UUID, list[resources.calendar.Placed]], frozenset[UUID]]:
    """Put all of it on the calendar; which of it are rivals, without a hold of their own.

    Raises `BookingOverlaps` for the first that has no place.
    """
    taken_over = frozenset[UUID]().union(*(judgement.plan.takes_over for judgement in judged))
    pieces = [judgement.piece() for judgement in judged]
    try:
        placed = await resources.calendar.replace(session, pieces, holders=taken_over)
    except resources.calendar.TimeTaken as taken:
        beside = await rivalry.place(session, judged, taken.holder_ids, holders=taken_over)
        if beside is not None:
            return beside
        place = next(
            number for number, each in enumerate(judged) if each.plan.id in taken.holder_ids
        )
        raise await refusals.overlap(
            session, actor, judged[place], now=now, at=orders[place].at
        ) from taken
    return placed, frozenset()


def _whole(
    actor: Actor, booking: Booking, judgement: Judgement, person: Person, unit: int
) -> repository.Whole:
    by = actor.name if booking.booked_by == actor.user_id else person.name
    return repository.Whole(
        booking,
        unit,
        _reference(judgement),
        judgement.terms.type_id,
        booked_by=by,
        booked_for=person.name,
    )


async def wished(session: AsyncSession, actor: Actor, wish: Wish) -> Plan:
    """A wish for a new booking as a plan, with what speaks against its people and its team."""
    return (await wished_all(session, actor, [wish]))[0]


async def wished_all(session: AsyncSession, actor: Actor, wishes_: Sequence[Wish]) -> list[Plan]:
    """The same for several; who and what several of them name is looked up once."""
    people = await _people(session, actor, wishes_)
    kept = await slot_use.of(session, actor, wishes_)
    return [
        planned(wish, person.id, faults=faults, kept=kept)
        for wish, (person, faults) in zip(wishes_, people, strict=True)
    ]


def planned(
    wish: Wish,
    person_id: UUID,
    *,
    faults: Sequence[Violation] = (),
    kept: frozenset[UUID] = frozenset(),
) -> Plan:
    """A wish for a new booking as a plan; `kept` are slots of the actor's it may name."""
    return Plan(
        id=ids.new(),
        resource_id=wish.resource_id,
        window=plans.in_utc(Window(wish.starts_at, wish.ends_at)),
        person_id=person_id,
        unit=wish.unit,
        texts=wishes.texts(wish),
        override_reason=(wish.override_reason or "").strip() or None,
        faults=tuple(faults),
        answers=wish.answers or {},
        team_id=wish.team_id,
        project_id=wish.project_id,
        takes_over=kept & {wish.slot_id} if wish.slot_id else frozenset(),
    )


def replanned(
    wish: Wish,
    found: repository.Whole,
    *,
    faults: Sequence[Violation] = (),
    is_displaced: bool = False,
) -> Plan:
    """A wish for what an existing booking should be as a plan."""
    booking = found.booking
    return Plan(
        id=booking.id,
        resource_id=wish.resource_id,
        window=plans.in_utc(Window(wish.starts_at, wish.ends_at)),
        person_id=booking.booked_for,
        unit=wish.unit,
        preferred=found.unit if wish.resource_id == booking.resource_id else None,
        texts=wishes.texts(wish),
        override_reason=(wish.override_reason or "").strip() or None,
        booking=booking,
        faults=tuple(faults),
        is_displaced=is_displaced,
        # Who has to make way is not asked anything.
        answers=None if is_displaced else wish.answers or {},
        team_id=wish.team_id,
        project_id=wish.project_id,
        group_id=booking.group_id,
    )


async def _people(
    session: AsyncSession, actor: Actor, wishes_: Sequence[Wish]
) -> list[tuple[Person, list[Violation]]]:
    """For whom each of them is, and what speaks against its people, its team and its project."""
    unknown = await inviting.strangers(session, wishes_)
    found: dict[tuple[UUID | None, ...], tuple[Person, list[Violation]]] = {}
    for wish in wishes_:
        key = (wish.booked_for, wish.team_id, wish.project_id, wish.resource_id)
        if key not in found:
            person, faults = await _person(session, actor, wish)
            found[key] = person, [*faults, *await charging.faults(session, actor, wish)]
    told = []
    for wish in wishes_:
        person, faults = found[wish.booked_for, wish.team_id, wish.project_id, wish.resource_id]
        told.append((person, [*faults, *inviting.faults(wish, unknown)]))
    return told


async def _person(
    session: AsyncSession, actor: Actor, wish: Wish
) -> tuple[Person, list[Violation]]:
    """For whom it is, and what speaks against that."""
    if wish.booked_for is None or wish.booked_for == actor.user_id:
        if actor.user_id is None:
            raise Unauthenticated(_("Log in first: a booking is somebody's."))
        return Person(actor.user_id, actor.name), []
    policy.require(actor, Permission.BOOKINGS_FOR_OTHERS, wish.resource_id)
    row = (
        await session.execute(select(User.name, User.state).where(User.id == wish.booked_for))
    ).one_or_none()
    if row is not None and row.state is not UserState.SUSPENDED:
        return Person(wish.booked_for, row.name), []
    message = _("There is nobody here whom this could be for.")
    fault = Violation("unknown-person", message, False, {}, "booked_for")
    return Person(wish.booked_for, ""), [fault]


def _booking(
    actor: Actor, order: Order, judgement: Judgement, person_id: UUID, unit_id: int
) -> Booking:
    wish = order.wish
    plan, limits = judgement.plan, judgement.terms.policy
    is_request = judgement.outcome == "requested"
    return Booking(
        id=plan.id,
        resource_id=plan.resource_id,
        unit_id=unit_id,
        starts_at=plan.window.starts_at,
        ends_at=plan.window.ends_at,
        buffer_before=limits.buffer_before_minutes,
        buffer_after=limits.buffer_after_minutes,
        title=wish.title,
        notes=wish.notes,
        status=Status.REQUESTED if is_request else Status.CONFIRMED,
        booked_by=actor.user_id or person_id,
        booked_for=person_id,
        team_id=wish.team_id,
        request_expires_at=judgement.request_expires_at,
        override_reason=plan.override_reason if judgement.overridden else None,
        series_id=order.series_id,
        series_at=order.series_at,
        group_id=order.group_id,
        project_id=wish.project_id,
        answers=dict(wish.answers or {}),
        attendee_ids=inviting.ids_of(wish.attendees, person_id),
        sequence=0,
        is_rival=False,
    )


def _record(
    session: AsyncSession, actor: Actor, booking: Booking, judgement: Judgement, wish: Wish
) -> None:
    changes: dict[str, object] = {
        "resource_id": booking.resource_id,
        "unit_id": booking.unit_id,
        "starts_at": booking.starts_at,
        "ends_at": booking.ends_at,
        "booked_for": booking.booked_for,
        "status": [None, booking.status],
    }
    events.record(
        session,
        actor,
        VERBS[booking.status],
        ("booking", booking.id),
        changes=changes,
        personal={"title": wish.title} if wish.title else None,
    )
    record_override(session, actor, booking, judgement)


def record_override(
    session: AsyncSession, actor: Actor, booking: Booking, judgement: Judgement
) -> None:
    """Passing over rules is a fact of its own: which ones, who, and why."""
    if judgement.overridden:
        events.record(
            session,
            actor,
            "booking.overridden",
            ("booking", booking.id),
            changes={"rules": [violation.code for violation in judgement.overridden]},
            reason=judgement.plan.override_reason,
        )


def _reference(judgement: Judgement) -> ResourceRef:
    terms = judgement.terms
    return ResourceRef(terms.resource_id, terms.name, terms.timezone)
