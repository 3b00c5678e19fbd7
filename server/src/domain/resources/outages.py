"""Outages: why a resource is down or degraded, and by what.

A person says so, a utility failed, somebody reported a problem, there is an incident. A resource is
as bad as the worst of its open outages, and comes back when the last of them ends. What is retired
stays retired. Who may begin and end an outage is the business of whoever calls.

Not everybody may know of an incident, and that can change: what is said of one here is its number
at most, the record says nothing of it, and `explained` tells each reader as much as they may know.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, ids
from src.core.actor import Actor
from src.domain.resources import calendar, turns
from src.domain.resources.tables import Effect, Outage, Resource, ResourceState

LONGEST_REASON = 500
SourceKind = Literal["person", "utility", "problem", "incident"]
_STATES = {Effect.DOWN: ResourceState.DOWN, Effect.DEGRADED: ResourceState.DEGRADED}
_OUT = (ResourceState.DOWN, ResourceState.RETIRED)
_UNSPOKEN = "incident"
# What keeps a resource down, in as many words as the actor may know.
Explain = Callable[[AsyncSession, Actor, UUID], Awaitable[list[str]]]
_explaining: list[Explain] = []


@dataclass(frozen=True, slots=True)
class Source:
    """What makes a resource unusable: a person's word, a utility, a problem, an incident."""

    kind: SourceKind
    id: UUID | None = None


PERSON = Source("person")


@dataclass(frozen=True, slots=True)
class OutageView:
    """One reason why a resource is or was down or degraded. Open while `ended_at` is None."""

    id: UUID
    resource_id: UUID
    effect: Effect
    source: Source
    reason: str
    started_at: datetime
    ended_at: datetime | None


async def begin(
    session: AsyncSession,
    actor: Actor,
    effects: Mapping[UUID, Effect],
    *,
    source: Source,
    reason: str,
    revived: bool = False,
) -> None:
    """Let resources be down or degraded by this source, from now until it is ended.

    What the source said of them before is replaced. With `revived` retired ones come back into
    service so.
    """
    if not effects:
        return
    now = clock.now()
    await calendar.lock(session, effects.keys())
    open_ = await _open(session, effects.keys())
    told = reason[:LONGEST_REASON]
    for resource_id, effect in effects.items():
        mine = [one for one in open_ if one.resource_id == resource_id and _is_of(one, source)]
        if mine and (mine[0].effect, mine[0].reason) == (effect, told):
            continue
        for one in mine:
            one.ended_at = now
        session.add(
            Outage(
                id=ids.new(),
                resource_id=resource_id,
                effect=effect,
                source_type=source.kind,
                source_id=source.id,
                reason=told,
                started_at=now,
                started_by=actor.user_id,
            )
        )
    await session.flush()
    await _settle(session, actor, effects.keys(), reason=told, revived=revived)


async def end(
    session: AsyncSession,
    actor: Actor,
    source: Source,
    *,
    resource_ids: Collection[UUID] | None = None,
    reason: str | None = None,
    revived: bool = False,
) -> list[UUID]:
    """End what this source keeps down or degraded (None: wherever that is); which those were."""
    if resource_ids is None:
        resource_ids = await affected(session, source)
    if not resource_ids:
        return []
    await calendar.lock(session, resource_ids)
    now = clock.now()
    for one in await _open(session, resource_ids):
        if _is_of(one, source):
            one.ended_at = now
    await session.flush()
    await _settle(session, actor, resource_ids, reason=reason, revived=revived)
    return list(resource_ids)


async def affected(session: AsyncSession, source: Source) -> list[UUID]:
    """The resources a source keeps down or degraded now, in order of id."""
    found = await session.scalars(
        select(Outage.resource_id).where(
            Outage.ended_at.is_(None),
            Outage.source_type == source.kind,
            Outage.source_id == source.id if source.id else Outage.source_id.is_(None),
        )
    )
    return sorted(set(found))


async def open_of(
    session: AsyncSession, resource_ids: Collection[UUID]
) -> dict[UUID, list[OutageView]]:
    """What keeps these resources down or degraded now, the worst first; in one statement."""
    found: dict[UUID, list[OutageView]] = {}
    for one in await _open(session, resource_ids):
        found.setdefault(one.resource_id, []).append(_view(one))
    return found


def explained_by(hook: Explain) -> None:
    """Have `hook` asked for words about what keeps a resource down."""
    _explaining.append(hook)


async def explained(session: AsyncSession, actor: Actor, resource_id: UUID) -> str | None:
    """Why a resource is down, beyond what everybody is told; None: there is no more to say."""
    found = [words for hook in _explaining for words in await hook(session, actor, resource_id)]
    return "; ".join(found) or None


async def during(
    session: AsyncSession, resource_ids: Collection[UUID], starts_at: datetime, ends_at: datetime
) -> list[OutageView]:
    """Outages of the resources that touch a time, by start; open ones have no end yet."""
    rows = await session.scalars(
        select(Outage)
        .where(Outage.resource_id.in_(resource_ids), touching(starts_at, ends_at))
        .order_by(Outage.started_at)
    )
    return [_view(one) for one in rows]


def touching(starts_at: datetime, ends_at: datetime) -> ColumnElement[bool]:
    """Outages that touch a time, as a SQL condition."""
    return and_(
        Outage.started_at < ends_at, or_(Outage.ended_at.is_(None), Outage.ended_at > starts_at)
    )


async def _settle(
    session: AsyncSession,
    actor: Actor,
    resource_ids: Collection[UUID],
    *,
    reason: str | None,
    revived: bool,
) -> None:
    """Let each resource be as bad as the worst of its open outages."""
    left: dict[UUID, list[Outage]] = {}
    for one in await _open(session, resource_ids):
        left.setdefault(one.resource_id, []).append(one)
    rows = await session.scalars(
        select(Resource)
        .where(Resource.id.in_(resource_ids))
        .order_by(Resource.id)
        .execution_options(populate_existing=True)
    )
    back, out = set[UUID](), set[UUID]()
    for resource in rows:
        if resource.state is ResourceState.RETIRED and not revived:
            continue
        worst = next(iter(left.get(resource.id, ())), None)
        is_told = worst is None or worst.source_type != _UNSPOKEN
        state = _STATES[worst.effect] if worst else ResourceState.AVAILABLE
        if (resource.state in _OUT) != (state in _OUT):
            (out if state in _OUT else back).add(resource.id)
        why = (worst.reason or None) if worst else None
        put(session, actor, resource, state, why, told=reason, is_told=is_told)
    await session.flush()
    await turns.shut(session, actor, out, None, reason=reason or "")
    await turns.brought_back(session, actor, back)


def put(
    session: AsyncSession,
    actor: Actor,
    resource: Resource,
    state: ResourceState,
    reason: str | None,
    *,
    told: str | None = None,
    is_told: bool = True,
) -> None:
    """Write the state of a locked resource and the event of it; nothing where it is so already.

    The record says why, unless it shall not be told.
    """
    if (resource.state, resource.state_reason) == (state, reason):
        return
    before, resource.state, resource.state_reason = resource.state, state, reason
    events.record(
        session,
        actor,
        f"resource.{state.value}",
        ("resource", resource.id),
        changes={"state": [before, state]},
        reason=(reason or told or None) if is_told else None,
    )


async def _open(session: AsyncSession, resource_ids: Collection[UUID]) -> Sequence[Outage]:
    """Open outages, what is down first, the newest first."""
    worst = case({Effect.DOWN: 0, Effect.DEGRADED: 1}, value=Outage.effect)
    rows = await session.scalars(
        select(Outage)
        .where(Outage.ended_at.is_(None), Outage.resource_id.in_(resource_ids))
        .order_by(worst, Outage.started_at.desc(), Outage.id.desc())
    )
    return rows.all()


def _is_of(outage: Outage, source: Source) -> bool:
    return (outage.source_type, outage.source_id) == (source.kind, source.id)


def _view(outage: Outage) -> OutageView:
    return OutageView(
        id=outage.id,
        resource_id=outage.resource_id,
        effect=outage.effect,
        source=Source(cast("SourceKind", outage.source_type), outage.source_id),
        reason=outage.reason,
        started_at=outage.started_at,
        ended_at=outage.ended_at,
    )
