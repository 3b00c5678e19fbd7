"""What hangs on anything the team writes: comments, acknowledgements, tags, links, edit history."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from src.core.db import Identified, Table, Versioned


class Comment(Identified, Versioned, Table):
    """What somebody says to something. Markdown; a deleted one keeps its place without its text."""

    __tablename__ = "comments"
    __table_args__ = (Index(None, "subject_type", "subject_id", "id"), Index(None, "author_id"))

    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID]
    author_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    text: Mapped[str] = mapped_column(Text)
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]


class Acknowledgement(Table):
    """Somebody has read it, and says so."""

    __tablename__ = "acknowledgements"
    __table_args__ = (Index(None, "user_id"),)

    subject_type: Mapped[str] = mapped_column(String(40), primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    at: Mapped[datetime]


class Revision(Identified, Table):
    """What it said before it was changed, numbered from 1; never changed itself."""

    __tablename__ = "revisions"
    __table_args__ = (UniqueConstraint("subject_type", "subject_id", "number"),)

    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID]
    number: Mapped[int]
    content: Mapped[dict[str, Any]]
    changed_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    changed_at: Mapped[datetime]


class Tagged(Table):
    """A tag of something, in lower case."""

    __tablename__ = "tagged"
    __table_args__ = (Index(None, "tag", "subject_type", "subject_id"),)

    subject_type: Mapped[str] = mapped_column(String(40), primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    tag: Mapped[str] = mapped_column(String(40), primary_key=True)


class ObjectLink(Identified, Table):
    """One thing leads to another: an update to an incident, a blocker to a resource."""

    __tablename__ = "object_links"
    __table_args__ = (
        UniqueConstraint("subject_type", "subject_id", "target_type", "target_id"),
        Index(None, "target_type", "target_id"),
    )

    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID]
    target_type: Mapped[str] = mapped_column(String(40))
    target_id: Mapped[UUID]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]


class Counter(Table):
    """The last number given to a kind of things: INC-12."""

    __tablename__ = "counters"

    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    last: Mapped[int]
