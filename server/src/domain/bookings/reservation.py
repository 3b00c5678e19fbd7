"""Making a booking."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, ids
from src.core.actor import Actor, Permission
from src.core.errors import Unauthenticated
from src.core.language import gettext as _
from src.domain import accounts, resources
from src.domain.accounts.tables import User, UserState
from src.domain.bookings import (
    judging,
    plans,
    policy,
    refusals,
    reminders,
    repository,
    telling,
    wishes,
)
from src.domain.bookings.plans import Judgement, Plan, Violation, Window
from src.domain.bookings.rules import VERBS
from src.domain.bookings.tables import Booking, Status
from src.domain.bookings.views import BookingView, Person, ResourceRef, Wish


async def create(session: AsyncSession, actor: Actor, *, wish: Wish) -> BookingView:
    """Book what is wished for, or request it where somebody must approve.

    Raises `BookingRefused` with every violated rule, `BookingOverlaps` with what is free instead,
    `ResourceNotFound`, `Forbidden` (`bookings:create`; `bookings:for-others` to book for somebody
    else; `bookings:override` to pass over rules).
    """
    now = clock.now()
    policy.require(actor, Permission.BOOKINGS_CREATE, wish.resource_id)
    person, faults = await _person(session, actor, wish)
    # First of all: whoever waits here sees what the one before has done.
    await resources.calendar.lock(session, {wish.resource_id})
    plan = planned(wish, person.id, faults=[*faults, *await team_faults(session, actor, wish)])
    (judgement,) = await judging.judge(session, actor, [plan], now=now)
    if judgement.refusals:
        raise await refusals.refusal(session, actor, judgement, now=now)
    try:
        placed = await resources.calendar.replace(session, [judgement.piece()], holders=())
    except resources.calendar.TimeTaken as taken:
        raise await refusals.overlap(session, actor, judgement, now=now) from taken
    hold = placed[plan.id][0]
    booking = _booking(actor, wish, judgement, person.id, hold.unit_id)
    session.add(booking)
    reminders.skip_if_soon(booking, now)
    _record(session, actor, booking, judgement, wish)
    by = actor.name if booking.booked_by == actor.user_id else person.name
    found = repository.Whole(
        booking,
        hold.unit_number,
        _reference(judgement),
        judgement.terms.type_id,
        booked_by=by,
        booked_for=person.name,
    )
    if booking.status is Status.REQUESTED:
        await telling.ask(session, booking.id)
    else:
        await telling.tell(session, actor, found, "booking.confirmed")
    await session.flush()
    return repository.view(actor, found, now=now)


async def wished(session: AsyncSession, actor: Actor, wish: Wish) -> Plan:
    """A wish for a new booking as a plan, with what speaks against its person and its team."""
    person, faults = await _person(session, actor, wish)
    faults = [*faults, *await team_faults(session, actor, wish)]
    return planned(wish, person.id, faults=faults)


def planned(wish: Wish, person_id: UUID, *, faults: Sequence[Violation] = ()) -> Plan:
    """A wish for a new booking as a plan."""
    return Plan(
        id=ids.new(),
        resource_id=wish.resource_id,
        window=plans.in_utc(Window(wish.starts_at, wish.ends_at)),
        person_id=person_id,
        unit=wish.unit,
        texts=wishes.texts(wish),
        override_reason=(wish.override_reason or "").strip() or None,
        faults=tuple(faults),
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
    )


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


async def team_faults(session: AsyncSession, actor: Actor, wish: Wish) -> list[Violation]:
    """What speaks against the team of a wish: it must be one's own, or one manages the resource."""
    team_id = wish.team_id
    if team_id is None or team_id in actor.team_ids:
        return []
    may_any = policy.may_manage(actor, wish.resource_id)
    if may_any and await accounts.team_names(session, [team_id]):
        return []
    return [Violation("unknown-team", _("Choose a team you belong to."), False, {}, "team_id")]


def _booking(
    actor: Actor, wish: Wish, judgement: Judgement, person_id: UUID, unit_id: int
) -> Booking:
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
