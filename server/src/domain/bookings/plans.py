"""A plan is a booking that somebody would like to have so; `judge` says what the rules say.

Every entrance goes through here, whether a booking is made, changed, moved out of a closure's way
or only asked about: the rules that hold for one hold for all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import and_
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor, Permission, forbidden, resource_scope
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain import resources
from src.domain.bookings import contacts, policy, repository, rules, suggestions
from src.domain.bookings.errors import BookingOverlaps, BookingRefused
from src.domain.bookings.tables import Booking, Status
from src.domain.bookings.views import Conflict, Contact, Outcome, Suggestion
from src.domain.resources.errors import ResourceNotFound
from src.domain.resources.tables import HoldKind, Resource

# Closures further away than any buffer need not be read.
_AROUND = timedelta(days=2)
_YEARS = range(2000, 2200)
# What stands against a part of a booking that is kept; everything else was accepted with the whole.
_STILL_COUNT = frozenset(
    {"off-grid", "too-short", "in-the-past", "ends-before-start", "out-of-range"}
)
# What can have taken the place of a cancelled booking; its own times were accepted as they are.
_MAY_HAVE_COME = frozenset(
    {"resource-down", "resource-retired", "no-units", "unit-unknown", "closed"}
)
_LIMITS = {"title": 200, "notes": 10_000, "override_reason": 1_000}

Violation = resources.rules.Violation
Window = resources.hours.Window


@dataclass(frozen=True, slots=True)
class Plan:
    """How a booking shall be. `booking` is how it is now, None when it is new.

    `is_displaced`: it makes way for something new, which its time was never accepted against.
    `is_restored`: it was cancelled, and shall be again what it was.
    """

    id: UUID
    resource_id: UUID
    window: Window
    person_id: UUID | None
    unit: int | None = None
    preferred: int | None = None
    texts: tuple[tuple[str, str], ...] = ()
    override_reason: str | None = None
    booking: Booking | None = None
    faults: tuple[Violation, ...] = ()
    is_displaced: bool = False
    is_restored: bool = False

    @property
    def shortened(self) -> Booking | None:
        """The booking this is a part of, on the same resource and unit."""
        booking = self.booking
        if booking is None or self.is_displaced or booking.resource_id != self.resource_id:
            return None
        whole = Window(booking.starts_at, booking.ends_at)
        is_there = self.unit in {None, self.preferred} and whole.contains(self.window)
        return booking if is_there else None

    def is_started(self, now: datetime) -> bool:
        """Whether it is under way and goes on: rules about its start are past."""
        return (
            self.booking is not None
            and self.booking.starts_at <= now
            and self.booking.starts_at == self.window.starts_at
            and self.booking.resource_id == self.resource_id
        )


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rules say. `refusals` stand in the way, `overridden` were passed over.

    `buffers` are minutes before and after.
    """

    plan: Plan
    terms: resources.terms.Terms
    outcome: Outcome
    refusals: tuple[Violation, ...]
    overridden: tuple[Violation, ...]
    request_expires_at: datetime | None
    buffers: tuple[int, int]

    @property
    def held(self) -> Window:
        """What the booking keeps others out of."""
        before, after = self.buffers
        return self.plan.window.widened(before=before, after=after)

    def piece(self) -> resources.calendar.Piece:
        """The hold it needs."""
        held = self.held
        return resources.calendar.Piece(
            holder_id=self.plan.id,
            kind=HoldKind.BOOKING,
            resource_id=self.plan.resource_id,
            starts_at=held.starts_at,
            ends_at=held.ends_at,
            unit_number=self.plan.unit,
            preferred=self.plan.preferred,
            expires_at=self.request_expires_at,
        )


async def judge(
    session: AsyncSession, actor: Actor, plans: Sequence[Plan], *, now: datetime
) -> list[Judgement]:
    """All rules over all plans, together, in one statement per person.

    Raises `ResourceNotFound`; `Forbidden` when a rule shall be passed over without permission, or
    a booking shall go to a resource the actor may not book; `BookingRefused` at once for times no
    calendar has.
    """
    for plan in plans:
        if faults := _insane(plan):
            raise await refused_at(session, actor, plan.resource_id, faults)
        if plan.override_reason and not policy.may_override(actor, plan.resource_id):
            raise forbidden(Permission.BOOKINGS_OVERRIDE)
    judged: dict[UUID, Judgement] = {}
    for person_id in dict.fromkeys(plan.person_id for plan in plans):
        theirs = [plan for plan in plans if plan.person_id == person_id]
        found = await _terms(session, actor, theirs, person_id, now=now)
        for plan in theirs:
            if plan.resource_id not in found:
                raise ResourceNotFound(_("Choose one from the list of resources."))
            if plan.booking is not None and plan.booking.resource_id != plan.resource_id:
                policy.require(actor, Permission.BOOKINGS_CREATE, plan.resource_id)
            terms, upcoming = found[plan.resource_id]
            judged[plan.id] = _judged(actor, plan, terms, upcoming, now)
    return [judged[plan.id] for plan in plans]


def _judged(
    actor: Actor, plan: Plan, terms: resources.terms.Terms, upcoming: int, now: datetime
) -> Judgement:
    question = resources.rules.Question(
        plan.window, now, plan.unit, upcoming, is_started=plan.is_started(now)
    )
    found = [*plan.faults, *text_faults(plan.texts), *_broken(plan, terms, question)]
    found += _started(plan)
    outcome = _outcome(plan, terms)
    if outcome == "requested" and plan.window.starts_at <= now:
        message = _("It needs approval: start later, so that somebody can decide before.")
        found.append(Violation("too-late", message, False, {}, "starts_at"))
    found += _approval(actor, plan, terms)
    passed = tuple(each for each in found if plan.override_reason and each.overridable)
    refusals = tuple(each for each in found if each not in passed)
    expires = None
    if outcome == "requested":
        expires = _deadline(plan, terms, now)
    told = "refused" if refusals else outcome
    return Judgement(plan, terms, told, refusals, passed, expires, _buffers(plan, terms))


def _broken(
    plan: Plan, terms: resources.terms.Terms, question: resources.rules.Question
) -> Iterable[Violation]:
    """The resource's rules; a part of what was accepted is asked only about what is new in it."""
    found = resources.rules.violations(terms, question)
    if plan.is_restored and plan.booking is not None:
        counting = _MAY_HAVE_COME
        if plan.booking.override_reason is None:
            counting = counting | {"too-many-upcoming"}
        return [each for each in found if each.code in counting]
    booking = plan.shortened
    if booking is None:
        return found
    stays = {
        name
        for name in ("starts_at", "ends_at")
        if getattr(booking, name) == getattr(plan.window, name)
    }
    return [
        each
        for each in found
        if each.code in _STILL_COUNT and not (each.code == "off-grid" and each.field in stays)
    ]


def _buffers(plan: Plan, terms: resources.terms.Terms) -> tuple[int, int]:
    """What is shortened keeps those it was made with."""
    if (booking := plan.shortened) is not None:
        return booking.buffer_before, booking.buffer_after
    return terms.policy.buffer_before_minutes, terms.policy.buffer_after_minutes


def _outcome(plan: Plan, terms: resources.terms.Terms) -> Outcome:
    if plan.is_restored and plan.booking is not None:
        was = rules.status_before(plan.booking)
        return "requested" if was is Status.REQUESTED else "confirmed"
    is_decided = plan.booking is not None and plan.booking.status is not Status.REQUESTED
    return "requested" if terms.policy.is_approval_required and not is_decided else "confirmed"


def _deadline(plan: Plan, terms: resources.terms.Terms, now: datetime) -> datetime:
    """A request holds its time so long; changing it does not make that longer."""
    latest = now + timedelta(minutes=terms.policy.request_hold_minutes)
    if plan.booking is not None and plan.booking.request_expires_at is not None:
        latest = plan.booking.request_expires_at
    return min(latest, plan.window.starts_at)


def _started(plan: Plan) -> Iterable[Violation]:
    booking = plan.booking
    if booking is None or booking.status is not Status.IN_USE:
        return
    moved = {
        "starts_at": booking.starts_at != plan.window.starts_at,
        "resource_id": booking.resource_id != plan.resource_id,
        "unit": plan.unit is not None and plan.unit != plan.preferred,
    }
    for name, is_moved in moved.items():
        if is_moved:
            yield Violation("already-started", _("It is in use: only its end can change."), False,
                            {}, name)  # fmt: skip


def _approval(actor: Actor, plan: Plan, terms: resources.terms.Terms) -> Iterable[Violation]:
    """What was approved may be shortened; any other time needs a decision of somebody else."""
    booking = plan.booking
    if booking is None or booking.status is Status.REQUESTED:
        return
    if not terms.policy.is_approval_required:
        return
    approved = Window(booking.starts_at, booking.ends_at)
    if booking.resource_id == plan.resource_id and approved.contains(plan.window):
        return
    may_decide = not policy.is_own(actor, booking) and actor.may(
        Permission.BOOKINGS_APPROVE, resource_scope(plan.resource_id)
    )
    if not may_decide:
        message = _(
            "%(resource)s needs approval: the approved time may be shortened; for another time"
            " cancel this booking and request a new one.",
            resource=terms.name,
        )
        yield Violation("approval-needed", message, False, {}, "starts_at")


async def _terms(
    session: AsyncSession,
    actor: Actor,
    plans: Sequence[Plan],
    person_id: UUID | None,
    *,
    now: datetime,
) -> dict[UUID, tuple[resources.terms.Terms, int]]:
    around = Window(
        min(plan.window.starts_at for plan in plans) - _AROUND,
        max(plan.window.ends_at for plan in plans) + _AROUND,
    )
    which = and_(
        Resource.id.in_({plan.resource_id for plan in plans}),
        resources.access.visible(actor),
    )
    counted = repository.upcoming(person_id, now=now, excluding=[plan.id for plan in plans])
    wanted = resources.terms.statement(which, around=around)
    rows = await session.execute(wanted.add_columns(counted.label("upcoming")))
    return {row.id: (resources.terms.of(row), row.upcoming) for row in rows}


async def refusal(
    session: AsyncSession,
    actor: Actor,
    judgement: Judgement,
    *,
    now: datetime,
    at: tuple[str | int, ...] = (),
) -> BookingRefused:
    """The error that tells every violated rule, what holds the time besides, and what fits."""
    taken, fitting = await alternatives(session, actor, judgement, now=now)
    contact = await contacts.for_(session, judgement.plan.resource_id)
    return _refused(judgement.refusals, contact, conflicts=taken, suggestions=fitting, at=at)


async def refused_at(
    session: AsyncSession,
    actor: Actor,
    resource_id: UUID,
    violations: Sequence[Violation],
    *,
    at: tuple[str | int, ...] = (),
) -> BookingRefused:
    """The error of violated rules that no other time would mend.

    It may be told before it is known whether the actor may see the resource at all.
    """
    is_seen = resources.access.may_see(actor, resource_id)
    contact = await contacts.for_(session, resource_id) if is_seen else None
    return _refused(violations, contact, at=at)


def _refused(
    violations: Sequence[Violation],
    contact: Contact | None,
    *,
    conflicts: Sequence[Conflict] = (),
    suggestions: Sequence[Suggestion] = (),
    at: tuple[str | int, ...] = (),
) -> BookingRefused:
    """`at` is where in the input the wish stands."""
    return BookingRefused(
        " ".join(dict.fromkeys(violation.message for violation in violations)),
        errors=tuple(
            FieldError(
                (*at, violation.field) if violation.field else at,
                violation.code,
                violation.message,
                violation.overridable,
            )
            for violation in violations
        ),
        violations=list(violations),
        conflicts=list(conflicts),
        suggestions=list(suggestions),
        contact=contact,
    )


async def overlap(
    session: AsyncSession,
    actor: Actor,
    judgement: Judgement,
    *,
    now: datetime,
    excluding: Collection[UUID] = (),
    at: tuple[str | int, ...] = (),
) -> BookingOverlaps:
    """The error of a time that is taken: by what, and what is free instead."""
    taken, fitting = await alternatives(session, actor, judgement, now=now, excluding=excluding)
    name = judgement.terms.name
    detail = _("%(resource)s is taken then. Choose another time.", resource=name)
    if fitting:
        detail = _(
            "%(resource)s is taken then. Take one of the suggestions or another time.",
            resource=name,
        )
    return BookingOverlaps(
        detail,
        errors=(FieldError((*at, "starts_at"), "booking-overlaps", _("This time is taken.")),),
        conflicts=taken,
        suggestions=fitting,
        contact=await contacts.for_(session, judgement.plan.resource_id),
    )


async def alternatives(
    session: AsyncSession,
    actor: Actor,
    judgement: Judgement,
    *,
    now: datetime,
    excluding: Collection[UUID] = (),
) -> tuple[list[Conflict], list[Suggestion]]:
    """What holds the time of a plan (nothing while a unit is free), and windows that fit."""
    plan = judgement.plan
    others = {plan.id, *excluding}
    if plan.window.ends_at <= plan.window.starts_at:
        return [], []
    taken = await repository.conflicts(
        session,
        actor,
        plan.resource_id,
        window=judgement.held,
        unit=plan.unit,
        excluding=others,
    )
    busy = {conflict.unit for conflict in taken}
    wanted = {
        unit.number
        for unit in judgement.terms.units
        if unit.is_active and plan.unit in {None, unit.number}
    }
    if wanted - busy:
        taken = []
    if plan.is_started(now):
        return taken, []
    asked = suggestions.Asked(
        plan.resource_id, plan.window, plan.person_id, plan.unit, frozenset(others)
    )
    return taken, await suggestions.search(session, actor, asked, now=now)


def _insane(plan: Plan) -> list[Violation]:
    return [
        Violation("out-of-range", _("No calendar reaches that far."), False, {}, name)
        for name, at in (("starts_at", plan.window.starts_at), ("ends_at", plan.window.ends_at))
        if at.year not in _YEARS
    ]


def text_faults(texts: Iterable[tuple[str, str]]) -> Iterable[Violation]:
    """Texts that cannot be stored."""
    for name, text in texts:
        limit = _LIMITS[name]
        if len(text) > limit:
            numbers: dict[str, int | str | None] = {"max_length": limit, "length": len(text)}
            yield Violation(
                "too-long-text",
                _("At most %(limit)s characters.", limit=limit),
                False,
                numbers,
                name,
            )
        if "\x00" in text:
            message = _("A character in it cannot be stored.")
            yield Violation("bad-character", message, False, {}, name)


def in_utc(window: Window) -> Window:
    """The same instants, written in UTC. A time no zone can write stays as it is."""
    if window.starts_at.year not in _YEARS or window.ends_at.year not in _YEARS:
        return window
    return Window(window.starts_at.astimezone(UTC), window.ends_at.astimezone(UTC))
