"""Time that is wanted but not there yet: waiting lists, offers of freed time, and alerts.

An entry waits for a resource or any of a type, between two times, for a length between two. Freed
time is offered in the transaction that frees it: by rank, then those who have let fewer offers
lapse, then those who came first. Invariants: a hold of an offer exists exactly while the offer is
open and not lapsed; an entry has at most one open offer; an offer is made only where its person
could book at that moment, and accepting it is a booking like any other.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.domain import resources
from src.domain.bookings import aftermath
from src.domain.bookings.waiting import (
    alerts,
    entries,
    leaving,
    notices,
    offers,
    serving,
    upkeep,
)
from src.domain.bookings.waiting.errors import (
    BadWaiting,
    FreeAlertNotFound,
    OfferNotFound,
    OfferOver,
    TooManyWaiting,
    WaitingEntryNotFound,
    WaitingOver,
)
from src.domain.bookings.waiting.views import AlertView, Awaited, EntryView, OfferView

__all__ = [
    "AlertView",
    "Awaited",
    "BadWaiting",
    "EntryView",
    "FreeAlertNotFound",
    "OfferNotFound",
    "OfferOver",
    "OfferView",
    "TooManyWaiting",
    "WaitingEntryNotFound",
    "WaitingOver",
    "alerts",
    "entries",
    "leaving",
    "notices",
    "offers",
    "serving",
    "upkeep",
]


async def _freed(
    session: AsyncSession, _actor: Actor, freed: Sequence[tuple[UUID, resources.hours.Window]]
) -> None:
    await serving.serve(session, freed)
    await alerts.tell(session, freed)


async def _shut(
    session: AsyncSession,
    actor: Actor,
    resource_ids: Collection[UUID],
    within: resources.hours.Window | None,
    reason: str,
) -> None:
    await upkeep.withdraw(session, actor, resource_ids, within, reason)


aftermath.on_freed(_freed)
resources.turns.on_opened(aftermath.free)
resources.turns.on_shut(_shut)
