"""The demonstration's incidents: three that go on, one of them restricted, and some that are over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import SYSTEM, Actor, ActorKind
from src.domain.operations.incidents import changing, moving, near_misses, reporting
from src.domain.operations.incidents.near_misses import NearMiss
from src.domain.operations.incidents.room import demo as room
from src.domain.operations.incidents.views import IncidentView, On, Report
from src.domain.operations.tables import (
    Incident,
    IncidentState,
    IncidentType,
    Severity,
    Visibility,
)
from src.domain.resources.tables import Effect, Resource

DOWN = "Olympus FV3000"
DEGRADED = "Orbitrap Exploris 480"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is in it: in charge of safety, who runs the place, a member, and at least three more."""

    ehs: UUID
    manager: UUID
    member: UUID
    people: Sequence[UUID]
    team_id: UUID | None = None


async def fill(session: AsyncSession, cast_: Cast) -> list[UUID]:
    """Report them and let them go on; the ids of those that go on, the most severe first."""
    types = {one.code: one.id for one in await session.scalars(select(IncidentType))}
    named = await _resources(session)
    running = [
        await _laser(session, cast_, types, named),
        await _exposure(session, cast_, types),
        await _pump(session, cast_, types, named),
    ]
    spill = await _spill(session, cast_, types)
    await _over(session, cast_, types, recurring=running[2])
    await near_misses.report(
        session,
        _acting(cast_.people[2]),
        miss=NearMiss(
            "A gas bottle stood unchained beside the lift.\n\nSomebody leaned a trolley against it;"
            " it tilted and fell back. It is chained now.",
            severity=Severity.HIGH,
            is_anonymous=True,
        ),
    )
    await changing.change(
        session, _acting(cast_.ehs), spill, changes={"tags": ["solvent", "spill-kit"]}
    )
    return running


async def _laser(
    session: AsyncSession, cast_: Cast, types: dict[str, UUID], named: dict[str, UUID]
) -> UUID:
    made = await _reported(
        session, cast_.member, 1.4,
        Report(
            types["equipment-failure"], "Interlock of the confocal fails, laser off",
            "The **interlock lamp** flickered, then the 488 nm laser went off and does not come"
            " back.\n\n- key turned off\n- room locked\n- a sign is on the door",
            severity=Severity.CRITICAL, team_id=cast_.team_id, tags=("laser", "interlock"),
            resources=(On(named[DOWN], Effect.DOWN),) if DOWN in named else (),
        ),
    )  # fmt: skip
    await moving.transition(session, _acting(cast_.manager), made.id, to=IncidentState.IN_PROGRESS)
    await room.run(session, made.id, lead=cast_.manager, people=cast_.people[:2])
    return made.id


async def _exposure(session: AsyncSession, cast_: Cast, types: dict[str, UUID]) -> UUID:
    made = await _reported(
        session, cast_.people[0], 2.6,
        Report(
            types["injury-exposure"], "Splash of phenol on a hand",
            "The glove tore while the tube was opened. Rinsed for fifteen minutes; seen by the"
            " company doctor.",
            visibility=Visibility.RESTRICTED,
        ),
    )  # fmt: skip
    await moving.acknowledge(session, _acting(cast_.ehs), made.id)
    return made.id


async def _pump(
    session: AsyncSession, cast_: Cast, types: dict[str, UUID], named: dict[str, UUID]
) -> UUID:
    made = await _reported(
        session, cast_.people[1], 1.1,
        Report(
            types["equipment-failure"], "Backing pump is loud and warm",
            "It still pumps, but it smells of oil. Long runs had better wait.",
            severity=Severity.MEDIUM, tags=("vacuum",),
            resources=(On(named[DEGRADED], Effect.DEGRADED),) if DEGRADED in named else (),
        ),
    )  # fmt: skip
    return made.id


async def _spill(session: AsyncSession, cast_: Cast, types: dict[str, UUID]) -> UUID:
    made = await _reported(
        session, cast_.member, 9,
        Report(types["spill-release"], "Acetone on the bench of room 2.14",
               "About 200 ml; the window was open, nobody was hurt."),
    )  # fmt: skip
    by = _acting(cast_.ehs)
    await moving.transition(session, by, made.id, to=IncidentState.IN_PROGRESS)
    await moving.transition(
        session, by, made.id, to=IncidentState.RESOLVED,
        notes="Taken up with the kit of the corridor, the room aired for two hours.",
    )  # fmt: skip
    await room.learn(session, made.id, author=cast_.manager, signer=cast_.ehs)
    return made.id


async def _over(
    session: AsyncSession, cast_: Cast, types: dict[str, UUID], *, recurring: UUID
) -> None:
    told = (
        (12, "equipment-failure", "Backing pump seized", Severity.HIGH, "New bearing, new oil."),
        (8, "it", "No storage for the acquisition computers", Severity.MEDIUM,
         "The share was full; old raw data went to the archive."),
        (4, "access-security", "Back door did not lock", Severity.LOW, "The latch was adjusted."),
    )  # fmt: skip
    by = _acting(cast_.manager)
    for days, code, title, severity, notes in told:
        report = Report(types[code], title, severity=severity, visibility=Visibility.OPEN)
        made = await _reported(session, cast_.manager, days, report)
        await moving.transition(session, by, made.id, to=IncidentState.IN_PROGRESS)
        await moving.transition(session, by, made.id, to=IncidentState.RESOLVED, notes=notes)
        await _age(session, made.id, days)
        if "pump" in title:
            await changing.change(session, by, recurring, changes={"recurrence_of": made.id})


async def _reported(session: AsyncSession, who: UUID, days: float, report: Report) -> IncidentView:
    ago = clock.now() - days * _DAY
    said = replace(report, occurred_at=ago - timedelta(minutes=12), reported_at=ago)
    return await reporting.report(session, _acting(who), report=said)


async def _age(session: AsyncSession, incident_id: UUID, days: float) -> None:
    """What was done just now was done then."""
    row = await session.get_one(Incident, incident_id)
    row.acknowledged_at = row.reported_at + timedelta(minutes=9)
    row.resolved_at = row.reported_at + timedelta(hours=3 + days)
    await session.flush()


async def _resources(session: AsyncSession) -> dict[str, UUID]:
    rows = await session.execute(
        select(Resource.name, Resource.id).where(Resource.name.in_([DOWN, DEGRADED]))
    )
    return {name: id_ for name, id_ in rows}  # noqa: C416 - no pairs to mypy


def _acting(user_id: UUID) -> Actor:
    return replace(SYSTEM, user_id=user_id, kind=ActorKind.USER)
