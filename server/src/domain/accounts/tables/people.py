"""People, teams, and the institute itself."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Dialect, ForeignKey, Index, String, TypeDecorator
from sqlalchemy.orm import Mapped, mapped_column

from src.core.db import Identified, Table, Versioned, choice


class _Chosen(TypeDecorator[str]):
    """A text that may be missing, stored as an empty one: the column was made without NULL."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str:  # noqa: ARG002 - SQLAlchemy's protocol
        """None as it is stored."""
        return value or ""

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's protocol
        """None as it is meant."""
        return value or None


class UserState(StrEnum):
    """invited -> active -> suspended."""

    INVITED = "invited"
    ACTIVE = "active"
    SUSPENDED = "suspended"


class Institute(Versioned, Table):
    """The one row that says whose deployment this is. Its absence opens the set-up page."""

    __tablename__ = "institutes"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    name: Mapped[str] = mapped_column(String(200))
    timezone: Mapped[str] = mapped_column(String(64))
    currency: Mapped[str] = mapped_column(String(3))
    # Of mails to people who chose none.
    locale: Mapped[str] = mapped_column(String(16), default="en", server_default="en")
    mail_from: Mapped[str | None] = mapped_column(String(320))
    # What `domain.accounts.facility` says of it; what is missing has its default there.
    options: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")


class User(Identified, Versioned, Table):
    """A person. Never hard-deleted."""

    __tablename__ = "users"

    email: Mapped[str] = mapped_column(String(320), unique=True)  # case-folded
    name: Mapped[str] = mapped_column(String(200))
    # None: they chose none, and read what their browser asks for.
    locale: Mapped[str | None] = mapped_column(_Chosen(16), nullable=False)
    timezone: Mapped[str] = mapped_column(String(64), default="UTC")
    state: Mapped[UserState] = mapped_column(choice(UserState), default=UserState.ACTIVE)
    password_hash: Mapped[str | None] = mapped_column(String(255))
    password_changed_at: Mapped[datetime | None]  # access tokens from before do not count
    email_verified_at: Mapped[datetime | None]
    phone: Mapped[str | None] = mapped_column(String(20))  # E.164
    phone_verified_at: Mapped[datetime | None]
    # How days, times and colours are shown; None: as the language, or the system, has it.
    date_format: Mapped[str | None] = mapped_column(String(16))
    time_format: Mapped[str | None] = mapped_column(String(16))
    theme: Mapped[str | None] = mapped_column(String(16))
    # Grows whenever what they may do changes; it stands in the key of what is cached of it.
    access_version: Mapped[int] = mapped_column(default=0, server_default="0")
    # A role wants a second factor: without one, nothing else goes on from then.
    factor_due_at: Mapped[datetime | None]
    last_log_in_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]


class PasswordHistory(Identified, Table):
    """Hashes of passwords a person had; the last few are not taken again."""

    __tablename__ = "password_history"
    __table_args__ = (Index(None, "user_id", "created_at"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    password_hash: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime]


class Team(Identified, Versioned, Table):
    """A research group, an operations team."""

    __tablename__ = "teams"

    name: Mapped[str] = mapped_column(String(200), unique=True)
    timezone: Mapped[str] = mapped_column(String(64), default="UTC")


class TeamMember(Table):
    """Who belongs to a team, and who leads it."""

    __tablename__ = "team_members"
    __table_args__ = (Index(None, "user_id"),)

    team_id: Mapped[UUID] = mapped_column(ForeignKey("teams.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    is_lead: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
