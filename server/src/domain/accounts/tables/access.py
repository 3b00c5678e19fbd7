"""Roles, and who holds them where."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from src.core import clock
from src.core.db import Identified, Table, Versioned


class RoleName(StrEnum):
    """The built-in roles; `domain.accounts.roles` says what each may do."""

    MEMBER = "member"
    LEAD = "lead"
    TECHNICIAN = "technician"
    MANAGER = "manager"
    TRAINER = "trainer"
    EHS = "ehs"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Role(Identified, Versioned, Table):
    """A named set of permissions that may be given, and of some that are refused to its holders.

    The built-in ones stand here so that assignments can point at them; what they grant is said by
    `domain.accounts.roles`, so their lists are empty.
    """

    __tablename__ = "roles"

    name: Mapped[str] = mapped_column(String(40), unique=True)
    title: Mapped[str] = mapped_column(String(100))
    description: Mapped[str] = mapped_column(String(500), default="", server_default="")
    is_built_in: Mapped[bool] = mapped_column(default=False)
    grants: Mapped[list[str]] = mapped_column(default=list)
    denies: Mapped[list[str]] = mapped_column(default=list)


class RoleAssignment(Identified, Table):
    """A role given to a person or a team, everywhere or in one scope, until it expires."""

    __tablename__ = "role_assignments"
    __table_args__ = (
        CheckConstraint("(user_id IS NULL) <> (team_id IS NULL)", name="one_holder"),
        UniqueConstraint("user_id", "team_id", "role", "scope"),
        Index(None, "team_id"),
        Index(None, "role"),
        Index(
            "uq_role_assignments_user_everywhere",
            "user_id",
            "role",
            unique=True,
            postgresql_where=text("scope IS NULL AND team_id IS NULL"),
            sqlite_where=text("scope IS NULL AND team_id IS NULL"),
        ),
        # NULLs differ from each other in the constraint above: these say the same where one is.
        Index(
            "uq_role_assignments_user_scope",
            "user_id",
            "role",
            "scope",
            unique=True,
            postgresql_where=text("team_id IS NULL AND scope IS NOT NULL"),
            sqlite_where=text("team_id IS NULL AND scope IS NOT NULL"),
        ),
        Index(
            "uq_role_assignments_team_everywhere",
            "team_id",
            "role",
            unique=True,
            postgresql_where=text("scope IS NULL AND user_id IS NULL"),
            sqlite_where=text("scope IS NULL AND user_id IS NULL"),
        ),
        Index(
            "uq_role_assignments_team_scope",
            "team_id",
            "role",
            "scope",
            unique=True,
            postgresql_where=text("user_id IS NULL AND scope IS NOT NULL"),
            sqlite_where=text("user_id IS NULL AND scope IS NOT NULL"),
        ),
    )

    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id"))
    role: Mapped[str] = mapped_column(ForeignKey("roles.name", onupdate="CASCADE"))
    scope: Mapped[str | None] = mapped_column(String(80))  # None: everywhere
    expires_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    granted_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    # Who keeps it: empty for people, "sso:<provider>" for what a directory's groups say.
    source: Mapped[str] = mapped_column(String(80), default="", server_default="")
