"""Attention now: what is open at the boundary, the worst first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, not_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import language
from src.core.language import gettext as _
from src.core.language import mark, ngettext
from src.domain.operations.summaries import record
from src.domain.operations.summaries.record import Before
from src.domain.operations.summaries.sections import (
    Frame,
    Group,
    Known,
    Ref,
    Section,
    Stored,
    present,
    refs,
    section,
)
from src.domain.operations.tables import (
    SEVERITY_RANKS,
    Blocker,
    BlockerState,
    Decision,
    DecisionState,
    Incident,
    IncidentState,
    IncidentTask,
    Severity,
    TaskState,
)

NAME = "attention"
OLD = timedelta(days=7)
RUNNING = (IncidentState.OPEN, IncidentState.IN_PROGRESS)
KINDS = {"incidents": "incident", "tasks": "task", "blockers": "blocker", "decisions": "decision"}


async def collect(session: AsyncSession, frame: Frame) -> Stored:
    """What stood open at that moment. Five statements."""
    before = await record.before(session, frame.recorded_at or frame.as_of)
    return {
        "incidents": await _running(session, frame, before),
        "tasks": await _overdue(session, frame),
        "blockers": await _old_blockers(session, frame, before),
        "decisions": await _to_review(session, frame, before),
    }


async def _running(session: AsyncSession, frame: Frame, before: Before) -> list[Stored]:
    at = frame.as_of
    # What was brought in later happened earlier, but nobody could have read of it then.
    known = and_(
        Incident.reported_at < at, or_(not_(Incident.is_imported), Incident.created_at < at)
    )
    wanted = select(
        Incident.id, Incident.severity, Incident.state, Incident.reported_at
    ).where(
        known,
        _belongs(frame, Incident.team_id),
        or_(Incident.state.in_(RUNNING), Incident.id.in_(before.ids("incident"))),
    )  # fmt: skip
    found: list[tuple[int, datetime, Stored]] = []
    for incident_id, severity, state, since in await session.execute(wanted):
        then = before.value("incident", incident_id, "state", state)
        was = Severity(before.value("incident", incident_id, "severity", severity))
        if then in RUNNING:
            row = {"id": str(incident_id), "severity": was, "state": then, "since": _iso(since)}
            found.append((-SEVERITY_RANKS[was], since, row))
    return [row for _rank, _since, row in sorted(found, key=lambda one: (one[0], one[1]))]


async def _overdue(session: AsyncSession, frame: Frame) -> list[Stored]:
    at = frame.as_of
    is_open = or_(
        IncidentTask.state == TaskState.OPEN,
        IncidentTask.done_at >= at,
        and_(IncidentTask.state == TaskState.DROPPED, IncidentTask.updated_at >= at),
    )
    wanted = (
        select(IncidentTask.id, IncidentTask.due_at, IncidentTask.owner_id)
        .join(Incident, Incident.id == IncidentTask.incident_id)
        .where(
            IncidentTask.due_at < at,
            IncidentTask.created_at < at,
            is_open,
            _belongs(frame, Incident.team_id),
        )
        .order_by(IncidentTask.due_at, IncidentTask.id)
    )
    rows = await session.execute(wanted)
    return [
        {"id": str(task_id), "due": _iso(due_at), "owner": owner_id and str(owner_id)}
        for task_id, due_at, owner_id in rows
        if due_at is not None
    ]


async def _old_blockers(session: AsyncSession, frame: Frame, before: Before) -> list[Stored]:
    at = frame.as_of
    wanted = (
        select(
            Blocker.id, Blocker.impact, Blocker.state, Blocker.raised_at, Blocker.needed_by,
            Blocker.owner_id,
        )
        .where(
            Blocker.raised_at < at,
            Blocker.id.not_in(record.moved_in("blocker", frame.recorded_at or at)),
            _belongs(frame, Blocker.team_id),
            or_(Blocker.raised_at <= at - OLD, Blocker.needed_by < frame.on_date),
            or_(Blocker.state == BlockerState.ACTIVE, Blocker.id.in_(before.ids("blocker"))),
        )
        .order_by(Blocker.impact_rank.desc(), Blocker.raised_at, Blocker.id)
    )  # fmt: skip
    return [
        {
            "id": str(blocker_id), "impact": impact, "since": _iso(since),
            "needed_by": needed_by and needed_by.isoformat(), "owner": owner_id and str(owner_id),
            "days": (at - since).days,
        }
        for blocker_id, impact, state, since, needed_by, owner_id in await session.execute(wanted)
        if before.value("blocker", blocker_id, "state", state) == BlockerState.ACTIVE
    ]  # fmt: skip


async def _to_review(session: AsyncSession, frame: Frame, before: Before) -> list[Stored]:
    wanted = (
        select(Decision.id, Decision.state, Decision.review_on)
        .where(
            Decision.decided_at < frame.as_of,
            Decision.id.not_in(record.moved_in("decision", frame.recorded_at or frame.as_of)),
            Decision.review_on <= frame.on_date,
            _belongs(frame, Decision.team_id),
            or_(
                Decision.state == DecisionState.ACCEPTED, Decision.id.in_(before.ids("decision"))
            ),
        )
        .order_by(Decision.review_on, Decision.id)
    )  # fmt: skip
    return [
        {"id": str(decision_id), "review_on": review_on.isoformat()}
        for decision_id, state, review_on in await session.execute(wanted)
        if before.value("decision", decision_id, "state", state) == DecisionState.ACCEPTED
        and review_on is not None
    ]


def things(stored: Stored) -> list[Ref]:
    """What is spoken of."""
    people = [
        ("person", UUID(one["owner"]))
        for name in ("tasks", "blockers")
        for one in stored.get(name, ())
        if one["owner"]
    ]
    found = [ref for name, kind in KINDS.items() for ref in refs(kind, stored.get(name, ()))]
    return found + people


def groups(stored: Stored, known: Known) -> list[Group]:
    """In words, for whoever reads."""
    incidents = present(
        known.item(
            "incident", one["id"], badge=one["severity"], args=one,
            detail=_("since %(moment)s", moment=_moment(one["since"])),
        )
        for one in stored["incidents"]
    )  # fmt: skip
    tasks = present(
        known.item(
            "task", one["id"], args=one,
            detail=_with_owner(_("due %(moment)s", moment=_moment(one["due"])), one, known),
        )
        for one in stored["tasks"]
    )  # fmt: skip
    blockers = present(
        known.item(
            "blocker", one["id"], badge=one["impact"], args=one,
            detail=_with_owner(
                ngettext("for %(num)s day", "for %(num)s days", one["days"]), one, known
            ),
        )
        for one in stored["blockers"]
    )  # fmt: skip
    decisions = present(
        known.item(
            "decision", one["id"], args=one,
            detail=_("to be reviewed since %(day)s", day=_day(one["review_on"])),
        )
        for one in stored["decisions"]
    )  # fmt: skip
    return [
        Group("incidents", _("Incidents running"), incidents),
        Group("tasks", _("Overdue tasks"), tasks),
        Group("blockers", _("Old blockers"), blockers),
        Group("decisions", _("Decisions to review"), decisions),
    ]


def _with_owner(text: str, one: Stored, known: Known) -> str:
    owner = known.item("person", one["owner"]) if one["owner"] else None
    return f"{text} · {owner.title if owner else _('nobody')}"


def _belongs(frame: Frame, team_id: Any) -> ColumnElement[bool]:  # noqa: ANN401 - a mapped column
    """Of the team, or of everybody."""
    return true() if frame.team_id is None else or_(team_id.is_(None), team_id == frame.team_id)


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _moment(raw: str) -> str:
    return language.format_moment(datetime.fromisoformat(raw))


def _day(raw: str) -> str:
    return language.format_day(datetime.fromisoformat(raw).date())


section(Section(NAME, mark("Attention now"), 10, collect, things, groups))
