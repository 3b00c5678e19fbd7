"""What the rules say about plans.

Every entrance goes through `judge`, whether a booking is made, changed, moved out of a closure's
way or only asked about: the rules that hold for one hold for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor, Permission, forbidden, resource_scope
from src.core.language import gettext as _
from src.domain import resources
from src.domain.bookings import plans, policy, refusals, repository, rules
from src.domain.bookings.plans import Judgement, Plan, Violation, Window
from src.domain.bookings.tables import Status
from src.domain.bookings.views import Outcome
from src.domain.resources.errors import ResourceNotFound
from src.domain.resources.tables import Resource

# Closures further away than any buffer need not be read.
_AROUND = timedelta(days=2)
# What stands against a part of a booking that is kept; everything else was accepted with the whole.
_STILL_COUNT = frozenset(
    {"off-grid", "too-short", "in-the-past", "ends-before-start", "out-of-range"}
)
# What can have taken the place of a cancelled booking; its own times were accepted as they are.
_MAY_HAVE_COME = frozenset(
    {"resource-down", "resource-retired", "no-units", "unit-unknown", "closed"}
)


async def judge(
    session: AsyncSession, actor: Actor, wanted: Sequence[Plan], *, now: datetime
) -> list[Judgement]:
    """All rules over all plans, together, in one statement per person.

    Raises `ResourceNotFound`; `Forbidden` when a rule shall be passed over without permission, or
    a booking shall go to a resource the actor may not book; `BookingRefused` at once for times no
    calendar has.
    """
    for plan in wanted:
        if faults := plans.time_faults(plan):
            raise await refusals.refused_at(session, actor, plan.resource_id, faults)
        if plan.override_reason and not policy.may_override(actor, plan.resource_id):
            raise forbidden(Permission.BOOKINGS_OVERRIDE)
    judged: dict[UUID, Judgement] = {}
    for person_id in dict.fromkeys(plan.person_id for plan in wanted):
        theirs = [plan for plan in wanted if plan.person_id == person_id]
        found = await _terms(session, actor, theirs, person_id, now=now)
        for plan in theirs:
            if plan.resource_id not in found:
                raise ResourceNotFound(_("Choose one from the list of resources."))
            if plan.booking is not None and plan.booking.resource_id != plan.resource_id:
                policy.require(actor, Permission.BOOKINGS_CREATE, plan.resource_id)
            terms, upcoming = found[plan.resource_id]
            judged[plan.id] = _judged(actor, plan, terms, upcoming, now)
    return [judged[plan.id] for plan in wanted]


def _judged(
    actor: Actor, plan: Plan, terms: resources.terms.Terms, upcoming: int, now: datetime
) -> Judgement:
    question = resources.rules.Question(
        plan.window, now, plan.unit, upcoming, is_started=plan.is_started(now)
    )
    found = [*plan.faults, *plans.text_faults(plan.texts), *_broken(plan, terms, question)]
    found += _started(plan)
    outcome = _outcome(plan, terms)
    if outcome == "requested" and plan.window.starts_at <= now:
        message = _("It needs approval: start later, so that somebody can decide before.")
        found.append(Violation("too-late", message, False, {}, "starts_at"))
    found += _approval(actor, plan, terms)
    passed = tuple(each for each in found if plan.override_reason and each.overridable)
    standing = tuple(each for each in found if each not in passed)
    expires = None
    if outcome == "requested":
        expires = _deadline(plan, terms, now)
    told = "refused" if standing else outcome
    return Judgement(plan, terms, told, standing, passed, expires, _buffers(plan, terms))


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
    theirs: Sequence[Plan],
    person_id: UUID | None,
    *,
    now: datetime,
) -> dict[UUID, tuple[resources.terms.Terms, int]]:
    around = Window(
        min(plan.window.starts_at for plan in theirs) - _AROUND,
        max(plan.window.ends_at for plan in theirs) + _AROUND,
    )
    which = and_(
        Resource.id.in_({plan.resource_id for plan in theirs}),
        resources.access.visible(actor),
    )
    counted = repository.upcoming(person_id, now=now, excluding=[plan.id for plan in theirs])
    wanted = resources.terms.statement(which, around=around)
    rows = await session.execute(wanted.add_columns(counted.label("upcoming")))
    return {row.id: (resources.terms.of(row), row.upcoming) for row in rows}
