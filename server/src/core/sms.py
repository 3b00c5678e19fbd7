"""Text messages, by the gateway that `sms_url` names, which Apprise speaks to.

Who gets a message is never written into an address: Apprise takes the address apart, and the number
is put among the parts. Whatever numbers the operator's address holds are left out.

Apprise is imported when the first message is sent. It blocks, so it runs in a thread; it logs whom
it writes to and says of a failure only that there was one, so its log is read here and kept from
ours.
"""

from __future__ import annotations

import asyncio
import logging
import re
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from src.core.errors import Invalid, Unavailable

CONNECT, ANSWER = 5, 15  # seconds
_OWN = ("json", "jsons")
# What Apprise takes for a number; of others it says nothing, and some gateways write to the sender.
_DIGITS = range(10, 15)
_BUSY = frozenset({408, 425, 429})
_STATUS = re.compile(r"\berror=(\d{3})\b")
_said: ContextVar[list[str]] = ContextVar("said")


class SmsUnavailable(Unavailable):
    """The gateway for text messages does not answer, or is busy. It is tried again."""

    code, title = "sms-unavailable", "The gateway for text messages does not answer"


class SmsRefused(Invalid):
    """The gateway refuses the message for good: look at its settings, its credit and the number."""

    code, title = "sms-refused", "The gateway refuses this message"


@dataclass(frozen=True, slots=True)
class Sms:
    """One message to one number (E.164). Neither belongs into a log."""

    number: str = field(repr=False)
    text: str = field(repr=False)


async def send(url: str, sms: Sms) -> None:
    """Hand the message over. Raises `SmsUnavailable` (again later) or `SmsRefused`."""
    scheme = url.partition("://")[0]
    if scheme not in _OWN and len(sms.number) - 1 not in _DIGITS:
        raise SmsRefused("The gateways are told numbers of 10 to 14 digits.")
    await asyncio.to_thread(_send, url, sms)


def parts_of(url: str, number: str) -> dict[str, Any]:
    """What Apprise makes its sender of; `number` is the only one in it. Raises `SmsRefused`."""
    from apprise.plugins import url_to_dict  # noqa: PLC0415 - heavy, for who sends alone

    parts: dict[str, Any] | None = url_to_dict(url)  # type: ignore[no-untyped-call] # says no types
    if not parts:
        raise SmsRefused("ALIQUOT_SMS_URL cannot be read as an address of its gateway.")
    if parts["schema"] in _OWN:
        parts["payload"] = {**parts["payload"], "to": number}
    else:
        parts["targets"] = [number]
    # The one who answers may not send us elsewhere with what is secret.
    return parts | {"redirect": False, "cto": CONNECT, "rto": ANSWER}


def _send(url: str, sms: Sms) -> None:
    from apprise import Apprise, AppriseAsset  # noqa: PLC0415 - heavy, for who sends alone

    _listen()
    said: list[str] = []
    _said.set(said)
    sender = Apprise.instantiate(parts_of(url, sms.number), asset=AppriseAsset(app_id="Aliquot"))
    if sender is None:
        raise SmsRefused("ALIQUOT_SMS_URL is not complete for its gateway.")
    if sender.notify(body=sms.text, title="", body_format="text"):
        return
    found = [int(status[1]) for line in said if (status := _STATUS.search(line))]
    if found and 400 <= found[-1] < 500 and found[-1] not in _BUSY:
        raise SmsRefused(f"The gateway answered {found[-1]}.")
    raise SmsUnavailable(f"The gateway answered {found[-1]}." if found else "It does not answer.")


class _Listener(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        said = _said.get(None)
        if said is not None:
            said.append(record.getMessage())


def _listen() -> None:
    log = logging.getLogger("apprise")
    if not any(isinstance(handler, _Listener) for handler in log.handlers):
        log.handlers[:] = [_Listener()]
        log.setLevel(logging.WARNING)
        log.propagate = False
    # Its lines hold addresses, and some gateways take the number there.
    logging.getLogger("urllib3").setLevel(logging.WARNING)
