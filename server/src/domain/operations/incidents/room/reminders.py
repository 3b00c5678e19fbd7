"""What time does to incidents: whoever leads is reminded of what nobody saw to, each thing once.

Of a response that is overdue, of an update that is due by the cadence, of tasks that are due within
a day and of those that are overdue. `reminded_at` tells what was told already: what became due
after it was not; another due date begins anew.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.domain.accounts.tables import User, UserState
from src.domain.operations.incidents.room import telling
from src.domain.operations.incidents.room.updates import GOING_ON
from src.domain.operations.tables import Incident, IncidentTask, TaskState

BATCH = 200
AHEAD = timedelta(days=1)


async def run(session: AsyncSession, *, limit: int = BATCH) -> dict[str, int]:
    """Remind of what became due; how many were told of what. What is left comes next time."""
    now, told = clock.now(), Counter[str]()
    for incident in await _late_incidents(session, now, limit):
        await _remind(session, incident, now, told)
    for task, incident in await _due_tasks(session, now, limit):
        await _remind_of_task(session, task, incident, now, told)
    return dict(told)


async def _late_incidents(session: AsyncSession, now: datetime, limit: int) -> list[Incident]:
    unanswered = and_(
        Incident.acknowledged_at.is_(None),
        Incident.response_due_at <= now,
        or_(Incident.reminded_at.is_(None), Incident.reminded_at < Incident.response_due_at),
    )
    silent = and_(
        Incident.next_update_at <= now,
        or_(Incident.reminded_at.is_(None), Incident.reminded_at < Incident.next_update_at),
    )
    rows = await session.scalars(
        select(Incident)
        .where(Incident.state.in_(GOING_ON), or_(unanswered, silent))
        .order_by(Incident.severity_rank.desc(), Incident.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return list(rows)


async def _remind(
    session: AsyncSession, incident: Incident, now: datetime, told: Counter[str]
) -> None:
    before = incident.reminded_at
    people = await telling.responsible(session, incident)

    def became_due(at: datetime | None) -> bool:
        return at is not None and at <= now and (before is None or before < at)

    if incident.acknowledged_at is None and became_due(incident.response_due_at):
        args = {"due_at": incident.response_due_at}
        told["unanswered"] += await telling.tell(
            session, incident, "incident.response_due", people, args
        )
    if became_due(incident.next_update_at):
        args = {"due_at": incident.next_update_at}
        told["update"] += await telling.tell(
            session, incident, "incident.update_due", people, args, "/updates"
        )
    await _note(session, Incident, incident.id, now)


async def _due_tasks(
    session: AsyncSession, now: datetime, limit: int
) -> list[tuple[IncidentTask, Incident]]:
    rows = await session.execute(
        select(IncidentTask, Incident)
        .join(Incident, Incident.id == IncidentTask.incident_id)
        .where(
            IncidentTask.state == TaskState.OPEN,
            IncidentTask.due_at <= now + AHEAD,
            or_(
                IncidentTask.reminded_at.is_(None),
                and_(IncidentTask.due_at <= now, IncidentTask.reminded_at < IncidentTask.due_at),
            ),
        )
        .order_by(IncidentTask.due_at, IncidentTask.id)
        .limit(limit)
        .with_for_update(of=IncidentTask, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return [(task, incident) for task, incident in rows]


async def _remind_of_task(
    session: AsyncSession,
    task: IncidentTask,
    incident: Incident,
    now: datetime,
    told: Counter[str],
) -> None:
    if task.due_at is None:
        return  # the statement asks for no such one
    is_overdue = task.due_at <= now
    people = await _owner(session, task) or await telling.responsible(session, incident)
    kind = "incident.task_overdue" if is_overdue else "incident.task_due"
    told["overdue" if is_overdue else "due"] += await telling.tell(
        session, incident, kind, people, telling.of_task(incident, task), f"#task-{task.id}"
    )
    await _note(session, IncidentTask, task.id, now)


async def _note(
    session: AsyncSession, table: type[Incident | IncidentTask], row_id: UUID, now: datetime
) -> None:
    """Write down that it was told; no new version, for nobody changed anything."""
    kept: Any = table
    await session.execute(
        update(kept).where(kept.id == row_id).values(reminded_at=now, updated_at=kept.updated_at)
    )


async def _owner(session: AsyncSession, task: IncidentTask) -> set[UUID]:
    """Whose it is, while they are active."""
    found = await session.scalar(
        select(User.id).where(User.id == task.owner_id, User.state == UserState.ACTIVE)
    )
    return {found} if found else set()
