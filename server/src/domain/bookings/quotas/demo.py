"""Quotas and projects of the demonstration."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.domain.bookings.quotas import allocations, projects
from src.domain.bookings.quotas.views import QuotaWish
from src.domain.bookings.tables import HolderKind, Period, QuotaUnit

_HOUR = 60


async def fill(
    session: AsyncSession,
    actor: Actor,
    *,
    team_id: UUID,
    confocals: UUID,
    rooms: UUID,
) -> None:
    """For everyone and for a team; `confocals` and `rooms` are types of resources."""
    for wish in (
        QuotaWish(
            "Confocal time, each", HolderKind.EVERYONE, Period.WEEK, QuotaUnit.MINUTES,
            30 * _HOUR, type_id=confocals,
        ),
        QuotaWish(
            "Confocal time of Cell Biology", HolderKind.TEAM, Period.MONTH, QuotaUnit.MINUTES,
            300 * _HOUR, holder_id=team_id, type_id=confocals,
        ),
        QuotaWish(
            "Meetings a week", HolderKind.EVERYONE, Period.WEEK, QuotaUnit.COUNT, 20,
            type_id=rooms,
        ),
    ):  # fmt: skip
        await allocations.create(session, actor, wish=wish)
    await projects.create(session, actor, code="ERC-2031", name="Organelles under stress",
                          team_id=team_id)  # fmt: skip
    await projects.create(session, actor, code="CORE", name="Core facility, upkeep")
