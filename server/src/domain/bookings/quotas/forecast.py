"""What a booking would leave of the quotas it draws on, for the form in which it is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import ids
from src.domain.bookings.quotas import facts, rule
from src.domain.bookings.quotas.facts import Standing, Window


@dataclass(frozen=True, slots=True)
class Forecast:
    """A quota after a booking, in words; `share` is how much of it is taken then, 0 to 100."""

    name: str
    left: str
    amount: str
    when: str
    share: int
    is_exceeded: bool


def of(standings: Sequence[Standing]) -> list[Forecast]:
    """The forecast for a booking, the scarcest first."""
    ordered = sorted(standings, key=lambda each: (each.left, each.name, each.period_start))
    return [
        Forecast(
            each.name,
            left=rule.amount(each.unit, each.left),
            amount=rule.amount(each.unit, each.amount),
            when=rule.when(each),
            share=share(each.taken + each.adding, each.amount),
            is_exceeded=each.is_exceeded,
        )
        for each in ordered
    ]


def share(taken: int, amount: int) -> int:
    """How much of an amount is taken, in per cent; never more than all of it."""
    return 100 if taken >= amount else taken * 100 // amount


async def ask(
    session: AsyncSession,
    resource_id: UUID,
    window: Window,
    *,
    person_id: UUID | None,
    team_id: UUID | None = None,
    project_id: UUID | None = None,
    booking_id: UUID | None = None,
) -> list[Forecast]:
    """The forecast of a wish, or of a booking that became like it, in one statement."""
    if window.ends_at <= window.starts_at:
        return []
    asked = facts.Asked(booking_id or ids.new(), person_id, window, team_id, project_id)
    return of(await facts.standing(session, resource_id, asked, is_new=booking_id is None))
