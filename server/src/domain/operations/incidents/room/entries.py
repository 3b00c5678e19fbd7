"""The timeline of an incident: read, filtered, added to and pinned; never changed.

What was written by itself is put into words for whoever reads. A note may say that it happened
earlier than now, and is marked so.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events
from src.core.actor import Actor
from src.core.language import gettext as _
from src.core.paging import Page, Paging, paginate, sorted_by
from src.domain import accounts, resources
from src.domain.accounts.tables import User
from src.domain.operations import numbering
from src.domain.operations.discussion import saying
from src.domain.operations.incidents import policy, timeline
from src.domain.operations.incidents.room import access, wording
from src.domain.operations.incidents.room.errors import BadEntry, EntryNotFound, refuse
from src.domain.operations.incidents.room.views import EntryView, Named
from src.domain.operations.tables import EntryKind, Incident, IncidentEntry, IncidentPin

LONGEST = 10_000
NEWEST, OLDEST = "-at", "at"
UPDATE_FIELDS = ("conditions", "actions", "needs")
MOST_EXPORTED = 10_000
# Clocks differ by a little; what lies further ahead did not happen yet.
_AHEAD = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which lines."""

    kinds: Collection[EntryKind] = ()
    author_id: UUID | None = None
    is_pinned: bool = False


async def list_(
    session: AsyncSession,
    actor: Actor,
    incident_id: UUID,
    *,
    wanted: Filter | None = None,
    sort: str = NEWEST,
    paging: Paging | None = None,
) -> Page[EntryView]:
    """Lines by when it happened, the latest first (`sort` "at": the first). At most four statements.

    Raises `IncidentNotFound`, `BadSort`, `BadCursor`.
    """
    statement = _narrowed(_whole(incident_id).where(policy.visible(actor)), wanted or Filter())
    keys = sorted_by(sort, {"at": IncidentEntry.at}, default=NEWEST, unique=IncidentEntry.id)
    page = await paginate(session, statement, keys=keys, paging=paging or Paging())
    if not page.items:
        await policy.found(session, actor, incident_id)
    return page.holding(await _views(session, actor, page.items))


async def whole(session: AsyncSession, actor: Actor, incident_id: UUID) -> list[EntryView]:
    """Everything there is, the first first, to be given out. Raises `IncidentNotFound`."""
    await policy.found(session, actor, incident_id)
    statement = _whole(incident_id).order_by(IncidentEntry.at, IncidentEntry.id)
    rows = await session.execute(statement.limit(MOST_EXPORTED))
    return await _views(session, actor, [tuple(row) for row in rows])


async def note(
    session: AsyncSession,
    actor: Actor,
    incident_id: UUID,
    *,
    text: str,
    at: datetime | None = None,
) -> EntryView:
    """Write a note (Markdown), of now or of when it happened earlier (`at`).

    Raises `IncidentNotFound`, `Forbidden`, `IncidentIsClosed`, `BadEntry`.
    """
    incident, _rights = await access.taking_part(session, actor, incident_id)
    text = text.strip()
    faults = []
    if not 1 <= len(text) <= LONGEST:
        faults.append(
            ("text", _("Say what happened, in at most %(most)s characters.", most=LONGEST))
        )
    if at is not None and at > clock.now() + _AHEAD:
        faults.append(("at", _("This lies ahead. Say when it happened, or nothing for now.")))
    if faults:
        raise refuse(BadEntry, *faults)
    at = None if at is None or at >= clock.now() else at.astimezone(UTC)
    entry = await timeline.write(
        session, incident.id, EntryKind.NOTE, author_id=actor.user_id, at=at, text=text
    )
    await saying.publish(session, actor, ("incident", incident.id), texts=[text])
    changes = {**access.facts(incident), "entry_id": entry.id, "is_backdated": entry.is_backdated}
    events.record(session, actor, "incident.noted", ("incident", incident.id), changes=changes)
    return await get(session, actor, incident_id, entry.id)


async def get(session: AsyncSession, actor: Actor, incident_id: UUID, entry_id: UUID) -> EntryView:
    """One line. Raises `IncidentNotFound`, `EntryNotFound`."""
    statement = _whole(incident_id).where(IncidentEntry.id == entry_id, policy.visible(actor))
    row = (await session.execute(statement)).first()
    if row is None:
        await policy.found(session, actor, incident_id)
        raise _no_entry()
    return (await _views(session, actor, [tuple(row)]))[0]


async def pin(
    session: AsyncSession, actor: Actor, incident_id: UUID, entry_id: UUID, *, is_pinned: bool
) -> EntryView:
    """Let a line stand on top, or no longer; the same again changes nothing.

    Raises `IncidentNotFound`, `Forbidden`, `IncidentIsClosed`, `EntryNotFound`.
    """
    incident, _rights = await access.taking_part(session, actor, incident_id)
    entry = await session.get(IncidentEntry, entry_id)
    if entry is None or entry.incident_id != incident_id:
        raise _no_entry()
    known = await session.get(IncidentPin, entry_id)
    if (known is not None) != is_pinned:
        if known is not None:
            await session.delete(known)
        else:
            session.add(
                IncidentPin(
                    entry_id=entry_id,
                    incident_id=incident_id,
                    pinned_by=actor.user_id,
                    pinned_at=clock.now(),
                )
            )
        verb = "incident.pinned" if is_pinned else "incident.unpinned"
        changes = {**access.facts(incident), "entry_id": entry_id}
        events.record(session, actor, verb, ("incident", incident_id), changes=changes)
        await session.flush()
    return await get(session, actor, incident_id, entry_id)


def _whole(incident_id: UUID) -> Select[*tuple[Any, ...]]:
    return (
        select(IncidentEntry, User.name, IncidentPin.pinned_at)
        .join(Incident, Incident.id == IncidentEntry.incident_id)
        .outerjoin(User, User.id == IncidentEntry.author_id)
        .outerjoin(IncidentPin, IncidentPin.entry_id == IncidentEntry.id)
        .where(IncidentEntry.incident_id == incident_id)
    )


def _narrowed(statement: Select[*tuple[Any, ...]], wanted: Filter) -> Select[*tuple[Any, ...]]:
    if wanted.kinds:
        statement = statement.where(IncidentEntry.kind.in_(wanted.kinds))
    if wanted.author_id is not None:
        statement = statement.where(IncidentEntry.author_id == wanted.author_id)
    if wanted.is_pinned:
        statement = statement.where(IncidentPin.pinned_at.is_not(None))
    return statement


async def _views(
    session: AsyncSession, actor: Actor, rows: Sequence[tuple[Any, ...]]
) -> list[EntryView]:
    names = await _named(session, actor, [row[0] for row in rows])
    return [_view(entry, author, pinned_at, names) for entry, author, pinned_at in rows]


async def _named(
    session: AsyncSession, actor: Actor, found: Sequence[IncidentEntry]
) -> wording.Names:
    people, things, incidents = wording.wanted(one.details for one in found)
    numbers: dict[UUID, str] = {}
    if incidents:
        rows = await session.execute(
            select(Incident.id, Incident.number).where(
                Incident.id.in_(incidents), policy.visible(actor)
            )
        )
        numbers = {id_: numbering.said("incident", number) for id_, number in rows}
    return wording.Names(
        people=await accounts.names(session, people),
        resources=await resources.names(session, actor, things),
        incidents=numbers,
    )


def _view(
    entry: IncidentEntry, author: str | None, pinned_at: datetime | None, names: wording.Names
) -> EntryView:
    said = {
        name: str(entry.details.get(name, "")) if entry.kind is EntryKind.UPDATE else ""
        for name in UPDATE_FIELDS
    }
    return EntryView(
        id=entry.id,
        kind=entry.kind,
        code=str(entry.details.get("code", "")),
        at=entry.at,
        written_at=entry.created_at,
        author=Named(entry.author_id, author) if entry.author_id and author else None,
        words=wording.sentence(entry.kind, entry.details, names),
        text=entry.text,
        is_backdated=entry.is_backdated,
        is_pinned=pinned_at is not None,
        **said,
    )


def _no_entry() -> EntryNotFound:
    return EntryNotFound(_("Choose one of the incident's timeline."))
