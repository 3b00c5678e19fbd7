"""What a booking would leave of the quotas it draws on, for the form in which it is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from src.domain.bookings.quotas import rule
from src.domain.bookings.quotas.facts import Standing


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
