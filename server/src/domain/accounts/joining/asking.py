"""What anybody may ask for by an address: the answer is a mail, and the same for everybody.

The request writes one row, whoever the address belongs to; a worker finds out afterwards. So
answers are alike in words and in time. Each mail asked for counts as a failed attempt does, per
account and per place, which bounds what anybody can be sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import outbox
from src.domain.accounts import lockout
from src.domain.accounts.devices import Client
from src.domain.accounts.lockout import Purpose

ASKED = outbox.topic(
    "accounts.asked",
    queue="notifications",
    max_attempts=10,
    time_limit=30.0,
    secrets=frozenset({"email", "name", "ip"}),
)


class Wish(StrEnum):
    """What was asked for."""

    REGISTER = "register"
    VERIFY = "verify"
    RESET = "reset"
    CHANGE_EMAIL = "change-email"


async def ask(
    session: AsyncSession,
    wish: Wish,
    email: str,
    client: Client,
    **more: Any,  # noqa: ANN401
) -> None:
    """Have it answered by mail once this transaction has committed. Raises `TooManyAttempts`."""
    who: lockout.Who = {"account": email, "ip": client.ip, "is_known_device": False}
    await lockout.check(session, **who, purpose=Purpose.RESET)
    await lockout.failed(session, **who, purpose=Purpose.RESET, request_id=client.request_id)
    payload: Mapping[str, Any] = {"wish": wish.value, "email": email, "ip": client.ip, **more}
    await outbox.publish(session, ASKED, payload)
