"""Saying no: which rules are broken, what holds the time, whom to ask, and what would fit."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain import resources
from src.domain.bookings import repository, suggestions
from src.domain.bookings.errors import BookingOverlaps, BookingRefused
from src.domain.bookings.plans import Judgement, Violation
from src.domain.bookings.views import Conflict, Suggestion


async def refusal(
    session: AsyncSession,
    actor: Actor,
    judgement: Judgement,
    *,
    now: datetime,
    at: tuple[str | int, ...] = (),
) -> BookingRefused:
    """The error that tells every violated rule, what holds the time besides, and what fits."""
    taken = await in_the_way(session, actor, judgement)
    fitting = await instead(session, actor, judgement, now=now)
    contact = await resources.contacts.for_(session, judgement.plan.resource_id)
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
    contact = await resources.contacts.for_(session, resource_id) if is_seen else None
    return _refused(violations, contact, at=at)


def _refused(
    violations: Sequence[Violation],
    contact: resources.Contact | None,
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
                (*at, *violation.place),
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
    taken = await in_the_way(session, actor, judgement, excluding=excluding)
    fitting = await instead(session, actor, judgement, now=now, excluding=excluding)
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
        contact=await resources.contacts.for_(session, judgement.plan.resource_id),
    )


async def in_the_way(
    session: AsyncSession, actor: Actor, judgement: Judgement, *, excluding: Collection[UUID] = ()
) -> list[Conflict]:
    """What holds the time of a plan; nothing while a unit is free. At most one statement."""
    plan = judgement.plan
    if plan.window.ends_at <= plan.window.starts_at:
        return []
    taken = await repository.conflicts(
        session,
        actor,
        plan.resource_id,
        window=judgement.held,
        unit=plan.unit,
        excluding={plan.id, *plan.takes_over, *excluding},
    )
    busy = {conflict.unit for conflict in taken}
    wanted = {number for number in judgement.terms.unit_numbers if plan.unit in {None, number}}
    return [] if wanted - busy else taken


async def instead(
    session: AsyncSession,
    actor: Actor,
    judgement: Judgement,
    *,
    now: datetime,
    excluding: Collection[UUID] = (),
) -> list[Suggestion]:
    """Windows near a plan that fit, unless it is under way. At most two statements."""
    plan = judgement.plan
    if plan.window.ends_at <= plan.window.starts_at or plan.is_started(now):
        return []
    others = frozenset({plan.id, *plan.takes_over, *excluding})
    asked = suggestions.Asked(plan.resource_id, plan.window, plan.person_id, plan.unit, others)
    return await suggestions.search(session, actor, asked, now=now)
