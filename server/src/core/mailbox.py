"""The mailbox in the data folder: where mails go when no server is named, one file each.

For a laptop and the demo: what would have been sent can be read on a page.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import cast

KEPT = 1000  # letters; older ones make room
_NAME = re.compile(r"\d{14}-[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Mail:
    """A letter in the mailbox. `text` and `html` are empty in lists."""

    id: str
    to: str
    sender: str
    subject: str
    sent_at: datetime
    text: str = ""
    html: str = ""


def folder_of(data_dir: Path) -> Path:
    """Where the mailbox lies in a data folder."""
    return data_dir / "mailbox"


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailer that keeps letters as files."""

    folder: Path

    async def send(self, message: EmailMessage) -> None:
        """Write the letter; the same Message-ID and date replace it, so a retry adds nothing."""
        await asyncio.to_thread(self._write, message)

    def _write(self, message: EmailMessage) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{_name_of(message)}.eml"
        part = path.with_suffix(f".{secrets.token_hex(4)}.part")
        try:
            part.write_bytes(message.as_bytes(policy=policy.SMTP))
            os.replace(part, path)  # noqa: PTH105 - atomic, and said so
        finally:
            part.unlink(missing_ok=True)
        for old in sorted(self.folder.glob("*.eml"), reverse=True)[KEPT:]:
            old.unlink(missing_ok=True)


def list_(folder: Path, *, limit: int = 100) -> list[Mail]:
    """The newest letters, newest first."""
    found = []
    for path in sorted(folder.glob("*.eml"), reverse=True)[:limit]:
        with suppress(FileNotFoundError):  # it just made room for another
            found.append(_mail(path.stem, path.read_bytes(), whole=False))
    return found


def read(folder: Path, mail_id: str) -> Mail | None:
    """One letter; None where there is none of that id."""
    if not _NAME.fullmatch(mail_id):
        return None
    try:
        return _mail(mail_id, (folder / f"{mail_id}.eml").read_bytes(), whole=True)
    except FileNotFoundError:
        return None


def _name_of(message: EmailMessage) -> str:
    at = parsedate_to_datetime(str(message["Date"])).astimezone(UTC)
    digest = hashlib.sha256(str(message["Message-ID"]).encode()).hexdigest()[:16]
    return f"{at:%Y%m%d%H%M%S}-{digest}"


def _mail(mail_id: str, raw: bytes, *, whole: bool) -> Mail:
    message = message_from_bytes(raw, policy=policy.default)
    return Mail(
        id=mail_id,
        to=str(message["To"]),
        sender=str(message["From"]),
        subject=str(message["Subject"]),
        sent_at=parsedate_to_datetime(str(message["Date"])),
        text=_part(message, "plain") if whole else "",
        html=_part(message, "html") if whole else "",
    )


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body(preferencelist=(kind,))
    return "" if body is None else str(cast("EmailMessage", body).get_content())
