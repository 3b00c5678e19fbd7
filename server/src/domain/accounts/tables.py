"""People, teams, what they may do, their log-ins, and the institute itself."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Dialect,
    ForeignKey,
    Index,
    String,
    TypeDecorator,
    UniqueConstraint,
    text,
)
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


class RoleName(StrEnum):
    """The built-in roles; `domain.accounts.roles` says what each may do."""

    MEMBER = "member"
    MANAGER = "manager"
    ADMIN = "admin"


class RoleAssignment(Identified, Table):
    """A role given to a person or a team, everywhere or in one scope, until it expires."""

    __tablename__ = "role_assignments"
    __table_args__ = (
        CheckConstraint("(user_id IS NULL) <> (team_id IS NULL)", name="one_holder"),
        UniqueConstraint("user_id", "team_id", "role", "scope"),
        Index(None, "team_id"),
        Index(
            "uq_role_assignments_user_everywhere",
            "user_id",
            "role",
            unique=True,
            postgresql_where=text("scope IS NULL AND team_id IS NULL"),
            sqlite_where=text("scope IS NULL AND team_id IS NULL"),
        ),
    )

    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id"))
    role: Mapped[RoleName] = mapped_column(choice(RoleName))
    scope: Mapped[str | None] = mapped_column(String(80))  # None: everywhere
    expires_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class LoginSession(Identified, Table):
    """A log-in of a browser. The cookie holds the secret, the row its hash."""

    __tablename__ = "login_sessions"
    __table_args__ = (Index(None, "user_id"), Index(None, "expires_at"))

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ip: Mapped[str | None] = mapped_column(String(45))
    device: Mapped[str | None] = mapped_column(String(200))
