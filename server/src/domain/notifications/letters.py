"""The mail of a notification: what the worker loads, sends and writes down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, ids, language, mail
from src.core.errors import Unavailable
from src.core.language import gettext
from src.core.mail import Letter, Mailer
from src.core.render import render
from src.core.settings import Settings
from src.domain import accounts
from src.domain.notifications import kinds, rendering
from src.domain.notifications.rendering import Text
from src.domain.notifications.tables import Delivery, DeliveryState, Notification

_UNSETTLED = (DeliveryState.WAITING, DeliveryState.FAILED)


class KindUnknown(Unavailable):
    """The notification was written by a newer version than this worker; another may send it."""

    code, title = "notification-kind-unknown", "This worker does not know the notification"


@dataclass(frozen=True, slots=True)
class Post:
    """The way out for mails, who sends them, and what links begin with."""

    mailer: Mailer
    sender: str
    base_url: str

    @property
    def is_closed(self) -> bool:
        """Whether no mail is sent at all."""
        return isinstance(self.mailer, mail.NoMailer)


def create_post(settings: Settings) -> Post:
    """The post that the settings name."""
    return Post(mail.create_mailer(settings), settings.mail_from, settings.base_url)


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
            .where(Delivery.id == delivery_id, Delivery.state.in_(_UNSETTLED))
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
    if kinds.find_or_none(notification.kind) is None:
        raise KindUnknown(f"Nobody here knows {notification.kind}; a newer worker may.")
    institute = await accounts.institute(session)
    people = await rendering.people_in(session, [notification])
    locale = user.locale or (institute.locale if institute else language.BASE)
    text = rendering.render(notification, people, locale, user.timezone)
    with language.reading_as(locale, user.timezone):
        plain, html = _bodies(
            text,
            name=user.name,
            institute=institute.name if institute else "Aliquot",
            link=f"{base_url}{notification.link}" if notification.link else "",
        )
    if institute is not None and institute.mail_from:
        sender = str(mail.address(institute.mail_from, institute.name))
    return Letter(
        reference=str(delivery_id),
        to_name=user.name,
        to=user.email,
        sender=sender,
        subject=text.title,
        text=plain,
        html=html,
        written_at=notification.created_at,
        locale=locale,
    )


async def send(post: Post, letter: Letter, *, key: str) -> str:
    """Hand the mail over; its Message-ID. Raises `MailUnavailable`, `MailRefused`."""
    message = mail.compose(letter, key=key)
    await post.mailer.send(message)
    return str(message["Message-ID"])


async def record(session: AsyncSession, delivery_id: UUID, message_id: str) -> None:
    """Write down that the mail went out."""
    delivery = await session.get_one(Delivery, delivery_id)
    delivery.message_id = message_id
    delivery.state = DeliveryState.SENT
    delivery.sent_at = clock.now()
    delivery.detail = None


async def skip(session: AsyncSession, delivery_id: UUID, why: str) -> None:
    """Write down that no mail is sent, and why."""
    delivery = await session.get_one(Delivery, delivery_id)
    delivery.state = DeliveryState.SKIPPED
    delivery.detail = why


async def give_up(session: AsyncSession, delivery_id: UUID, why: str) -> None:
    """Write down that the mail did not go out, and in whose words; its job may be queued again."""
    delivery = await session.get_one(Delivery, delivery_id)
    if delivery.state is DeliveryState.WAITING:
        delivery.state = DeliveryState.FAILED
        delivery.detail = why


async def test_mail(settings: Settings, *, to: str) -> str:
    """Send a mail that says that mail works, at once; its Message-ID.

    Raises `MailUnavailable`, `MailRefused`, and `BadEmail` for what is no address.
    """
    accounts.checked_email(to)
    post = create_post(settings)
    text = Text(
        title=gettext("Mail from Aliquot works"),
        body=gettext("This is a test. If you read it, Aliquot can send mail."),
        action=gettext("Open Aliquot"),
        facts=(),
    )
    plain, html = _bodies(text, name=to, institute="Aliquot", link=post.base_url)
    message = mail.compose(
        Letter(
            reference=str(ids.new()),
            to_name="",
            to=to,
            sender=post.sender,
            subject=text.title,
            text=plain,
            html=html,
            written_at=clock.now(),
            locale=language.reader().locale,
        ),
        key="test",
    )
    await post.mailer.send(message)
    return str(message["Message-ID"])


def _bodies(text: Text, *, name: str, institute: str, link: str) -> tuple[str, str]:
    """Plain text and HTML, for whoever reads now."""
    values: dict[str, Any] = {
        "title": text.title,
        "greeting": gettext("Hello %(name)s,", name=name),
        "body": text.body,
        "facts": text.facts,
        "action": text.action,
        "link": link,
        "institute": institute,
        "locale": language.reader().locale,
    }
    return (
        render("notifications/notice.txt.j2", **values),
        render("notifications/notice.html.j2", **values),
    )
