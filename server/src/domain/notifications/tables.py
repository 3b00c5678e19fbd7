"""What people are told: codes and arguments, rendered when read."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from src.core.db import Identified, Table, Versioned, choice

MAIL, DIGEST = "mail", "digest"  # channels of deliveries
DIGEST_MINUTE = 8 * 60


class Notification(Identified, Table):
    """One thing one person is told, in no language yet."""

    __tablename__ = "notifications"
    __table_args__ = (
        Index(None, "user_id", "id"),
        Index("ix_notifications_unread", "user_id", "id",
              postgresql_where=text("read_at IS NULL"), sqlite_where=text("read_at IS NULL")),
    )  # fmt: skip

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[str] = mapped_column(String(60))
    args: Mapped[dict[str, Any]]
    link: Mapped[str | None] = mapped_column(String(300))
    subject_type: Mapped[str | None] = mapped_column(String(40))
    subject_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    # Not for whoever wants it by mail alone: it is kept for its letter, and stands in no list.
    is_shown: Mapped[bool] = mapped_column(default=True)


class DeliveryState(StrEnum):
    """What became of a notification on one channel."""

    WAITING = "waiting"
    SENT = "sent"
    SKIPPED = "skipped"
    FAILED = "failed"


class Delivery(Identified, Table):
    """A notification on its way over one channel."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("notification_id", "channel"),
        Index("ix_deliveries_digest", "notification_id",
              postgresql_where=text("channel = 'digest' AND state = 'waiting'"),
              sqlite_where=text("channel = 'digest' AND state = 'waiting'")),
    )  # fmt: skip

    notification_id: Mapped[UUID] = mapped_column(ForeignKey("notifications.id"))
    channel: Mapped[str] = mapped_column(String(20))
    state: Mapped[DeliveryState] = mapped_column(
        choice(DeliveryState), default=DeliveryState.WAITING
    )
    message_id: Mapped[str | None] = mapped_column(String(200))
    detail: Mapped[str | None] = mapped_column(Text)
    # The job that carries it, while the outbox keeps it; and the letter of a digest it went into.
    job_id: Mapped[int | None] = mapped_column(BigInteger)
    digest_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class Mode(StrEnum):
    """How a person hears of a kind on a channel: at once, in one letter a day, or not at all."""

    IMMEDIATE = "immediate"
    DIGEST = "digest"
    OFF = "off"


class NotificationPreference(Table):
    """What one person chose for one kind on one channel; what is not here is as the kind has it."""

    __tablename__ = "notification_preferences"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(60), primary_key=True)
    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    mode: Mapped[Mode] = mapped_column(choice(Mode))
    # Links of letters that were written before say nothing any more.
    changed_at: Mapped[datetime]


class NotificationSetting(Versioned, Table):
    """When one person wants to be left alone, and when they read their digest: local minutes."""

    __tablename__ = "notification_settings"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    quiet_from: Mapped[int | None]
    quiet_to: Mapped[int | None]
    digest_minute: Mapped[int] = mapped_column(default=DIGEST_MINUTE)


class Follow(Table):
    """Somebody wants to hear of a thing; or, muted, does not although it concerns them."""

    __tablename__ = "follows"
    __table_args__ = (Index(None, "subject_type", "subject_id"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    subject_type: Mapped[str] = mapped_column(String(40), primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    is_muted: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
