"""One row of each kind, written by the noun's own service, with what became of it before."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import ids
from src.core.actor import Actor
from src.core.language import gettext as _
from src.domain.operations import blockers, decisions, updates
from src.domain.operations.decisions import states as of_decisions
from src.domain.operations.imports.cells import Cells
from src.domain.operations.incidents import reporting, timeline
from src.domain.operations.incidents.views import On, Report
from src.domain.operations.tables import (
    STATE_RANKS,
    Blocker,
    Decision,
    DecisionState,
    EntryKind,
    ImportKind,
    Incident,
    IncidentAssignment,
    IncidentRole,
    IncidentState,
    Severity,
    Visibility,
    WaitingOn,
)

_NO_TAG = re.compile(r"[^\w+.:-]+")
_DECIDED = frozenset(DecisionState) - {DecisionState.PROPOSED}


@dataclass(slots=True)
class Known:
    """What the rows refer to, by the names people give it, and what was taken over before.

    `taken`: subjects by key. `tried`: keys of this file that were fine, though taken back.
    """

    zone: tzinfo
    team_id: UUID | None
    people: Mapping[str, UUID]
    types: Mapping[str, UUID] = field(default_factory=dict)
    priorities: Mapping[str, UUID] = field(default_factory=dict)
    resources: Mapping[str, UUID] = field(default_factory=dict)
    taken: dict[str, UUID] = field(default_factory=dict)
    tried: set[str] = field(default_factory=set)


Take = Callable[[AsyncSession, Actor, Cells, Known], Awaitable[UUID]]


def _tags(cells: Cells) -> tuple[str, ...]:
    """Its tags, and the number it had."""
    number = _NO_TAG.sub("-", cells.text("number")).strip("-.:+")[:36]
    return (*cells.parts("tags"), *([f"was:{number}"] if number else []))


async def _update(session: AsyncSession, actor: Actor, cells: Cells, known: Known) -> UUID:
    cells.needed("author", "posted_at")
    author_id, posted_at = cells.person("author"), cells.moment("posted_at")
    cells.done()
    draft = updates.Draft(
        known.team_id, cells.text("done"), cells.text("next"), cells.text("needs"),
        tags=_tags(cells), author_id=author_id, posted_at=posted_at,
    )  # fmt: skip
    return (await updates.post(session, actor, draft=draft)).id


async def _incident(session: AsyncSession, actor: Actor, cells: Cells, known: Known) -> UUID:
    cells.needed("title", "type", "occurred_at")
    type_id = cells.named("type", known.types, _("There is no type of this code or name."))
    none = _("There is no priority of this number or name.")
    priority_id = cells.named("priority", known.priorities, none)
    severity = cells.choice("severity", Severity)
    visibility = cells.choice("visibility", Visibility)
    state = cells.choice("state", IncidentState, IncidentState.OPEN) or IncidentState.OPEN
    names = ("occurred_at", "reported_at", "acknowledged_at", "resolved_at", "closed_at")
    at = cells.ordered(*names)
    if state in {IncidentState.RESOLVED, IncidentState.CLOSED}:
        cells.needed("resolved_at", "resolution", why=_("What is resolved says when and how."))
    reporter, lead = cells.person("reported_by"), cells.person("lead")
    on = []
    for name in cells.parts("resources"):
        resource_id = known.resources.get(name.casefold())
        if resource_id is None:
            cells.fault("resources", "unknown-name", _("There is no resource %(name)s.", name=name))
        else:
            on.append(On(resource_id))
    cells.done()
    if type_id is None:  # as `done` said
        raise RuntimeError
    report = Report(
        type_id, cells.text("title"), cells.text("description"), severity, priority_id, visibility,
        known.team_id, occurred_at=at["occurred_at"], resources=tuple(on), tags=_tags(cells),
        reported_at=at["reported_at"] or at["occurred_at"], is_imported=True,
    )  # fmt: skip
    row = await reporting.make(session, actor, report)
    row.reported_by = reporter
    _settle(row, state, cells, at["acknowledged_at"], at["resolved_at"], at["closed_at"])
    await session.flush()
    await reporting.put_words(session, row)
    if lead is not None:
        session.add(
            IncidentAssignment(
                id=ids.new(),
                incident_id=row.id,
                role=IncidentRole.LEAD,
                user_id=lead,
                since_at=row.reported_at,
                until_at=row.closed_at,
                given_by=actor.user_id,
            )
        )
    if number := cells.text("number"):
        text = _("Moved in from elsewhere, where it was %(number)s.", number=number)
        await timeline.write(session, row.id, EntryKind.NOTE, author_id=actor.user_id, text=text)
    await session.flush()
    return row.id


def _settle(row: Incident, state: IncidentState, cells: Cells, *at: object) -> None:
    """Put it where it was: its state, and the times and words that go with it."""
    acknowledged, resolved, closed = at
    row.state, row.state_rank = state, STATE_RANKS[state]
    is_over = state in {IncidentState.RESOLVED, IncidentState.CLOSED}
    if state is not IncidentState.OPEN:
        row.acknowledged_at = acknowledged or row.reported_at  # type: ignore[assignment]
    if is_over:
        row.resolved_at, row.resolution = resolved, cells.text("resolution")  # type: ignore[assignment]
    if state is IncidentState.CLOSED:
        row.closed_at = closed or resolved  # type: ignore[assignment]


async def _blocker(session: AsyncSession, actor: Actor, cells: Cells, known: Known) -> UUID:
    cells.needed("title", "raised_at")
    at = cells.ordered("raised_at", "resolved_at")
    is_archived = cells.flag("archived")
    if is_archived and not cells.text("resolved_at"):
        cells.fault("archived", "not-resolved", _("Only what is resolved is archived."))
    if at["resolved_at"]:
        cells.needed("resolution", why=_("What is resolved says how."))
    waiting_on = cells.choice("waiting_on", WaitingOn, WaitingOn.OTHER) or WaitingOn.OTHER
    impact = cells.choice("impact", Severity, Severity.UNDETERMINED) or Severity.UNDETERMINED
    owner, raiser = cells.person("owner"), cells.person("raised_by")
    whom, needed_by = cells.person("waiting_on_person"), cells.day("needed_by")
    cells.done()
    wish = blockers.Wish(
        cells.text("title"), waiting_on, impact, cells.text("description"),
        cells.text("impact_text"), known.team_id, owner, whom, cells.text("waiting_on_name"),
        needed_by, _tags(cells),
    )  # fmt: skip
    raised_at = at["raised_at"]
    if raised_at is None:  # as `done` said
        raise RuntimeError
    past = blockers.Past(raised_at, at["resolved_at"], cells.text("resolution"), is_archived)
    made = await blockers.raise_(session, actor, wish=wish, past=past)
    row = await session.get(Blocker, made.id)
    if row is not None and raiser is not None:
        row.raised_by = raiser
        await session.flush()
    return made.id


async def _decision(session: AsyncSession, actor: Actor, cells: Cells, known: Known) -> UUID:
    cells.needed("title", "proposed_at")
    at = cells.ordered("proposed_at", "decided_at")
    state = cells.choice("state", DecisionState, DecisionState.PROPOSED) or DecisionState.PROPOSED
    if state in _DECIDED:
        cells.needed("decided_at", why=_("What is decided says when."))
    successor = _successor(cells, known, state)
    proposer, decider = cells.person("proposed_by"), cells.person("decided_by")
    asked = cells.people_of("participants", cells.parts("participants"))
    review_on = cells.day("review_on")
    options = [
        decisions.OptionWish(one.removeprefix("*").strip(), is_chosen=one.startswith("*"))
        for one in cells.parts("options")
    ]
    if state is not DecisionState.PROPOSED and state not in {
        DecisionState.REJECTED, DecisionState.WITHDRAWN,
    } and not (cells.text("outcome") or any(one.is_chosen for one in options)):  # fmt: skip
        cells.fault("outcome", "missing", _("What was accepted says what was decided."))
    cells.done()
    wish = decisions.Wish(
        cells.text("title"), cells.text("context"), cells.text("outcome"), known.team_id, review_on,
        tuple(options), tuple(dict.fromkeys(asked)), _tags(cells),
    )  # fmt: skip
    proposed_at = at["proposed_at"]
    if proposed_at is None:  # as `done` said
        raise RuntimeError
    is_superseded = state is DecisionState.SUPERSEDED
    first = DecisionState.ACCEPTED if is_superseded else state
    past = decisions.Past(proposed_at, first, at["decided_at"], cells.text("reason"))
    made = await decisions.propose(session, actor, wish=wish, past=past)
    row = await session.get(Decision, made.id)
    if row is not None:
        row.proposed_by = proposer or row.proposed_by
        row.decided_by = decider
        if is_superseded and successor is not None:
            row.state, row.superseded_by = state, successor
            row.state_rank = of_decisions.RANKS[state]
        await session.flush()
    return made.id


def _successor(cells: Cells, known: Known, state: DecisionState) -> UUID | None:
    """What took its place; in a preview it may have been taken back already."""
    key = cells.text("superseded_by")
    if state is not DecisionState.SUPERSEDED:
        if key:
            detail = _("Only what is superseded names what takes its place.")
            cells.fault("superseded_by", "not-superseded", detail)
        return None
    if not key:
        cells.needed("superseded_by", why=_("Say which decision takes its place, by its key."))
    elif key not in known.taken and key not in known.tried:
        detail = _("No row that is right has this key.")
        cells.fault("superseded_by", "unknown-key", detail)
    return known.taken.get(key)


TAKE: Mapping[ImportKind, Take] = {
    ImportKind.STATUS_UPDATES: _update,
    ImportKind.INCIDENTS: _incident,
    ImportKind.BLOCKERS: _blocker,
    ImportKind.DECISIONS: _decision,
}
