"""Who is qualified for what, and who asks to be."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from src.core.db import Identified, Table, Versioned, choice


class AccessState(StrEnum):
    """A request for access is open until it is granted, refused, withdrawn or lapses."""

    OPEN = "open"
    GRANTED = "granted"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Qualification(Identified, Versioned, Table):
    """What somebody must have been taught before they may book (policies name it)."""

    __tablename__ = "qualifications"

    name: Mapped[str] = mapped_column(String(120), unique=True)
    description: Mapped[str] = mapped_column(Text, default="")
    valid_days: Mapped[int | None]  # how long a new one holds; NULL: for good
    is_active: Mapped[bool] = mapped_column(default=True)


class QualificationGrant(Identified, Versioned, Table):
    """Somebody has a qualification, from when and until when (in the query, not in a job)."""

    __tablename__ = "qualification_grants"
    __table_args__ = (
        Index(None, "person_id", "qualification_id"),
        Index(None, "qualification_id"),
        Index(None, "expires_at"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    qualification_id: Mapped[UUID] = mapped_column(ForeignKey("qualifications.id"))
    granted_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    granted_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(String(500), default="")
    access_request_id: Mapped[UUID | None] = mapped_column(ForeignKey("access_requests.id"))
    told_for: Mapped[datetime | None]  # the expiry its holder was reminded of


_OPEN = text("state = 'open'")


class AccessRequest(Identified, Versioned, Table):
    """Somebody asks for the qualifications a resource requires."""

    __tablename__ = "access_requests"
    __table_args__ = (
        Index(
            "uq_access_requests_open",
            "person_id",
            "resource_id",
            unique=True,
            postgresql_where=_OPEN,
            sqlite_where=_OPEN,
        ),
        Index(None, "resource_id"),
        Index(None, "state", "expires_at"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    resource_id: Mapped[UUID] = mapped_column(ForeignKey("resources.id"))
    reason: Mapped[str] = mapped_column(Text)
    qualification_ids: Mapped[list[str]]
    state: Mapped[AccessState] = mapped_column(choice(AccessState), default=AccessState.OPEN)
    granted_until: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    decision_note: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
