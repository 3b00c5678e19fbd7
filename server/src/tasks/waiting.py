"""What time does to offers, waiting lists and slots."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.language import mark
from src.domain import bookings
from src.tasks.handlers import Job, every


@every(
    "waiting.lapse-offers",
    interval=60,
    queue="maintenance",
    description=mark("End offers nobody answered and ask the next ones"),
)
async def lapse_offers(
    session: AsyncSession, _payload: dict[str, Any], _job: Job
) -> dict[str, Any]:
    """End offers past their time, and pass them on."""
    return {"lapsed": await bookings.waiting.upkeep.lapse_offers(session)}


@every(
    "waiting.close-entries",
    interval=300,
    queue="maintenance",
    description=mark("Close entries of waiting lists whose time has passed"),
)
async def close_entries(
    session: AsyncSession, _payload: dict[str, Any], _job: Job
) -> dict[str, Any]:
    """End entries whose time has passed."""
    return {"closed": await bookings.waiting.upkeep.close_entries(session)}


@every(
    "waiting.sweep",
    interval=900,
    queue="maintenance",
    description=mark("Offer time that has opened up to those who wait"),
)
async def sweep(session: AsyncSession, _payload: dict[str, Any], _job: Job) -> dict[str, Any]:
    """Serve those for whom time has opened up without being freed."""
    return {"offered": await bookings.waiting.serving.sweep(session)}


@every(
    "slots.tidy",
    interval=60,
    queue="maintenance",
    description=mark("Forget slots that have lapsed"),
)
async def tidy_slots(session: AsyncSession, _payload: dict[str, Any], _job: Job) -> dict[str, Any]:
    """Forget slots that have lapsed."""
    return {"lapsed": await bookings.slots.tidy(session)}
