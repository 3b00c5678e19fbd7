"""Mail: letters, and the ways they go out.

`create_mailer(settings)` gives SMTP where `mail_url` names a server, nothing where it is `none`,
else a mailbox in the data folder whose letters `mailbox` reads. A letter's Message-ID comes from what it is about and from the
job's key: a retry is the same message, and whoever delivers twice can see it.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib
import css_inline

from src.core import mailbox
from src.core.errors import Invalid, Unavailable
from src.core.settings import NO_MAIL, Settings

TIMEOUT = 20.0  # seconds for each step of the conversation
_BUSY = range(400, 500)
_inliner = css_inline.CSSInliner(load_remote_stylesheets=False)


class MailUnavailable(Unavailable):
    """The mail server does not answer, or says to come back later. It is tried again."""

    code, title = "mail-unavailable", "The mail server does not answer"


class MailRefused(Invalid):
    """The mail server refuses the letter for good: look at the address and at its answer."""

    code, title = "mail-refused", "The mail server refuses this letter"


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a letter says to calendars: the method of RFC 5546, and the text of RFC 5545."""

    method: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one person. `reference` names it for ever, `written_at` is its date.

    `unsubscribe` is an address that takes a POST without a log-in (RFC 8058).
    """

    reference: str
    to_name: str
    to: str
    sender: str
    subject: str
    text: str
    html: str
    written_at: datetime
    locale: str = "en"
    invitation: Invitation | None = None
    unsubscribe: str = ""


class Mailer(Protocol):
    """A way out for mails."""

    async def send(self, message: EmailMessage) -> None:
        """Hand the message over. Raises `MailUnavailable` (again later) or `MailRefused`."""


@dataclass(frozen=True, slots=True)
class SmtpMailer:
    """Speaks to the server that `mail_url` names.

    `smtps://` is TLS from the start; `smtp://` demands STARTTLS, `?tls=none` goes without.
    """

    url: str

    async def send(self, message: EmailMessage) -> None:
        """One conversation for each message."""
        try:
            async with aiosmtplib.SMTP(**self._way(domain_of(str(message["From"])))) as server:
                await _send(server, message)
        except aiosmtplib.SMTPAuthenticationError as error:
            raise _later("it does not accept our user name and password", error) from error
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _answered(error.recipients[0].code, error.recipients[0].message) from error
        except aiosmtplib.SMTPResponseException as error:
            raise _answered(error.code, error.message) from error
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError) as error:
            raise _later(type(error).__name__, error) from error

    async def probe(self) -> str:
        """Log in, write nothing, and give the server's greeting. Raises `MailUnavailable`."""
        try:
            async with aiosmtplib.SMTP(**self._way(None)) as server:
                return (await server.noop()).message
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError) as error:
            raise _later(type(error).__name__, error) from error

    def _way(self, greeting: str | None) -> dict[str, Any]:
        parts = urlsplit(self.url)
        tls = parse_qs(parts.query).get("tls", ["starttls"])[0]
        implicit = parts.scheme == "smtps"
        return {
            "hostname": parts.hostname or "localhost",
            "port": parts.port or (465 if implicit else 587),
            "username": unquote(parts.username) if parts.username else None,
            "password": unquote(parts.password) if parts.password else None,
            "local_hostname": greeting,
            "use_tls": implicit,
            "start_tls": not implicit and tls != "none",
            "timeout": TIMEOUT,
        }


@dataclass(frozen=True, slots=True)
class NoMailer:
    """No way out: `mail_url` is `none`. Whoever can ask first does not try."""

    async def send(self, message: EmailMessage) -> None:
        """Refuse the message."""
        raise MailRefused(f"ALIQUOT_MAIL_URL is {NO_MAIL}: nothing is sent to {message['To']}.")


@dataclass(slots=True)
class NullMailer:
    """Keeps what it is given, for tests."""

    sent: list[EmailMessage]

    async def send(self, message: EmailMessage) -> None:
        """Remember the message."""
        self.sent.append(message)


def create_mailer(settings: Settings) -> Mailer:
    """The way out that the settings name."""
    if settings.mail_url == NO_MAIL:
        return NoMailer()
    if settings.mail_url:
        return SmtpMailer(settings.mail_url)
    return mailbox.Mailbox(mailbox.folder_of(settings.data_dir))


def compose(letter: Letter, *, key: str) -> EmailMessage:
    """The letter as a message; the same letter and key make the same Message-ID."""
    message = EmailMessage()
    message["From"] = address(letter.sender)
    message["To"] = address(letter.to, letter.to_name)
    message["Subject"] = " ".join(letter.subject.split())
    message["Date"] = format_datetime(letter.written_at)
    message["Message-ID"] = f"<{letter.reference}.{key}@{domain_of(letter.sender)}>"
    # Nobody's holiday notice should answer a machine (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    if letter.unsubscribe:
        message["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.text)
    message.add_alternative(_inliner.inline(letter.html), subtype="html")
    if letter.invitation is not None:
        _invite(message, letter.invitation)
    # Content headers set before the parts would have moved into the first of them.
    message["Content-Language"] = letter.locale
    return message


def _invite(message: EmailMessage, invitation: Invitation) -> None:
    """Add what calendars read, in both places they look for it.

    Gmail and Outlook take the alternative that names its method (RFC 6047) and update what they
    have; Apple Mail and others offer the file. As bytes: lines keep the ends calendars want.
    """
    message.add_alternative(
        invitation.content,
        maintype="text",
        subtype="calendar",
        params={"charset": "utf-8", "method": invitation.method},
    )
    message.add_attachment(
        invitation.content, maintype="application", subtype="ics", filename="invite.ics"
    )


def bare(written: str) -> str:
    """The address alone, `name@host`."""
    return address(written).addr_spec


def address(written: str, name: str = "") -> Address:
    """An address from `name@host` or `Name <name@host>`; ValueError for anything else."""
    found, spec = parseaddr(written)
    local, _, domain = spec.rpartition("@")
    if not local or not domain:
        raise ValueError(f"not an address: {written!r}")
    return Address(display_name=" ".join((name or found).split()), username=local, domain=domain)


def domain_of(written: str) -> str:
    """The host part of an address."""
    return address(written).domain


async def _send(server: aiosmtplib.SMTP, message: EmailMessage) -> None:
    try:
        await server.send_message(message)
    except asyncio.CancelledError:
        server.close()  # else it says QUIT, and waits for the answer to what was said before
        raise


def _answered(code: int, said: str) -> MailUnavailable | MailRefused:
    if code in _BUSY:
        return MailUnavailable(f"The mail server said {code} {said}", retry_after=60)
    return MailRefused(f"The mail server said {code} {said}", smtp_code=code)


def _later(why: str, error: Exception) -> MailUnavailable:
    return MailUnavailable(f"The mail could not be handed over: {why} ({error}).")
