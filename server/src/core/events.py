"""One append-only record of what happened, written in the transaction of the change.

`event` holds no personal data: that stands beside it in `event_detail`, which erasure and
retention may delete and whose salted digest the event keeps. After the commit a job fills `seal`
(`core.seals`): a sequence in commit order and the hash chain.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    String,
    Text,
    and_,
    delete,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column, relationship

from src.core import clock, ids
from src.core.actor import Actor, ActorKind
from src.core.db import Identified, Table, choice
from src.core.verbs import Kind, verb

__all__ = [
    "Archive",
    "Event",
    "EventDetail",
    "Kind",
    "Seal",
    "Subject",
    "digest",
    "erase_personal",
    "of_subject",
    "personal_digest",
    "record",
    "verb",
]


class Event(Identified, Table):
    """A fact. Never changed, never deleted: triggers refuse it."""

    __tablename__ = "events"
    __table_args__ = (
        Index(None, "subject_type", "subject_id", "id"),
        Index(None, "actor_id", "id"),
        Index(None, "verb", "id"),
        {"postgresql_partition_by": "RANGE (id)"},
    )

    at: Mapped[datetime]
    actor_id: Mapped[UUID | None]
    actor_kind: Mapped[ActorKind] = mapped_column(choice(ActorKind))
    verb: Mapped[str] = mapped_column(String(80))
    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID | None]
    changes: Mapped[dict[str, Any]]
    reason: Mapped[str | None] = mapped_column(Text)
    request_id: Mapped[str | None] = mapped_column(String(64))
    personal_digest: Mapped[str | None] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))


class EventDetail(Table):
    """What of an event is personal: may be deleted, never changed."""

    __tablename__ = "event_details"

    event_id: Mapped[UUID] = mapped_column(ForeignKey("events.id"), primary_key=True)
    personal: Mapped[dict[str, Any]]
    ip: Mapped[str | None] = mapped_column(String(45))
    salt: Mapped[str] = mapped_column(String(32))
    # Never loaded: it tells the unit of work that events are written first.
    event: Mapped[Event] = relationship(lazy="raise")


class Seal(Table):
    """The place of an event in commit order, and the chain over all before it."""

    __tablename__ = "seals"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    event_id: Mapped[UUID] = mapped_column(ForeignKey("events.id"), unique=True)
    hash: Mapped[str] = mapped_column(String(64))


class Archive(Identified, Table):
    """A month that left the database for the object store: a stretch of the chain.

    Written once what is stored was read again and proved; only then triggers let its rows go.
    """

    __tablename__ = "event_archives"

    month: Mapped[str] = mapped_column(String(7), unique=True)
    first_seq: Mapped[int] = mapped_column(BigInteger, unique=True)
    last_seq: Mapped[int] = mapped_column(BigInteger, unique=True)
    previous_hash: Mapped[str] = mapped_column(String(64))
    last_hash: Mapped[str] = mapped_column(String(64))
    # No event that it holds has this id or a greater one.
    before_id: Mapped[UUID]
    key: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]

    @property
    def events(self) -> int:
        """How many it holds."""
        return self.last_seq - self.first_seq + 1


Subject = tuple[str, UUID | None]


def record(
    session: AsyncSession,
    actor: Actor,
    verb: str,
    subject: Subject,
    *,
    changes: Mapping[str, Any] | None = None,
    reason: str | None = None,
    personal: Mapping[str, Any] | None = None,
) -> UUID:
    """Write down that `actor` did `verb` ("booking.confirmed") to `subject` (type, id).

    The verb is declared (`core.verbs`). What concerns one person has them as subject.
    `changes` holds `{field: [old, new]}` or facts, free of personal data (ids are fine);
    names, addresses and whatever identifies a person go into `personal`.
    """
    event_id, at = ids.new(), clock.now()
    plain = _plain(changes or {})
    event = Event(
        id=event_id,
        at=at,
        actor_id=actor.user_id,
        actor_kind=actor.kind,
        verb=verb,
        subject_type=subject[0],
        subject_id=subject[1],
        changes=plain,
        reason=reason,
        request_id=actor.request_id,
    )
    if personal or actor.ip:
        detail = EventDetail(
            event_id=event_id,
            personal=_plain(personal or {}),
            ip=actor.ip,
            salt=secrets.token_hex(16),
        )
        event.personal_digest = personal_digest(detail)
        session.add(detail)
    event.digest = digest(event)
    session.add(event)
    return event_id


def digest(event: Event) -> str:
    """SHA-256 over the event's own fields in a canonical form."""
    return _sha256(
        [
            str(event.id),
            event.at.isoformat(timespec="microseconds"),
            str(event.actor_id),
            event.actor_kind,
            event.verb,
            event.subject_type,
            str(event.subject_id),
            event.changes,
            event.reason,
            event.request_id,
            event.personal_digest,
        ]
    )


def personal_digest(detail: EventDetail) -> str:
    """SHA-256 over the personal part and its salt: it proves, and tells nothing once deleted."""
    return _sha256([detail.salt, detail.personal, detail.ip])


def _plain(value: Mapping[str, Any]) -> dict[str, Any]:
    """What the database will give back, so that the digest can be computed again."""
    plain: dict[str, Any] = orjson.loads(orjson.dumps(dict(value), default=str))
    return plain


def _sha256(parts: list[Any]) -> str:
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()


async def of_subject(session: AsyncSession, subject: Subject, *, limit: int = 100) -> list[Event]:
    """The latest events of one subject, newest first. Who may see them is the caller's to decide."""
    statement = (
        select(Event)
        .where(Event.subject_type == subject[0], Event.subject_id == subject[1])
        .order_by(Event.id.desc())
        .limit(limit)
    )
    return list(await session.scalars(statement))


async def erase_personal(session: AsyncSession, user_id: UUID) -> int:
    """Delete what is personal about one person: in what was done to them and what they did.

    The events stay as they are, and so does their proof. How many parts were deleted. Archives
    hold nothing personal.
    """
    theirs = select(Event.id).where(
        or_(
            and_(Event.subject_type == "user", Event.subject_id == user_id),
            Event.actor_id == user_id,
        )
    )
    deleted = await session.execute(
        delete(EventDetail)
        .where(EventDetail.event_id.in_(theirs))
        .returning(EventDetail.event_id)
        .execution_options(synchronize_session=False)
    )
    return len(deleted.all())
