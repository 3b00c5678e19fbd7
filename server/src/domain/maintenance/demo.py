"""The demonstration's utility with what depends on it, and a problem that waits for somebody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import SYSTEM, Actor, ActorKind
from src.domain import resources
from src.domain.maintenance import problems
from src.domain.maintenance.tables import Severity
from src.domain.maintenance.views import Report
from src.domain.resources.tables import Effect, Resource

UTILITY = "Compressed air, Main Building"
ABOUT = "Two compressors in the basement; the house engineers answer at any hour."
DEPENDANTS = {
    "BD FACSAria Fusion": Effect.DOWN, "Cytek Aurora": Effect.DOWN,
    "Orbitrap Exploris 480": Effect.DEGRADED, "timsTOF Pro 2": Effect.DEGRADED,
}  # fmt: skip
PROBLEMS = (
    ("Zeiss LSM 980 Airyscan", Severity.HIGH,
     "The 63× oil objective shows a dark crescent at the lower left, in every channel."),
    ("Glove box", Severity.LOW, "The left glove has a small tear near the wrist; taped for now."),
)  # fmt: skip


async def fill(session: AsyncSession, *, keeper: UUID, reporters: Sequence[UUID]) -> None:
    """Make the utility, say what depends on it, and report the problems."""
    wanted = [*DEPENDANTS, *(name for name, _severity, _text in PROBLEMS)]
    rows = await session.execute(
        select(Resource.name, Resource.id).where(Resource.name.in_(wanted))
    )
    named: dict[str, UUID] = {name: id_ for name, id_ in rows}  # noqa: C416 - no pairs to mypy
    actor = _acting(keeper)
    utility = await resources.utilities.create(session, actor, name=UTILITY, description=ABOUT)
    dependants = [
        resources.utilities.Dependant(named[name], effect) for name, effect in DEPENDANTS.items()
    ]
    await resources.utilities.set_dependants(session, actor, utility.id, dependants)
    for (name, severity, text), reporter in zip(PROBLEMS, reporters, strict=False):
        report = Report(named[name], severity, text)
        await problems.report(session, _acting(reporter), report=report)


def _acting(user_id: UUID) -> Actor:
    return replace(SYSTEM, user_id=user_id, kind=ActorKind.USER)
