"""What somebody looks for in the morning: what goes on, what is theirs, what waits for their word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import Actor, Permission
from src.domain.accounts.tables import User
from src.domain.operations import handovers, incidents, numbering, policy, summaries
from src.domain.operations.summaries import SummaryHead
from src.domain.operations.tables import (
    Blocker,
    BlockerState,
    Decision,
    DecisionParticipant,
    DecisionState,
    Handover,
    Incident,
    IncidentState,
    IncidentTask,
    Severity,
    Stance,
    TaskState,
)

RUNNING = (IncidentState.OPEN, IncidentState.IN_PROGRESS)


@dataclass(frozen=True, slots=True)
class Line:
    """Something with its address. `at`: when it began, or is due; `person`: who is behind it."""

    id: UUID
    title: str
    path: str
    badge: Severity | None = None
    at: datetime | None = None
    is_late: bool = False
    person: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class Morning:
    """Up to so many of each, the most pressing first."""

    summary: SummaryHead | None
    incidents: Sequence[Line]
    tasks: Sequence[Line]
    blockers: Sequence[Line]
    stances: Sequence[Line]
    handovers: Sequence[Line]

    @property
    def is_asked(self) -> bool:
        """Whether somebody waits for the reader's word."""
        return bool(self.stances or self.handovers)


async def of(session: AsyncSession, actor: Actor, *, most: int) -> Morning | None:
    """The actor's; None for who reads no operations. Six statements."""
    if actor.user_id is None or not actor.may_anywhere(Permission.OPERATIONS_READ):
        return None
    return Morning(
        summary=await summaries.reading.newest(session, actor),
        incidents=await _incidents(session, actor, most),
        tasks=await _tasks(session, actor, most),
        blockers=await _blockers(session, actor, most),
        stances=await _stances(session, actor, most),
        handovers=await _handovers(session, actor, most),
    )


async def _incidents(session: AsyncSession, actor: Actor, most: int) -> list[Line]:
    wanted = (
        select(
            Incident.id, Incident.number, Incident.title, Incident.severity, Incident.reported_at
        )
        .where(Incident.state.in_(RUNNING), incidents.policy.visible(actor))
        .order_by(Incident.severity_rank.desc(), Incident.id)
        .limit(most)
    )
    return [
        Line(one, _named("incident", number, title), f"/incidents/{one}", badge=severity, at=since)
        for one, number, title, severity, since in await session.execute(wanted)
    ]


async def _tasks(session: AsyncSession, actor: Actor, most: int) -> list[Line]:
    now = clock.now()
    wanted = (
        select(IncidentTask.id, IncidentTask.title, IncidentTask.due_at, Incident.id,
               Incident.title)
        .join(Incident, Incident.id == IncidentTask.incident_id)
        .where(
            IncidentTask.owner_id == actor.user_id,
            IncidentTask.state == TaskState.OPEN,
            incidents.policy.visible(actor),
        )
        .order_by(case((IncidentTask.due_at.is_(None), 1), else_=0), IncidentTask.due_at,
                  IncidentTask.id)
        .limit(most)
    )  # fmt: skip
    return [
        Line(one, title, f"/incidents/{incident_id}#tasks", at=due_at, said=of,
             is_late=due_at is not None and due_at < now)
        for one, title, due_at, incident_id, of in await session.execute(wanted)
    ]  # fmt: skip


async def _blockers(session: AsyncSession, actor: Actor, most: int) -> list[Line]:
    today = clock.now().date()
    wanted = (
        select(Blocker.id, Blocker.number, Blocker.title, Blocker.impact, Blocker.raised_at,
               Blocker.needed_by)
        .where(
            or_(Blocker.owner_id == actor.user_id, Blocker.waiting_on_id == actor.user_id),
            Blocker.state == BlockerState.ACTIVE,
            policy.visible(actor, Blocker.team_id),
        )
        .order_by(Blocker.impact_rank.desc(), Blocker.id)
        .limit(most)
    )  # fmt: skip
    return [
        Line(one, _named("blocker", number, title), f"/blockers/{one}", badge=impact, at=since,
             is_late=needed_by is not None and needed_by < today)
        for one, number, title, impact, since, needed_by in await session.execute(wanted)
    ]  # fmt: skip


async def _stances(session: AsyncSession, actor: Actor, most: int) -> list[Line]:
    wanted = (
        select(Decision.id, Decision.number, Decision.title, Decision.proposed_at)
        .join(DecisionParticipant, DecisionParticipant.decision_id == Decision.id)
        .where(
            DecisionParticipant.user_id == actor.user_id,
            DecisionParticipant.stance == Stance.UNDECIDED,
            Decision.state == DecisionState.PROPOSED,
            policy.visible(actor, Decision.team_id),
        )
        .order_by(Decision.id)
        .limit(most)
    )
    return [
        Line(one, _named("decision", number, title), f"/decisions/{one}", at=since)
        for one, number, title, since in await session.execute(wanted)
    ]


async def _handovers(session: AsyncSession, actor: Actor, most: int) -> list[Line]:
    wanted = (
        select(Handover.id, Handover.given_at, Handover.watch, User.name)
        .join(User, User.id == Handover.from_id)
        .where(handovers.policy.waiting(actor), handovers.policy.visible(actor))
        .order_by(Handover.id.desc())
        .limit(most)
    )
    return [
        Line(one, name, f"/handovers/{one}", at=given_at, person=name, said=watch)
        for one, given_at, watch, name in await session.execute(wanted)
    ]


def _named(kind: str, number: int, title: str) -> str:
    return f"{numbering.said(kind, number)} {title}"
