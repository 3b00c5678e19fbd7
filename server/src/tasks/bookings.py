"""What time does to bookings, and telling those who decide."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.language import mark
from src.domain import bookings
from src.tasks.handlers import Job, every, handles


@handles(bookings.topics.REQUESTED)
async def tell_deciders(
    session: AsyncSession, payload: dict[str, Any], _job: Job
) -> dict[str, Any]:
    """Tell whoever may decide that a request waits; versions before approvals asked like this."""
    told = await bookings.tell_deciders(session, UUID(payload["booking_id"]))
    return {"told": told}


@handles(bookings.topics.MADE)
async def tell_made(session: AsyncSession, payload: dict[str, Any], _job: Job) -> dict[str, Any]:
    """Tell the people of new bookings, and ask those invited."""
    return {"told": await bookings.telling.tell_made(session, payload)}


@every(
    "bookings.expire-requests",
    interval=60,
    queue="maintenance",
    description=mark("End requests nobody decided in time"),
)
async def expire_requests(
    session: AsyncSession, _payload: dict[str, Any], _job: Job
) -> dict[str, Any]:
    """End requests past their deadline and tell their people; ask for those nobody was asked."""
    asked = await bookings.ask_missing(session)
    return {"expired": await bookings.upkeep.expire_requests(session), "asked": asked}


@every(
    "bookings.no-shows",
    interval=60,
    queue="maintenance",
    description=mark("Release what nobody checked in to"),
)
async def release_no_shows(
    session: AsyncSession, _payload: dict[str, Any], _job: Job
) -> dict[str, Any]:
    """Release bookings past the grace of their policy."""
    return {"released": await bookings.upkeep.release_no_shows(session)}


@every(
    "bookings.complete",
    interval=60,
    queue="maintenance",
    description=mark("Complete bookings that have ended"),
)
async def complete(session: AsyncSession, _payload: dict[str, Any], _job: Job) -> dict[str, Any]:
    """Complete bookings whose time has passed."""
    return {"completed": await bookings.upkeep.complete(session)}


@every(
    "bookings.remind",
    crontab="*/5 * * * *",
    queue="notifications",
    description=mark("Remind of bookings that begin within the hour"),
)
async def remind(session: AsyncSession, _payload: dict[str, Any], _job: Job) -> dict[str, Any]:
    """Remind of what begins soon."""
    return {"reminded": await bookings.reminders.remind(session)}
