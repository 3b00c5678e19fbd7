"""When a person leaves: what they were told goes with them, or along with them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.domain import accounts
from src.domain.notifications.tables import Delivery, Notification


async def _erase(session: AsyncSession, user_id: UUID) -> None:
    theirs = select(Notification.id).where(Notification.user_id == user_id)
    await session.execute(delete(Delivery).where(Delivery.notification_id.in_(theirs)))
    await session.execute(delete(Notification).where(Notification.user_id == user_id))


async def _read(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401 - whatever JSON says
    rows = await session.execute(
        select(
            Notification.kind, Notification.args, Notification.link, Notification.created_at,
            Notification.read_at,
        )
        .where(Notification.user_id == user_id)
        .order_by(Notification.id)
    )  # fmt: skip
    return [dict(row) for row in rows.mappings()]


accounts.leaving.erasure.on_erasure("notifications", _erase)
accounts.leaving.exporting.source("notifications", _read)
