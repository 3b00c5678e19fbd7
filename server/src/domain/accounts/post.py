"""Mails to people: the way out, and one look for whatever they are told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from src.core import language, mail
from src.core.language import gettext
from src.core.mail import Letter, Mailer
from src.core.render import render
from src.core.settings import Settings
from src.domain.accounts.tables import Institute, User


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


@dataclass(frozen=True, slots=True)
class Entry:
    """One of several things that a letter tells. `at` is a time in words."""

    title: str
    body: str
    link: str
    at: str


@dataclass(frozen=True, slots=True)
class Text:
    """What somebody is told, in words. `facts` are rows of (label, text).

    `parts` are headings, each with what stands below it.
    """

    title: str
    body: str
    action: str
    facts: tuple[tuple[str, str], ...] = ()
    parts: tuple[tuple[str, tuple[Entry, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Ways:
    """How to be told less: where one chooses, and what turns such mails off without a log-in.

    `one_click` is the same for programs.
    """

    choose: str
    turn_off: str = ""
    one_click: str = ""


_posts: list[Post] = []


def configure(settings: Settings) -> None:
    """Choose the way out for mails of this process."""
    _posts[:] = [create_post(settings)]


def current() -> Post:
    """The post of this process."""
    if not _posts:
        raise RuntimeError("the process was started without its settings")
    return _posts[0]


def create_post(settings: Settings) -> Post:
    """The post that the settings name."""
    return Post(mail.create_mailer(settings), settings.mail_from, settings.base_url)


async def send(post: Post, letter: Letter, *, key: str) -> str:
    """Hand the mail over; its Message-ID. Raises `MailUnavailable`, `MailRefused`."""
    message = mail.compose(letter, key=key)
    await post.mailer.send(message)
    return str(message["Message-ID"])


def is_nowhere(address: str) -> bool:
    """Whether no mail can ever reach the address: its domain is reserved so (RFC 6761, 6.4)."""
    return address.casefold().rstrip(".").endswith(".invalid")


def locale_of(user: User, institute: Institute | None) -> str:
    """The language of a mail to a person: theirs, else the institute's."""
    return user.locale or (institute.locale if institute else language.BASE)


def sender_of(institute: Institute | None, default: str) -> str:
    """Who a mail comes from: the institute where it has an address, else the deployment."""
    if institute is not None and institute.mail_from:
        return str(mail.address(institute.mail_from, institute.name))
    return default


def compose(  # noqa: PLR0913 - the parts of a mail
    text: Text,
    *,
    reference: str,
    to: str,
    name: str,
    sender: str,
    institute: str,
    link: str,
    written_at: datetime,
    ways: Ways | None = None,
) -> Letter:
    """A mail for whoever reads now (`language.reading_as`), as plain text and HTML."""
    values = {
        "title": text.title,
        "greeting": gettext("Hello %(name)s,", name=name),
        "body": text.body,
        "facts": text.facts,
        "parts": text.parts,
        "ways": ways,
        "action": text.action,
        "link": link,
        "institute": institute,
        "locale": language.reader().locale,
    }
    return Letter(
        reference=reference,
        to_name=name if name != to else "",
        to=to,
        sender=sender,
        subject=text.title,
        text=render("accounts/notice.txt.j2", **values),
        html=render("accounts/notice.html.j2", **values),
        written_at=written_at,
        locale=language.reader().locale,
        unsubscribe=ways.one_click if ways else "",
    )
