"""Telling people, and what they have been told."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import cache, clock, ids, language, live, outbox
from src.core.actor import Actor
from src.core.errors import Unauthenticated
from src.core.language import gettext as _
from src.core.paging import Key, Page, Paging, paginate
from src.domain.notifications import kinds, preferences, rendering, topics
from src.domain.notifications.kinds import Channel
from src.domain.notifications.tables import DIGEST, MAIL, Delivery, Mode, Notification


def unread_group(user_id: UUID) -> str:
    """What is cached of how much a person has not read; dropped by the commit that changes it."""
    return f"notifications.unread:{user_id}"


@dataclass(frozen=True, slots=True)
class NotificationView:
    """A notification in its reader's words."""

    id: UUID
    kind: str
    title: str
    body: str
    link: str | None
    created_at: datetime
    read_at: datetime | None


async def notify(
    session: AsyncSession,
    *,
    user_id: UUID,
    kind: str,
    args: Mapping[str, Any],
    link: str | None,
    subject: tuple[str, UUID] | None = None,
) -> None:
    """Tell a person something, in the ways they chose, once this transaction commits.

    `args` as the kind wants them (`kinds`); `link` is a path such as `/bookings/<id>`. A kind
    nobody registered is a KeyError.
    """
    await notify_all(session, user_ids=[user_id], kind=kind, args=args, link=link, subject=subject)


async def notify_all(
    session: AsyncSession,
    *,
    user_ids: Collection[UUID],
    kind: str,
    args: Mapping[str, Any],
    link: str | None,
    subject: tuple[str, UUID] | None = None,
) -> int:
    """Tell people the same, each in the ways they chose; how many are told at all."""
    what, now = kinds.find(kind), clock.now()
    modes = await preferences.modes(session, user_ids, what)
    told = {one: chosen for one, chosen in modes.items() if set(chosen.values()) != {Mode.OFF}}
    made = [
        Notification(
            id=ids.new(),
            user_id=user_id,
            kind=kind,
            args=rendering.plain(args),
            link=link,
            subject_type=subject[0] if subject else None,
            subject_id=subject[1] if subject else None,
            created_at=now,
            read_at=None if chosen[Channel.APP] is Mode.IMMEDIATE else now,
            is_shown=chosen[Channel.APP] is Mode.IMMEDIATE,
        )
        for user_id, chosen in told.items()
    ]
    session.add_all(made)
    # Flushed first: without a relationship the ORM inserts by the classes' names, not by keys.
    await session.flush()
    for one in made:
        if one.is_shown:
            _tell_unread(session, one.user_id)
        await _deliver(session, one, told[one.user_id][Channel.MAIL])
    return len(made)


async def _deliver(session: AsyncSession, notification: Notification, mode: Mode) -> None:
    """By mail at once, or with the next letter of the day (`digests`)."""
    if mode is Mode.OFF:
        return
    delivery = Delivery(
        id=ids.new(),
        notification_id=notification.id,
        channel=MAIL if mode is Mode.IMMEDIATE else DIGEST,
        created_at=notification.created_at,
    )
    if mode is Mode.IMMEDIATE:
        delivery.job_id = await outbox.publish(
            session,
            topics.MAIL,
            {"delivery_id": str(delivery.id)},
            once=f"{topics.MAIL.name}:{delivery.id}",
        )
    session.add(delivery)


async def list_for(
    session: AsyncSession, actor: Actor, *, unread: bool = False, paging: Paging | None = None
) -> Page[NotificationView]:
    """The actor's own notifications, newest first, in the reader's language."""
    statement = select(Notification).where(
        Notification.user_id == _self(actor), Notification.is_shown
    )
    if unread:
        statement = statement.where(Notification.read_at.is_(None))
    keys = [Key(Notification.id, descending=True, name="id")]
    page = await paginate(session, statement, keys=keys, paging=paging or Paging())
    return page.holding(await _views(session, page.items, actor))


async def unread_count(session: AsyncSession, actor: Actor) -> int:
    """How many of the actor's notifications are unread."""
    return await session.scalar(_unread(actor)) or 0


async def unread_and(
    session: AsyncSession, actor: Actor, beside: ColumnElement[bool]
) -> tuple[int, bool]:
    """The same, and whether something else holds, which each page asks too. One statement."""
    wanted = select(_unread(actor).scalar_subquery(), beside)
    unread, holds = (await session.execute(wanted)).one()
    return unread, bool(holds)


def _unread(actor: Actor) -> Select[int]:
    return select(func.count()).where(
        Notification.user_id == _self(actor), Notification.read_at.is_(None)
    )


async def mark_read(
    session: AsyncSession, actor: Actor, ids: Collection[UUID] | None = None
) -> int:
    """Mark some of the actor's notifications as read, all without `ids`; how many were not yet.

    Other people's ids change nothing and tell nothing.
    """
    user_id = _self(actor)
    wanted = update(Notification).where(
        Notification.user_id == user_id, Notification.read_at.is_(None)
    )
    if ids is not None:
        wanted = wanted.where(Notification.id.in_(list(ids)))
    done = await session.execute(wanted.values(read_at=clock.now()).returning(Notification.id))
    read = len(done.all())
    if read:
        _tell_unread(session, user_id)
    return read


async def conceal(session: AsyncSession, subject: tuple[str, UUID], keep: Collection[UUID]) -> int:
    """Take back what was told of a thing from everybody but `keep`; from how many people.

    For what may be known to few from now on: mails on their way are not sent any more either.
    """
    theirs = (
        Notification.subject_type == subject[0],
        Notification.subject_id == subject[1],
        Notification.user_id.not_in(list(keep)),
    )
    told = select(Notification.id).where(*theirs)
    await session.execute(delete(Delivery).where(Delivery.notification_id.in_(told)))
    gone = await session.execute(
        delete(Notification).where(*theirs).returning(Notification.user_id)
    )
    people = set(gone.scalars())
    for user_id in people:
        _tell_unread(session, user_id)
    return len(people)


def _tell_unread(session: AsyncSession, user_id: UUID) -> None:
    cache.stale(session, unread_group(user_id))
    live.tell(session, live.Notice(live.Kind.NOTIFICATIONS, user_id=user_id))


async def _views(
    session: AsyncSession, notifications: Sequence[Notification], actor: Actor
) -> list[NotificationView]:
    people = await rendering.people_in(session, notifications)
    return [
        NotificationView(
            id=item.id,
            kind=item.kind,
            title=text.title,
            body=text.body,
            link=item.link,
            created_at=item.created_at,
            read_at=item.read_at,
        )
        for item in notifications
        for text in [rendering.render(item, people, language.reader().locale, actor.timezone)]
    ]


def _self(actor: Actor) -> UUID:
    if actor.user_id is None:
        raise Unauthenticated(_("Log in first."))
    return actor.user_id
