"""What a mail says besides: facts that are looked up when it is written, as its reader may see them.

A domain registers, beside its kinds, who finds them. What a notification keeps is for everybody it
is told to; this is for one reader, in their language (`language.reading_as` holds).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.domain import accounts
from src.domain.notifications.tables import Notification

Facts = tuple[tuple[str, str], ...]
# The subject and the reader.
Find = Callable[[AsyncSession, UUID, UUID], Awaitable[Facts]]

_finders: dict[str, Find] = {}


def passage(kind: str, find: Find) -> None:
    """Have mails of a kind say what `find` finds; once for each kind."""
    if kind in _finders:
        raise ValueError(f"what mails of {kind!r} say besides is registered twice")
    _finders[kind] = find


async def added(
    session: AsyncSession, text: accounts.post.Text, notification: Notification
) -> accounts.post.Text:
    """The text with what is found besides."""
    find = _finders.get(notification.kind)
    if find is None or notification.subject_id is None:
        return text
    found = await find(session, notification.subject_id, notification.user_id)
    return replace(text, facts=(*text.facts, *found))
