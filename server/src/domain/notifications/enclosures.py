"""What goes with the mail of a notification: an invitation, which calendars take up.

A domain registers, beside its kinds, what belongs to mails about its subjects. It is made when the
mail is, in the words of whoever reads it (`language.reading_as` holds).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.mail import Invitation
from src.domain import accounts


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A mail that is being written: of what kind and with which arguments, about what, to whom."""

    kind: str
    args: Mapping[str, Any]
    subject_id: UUID
    user: accounts.User
    sender: str
    base_url: str


Enclose = Callable[[AsyncSession, Enclosed], Awaitable[Invitation | None]]

_hooks: dict[str, Enclose] = {}


def enclosing(subject_type: str, hook: Enclose) -> None:
    """Have `hook` asked for what goes with mails about such subjects; once for each type."""
    if subject_type in _hooks:
        raise ValueError(f"what goes with mails about {subject_type!r} is registered twice")
    _hooks[subject_type] = hook


async def of(session: AsyncSession, subject_type: str | None, what: Enclosed) -> Invitation | None:
    """What goes with a mail; None for most."""
    hook = _hooks.get(subject_type or "")
    return await hook(session, what) if hook else None
