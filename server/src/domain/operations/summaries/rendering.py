"""From ids and codes to words: a stored summary as one reader may see it, in their language.

Everything a summary speaks of is looked up once for each kind of things, through the door that
lists use (`subjects`): what the reader may not know of is in no line and in no number.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.core.language import gettext as _
from src.domain.operations import incidents, subjects
from src.domain.operations.subjects import Thing
from src.domain.operations.summaries import instruments, sections, since
from src.domain.operations.summaries.sections import Known, Ref
from src.domain.operations.summaries.views import SectionView, Trend, Trends
from src.domain.operations.tables import Incident, IncidentTask, Summary

_TASK = "task"


async def known(session: AsyncSession, actor: Actor, wanted: Iterable[Ref]) -> Known:
    """What the actor may know of these; one statement for each kind of things."""
    asked = set(wanted)
    tasks = {thing_id for kind, thing_id in asked if kind == _TASK}
    found = dict(await subjects.things(session, actor, (ref for ref in asked if ref[0] != _TASK)))
    if tasks:
        found |= await _tasks(session, actor, tasks)
    return Known(found)


async def _tasks(
    session: AsyncSession, actor: Actor, task_ids: Collection[UUID]
) -> dict[Ref, Thing]:
    """Tasks stand in their incident, and are known to whoever knows of it."""
    rows = await session.execute(
        select(IncidentTask.id, IncidentTask.title, Incident.id)
        .join(Incident, Incident.id == IncidentTask.incident_id)
        .where(IncidentTask.id.in_(task_ids), incidents.policy.visible(actor))
    )
    return {
        (_TASK, task_id): Thing(_TASK, task_id, title, f"/incidents/{incident_id}#tasks", "task")
        for task_id, title, incident_id in rows
    }


def refs_of(content: dict[str, Any]) -> list[Ref]:
    """Everything a stored content speaks of."""
    stored = content.get("sections", {})
    return [
        ref
        for section in sections.registered()
        if section.name in stored
        for ref in section.refs(stored[section.name])
    ]


def in_words(content: dict[str, Any], things: Known) -> tuple[SectionView, ...]:
    """The parts of a content with what in them is not empty."""
    stored = content.get("sections", {})
    return tuple(
        SectionView(
            section.name,
            _(section.title),
            tuple(group for group in section.groups(stored[section.name], things) if group.count),
        )
        for section in sections.registered()
        if section.name in stored
    )


def incidents_in(rows: Iterable[Summary]) -> list[Ref]:
    """The incidents that the trends count: of each only those a reader may know of."""
    return [
        ("incident", UUID(one["id"]))
        for row in rows
        for name in ("opened", "resolved")
        for one in row.content.get("sections", {}).get(since.NAME, {}).get(name, ())
    ]


def trends(rows: list[Summary], things: Known) -> Trends:
    """The numbers of the last days, the oldest first."""
    seen = {thing_id for kind, thing_id in things.things if kind == "incident"}
    told = [row.content for row in rows]
    return Trends(
        tuple(row.on_date for row in rows),
        (
            Trend("opened", _("Incidents reported"), "",
                  tuple(since.counted(one, "opened", seen) for one in told)),
            Trend("resolved", _("Incidents resolved"), "",
                  tuple(since.counted(one, "resolved", seen) for one in told)),
            Trend("posted", _("Updates posted"), "",
                  tuple(since.counted(one, "posted") for one in told)),
            Trend("used", _("Hours in use"), "h", tuple(instruments.hours(one) for one in told)),
        ),
    )  # fmt: skip
