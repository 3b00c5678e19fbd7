"""The team's day in the demonstration: two weeks of it, and what is going on just now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import SYSTEM, Actor, ActorKind
from src.domain.operations.blockers import demo as blockers_demo
from src.domain.operations.decisions import demo as decisions_demo
from src.domain.operations.handovers import demo as handovers_demo
from src.domain.operations.incidents import demo as incidents_demo
from src.domain.operations.summaries import demo as summaries_demo
from src.domain.operations.updates import demo as updates_demo


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is in it. `teams`: ids and members by name; `home` runs the instruments."""

    teams: Mapping[str, tuple[UUID, Sequence[UUID]]]
    home: str
    safety: UUID
    manager: UUID
    member: UUID
    timezone: str


async def fill(session: AsyncSession, cast_: Cast, *, now: datetime, seed: int) -> None:
    """Updates, incidents, blockers, decisions, hand-overs; then the summaries of all that."""
    team_id, people = cast_.teams[cast_.home]
    others = [one for one in people if one not in (cast_.safety, cast_.manager)]
    spoken = updates_demo.Cast(cast_.teams, cast_.member, cast_.manager, cast_.timezone)
    await updates_demo.fill(session, spoken, now=now, seed=seed)
    hit = incidents_demo.Cast(cast_.safety, cast_.manager, cast_.member, others, team_id)
    await incidents_demo.fill(session, hit)
    raised = blockers_demo.Cast(cast_.manager, cast_.member, others, team_id)
    await blockers_demo.fill(session, raised, now=now)
    weighed = decisions_demo.Cast(cast_.manager, cast_.member, others, team_id)
    await decisions_demo.fill(session, weighed, now=now)
    manager, taker = acting(cast_.manager), acting(others[0])
    await handovers_demo.fill(session, manager, taker, team_id=team_id, now=now)
    await summaries_demo.fill(
        session, team_ids=[one for one, _members in cast_.teams.values()], now=now
    )


def acting(user_id: UUID) -> Actor:
    """Somebody who may do everything the demonstration needs."""
    return replace(SYSTEM, user_id=user_id, kind=ActorKind.USER)
