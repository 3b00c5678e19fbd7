"""When a person leaves: what they were told goes with them, or along with them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.domain import accounts
from src.domain.notifications.tables import (
    Delivery,
    Follow,
    Notification,
    NotificationPreference,
    NotificationSetting,
)


async def _erase(session: AsyncSession, user_id: UUID) -> None:
    theirs = select(Notification.id).where(Notification.user_id == user_id)
    await session.execute(delete(Delivery).where(Delivery.notification_id.in_(theirs)))
    for table in (Notification, NotificationPreference, NotificationSetting, Follow):
        await session.execute(delete(table).where(table.user_id == user_id))


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


async def _choices(session: AsyncSession, user_id: UUID) -> Any:  # noqa: ANN401 - as above
    chosen = await session.execute(
        select(
            NotificationPreference.kind, NotificationPreference.channel,
            NotificationPreference.mode, NotificationPreference.changed_at,
        )
        .where(NotificationPreference.user_id == user_id)
        .order_by(NotificationPreference.kind, NotificationPreference.channel)
    )  # fmt: skip
    hours = await session.execute(
        select(
            NotificationSetting.quiet_from, NotificationSetting.quiet_to,
            NotificationSetting.digest_minute,
        ).where(NotificationSetting.user_id == user_id)
    )  # fmt: skip
    follows = await session.execute(
        select(Follow.subject_type, Follow.subject_id, Follow.is_muted, Follow.created_at)
        .where(Follow.user_id == user_id)
        .order_by(Follow.created_at, Follow.subject_id)
    )
    named = {"chosen": chosen, "hours": hours, "follows": follows}
    return {name: [dict(row) for row in rows.mappings()] for name, rows in named.items()}


accounts.leaving.erasure.on_erasure("notifications", _erase)
accounts.leaving.exporting.source("notifications", _read)
accounts.leaving.exporting.source("notification-choices", _choices)
