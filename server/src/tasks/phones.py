"""Codes for phone numbers, by text message."""

from __future__ import annotations

from src.core.sms import Sms
from src.domain import accounts
from src.tasks.handlers import reaches_outside


async def _send(message: Sms, *, key: str) -> None:  # noqa: ARG001 - gateways know no keys
    await accounts.phones.send(message)


# Nothing to record: what was sent is known by its hash already.
reaches_outside(accounts.phones.CODE, load=accounts.phones.message, send=_send)
