"""How people come in, and prove what is theirs: invitations, registration, new passwords, addresses.

What anybody may ask for by an address is answered by mail alone, in the same words and the same
time for every address. Links work once, for one purpose, and are kept as hashes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.domain.accounts.joining import (
    addresses,
    arriving,
    first,
    invitations,
    links,
    registration,
    reset,
    verbs,
)
from src.domain.accounts.joining.arriving import Welcome
from src.domain.accounts.joining.asking import ASKED, Wish
from src.domain.accounts.joining.errors import (
    DomainNotApproved,
    InvitationNotFound,
    LinkGone,
    MailIsOff,
    NoPassword,
    OnlyInPerson,
    RegistrationClosed,
)
from src.domain.accounts.joining.invitations import InvitationView

_ANSWERS = {
    Wish.REGISTER: registration.answer,
    Wish.VERIFY: registration.answer_again,
    Wish.RESET: reset.answer,
    Wish.CHANGE_EMAIL: addresses.answer,
}


async def answer(session: AsyncSession, actor: Actor, payload: Mapping[str, Any]) -> None:
    """Do in the worker what was asked for in a request; whoever asked is told nothing of it."""
    await _ANSWERS[Wish(payload["wish"])](session, replace(actor, ip=payload["ip"]), payload)


__all__ = [
    "ASKED",
    "DomainNotApproved",
    "InvitationNotFound",
    "InvitationView",
    "LinkGone",
    "MailIsOff",
    "NoPassword",
    "OnlyInPerson",
    "RegistrationClosed",
    "Welcome",
    "addresses",
    "answer",
    "arriving",
    "first",
    "invitations",
    "links",
    "registration",
    "reset",
    "verbs",
]
