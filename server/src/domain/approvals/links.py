"""Links in mails by which somebody decides without logging in.

A link names an approval, its step and a person, and is signed with the deployment's secret; no
row keeps it. It counts while that step waits for a word of that person, so it works once and ends
with the request.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from uuid import UUID

from src.core.crypto import Keyring
from src.core.language import gettext as _
from src.domain import accounts
from src.domain.approvals.errors import ApprovalLinkForged
from src.domain.notifications import Notification

PURPOSE = "approval link"
_SIZE = 34  # bytes: two ids and the number of a step


@dataclass(frozen=True, slots=True)
class Link:
    """What a link says, once its signature was found to be ours."""

    approval_id: UUID
    step: int
    person_id: UUID


def sign(link: Link, keyring: Keyring) -> str:
    """The link's secret part, URL-safe."""
    raw = link.approval_id.bytes + link.step.to_bytes(2, "big") + link.person_id.bytes
    said = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    return f"{said}.{keyring.sign(PURPOSE, raw)}"


def read(token: str, keyring: Keyring) -> Link:
    """What a link says. Raises `ApprovalLinkForged`."""
    said, _dot, signature = token.partition(".")
    try:
        raw = base64.b64decode(said + "=" * (-len(said) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != _SIZE or not keyring.verify(PURPOSE, raw, signature):
        raise ApprovalLinkForged(_("Copy the link whole, or log in and look at your requests."))
    return Link(UUID(bytes=raw[:16]), int.from_bytes(raw[16:18], "big"), UUID(bytes=raw[18:]))


def path_of(notification: Notification) -> str | None:
    """Where the mail of a notification leads: the page that needs no log-in."""
    approval_id, step = notification.args.get("approval_id"), notification.args.get("step")
    if approval_id is None or step is None:
        return notification.link
    link = Link(UUID(approval_id), int(step), notification.user_id)
    return f"/approvals/answer/{sign(link, accounts.tokens.rules().keyring)}"
