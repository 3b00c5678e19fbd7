"""What the rules say about plans.

Every entrance goes through `judge`, whether a booking is made, changed, moved out of a closure's
way or only asked about: the rules that hold for one hold for all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, sheets
from src.core.actor import Actor, Permission, forbidden, resource_scope
from src.core.language import gettext as _
from src.domain import resources
from src.domain.bookings import facts, plans, policy, quotas, refusals, rules
from src.domain.bookings.facts import Facts
from src.domain.bookings.plans import Judgement, Plan, Violation, Window
from src.domain.bookings.quotas.facts import Asked, Standing
from src.domain.bookings.tables import Status
from src.domain.bookings.views import Outcome, Wish
from src.domain.resources.errors import ResourceNotFound
from src.domain.resources.tables import Resource

Taken = resources.rules.Taken

# Closures further away than any buffer need not be read.
_AROUND = timedelta(days=2)
# What stands against a part of a booking that is kept; everything else was accepted with the whole.
_STILL_COUNT = frozenset(
    {"off-grid", "too-short", "in-the-past", "ends-before-start", "out-of-range"}
)
_ANSWERS = frozenset({"answer-missing", "answer-invalid"})
# What can have taken the place of a cancelled booking; its own times were accepted as they are.
_MAY_HAVE_COME = frozenset(
    {"resource-down", "resource-retired", "no-units", "unit-unknown", "closed"}
)
# What else the person may have booked in the meantime.
_OF_THE_PERSON = frozenset(
    {
        "too-many-upcoming",
        "too-many-on-day",
        "too-long-on-day",
        "too-long-in-week",
        "parallel-booking",
    }
)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the rules know of one plan."""

    terms: resources.terms.Terms
    facts: Facts
    limits: Sequence[quotas.facts.Limit]


async def judge(
    session: AsyncSession, actor: Actor, wanted: Sequence[Plan], *, now: datetime
) -> list[Judgement]:
    """All rules over all plans, together, in one statement per person.

    Plans of one person count against each other in their order, those alone that are not refused:
    of five bookings where three may be ahead, the fourth is refused.

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
        known = await _known(session, actor, theirs, person_id, now=now)
        for judgement in _judged_together(actor, theirs, known, now):
            judged[judgement.plan.id] = await _explained(session, actor, judgement)
    return [judged[plan.id] for plan in wanted]


async def _explained(session: AsyncSession, actor: Actor, judgement: Judgement) -> Judgement:
    """What is down is so for a reason that not everybody may know: the actor's own words for it."""
    if all(each.code != "resource-down" for each in judgement.refusals):
        return judgement
    reason = await resources.outages.explained(session, actor, judgement.plan.resource_id)
    if reason is None:
        return judgement
    said = judgement.terms.state_reason
    if said and said not in reason:  # something else keeps it down too
        reason = f"{said}; {reason}"
    down = resources.rules.down(judgement.terms.name, reason)
    refusals = tuple(down if each.code == down.code else each for each in judgement.refusals)
    return replace(judgement, refusals=refusals)


async def answer_faults(session: AsyncSession, wish: Wish) -> list[Violation]:
    """What is wrong with the answers of a booking that stays where it is."""
    now = clock.now()
    window = Window(wish.starts_at, wish.ends_at)
    known = await resources.terms.load(session, [wish.resource_id], around=window)
    question = resources.rules.Question(window, now, answers=wish.answers or {})
    return list(resources.rules.answer_faults(known[wish.resource_id], question))


def _judged_together(
    actor: Actor, theirs: Sequence[Plan], known: Mapping[UUID, _Known], now: datetime
) -> Iterator[Judgement]:
    """The plans of one person, each with those before it that stand."""
    taken: list[Taken] = []
    ahead: Counter[UUID] = Counter()
    drawn: list[tuple[Asked, Sequence[quotas.facts.Limit]]] = []
    for plan in theirs:
        found = known[plan.resource_id]
        if plan.booking is not None and plan.booking.resource_id != plan.resource_id:
            policy.require(actor, Permission.BOOKINGS_CREATE, plan.resource_id)
        so_far = replace(
            found.facts,
            upcoming=found.facts.upcoming + ahead[plan.resource_id],
            taken=(*found.facts.taken, *taken),
        )
        asked = Asked(plan.id, plan.person_id, plan.window, plan.team_id, plan.project_id)
        standings = quotas.facts.standings([*drawn, (asked, found.limits)])[plan.id]
        judgement = _judged(actor, plan, replace(found, facts=so_far), standings, now)
        if not judgement.refusals:
            drawn.append((asked, found.limits))
            ahead[plan.resource_id] += plan.window.ends_at > now
            name = found.terms.name
            taken.append(Taken(plan.window, plan.resource_id, name, plan.group_id))
        yield judgement


def _judged(
    actor: Actor, plan: Plan, known: _Known, standings: Sequence[Standing], now: datetime
) -> Judgement:
    terms = known.terms
    findings = _broken(plan, terms, _question(plan, known, now))
    found = [*plan.faults, *plans.text_faults(plan.texts)]
    found += [each for each in findings if not each.is_warning]
    if _counts_anew(plan):
        found += quotas.rule.violations(standings)
    found += _started(plan)
    outcome = _outcome(plan, terms)
    if outcome == "requested" and plan.window.starts_at <= now:
        message = _("It needs approval: start later, so that somebody can decide before.")
        found.append(Violation("too-late", message, False, {}, "starts_at"))
    found += _approval(actor, plan, terms)
    passed = tuple(each for each in found if plan.override_reason and each.overridable)
    standing = tuple(each for each in found if each not in passed)
    return Judgement(
        plan,
        terms,
        "refused" if standing else outcome,
        standing,
        passed,
        _deadline(plan, terms, now) if outcome == "requested" else None,
        _buffers(plan, terms),
        tuple(each for each in findings if each.is_warning),
        tuple(standings),
    )


def _question(plan: Plan, known: _Known, now: datetime) -> resources.rules.Question:
    person = known.facts
    return resources.rules.Question(
        plan.window,
        now,
        plan.unit,
        person.upcoming,
        is_started=plan.is_started(now),
        taken=person.taken,
        held=person.held,
        names=person.names,
        answers=_answers(plan, known.terms),
        group_id=plan.group_id,
    )


def _answers(plan: Plan, terms: resources.terms.Terms) -> Mapping[str, Any] | None:
    """What is answered; what an earlier question had for an answer is no fault of a change."""
    booking = plan.booking
    if plan.answers is None or booking is None or plan.answers != booking.answers:
        return plan.answers
    asked = {each.name for each in sheets.fields(terms.policy.questions)}
    return {name: answer for name, answer in plan.answers.items() if name in asked}


def _counts_anew(plan: Plan) -> bool:
    """Whether limits of the person have a say: not where they were passed over before."""
    booking = plan.booking
    if booking is None or plan.shortened is None:
        return True
    if plan.is_restored:
        return booking.override_reason is None
    return (booking.team_id, booking.project_id) != (plan.team_id, plan.project_id)


def _broken(
    plan: Plan, terms: resources.terms.Terms, question: resources.rules.Question
) -> Sequence[Violation]:
    """The resource's rules; a part of what was accepted is asked only about what is new in it."""
    found = resources.rules.findings(terms, question)
    if plan.is_restored:
        counting = _MAY_HAVE_COME | (_OF_THE_PERSON if _counts_anew(plan) else frozenset())
        return [each for each in found if each.code in counting]
    booking = plan.shortened
    if booking is None:
        return found
    counting = _STILL_COUNT | (_ANSWERS if plan.answers != booking.answers else frozenset())
    stays = {
        name
        for name in ("starts_at", "ends_at")
        if getattr(booking, name) == getattr(plan.window, name)
    }
    return [
        each
        for each in found
        if each.code in counting and not (each.code == "off-grid" and each.field in stays)
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


async def _known(
    session: AsyncSession,
    actor: Actor,
    theirs: Sequence[Plan],
    person_id: UUID | None,
    *,
    now: datetime,
) -> dict[UUID, _Known]:
    """By resource. Raises `ResourceNotFound` when one of them is not there for the actor."""
    around = Window(
        min(plan.window.starts_at for plan in theirs) - _AROUND,
        max(plan.window.ends_at for plan in theirs) + _AROUND,
    )
    wanted = {plan.resource_id for plan in theirs}
    which = and_(Resource.id.in_(wanted), resources.access.visible(actor))
    ids = [plan.id for plan in theirs]
    limits = quotas.facts.column(
        person_id,
        around=around,
        team_ids={plan.team_id for plan in theirs if plan.team_id},
        project_ids={plan.project_id for plan in theirs if plan.project_id},
        booking_ids=[plan.id for plan in theirs if plan.booking is not None],
    )
    about = facts.columns(person_id, around=around, now=now, excluding=ids, with_names=True)
    statement = resources.terms.statement(which, around=around)
    rows = await session.execute(statement.add_columns(*about, limits.label("limits")))
    found = {
        row.id: _Known(resources.terms.of(row), facts.of(row), quotas.facts.limits(row.limits))
        for row in rows
    }
    if wanted - found.keys():
        raise ResourceNotFound(_("Choose one from the list of resources."))
    for plan in theirs:
        if plan.booking is None:
            quotas.facts.note(session, plan.id, found[plan.resource_id].limits)
    return found
