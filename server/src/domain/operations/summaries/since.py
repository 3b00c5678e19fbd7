"""Since last time: what began, what ended, what was decided, who posted and who did not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.events import Event
from src.core.language import gettext as _
from src.core.language import mark, ngettext
from src.domain.accounts.tables import TeamMember, User, UserState
from src.domain.operations.summaries import record
from src.domain.operations.summaries.record import Happening
from src.domain.operations.summaries.sections import (
    Frame,
    Group,
    Item,
    Known,
    Ref,
    Section,
    Stored,
    present,
    refs,
    section,
)

NAME = "since"
POSTED = "update.posted"
# Where it is told what became of a thing.
TOLD = {
    "incident.reported": "opened",
    "incident.reopened": "reopened",
    "incident.resolved": "resolved",
    "incident.closed": "closed",
    "blocker.raised": "blocked",
    "blocker.reopened": "blocked",
    "blocker.resolved": "unblocked",
    "decision.proposed": "proposed",
    "decision.accepted": "decided",
    "decision.rejected": "decided",
    "decision.withdrawn": "decided",
    "decision.superseded": "decided",
    "decision.deprecated": "decided",
}
KINDS = {
    "opened": "incident", "reopened": "incident", "resolved": "incident", "closed": "incident",
    "blocked": "blocker", "unblocked": "blocker", "proposed": "decision", "decided": "decision",
}  # fmt: skip
_FEW = 40  # names of those who did not post


async def collect(session: AsyncSession, frame: Frame) -> Stored:
    """What the record says of the window. Three statements."""
    found = await record.happenings(
        session, frame.starts_at, frame.ends_at, team_id=frame.team_id, verbs=TOLD
    )
    posted = await _posted(session, frame)
    silent = await _silent(session, frame, {UUID(one["person"]) for one in posted})
    return {**sorted_out(found), "posted": posted, "silent": [str(one) for one in silent]}


def sorted_out(found: Iterable[Happening]) -> Stored:
    """What happened to things, each where it is told, once; the last of it counts."""
    told: dict[str, dict[UUID, Stored]] = {name: {} for name in KINDS}
    for one in found:
        state = one.verb.partition(".")[2]
        told[TOLD[one.verb]][one.id] = {"id": str(one.id), "state": state}
    return {name: list(rows.values()) for name, rows in told.items()}


async def _posted(session: AsyncSession, frame: Frame) -> list[Stored]:
    """Who posted, how often, and the last of what they did; by how much, then by who."""
    seen = (
        select(Event.actor_id, Event.subject_id, Event.id)
        .where(
            record.within(frame.starts_at, frame.ends_at),
            record.of_team(frame.team_id),
            Event.verb == POSTED,
            Event.actor_id.is_not(None),
        )
        .subquery()
    )
    ranked = select(
        seen,
        func.count().over(partition_by=seen.c.actor_id).label("times"),
        func.row_number()
        .over(partition_by=seen.c.actor_id, order_by=seen.c.id.desc())
        .label("nth"),
    ).subquery()
    rows = await session.execute(
        select(ranked.c.actor_id, ranked.c.times, ranked.c.subject_id)
        .where(ranked.c.nth == 1)
        .order_by(ranked.c.times.desc(), ranked.c.actor_id)
    )
    return [
        {"person": str(person_id), "times": times, "id": str(last)}
        for person_id, times, last in rows
        if last is not None
    ]


async def _silent(session: AsyncSession, frame: Frame, posted: set[UUID]) -> list[UUID]:
    """Members by then who said nothing."""
    of_team = true() if frame.team_id is None else TeamMember.team_id == frame.team_id
    rows = await session.scalars(
        select(User.id)
        .join(TeamMember, TeamMember.user_id == User.id)
        .where(
            of_team,
            TeamMember.created_at < frame.as_of,
            User.created_at < frame.as_of,
            or_(User.state == UserState.ACTIVE, User.updated_at >= frame.as_of),
            User.state != UserState.INVITED,
        )
        .distinct()
        .order_by(User.id)
    )
    return [one for one in rows if one not in posted]


def things(stored: Stored) -> list[Ref]:
    """What is spoken of."""
    found = [ref for name, kind in KINDS.items() for ref in refs(kind, stored.get(name, ()))]
    found += refs("update", stored["posted"])
    found += [("person", UUID(one["person"])) for one in stored["posted"]]
    return found + [("person", UUID(one)) for one in stored["silent"]]


def groups(stored: Stored, known: Known) -> list[Group]:
    """In words, for whoever reads."""
    titles = {
        "opened": _("Incidents reported"),
        "reopened": _("Incidents opened again"),
        "resolved": _("Incidents resolved"),
        "closed": _("Incidents closed"),
        "blocked": _("Blockers raised"),
        "unblocked": _("Blockers resolved"),
        "proposed": _("Decisions proposed"),
        "decided": _("Decided"),
    }
    found = [
        Group(name, title, _items(name, stored[name], known)) for name, title in titles.items()
    ]
    return [*found, _posts(stored, known), _silence(stored, known)]


def _items(name: str, rows: list[Stored], known: Known) -> tuple[Item, ...]:
    is_decided = name == "decided"
    return present(
        known.item(KINDS[name], one["id"], args=one, badge=one["state"] if is_decided else "")
        for one in rows
    )


def _posts(stored: Stored, known: Known) -> Group:
    """A line for each person, which leads to the last of their updates."""
    items: list[Item] = []
    for one in stored["posted"]:
        person = known.item("person", one["person"])
        update = known.item("update", one["id"], args=one)
        if person is None or update is None:
            continue
        times = ngettext("%(num)s update", "%(num)s updates", one["times"])
        items.append(
            Item("update", update.id, person.title, update.path, update.icon, times, args=one)
        )
    return Group("posted", _("Posted"), tuple(items))


def _silence(stored: Stored, known: Known) -> Group:
    items = present(known.item("person", one) for one in stored["silent"])
    shown = tuple(sorted(items, key=lambda one: one.title.casefold()))
    return Group("silent", _("Not heard of"), shown[:_FEW], more=max(0, len(shown) - _FEW))


def counted(stored: dict[str, Any], name: str, visible: set[UUID] | None = None) -> int:
    """How many a stored summary has under a name; of incidents those that are visible."""
    rows = stored.get("sections", {}).get(NAME, {}).get(name, ())
    if name == "posted":
        return sum(one["times"] for one in rows)
    return sum(1 for one in rows if visible is None or UUID(one["id"]) in visible)


section(Section(NAME, mark("Since last time"), 20, collect, things, groups))
