"""When a person leaves: the words of their series go; and what they take along."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.domain import accounts
from src.domain.bookings.tables import BookingSeries
from src.domain.resources.tables import Resource


async def _erase(session: AsyncSession, user_id: UUID) -> None:
    """Their bookings ahead are cancelled with those of theirs that are no series."""
    await session.execute(
        update(BookingSeries)
        .where(BookingSeries.booked_for == user_id)
        .values(
            title="",
            notes="",
            answers={},
            cancelled_at=clock.now(),
            version=BookingSeries.version + 1,
        )
    )


async def _read(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401 - whatever JSON says
    rows = await session.execute(
        select(
            BookingSeries.id, Resource.name.label("resource"), BookingSeries.rule,
            BookingSeries.starts_at, BookingSeries.minutes, BookingSeries.skipped,
            BookingSeries.title, BookingSeries.notes, BookingSeries.answers,
            BookingSeries.cancelled_at, BookingSeries.created_at,
        )
        .join(Resource, Resource.id == BookingSeries.resource_id)
        .where(or_(BookingSeries.booked_for == user_id, BookingSeries.booked_by == user_id))
        .order_by(BookingSeries.created_at)
    )  # fmt: skip
    return [dict(row) for row in rows.mappings()]


accounts.leaving.erasure.on_erasure("booking-series", _erase)
accounts.leaving.exporting.source("booking-series", _read)
