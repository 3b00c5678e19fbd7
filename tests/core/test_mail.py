"""One contract for every way out, and what SMTP servers answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from src.core import mail, mailbox
from src.core.errors import Kind
from src.core.mail import Letter, Mailer, MailRefused, MailUnavailable, SmtpMailer
from src.core.mailbox import Mailbox
from src.core.settings import Settings

LETTER = Letter(
    reference="0199",
    to_name='Zoë Ø, "the third"',
    to="zoe@example.org",
    sender="Aliquot <aliquot@lab.example.org>",
    subject="Gebucht: Konfokal\r\nBcc: eve@example.org",
    text="Hello – there\n.\nand on\n",
    html="<html><head><style>p { color: red }</style></head><body><p>Hello – there</p></body></html>",
    written_at=datetime(2026, 11, 21, 9, 30, tzinfo=UTC),
    locale="de",
)


@dataclass
class Server:
    """An SMTP server that answers as it is told."""

    received: list[EmailMessage] = field(default_factory=list)
    answer: dict[str, str] = field(default_factory=dict)
    port: int = 0
    is_asked: asyncio.Event = field(default_factory=asyncio.Event)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's protocol
        self, _server: Any, _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.answer.get("MAIL", "250 OK")

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.answer.get("RCPT", "250 OK")

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.answer.get("DATA") == "slow":
            self.is_asked.set()
            await self.may_answer.wait()
            return "250 OK"
        if "DATA" not in self.answer:
            self.received.append(message_from_bytes(envelope.content, policy=policy.default))
        return self.answer.get("DATA", "250 OK")


Sink = tuple[Mailer, Callable[[], Awaitable[list[EmailMessage]]]]


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """On a port of its own."""
    told = Server()

    def accept(session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data.password == b"right", handled=False)

    def protocol() -> SMTP:
        return SMTP(told, hostname="localhost", authenticator=lambda *a: accept(*a[1:]),
                    auth_require_tls=False)  # fmt: skip

    listening = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    told.port = listening.sockets[0].getsockname()[1]
    yield told
    listening.close()


@pytest.fixture(params=["smtp", "mailbox", "null"])
def sink(request: pytest.FixtureRequest, server: Server, tmp_path: Path) -> Sink:
    """A mailer, and what arrived."""
    if request.param == "smtp":

        async def received() -> list[EmailMessage]:
            return server.received

        return SmtpMailer(f"smtp://127.0.0.1:{server.port}?tls=none"), received
    if request.param == "null":
        null = mail.NullMailer([])

        async def kept() -> list[EmailMessage]:
            return null.sent

        return null, kept

    async def files() -> list[EmailMessage]:
        raw = [path.read_bytes() for path in sorted(tmp_path.glob("*"))]
        return [message_from_bytes(one, policy=policy.default) for one in raw]

    return Mailbox(tmp_path), files


async def test_what_is_sent_arrives_whole(sink: Sink) -> None:
    mailer, arrived = sink
    await mailer.send(mail.compose(LETTER, key="job-7-send"))
    (message,) = await arrived()
    assert str(message["Subject"]) == "Gebucht: Konfokal Bcc: eve@example.org"
    assert "Bcc" not in message
    assert message["To"].addresses[0].display_name == 'Zoë Ø, "the third"'
    assert message["To"].addresses[0].addr_spec == "zoe@example.org"
    assert message["Message-ID"] == "<0199.job-7-send@lab.example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "de"
    assert message["Date"].datetime == LETTER.written_at
    text = cast("EmailMessage", message.get_body(("plain",)))
    html = cast("EmailMessage", message.get_body(("html",)))
    assert text.get_content().replace("\r\n", "\n") == LETTER.text
    assert 'style="color: red' in html.get_content()


async def test_a_retry_is_the_same_message(sink: Sink) -> None:
    mailer, arrived = sink
    for _ in range(2):
        await mailer.send(mail.compose(LETTER, key="job-7-send"))
    await mailer.send(mail.compose(LETTER, key="job-8-send"))
    assert len({message["Message-ID"] for message in await arrived()}) == 2


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
async def test_a_server_that_says_later_is_tried_again(server: Server, step: str) -> None:
    server.answer[step] = "451 4.7.1 greylisted"
    mailer = SmtpMailer(f"smtp://127.0.0.1:{server.port}?tls=none")
    with pytest.raises(MailUnavailable, match="451") as refused:
        await mailer.send(mail.compose(LETTER, key="k"))
    assert refused.value.kind is Kind.UNAVAILABLE


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
async def test_a_server_that_says_no_is_believed(server: Server, step: str) -> None:
    server.answer[step] = "550 5.1.1 no such mailbox"
    mailer = SmtpMailer(f"smtp://127.0.0.1:{server.port}?tls=none")
    with pytest.raises(MailRefused, match="no such mailbox") as refused:
        await mailer.send(mail.compose(LETTER, key="k"))
    assert refused.value.kind is Kind.INVALID


async def test_a_wrong_password_loses_no_mail(server: Server) -> None:
    for password, fits in (("wrong", False), ("right", True)):
        mailer = SmtpMailer(f"smtp://us%40er:{password}@127.0.0.1:{server.port}?tls=none")
        if fits:
            await mailer.send(mail.compose(LETTER, key="k"))
        else:
            with pytest.raises(MailUnavailable, match="user name and password"):
                await mailer.send(mail.compose(LETTER, key="k"))
    assert len(server.received) == 1


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_nothing_is_sent_in_the_clear_unless_told(server: Server, scheme: str) -> None:
    mailer = SmtpMailer(f"{scheme}://user:right@127.0.0.1:{server.port}")
    with pytest.raises(MailUnavailable):
        await mailer.send(mail.compose(LETTER, key="k"))
    assert not server.received


async def test_nobody_there_is_unavailable(server: Server, unused_tcp_port: int) -> None:
    mailer = SmtpMailer(f"smtp://127.0.0.1:{unused_tcp_port}?tls=none")
    with pytest.raises(MailUnavailable):
        await mailer.send(mail.compose(LETTER, key="k"))


async def test_a_letter_that_is_given_up_is_given_up_at_once(server: Server) -> None:
    server.answer["DATA"] = "slow"
    mailer = SmtpMailer(f"smtp://127.0.0.1:{server.port}?tls=none")
    sending = asyncio.create_task(mailer.send(mail.compose(LETTER, key="k")))
    await asyncio.wait_for(server.is_asked.wait(), 10)
    sending.cancel()
    done, _ = await asyncio.wait([sending], timeout=5)
    server.may_answer.set()
    assert done == {sending}
    assert sending.cancelled()


async def test_the_mailbox_lists_and_reads_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    mailer = mail.create_mailer(settings)
    folder = mailbox.folder_of(tmp_path)
    assert mailbox.list_(folder) == []
    for day in (1, 2):
        dated = replace(LETTER, written_at=LETTER.written_at.replace(day=day), subject=f"day {day}")
        await mailer.send(mail.compose(dated, key=f"job-{day}"))
    newest, oldest = mailbox.list_(folder)
    assert (newest.subject, oldest.subject, newest.text) == ("day 2", "day 1", "")
    whole = mailbox.read(folder, newest.id)
    assert whole is not None
    assert "Hello – there" in whole.text
    assert "<p " in whole.html
    assert {path.suffix for path in folder.iterdir()} == {".eml"}
    for missing in ("20260101000000-0123456789abcdef", "../secret", "..%2Fsecret", ""):
        assert mailbox.read(folder, missing) is None


async def test_the_mailbox_forgets_the_oldest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox, "KEPT", 3)
    for day in range(1, 6):
        dated = replace(LETTER, written_at=LETTER.written_at.replace(day=day))
        await Mailbox(tmp_path).send(mail.compose(dated, key="k"))
    assert [item.sent_at.day for item in mailbox.list_(tmp_path)] == [5, 4, 3]


@pytest.mark.parametrize("written", ["", "aliquot", "@example.org", "Aliquot <>"])
def test_a_sender_that_is_no_address_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        mail.address(written)
