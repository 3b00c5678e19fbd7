"""The timeline of a thing, from its events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import events, verbs
from src.domain import accounts


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened, who did it, and why."""

    at: datetime
    text: str
    who: str | None
    reason: str | None


async def history(session: AsyncSession, subject: tuple[str, UUID]) -> list[Entry]:
    """The latest events of a subject, newest first, with names. Two statements."""
    found = await events.of_subject(session, subject)
    names = await accounts.names(session, {one.actor_id for one in found if one.actor_id})
    return [
        Entry(
            one.at,
            verbs.words_of(one.verb),
            names.get(one.actor_id) if one.actor_id else "Aliquot",
            one.reason,
        )
        for one in found
    ]
