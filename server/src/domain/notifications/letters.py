"""The mail of a notification: what the worker loads, sends and writes down."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, ids, language, outbox
from src.core.errors import Unavailable
from src.core.language import gettext
from src.core.mail import Letter
from src.core.settings import Settings
from src.domain import accounts
from src.domain.notifications import (
    enclosures,
    kinds,
    passages,
    preferences,
    rendering,
    topics,
    unsubscribing,
)
from src.domain.notifications.tables import Delivery, DeliveryState, Mode, Notification

UNSETTLED = (DeliveryState.WAITING, DeliveryState.FAILED)
TURNED_OFF = "turned off since"
QUIET = "quiet hours"


class KindUnknown(Unavailable):
    """The notification was written by a newer version than this worker; another may send it."""

    code, title = "notification-kind-unknown", "This worker does not know the notification"


async def letter(
    session: AsyncSession, delivery_id: UUID, *, sender: str, base_url: str
) -> Letter | None:
    """The mail of a delivery in the words of its receiver.

    None when it has been settled, or needs no mail any more, which is written down.
    """
    row = (
        await session.execute(
            select(Delivery, Notification, accounts.User)
            .join(Notification, Notification.id == Delivery.notification_id)
            .join(accounts.User, accounts.User.id == Notification.user_id)
            .where(Delivery.id == delivery_id, Delivery.state.in_(UNSETTLED))
        )
    ).one_or_none()
    if row is None:
        return None
    delivery, notification, user = row
    delivery.state = DeliveryState.WAITING  # a person may have queued its job again
    if user.state is not accounts.UserState.ACTIVE:
        delivery.state = DeliveryState.SKIPPED
        delivery.detail = f"the person is {user.state}"
        return None
    what = kinds.find_or_none(notification.kind)
    if what is None:
        raise KindUnknown(f"Nobody here knows {notification.kind}; a newer worker may.")
    if await _is_put_off(session, delivery, what, user):
        return None
    institute = await accounts.institute(session)
    people = await rendering.people_in(session, [notification])
    locale = accounts.post.locale_of(user, institute)
    formats = (user.date_format, user.time_format)
    with language.reading_as(locale, user.timezone, formats=formats):
        text = rendering.render(notification, people, locale, user.timezone)
        text = await passages.added(session, text, notification)
        link = path_of(notification)
        made = accounts.post.compose(
            text,
            reference=str(delivery_id),
            to=user.email,
            name=user.name,
            sender=accounts.post.sender_of(institute, sender),
            institute=institute.name if institute else "Aliquot",
            link=f"{base_url}{link}" if link else "",
            written_at=notification.created_at,
            ways=unsubscribing.ways(base_url, user.id, None if what.is_fixed else what.name),
        )
        return await _with_enclosure(session, made, notification, user, base_url)


def path_of(notification: Notification) -> str | None:
    """Where the mail of a notification leads."""
    what = kinds.find_or_none(notification.kind)
    return what.mail_path(notification) if what and what.mail_path else notification.link


async def _is_put_off(
    session: AsyncSession,
    delivery: Delivery,
    what: kinds.NotificationKind,
    user: accounts.User,
) -> bool:
    """Whether this mail is not for now: turned off since, or it comes in the quiet hours."""
    if not what.is_fixed:
        chosen = await preferences.mail_of(session, user.id, [what.name])
        if chosen[what.name].mode is Mode.OFF:
            delivery.state, delivery.detail = DeliveryState.SKIPPED, TURNED_OFF
            return True
    ends = None
    if not what.is_safety:
        ends = await preferences.waits_until(session, user.id, user.timezone)
    if ends is None:
        return False
    # By the stretch that is left: the database's clock may be another one.
    delivery.detail, delivery.job_id = (
        QUIET,
        await outbox.publish(
            session,
            topics.MAIL,
            {"delivery_id": str(delivery.id)},
            delay=(ends - clock.now()).total_seconds(),
        ),
    )
    return True


async def _with_enclosure(
    session: AsyncSession,
    made: Letter,
    notification: Notification,
    user: accounts.User,
    base_url: str,
) -> Letter:
    about = notification.subject_id
    if about is None:
        return made
    what = enclosures.Enclosed(
        notification.kind, notification.args, about, user, made.sender, base_url
    )
    return replace(made, invitation=await enclosures.of(session, notification.subject_type, what))


async def record(session: AsyncSession, delivery_id: UUID, message_id: str) -> None:
    """Write down that the mail went out."""
    delivery = await session.get(Delivery, delivery_id)
    if delivery is None:
        return  # concealed while it was on its way
    delivery.message_id = message_id
    delivery.state = DeliveryState.SENT
    delivery.sent_at = clock.now()
    delivery.detail = None


async def skip(session: AsyncSession, delivery_id: UUID, why: str) -> None:
    """Write down that no mail is sent, and why."""
    delivery = await session.get(Delivery, delivery_id)
    if delivery is not None:
        delivery.state = DeliveryState.SKIPPED
        delivery.detail = why


async def give_up(session: AsyncSession, delivery_id: UUID, why: str) -> None:
    """Write down that the mail did not go out, and in whose words; its job may be queued again."""
    delivery = await session.get(Delivery, delivery_id)
    if delivery is not None and delivery.state is DeliveryState.WAITING:
        delivery.state = DeliveryState.FAILED
        delivery.detail = why


async def test_mail(settings: Settings, *, to: str) -> str:
    """Send a mail that says that mail works, at once; its Message-ID.

    Raises `MailUnavailable`, `MailRefused`, and `BadEmail` for what is no address.
    """
    accounts.checked_email(to)
    post = accounts.post.create_post(settings)
    text = accounts.post.Text(
        title=gettext("Mail from Aliquot works"),
        body=gettext("This is a test. If you read it, Aliquot can send mail."),
        action=gettext("Open Aliquot"),
    )
    letter = accounts.post.compose(
        text,
        reference=str(ids.new()),
        to=to,
        name=to,
        sender=post.sender,
        institute="Aliquot",
        link=post.base_url,
        written_at=clock.now(),
    )
    return await accounts.post.send(post, letter, key="test")
