"""What became of the mails of notifications: sent, waiting, tried again, given up.

Everybody reads their own; whoever reads jobs reads all, without what they say.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import audit, language
from src.core.actor import Actor, Permission
from src.core.errors import Unauthenticated
from src.core.language import gettext as _
from src.core.outbox import Message, State
from src.core.paging import Key, Page, Paging, paginate
from src.domain import accounts
from src.domain.notifications import kinds, rendering
from src.domain.notifications.tables import Delivery, DeliveryState, Notification

_COMING = (State.QUEUED, State.RUNNING)
_Row = Row[Delivery, Notification, accounts.User, Message]
_Wanted = Select[Delivery, Notification, accounts.User, Message]


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """A notification on its way over one channel.

    `attempts` and `next_at` are those of its job, as long as that is kept; `title` and `link` are
    for whom it is, `person` and `job_id` for whoever reads all.
    """

    id: UUID
    kind: str
    words: str
    channel: str
    state: DeliveryState
    detail: str | None
    attempts: int | None
    next_at: datetime | None
    digest_at: datetime | None
    created_at: datetime
    sent_at: datetime | None
    title: str | None = None
    link: str | None = None
    person: tuple[UUID, str] | None = None
    job_id: int | None = None


async def own(
    session: AsyncSession,
    actor: Actor,
    *,
    states: Collection[DeliveryState] = (),
    paging: Paging | None = None,
) -> Page[DeliveryView]:
    """The actor's own, newest first."""
    if actor.user_id is None:
        raise Unauthenticated(_("Log in first."))
    wanted = _all(states).where(Notification.user_id == actor.user_id)
    page = await _page(session, wanted, paging)
    people = await rendering.people_in(session, [row[1] for row in page.items])
    locale = language.reader().locale
    return page.map(
        lambda row: _view(
            row, title=rendering.render(row[1], people, locale, actor.timezone).title,
            link=row[1].link,
        )
    )  # fmt: skip


async def every(
    session: AsyncSession,
    actor: Actor,
    *,
    states: Collection[DeliveryState] = (),
    user_id: UUID | None = None,
    paging: Paging | None = None,
) -> Page[DeliveryView]:
    """Everybody's of what the actor may know of, newest first. Needs `jobs:read`."""
    actor.require(Permission.JOBS_READ)
    unknown = await audit.hidden(session, actor)
    about = Notification.subject_id
    wanted = _all(states).where(or_(about.is_(None), about.not_in(unknown)))
    if user_id is not None:
        wanted = wanted.where(Notification.user_id == user_id)
    page = await _page(session, wanted, paging)
    return page.map(lambda row: _view(row, person=(row[2].id, row[2].name), job_id=row[0].job_id))


def _all(
    states: Collection[DeliveryState],
) -> _Wanted:
    found = (
        select(Delivery, Notification, accounts.User, Message)
        .join(Notification, Notification.id == Delivery.notification_id)
        .join(accounts.User, accounts.User.id == Notification.user_id)
        .outerjoin(Message, Message.id == Delivery.job_id)
    )
    return found.where(Delivery.state.in_(states)) if states else found


async def _page(
    session: AsyncSession,
    wanted: _Wanted,
    paging: Paging | None,
) -> Page[_Row]:
    keys = [Key(Delivery.id, descending=True, name="id")]
    return await paginate(session, wanted, keys=keys, paging=paging or Paging())


def _view(
    row: _Row,
    *,
    title: str | None = None,
    link: str | None = None,
    person: tuple[UUID, str] | None = None,
    job_id: int | None = None,
) -> DeliveryView:
    delivery, notification, _user, found = row
    job: Message | None = found  # the outbox keeps what is done for some days
    what = kinds.find_or_none(notification.kind)
    is_coming = job is not None and job.state in _COMING
    return DeliveryView(
        delivery.id,
        notification.kind,
        rendering.words(what) if what else notification.kind,
        delivery.channel,
        delivery.state,
        delivery.detail or (job.error if job is not None and is_coming else None),
        job.attempts if job is not None else None,
        job.run_after if job is not None and is_coming else None,
        delivery.digest_at,
        delivery.created_at,
        delivery.sent_at,
        title,
        link,
        person,
        job_id,
    )
