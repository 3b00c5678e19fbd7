"""Finding a time and keeping it for a moment.

A slot is a hold of five minutes for one person, three at most; it becomes a booking by naming it
(`Wish.slot_id`), or lapses by itself. Found is what is free and within all rules for whoever asks.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.domain import resources
from src.domain.bookings.slots import holding, leaving
from src.domain.bookings.slots.errors import BadSearch, SlotNotFound, TooManySlots
from src.domain.bookings.slots.finding import MOST, find
from src.domain.bookings.slots.holding import get, hold, list_, release, tidy
from src.domain.bookings.slots.views import Found, SlotView, Sought

__all__ = [
    "MOST",
    "BadSearch",
    "Found",
    "SlotNotFound",
    "SlotView",
    "Sought",
    "TooManySlots",
    "find",
    "get",
    "hold",
    "holding",
    "leaving",
    "list_",
    "release",
    "tidy",
]


async def _shut(
    session: AsyncSession,
    _actor: Actor,
    resource_ids: Collection[UUID],
    within: resources.hours.Window | None,
    _reason: str,
) -> None:
    await holding.withdraw(session, resource_ids, within)


resources.turns.on_shut(_shut)
