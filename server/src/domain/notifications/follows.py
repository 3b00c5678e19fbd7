"""Following: who wants to hear of a thing although nothing in it is theirs.

Whoever has something to do with a thing hears of it without following; muted, they do not. Who may
see the thing is the business of the domain it belongs to, asked before anybody is told.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import Actor
from src.core.errors import Unauthenticated
from src.core.language import gettext as _
from src.core.paging import Key, Page, Paging, paginate
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


@dataclass(frozen=True, slots=True)
class FollowView:
    """A thing that somebody follows, or has muted."""

    subject_type: str
    subject_id: UUID
    is_muted: bool
    created_at: datetime

    @property
    def subject(self) -> Subject:
        """As others name it."""
        return self.subject_type, self.subject_id


async def list_(
    session: AsyncSession,
    actor: Actor,
    *,
    subject_types: Collection[str] = (),
    is_muted: bool | None = None,
    paging: Paging | None = None,
) -> Page[FollowView]:
    """What the actor follows and has muted, newest first.

    Whether they may still see it, the caller asks of the domain it belongs to.
    """
    if actor.user_id is None:
        raise Unauthenticated(_("Log in first."))
    wanted = select(Follow).where(Follow.user_id == actor.user_id)
    if subject_types:
        wanted = wanted.where(Follow.subject_type.in_(subject_types))
    if is_muted is not None:
        wanted = wanted.where(Follow.is_muted == is_muted)
    keys = [
        Key(Follow.created_at, descending=True, name="created_at"),
        Key(Follow.subject_id, name="subject_id"),
        Key(Follow.subject_type, name="subject_type"),
    ]
    page = await paginate(session, wanted, keys=keys, paging=paging or Paging())
    return page.map(
        lambda row: FollowView(row.subject_type, row.subject_id, row.is_muted, row.created_at)
    )


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
