"""Following: who wants to hear of a thing although nothing in it is theirs.

Whoever has something to do with a thing hears of it without following; muted, they do not. Who may
see the thing is the business of the domain it belongs to, asked before anybody is told.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.domain.notifications.tables import Follow

Subject = tuple[str, UUID]


async def put(
    session: AsyncSession, user_id: UUID, subject: Subject, *, follows: bool | None
) -> None:
    """Follow (True), mute (False), or neither (None); the same again changes nothing."""
    known = await session.get(Follow, (user_id, *subject))
    if follows is None:
        if known is not None:
            await session.delete(known)
    elif known is None:
        session.add(
            Follow(
                user_id=user_id,
                subject_type=subject[0],
                subject_id=subject[1],
                is_muted=not follows,
                created_at=clock.now(),
            )
        )
    else:
        known.is_muted = not follows
    await session.flush()


async def state(session: AsyncSession, user_id: UUID | None, subject: Subject) -> bool | None:
    """Whether a person follows it (True), has muted it (False), or neither (None)."""
    if user_id is None:
        return None
    known = await session.get(Follow, (user_id, *subject))
    return None if known is None else not known.is_muted


async def audience(
    session: AsyncSession, subject: Subject, concerned: Collection[UUID]
) -> set[UUID]:
    """Who hears of it: those concerned and its followers, without those who muted it."""
    rows = await session.execute(
        select(Follow.user_id, Follow.is_muted).where(
            Follow.subject_type == subject[0], Follow.subject_id == subject[1]
        )
    )
    heard = set(concerned)
    for user_id, is_muted in rows:
        (heard.discard if is_muted else heard.add)(user_id)
    return heard


async def forget(session: AsyncSession, subject: Subject) -> None:
    """Drop everybody's following of something that is no more."""
    await session.execute(
        delete(Follow).where(Follow.subject_type == subject[0], Follow.subject_id == subject[1])
    )
