"""The letter of the day: what somebody wants to hear of once a day, in one mail at their minute.

`make` gives what waits to a letter, once for each moment at which one is due, whoever else makes
letters then. What comes after waits for the next; a day without a worker is made up for by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, language, outbox
from src.core.language import gettext as _
from src.core.language import ngettext
from src.core.mail import Letter
from src.domain import accounts
from src.domain.notifications import (
    hours,
    kinds,
    letters,
    preferences,
    rendering,
    topics,
    unsubscribing,
)
from src.domain.notifications.tables import (
    DIGEST_MINUTE,
    Delivery,
    DeliveryState,
    Mode,
    Notification,
    NotificationSetting,
)

MOST = 100  # things in one letter; the others stand in the application
# In the words of the partial index: its condition holds no parameters.
_WAITS = and_(
    literal_column("deliveries.channel") == literal_column("'digest'"),
    literal_column("deliveries.state") == literal_column("'waiting'"),
)
_Row = tuple[Delivery, Notification]


async def make(session: AsyncSession) -> int:
    """Give what waits to the letters that are due; how many letters."""
    now, made = clock.now(), 0
    for user_id, slot in await _due(session, now):
        payload = {"user_id": str(user_id), "slot": slot.isoformat()}
        once = f"{topics.DIGEST.name}:{user_id}@{slot.isoformat()}"
        job_id = await outbox.publish(session, topics.DIGEST, payload, once=once)
        if job_id is None:
            continue  # somebody else makes it, or it has gone: this waits for the next
        theirs = select(Notification.id).where(Notification.user_id == user_id)
        await session.execute(
            update(Delivery)
            .where(_WAITS, Delivery.digest_at.is_(None), Delivery.notification_id.in_(theirs))
            .values(digest_at=slot, job_id=job_id)
            .execution_options(synchronize_session=False)
        )
        made += 1
    return made


async def _due(session: AsyncSession, now: datetime) -> list[tuple[UUID, datetime]]:
    """Whose letter is due, and since when; one statement."""
    minute = func.coalesce(NotificationSetting.digest_minute, DIGEST_MINUTE)
    rows = await session.execute(
        select(
            accounts.User.id, accounts.User.timezone, minute, func.min(Delivery.created_at)
        )
        .select_from(Delivery)
        .join(Notification, Notification.id == Delivery.notification_id)
        .join(accounts.User, accounts.User.id == Notification.user_id)
        .outerjoin(NotificationSetting, NotificationSetting.user_id == accounts.User.id)
        .where(_WAITS, Delivery.digest_at.is_(None))
        .group_by(accounts.User.id, accounts.User.timezone, NotificationSetting.digest_minute)
        .order_by(accounts.User.id)
    )  # fmt: skip
    found = []
    for user_id, timezone, at, since in rows:
        slot = hours.latest(now, at, language.zone_of(timezone))
        if since <= slot:
            found.append((user_id, slot))
    return found


async def letter(
    session: AsyncSession, user_id: UUID, slot: datetime, *, sender: str, base_url: str
) -> Letter | None:
    """The letter of one moment in its reader's words; None when nothing in it is needed any more."""
    user = await session.get(accounts.User, user_id)
    rows = await _needed(session, user_id, slot)
    if user is None or not rows:
        return None
    institute = await accounts.institute(session)
    locale = accounts.post.locale_of(user, institute)
    formats = (user.date_format, user.time_format)
    people = await rendering.people_in(session, [one for _delivery, one in rows])
    with language.reading_as(locale, user.timezone, formats=formats):
        text = _text([one for _delivery, one in rows], people, user, locale, base_url)
        return accounts.post.compose(
            text,
            reference=f"digest-{user_id}-{int(slot.timestamp())}",
            to=user.email,
            name=user.name,
            sender=accounts.post.sender_of(institute, sender),
            institute=institute.name if institute else "Aliquot",
            link=f"{base_url}/notifications",
            written_at=slot,
            ways=unsubscribing.ways(base_url, user_id, unsubscribing.EVERY_DIGEST),
        )


async def record(session: AsyncSession, user_id: UUID, slot: datetime, message_id: str) -> int:
    """Write down that the letter went out; with how many things."""
    sent = {"state": DeliveryState.SENT, "message_id": message_id, "sent_at": clock.now()}
    return await _settle(session, user_id, slot, detail=None, **sent)


async def skip(session: AsyncSession, user_id: UUID, slot: datetime, why: str) -> None:
    """Write down that no letter is sent, and why."""
    await _settle(session, user_id, slot, state=DeliveryState.SKIPPED, detail=why)


async def give_up(session: AsyncSession, user_id: UUID, slot: datetime, why: str) -> None:
    """Write down that the letter did not go out, and in whose words; its job may be queued again."""
    await _settle(session, user_id, slot, state=DeliveryState.FAILED, detail=why)


async def _needed(session: AsyncSession, user_id: UUID, slot: datetime) -> list[_Row]:
    """What goes into the letter; what its reader has turned off since is written down as such."""
    found = (
        await session.execute(
            select(Delivery, Notification)
            .join(Notification, Notification.id == Delivery.notification_id)
            .where(*_of(user_id, slot), Delivery.state.in_(letters.UNSETTLED))
            .order_by(Notification.id)
        )
    ).all()
    user = await session.get(accounts.User, user_id)
    names = {notification.kind for _delivery, notification in found}
    modes = await preferences.mail_of(session, user_id, names)
    needed: list[_Row] = []
    for delivery, notification in found:
        delivery.state = DeliveryState.WAITING  # a person may have queued its job again
        chosen = modes.get(notification.kind)
        if user is None or user.state is not accounts.UserState.ACTIVE:
            delivery.state = DeliveryState.SKIPPED
            delivery.detail = f"the person is {user.state}" if user else None
        elif chosen is not None and chosen.mode is Mode.OFF:
            delivery.state, delivery.detail = DeliveryState.SKIPPED, letters.TURNED_OFF
        else:
            needed.append((delivery, notification))
    return needed


def _of(user_id: UUID, slot: datetime) -> tuple[ColumnElement[bool], ...]:
    return Notification.user_id == user_id, Delivery.digest_at == slot


async def _settle(session: AsyncSession, user_id: UUID, slot: datetime, **values: object) -> int:
    theirs = select(Notification.id).where(Notification.user_id == user_id)
    done = await session.execute(
        update(Delivery)
        .where(
            Delivery.notification_id.in_(theirs),
            Delivery.digest_at == slot,
            Delivery.state == DeliveryState.WAITING,
        )
        .values(**values)
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    return len(done.all())


def _text(
    found: Sequence[Notification],
    people: Mapping[UUID, str],
    user: accounts.User,
    locale: str,
    base_url: str,
) -> accounts.post.Text:
    """The letter in words: below the name of each group what happened, in the order it did."""
    by_group: dict[str, list[accounts.post.Entry]] = {}
    for one in found[:MOST]:
        what = kinds.find_or_none(one.kind)
        said = rendering.render(one, people, locale, user.timezone)
        path = letters.path_of(one)
        entry = accounts.post.Entry(
            said.title,
            said.body,
            f"{base_url}{path}" if path else "",
            language.format_moment(one.created_at),
        )
        by_group.setdefault(what.group if what else "", []).append(entry)
    named = [(one.name, _(one.words)) for one in kinds.groups()]
    parts = tuple(
        (words, tuple(by_group[name]))
        for name, words in (*named, ("", _("Other")))
        if name in by_group
    )
    count, left = len(found), len(found) - MOST
    body = _("What you want to hear of once a day:")
    if left > 0:
        body = _("The first %(most)s, and %(left)s more wait in Aliquot:", most=MOST, left=left)
    title = ngettext("%(num)s thing to know today", "%(num)s things to know today", count)
    return accounts.post.Text(title, body, _("See all notifications"), parts=parts)
