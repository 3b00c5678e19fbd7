"""Problem reports: what is wrong with a resource.

One that blocks use takes its resource down at once (`resources.outages`); bookings stay, and those
they concern are told. Resolving it brings the resource back, unless something else keeps it down.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from src.core import clock, events, ids, outbox
from src.core.actor import Actor, Permission, forbidden
from src.core.errors import FieldError, PreconditionFailed
from src.core.language import gettext as _
from src.core.paging import Key, Page, Paging, paginate
from src.domain import bookings, resources
from src.domain.accounts.tables import User
from src.domain.maintenance import policy, topics
from src.domain.maintenance.errors import BadReport, ProblemNotFound, ProblemResolved
from src.domain.maintenance.tables import ProblemReport, ProblemState, Severity
from src.domain.maintenance.views import Named, ProblemView, Report
from src.domain.resources.tables import Effect, Resource

LONGEST_TEXT, LONGEST_NOTE = 4000, 2000
RANKS = {Severity.LOW: 1, Severity.MEDIUM: 2, Severity.HIGH: 3, Severity.CRITICAL: 4}
CHANGEABLE = frozenset({"severity", "is_blocking"})
_TOLD = 300  # letters of the report that everybody reads beside the state
_RESOLVER = aliased(User)


async def report(session: AsyncSession, actor: Actor, *, report: Report) -> ProblemView:
    """Say what is wrong. Needs `problems:report` for the resource.

    Raises `ResourceNotFound`, `Forbidden`, `BadReport` (every fault).
    """
    by = policy.require_report(actor, report.resource_id)
    await _judge(session, actor, report)
    row = ProblemReport(
        id=ids.new(),
        resource_id=report.resource_id,
        booking_id=report.booking_id,
        reported_by=by,
        severity=report.severity,
        severity_rank=RANKS[report.severity],
        text=report.text.strip(),
        is_blocking=report.is_blocking,
        state=ProblemState.OPEN,
        resolution="",
    )
    session.add(row)
    await session.flush()
    changes = {
        "resource_id": row.resource_id, "severity": row.severity, "is_blocking": row.is_blocking
    }  # fmt: skip
    events.record(session, actor, "problem.reported", ("problem", row.id), changes=changes)
    if row.is_blocking:
        await _take_down(session, actor, row)
    await _publish(session, topics.REPORTED, row)
    return await get(session, actor, row.id)


async def get(session: AsyncSession, actor: Actor, problem_id: UUID) -> ProblemView:
    """One report. Raises `ProblemNotFound`."""
    wanted = _whole().where(ProblemReport.id == problem_id, policy.visible(actor))
    row = (await session.execute(wanted)).first()
    if row is None:
        raise _not_found()
    return _view(*row)


async def list_(
    session: AsyncSession,
    actor: Actor,
    *,
    resource_ids: Collection[UUID] = (),
    states: Collection[ProblemState] = (ProblemState.OPEN,),
    paging: Paging | None = None,
) -> Page[ProblemView]:
    """Problems of what the actor may see, the worst first, then the newest. One statement.

    Raises `Forbidden`.
    """
    if not actor.may_anywhere(Permission.RESOURCES_READ):
        raise forbidden(Permission.RESOURCES_READ)
    wanted = _whole().where(policy.visible(actor), ProblemReport.state.in_(states))
    if resource_ids:
        wanted = wanted.where(ProblemReport.resource_id.in_(resource_ids))
    keys = [
        Key(ProblemReport.severity_rank, descending=True, name="severity"),
        Key(ProblemReport.id, descending=True, name="id"),
    ]
    page = await paginate(session, wanted, keys=keys, paging=paging or Paging())
    return page.map(lambda row: _view(*row))


async def change(
    session: AsyncSession,
    actor: Actor,
    problem_id: UUID,
    *,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> ProblemView:
    """Judge an open problem anew: `severity`, and whether it blocks use (`is_blocking`).

    Raises `ProblemNotFound`, `Forbidden` (`problems:manage`), `ProblemResolved`,
    `PreconditionFailed`.
    """
    if unknown := changes.keys() - CHANGEABLE:
        raise TypeError(f"of a problem {sorted(unknown)} are not changed")
    row = await _opened(session, actor, problem_id, expected_version)
    done: dict[str, list[Any]] = {}
    for field, value in changes.items():
        old = getattr(row, field)
        if old != value:
            setattr(row, field, value)
            done[field] = [old, value]
    if not done:
        return await get(session, actor, problem_id)
    row.severity_rank = RANKS[row.severity]
    events.record(session, actor, "problem.changed", ("problem", row.id), changes=done)
    await session.flush()
    if "is_blocking" in done:
        if row.is_blocking:
            await _take_down(session, actor, row)
            await _publish(session, topics.REPORTED, row)
        else:
            await resources.outages.end(session, actor, _source(row))
    return await get(session, actor, problem_id)


async def resolve(
    session: AsyncSession,
    actor: Actor,
    problem_id: UUID,
    *,
    note: str,
    expected_version: int | None = None,
) -> ProblemView:
    """Say that it is resolved, and how; what it kept down comes back if nothing else keeps it so.

    Raises `ProblemNotFound`, `Forbidden` (`problems:manage`), `ProblemResolved`, `BadReport`
    without a note, `PreconditionFailed`.
    """
    row = await _opened(session, actor, problem_id, expected_version)
    if not 1 <= len(note.strip()) <= LONGEST_NOTE:
        raise _refuse("note", _("Say what was done, in at most %(most)s characters.",
                                most=LONGEST_NOTE))  # fmt: skip
    row.state, row.resolution = ProblemState.RESOLVED, note.strip()
    row.resolved_by, row.resolved_at = actor.user_id, clock.now()
    subject = ("problem", row.id)
    events.record(session, actor, "problem.resolved", subject, reason=row.resolution)
    await session.flush()
    await resources.outages.end(session, actor, _source(row), reason=row.resolution)
    await _publish(session, topics.RESOLVED, row)
    return await get(session, actor, problem_id)


async def _take_down(session: AsyncSession, actor: Actor, row: ProblemReport) -> None:
    effects = {row.resource_id: Effect.DOWN}
    told = row.text if len(row.text) <= _TOLD else f"{row.text[: _TOLD - 1].rstrip()}…"
    await resources.outages.begin(session, actor, effects, source=_source(row), reason=told)


async def _opened(
    session: AsyncSession, actor: Actor, problem_id: UUID, expected_version: int | None
) -> ProblemReport:
    row = await session.get(ProblemReport, problem_id, with_for_update=True, populate_existing=True)
    if row is None or not resources.access.may_see(actor, row.resource_id):
        raise _not_found()
    policy.require_manage(actor, row.resource_id)
    if expected_version not in {None, row.version}:
        raise PreconditionFailed(
            _("Read it again, then repeat the change."), current_version=row.version
        )
    if row.state is ProblemState.RESOLVED:
        raise ProblemResolved(_("If it is back, report it anew."))
    return row


async def _judge(session: AsyncSession, actor: Actor, report: Report) -> None:
    await resources.require_visible(session, actor, report.resource_id)
    if not 1 <= len(report.text.strip()) <= LONGEST_TEXT:
        detail = _("Say what is wrong, in at most %(most)s characters.", most=LONGEST_TEXT)
        raise _refuse("text", detail)
    if report.booking_id is not None:
        try:
            booking = await bookings.get(session, actor, report.booking_id)
        except bookings.BookingNotFound as error:
            raise _refuse("booking_id", _("There is no booking with this id.")) from error
        if booking.resource.id != report.resource_id:
            raise _refuse("booking_id", _("This booking is of another resource."))


async def _publish(session: AsyncSession, topic: outbox.Topic, row: ProblemReport) -> None:
    payload = {"problem_id": str(row.id)}
    once = f"{topic.name}:{row.id}:{row.version}"
    await outbox.publish(session, topic, payload, once=once)


def _source(row: ProblemReport) -> resources.outages.Source:
    return resources.outages.Source("problem", row.id)


def _refuse(field: str, detail: str) -> BadReport:
    return BadReport(detail, errors=(FieldError((field,), "invalid", detail),))


def _whole() -> Select[*tuple[Any, ...]]:
    return (
        select(ProblemReport, Resource.name, User.name, _RESOLVER.name)
        .join(Resource, Resource.id == ProblemReport.resource_id)
        .join(User, User.id == ProblemReport.reported_by)
        .outerjoin(_RESOLVER, _RESOLVER.id == ProblemReport.resolved_by)
    )


def _view(row: ProblemReport, resource: str, person: str, resolver: str | None) -> ProblemView:
    resolved_by = Named(row.resolved_by, resolver) if row.resolved_by and resolver else None
    return ProblemView(
        id=row.id,
        resource=Named(row.resource_id, resource),
        booking_id=row.booking_id,
        reported_by=Named(row.reported_by, person),
        severity=row.severity,
        severity_rank=row.severity_rank,
        text=row.text,
        is_blocking=row.is_blocking,
        state=row.state,
        resolution=row.resolution,
        resolved_by=resolved_by,
        resolved_at=row.resolved_at,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _not_found() -> ProblemNotFound:
    return ProblemNotFound(_("Choose one from the list of problems."))
