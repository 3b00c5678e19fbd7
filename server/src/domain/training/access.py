"""Asking for access: a person, a resource, a reason; those who decide give what is missing.

The question goes through `approvals`: whoever holds `qualifications:manage` for the resource
decides, never their own. What is granted are the qualifications the resource asked for when it was
asked, until a day that is said, or as long as such a one holds.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, ids
from src.core.actor import SYSTEM, Actor, Permission, forbidden
from src.core.db import savepoint
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.domain import approvals, resources
from src.domain.training import access_reading, grants, qualifications
from src.domain.training.access_answers import KIND, settle
from src.domain.training.access_reading import get, list_, may_decide, open_for, visible
from src.domain.training.errors import (
    AccessAsked,
    AccessNotNeeded,
    AccessSettled,
    BadQualification,
)
from src.domain.training.holding import held_by
from src.domain.training.tables import AccessRequest, AccessState
from src.domain.training.views import AccessView, Named

__all__ = [
    "KIND",
    "ask",
    "decide",
    "get",
    "list_",
    "may_decide",
    "missing",
    "open_for",
    "visible",
    "withdraw",
    "withdraw_all_of",
]

OPEN_FOR = timedelta(days=14)
LONGEST_REASON = 2000


async def missing(
    session: AsyncSession, actor: Actor, resource_id: UUID, *, person_id: UUID | None = None
) -> list[Named]:
    """What the resource asks for and a person (the actor) does not hold, by name.

    Raises `ResourceNotFound`.
    """
    resources_named = await resources.names(session, actor, [resource_id])
    if resource_id not in resources_named:
        raise resources.ResourceNotFound(_("Choose one from the list of resources."))
    around = resources.hours.Window(clock.now(), clock.now())
    known = await resources.terms.load(session, [resource_id], around=around)
    required = {UUID(each) for each in known[resource_id].policy.required_qualifications}
    whose = person_id or actor.user_id
    if not required or whose is None:
        return []
    held = (await held_by(session, [whose], clock.now()))[whose]
    named = await qualifications.names(session, required - held)
    return [Named(id_, name) for id_, name in named.items()]


async def ask(session: AsyncSession, actor: Actor, resource_id: UUID, *, reason: str) -> AccessView:
    """Ask for what is missing to book a resource. Those who decide are told.

    Raises `ResourceNotFound`, `AccessNotNeeded`, `AccessAsked`, `BadQualification` for a reason
    that is none, `Forbidden` for a key.
    """
    person_id = _person(actor)
    wanted = await missing(session, actor, resource_id)
    if not wanted:
        raise AccessNotNeeded(_("You hold all that it asks for: book it."))
    _judge(reason)
    now = clock.now()
    made = AccessRequest(
        id=ids.new(),
        person_id=person_id,
        resource_id=resource_id,
        reason=reason.strip(),
        qualification_ids=[str(one.id) for one in wanted],
        state=AccessState.OPEN,
        expires_at=now + OPEN_FOR,
    )
    await _end_lapsed(session, person_id, resource_id, now)
    try:
        async with savepoint(session):
            session.add(made)
            await session.flush()
    except IntegrityError as error:
        raise await _asked_already(session, person_id, resource_id) from error
    subject = ("access-request", made.id)
    events.record(session, actor, "access.requested", subject, changes={"resource_id": resource_id})
    asking = approvals.Asking(
        subject_id=made.id,
        resource_id=resource_id,
        requested_by=person_id,
        requested_for=person_id,
        latest_at=made.expires_at,
    )
    await approvals.ask(session, KIND, [asking])
    return await get(session, actor, made.id)


async def decide(
    session: AsyncSession,
    actor: Actor,
    request_id: UUID,
    verdict: approvals.Verdict,
    *,
    until: datetime | None = None,
    note: str | None = None,
    expected_version: int | None = None,
) -> AccessView:
    """Grant, until a day or as long as such a qualification holds, or refuse.

    Raises `AccessRequestNotFound`, `AccessSettled`, `BadQualification` for an end that is over,
    `PreconditionFailed`, and what `approvals.decide` raises.
    """
    view = await get(session, actor, request_id)
    if expected_version not in {None, view.version}:
        raise grants.changed_meanwhile(view.version)
    if until is not None and until <= clock.now():
        detail = _("This time is over.")
        raise BadQualification(detail, errors=(FieldError(("until",), "in-the-past", detail),))
    open_ = (await approvals.open_of(session, KIND, [request_id])).get(request_id)
    if open_ is None or view.state is not AccessState.OPEN:
        raise AccessSettled(_("There is nothing left to decide."), state=view.state.value)
    if until is not None and verdict is approvals.Verdict.APPROVE:
        row = await session.get_one(AccessRequest, request_id, with_for_update=True)
        row.granted_until = until
        await session.flush()
    await approvals.decide(session, actor, open_.id, verdict, note=note)
    return await get(session, actor, request_id)


async def withdraw(session: AsyncSession, actor: Actor, request_id: UUID) -> AccessView:
    """Take one's own request back. Raises `AccessRequestNotFound`, `AccessSettled`."""
    row = await session.get(AccessRequest, request_id, with_for_update=True, populate_existing=True)
    if row is None or row.person_id != actor.user_id:
        raise access_reading.not_found()
    if access_reading.state_at(row) is not AccessState.OPEN:
        raise AccessSettled(
            _("There is nothing left to take back."), state=access_reading.state_at(row).value
        )
    await settle(session, actor, row, AccessState.WITHDRAWN)
    await approvals.withdraw(session, actor, KIND, [row.id])
    return await get(session, actor, request_id)


async def withdraw_all_of(session: AsyncSession, person_id: UUID) -> None:
    """Take back whatever a person who leaves still asks for."""
    rows = await session.scalars(
        select(AccessRequest)
        .where(AccessRequest.person_id == person_id, AccessRequest.state == AccessState.OPEN)
        .with_for_update()
    )
    found = rows.all()
    for row in found:
        await settle(session, SYSTEM, row, AccessState.WITHDRAWN)
    await approvals.withdraw(session, SYSTEM, KIND, [row.id for row in found])


async def _end_lapsed(
    session: AsyncSession, person_id: UUID, resource_id: UUID, now: datetime
) -> None:
    """A request past its end counts no more, whatever the worker does."""
    rows = await session.scalars(
        select(AccessRequest)
        .where(
            AccessRequest.person_id == person_id,
            AccessRequest.resource_id == resource_id,
            AccessRequest.state == AccessState.OPEN,
            AccessRequest.expires_at <= now,
        )
        .with_for_update()
    )
    for row in rows.all():
        await settle(session, SYSTEM, row, AccessState.EXPIRED)
        await approvals.withdraw(session, SYSTEM, KIND, [row.id])


async def _asked_already(session: AsyncSession, person_id: UUID, resource_id: UUID) -> AccessAsked:
    found = await session.scalar(
        select(AccessRequest.id).where(
            AccessRequest.person_id == person_id,
            AccessRequest.resource_id == resource_id,
            AccessRequest.state == AccessState.OPEN,
        )
    )
    detail = _("Wait for the answer, or remind those who decide.")
    return AccessAsked(detail, access_request_id=str(found) if found else None)


def _judge(reason: str) -> None:
    if not 1 <= len(reason.strip()) <= LONGEST_REASON:
        detail = _("Say what for, in at most %(most)s characters.", most=LONGEST_REASON)
        raise BadQualification(detail, errors=(FieldError(("reason",), "missing", detail),))


def _person(actor: Actor) -> UUID:
    if actor.user_id is None:
        raise forbidden(Permission.BOOKINGS_CREATE)
    return actor.user_id
