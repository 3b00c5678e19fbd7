"""Who is told of a problem, and that it is over: those responsible, and those who have booked."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import Permission, resource_scope
from src.domain import accounts, notifications, resources
from src.domain.bookings.tables import Booking, Status
from src.domain.maintenance.tables import ProblemReport, ProblemState
from src.domain.resources.tables import Duty, Resource, ResourceState

_AHEAD = (Status.REQUESTED, Status.CONFIRMED, Status.IN_USE)
_ASKED = frozenset({"primary", Duty.DEPUTY})


async def tell_reported(session: AsyncSession, problem_id: UUID) -> int:
    """Tell those responsible, and of what blocks use everybody who has booked; how many.

    What was resolved meanwhile is not told any more.
    """
    row = await session.get(ProblemReport, problem_id)
    if row is None or row.state is not ProblemState.OPEN:
        return 0
    told = 0
    kind = "problem.down" if row.is_blocking else "problem.reported"
    link = f"/problem-reports/{row.id}"
    if row.is_blocking:
        link = f"/resources/{row.resource_id}/displacement"
    args = await _args(session, row)
    for person_id in await responsible(session, row.resource_id):
        if person_id != row.reported_by:
            await _notify(session, person_id, kind, row, args, link)
            told += 1
    if row.is_blocking:
        told += await _tell_booked(session, "problem.booked", row, args)
    return told


async def tell_resolved(session: AsyncSession, problem_id: UUID) -> int:
    """Tell who reported it, and those who have booked what can be used again; how many."""
    row = await session.get(ProblemReport, problem_id)
    if row is None or row.state is not ProblemState.RESOLVED:
        return 0
    args = {**await _args(session, row), "reason": row.resolution, "by": row.resolved_by}
    told = 0
    if row.reported_by != row.resolved_by:
        link = f"/problem-reports/{row.id}"
        await _notify(session, row.reported_by, "problem.resolved", row, args, link)
        told = 1
    state = await session.scalar(select(Resource.state).where(Resource.id == row.resource_id))
    if row.is_blocking and state in (ResourceState.AVAILABLE, ResourceState.DEGRADED):
        told += await _tell_booked(session, "problem.over", row, args)
    return told


async def responsible(session: AsyncSession, resource_id: UUID) -> list[UUID]:
    """Whom a problem is told: the first to ask and deputies, else whoever may resolve it."""
    people = (await resources.responsible_for(session, [resource_id])).get(resource_id, [])
    found = [one.id for one in people if one.role in _ASKED]
    if found:
        return list(dict.fromkeys(found))
    scope = resource_scope(resource_id)
    return list(await accounts.holders(session, Permission.PROBLEMS_MANAGE, scope))


async def _tell_booked(
    session: AsyncSession, kind: str, row: ProblemReport, args: dict[str, Any]
) -> int:
    """Everybody with a booking ahead, once, with the next of theirs; not whoever reported it."""
    rows = await session.execute(
        select(Booking.booked_for, Booking.id, Booking.starts_at, Booking.ends_at)
        .where(
            Booking.resource_id == row.resource_id,
            Booking.status.in_(_AHEAD),
            Booking.ends_at > clock.now(),
            Booking.booked_for != row.reported_by,
        )
        .order_by(Booking.starts_at, Booking.id)
    )
    first: dict[UUID, tuple[UUID, dict[str, Any]]] = {}
    for person_id, booking_id, starts_at, ends_at in rows:
        first.setdefault(person_id, (booking_id, {"starts_at": starts_at, "ends_at": ends_at}))
    for person_id, (booking_id, when) in first.items():
        await _notify(session, person_id, kind, row, {**args, **when}, f"/bookings/{booking_id}")
    return len(first)


async def _args(session: AsyncSession, row: ProblemReport) -> dict[str, Any]:
    name = await session.scalar(select(Resource.name).where(Resource.id == row.resource_id))
    return {"resource": name, "text": row.text, "person": row.reported_by}


async def _notify(
    session: AsyncSession,
    person_id: UUID,
    kind: str,
    row: ProblemReport,
    args: dict[str, Any],
    link: str,
) -> None:
    await notifications.notify(
        session,
        user_id=person_id,
        kind=kind,
        args=args,
        link=link,
        subject=("problem", row.id),
    )
