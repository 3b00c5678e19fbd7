"""Having read it: whoever may see a thing that is discussed can say so, and take it back."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events
from src.core.actor import Actor, Permission, forbidden
from src.core.db import savepoint
from src.core.language import gettext as _
from src.domain.accounts.tables import User
from src.domain.operations import subjects
from src.domain.operations.discussion.views import AcknowledgementView, Named
from src.domain.operations.tables import Acknowledgement

Subject = tuple[str, UUID]


async def put(session: AsyncSession, actor: Actor, subject: Subject, *, done: bool = True) -> bool:
    """Say that one has read it, or (`done=False`) that one has not; whether that is new.

    Raises `SubjectNotFound`, `Forbidden`, and what says that the thing changes no more.
    """
    if actor.user_id is None or not actor.may_anywhere(Permission.OPERATIONS_READ):
        raise forbidden(Permission.OPERATIONS_READ)
    if actor.is_narrowed and not actor.may_anywhere(Permission.OPERATIONS_POST):
        raise forbidden(Permission.OPERATIONS_POST)  # a key that only reads says nothing
    await subjects.require(session, actor, subject)
    if subjects.find(subject[0]).discussed is None:
        raise subjects.SubjectNotFound(_("Nobody acknowledges this kind of thing."))
    await subjects.require_changing(session, actor, subject)
    known = await session.get(Acknowledgement, (*subject, actor.user_id))
    if (known is not None) == done:
        return False
    if known is not None:
        await session.delete(known)
        events.record(session, actor, "acknowledgement.withdrawn", subject)
        await session.flush()
        return True
    return await _given(session, actor, actor.user_id, subject)


async def of(session: AsyncSession, actor: Actor, subject: Subject) -> list[AcknowledgementView]:
    """Who has read it, the first first. Raises `SubjectNotFound`."""
    await subjects.require(session, actor, subject)
    rows = await session.execute(
        select(Acknowledgement.user_id, User.name, Acknowledgement.at)
        .join(User, User.id == Acknowledgement.user_id)
        .where(Acknowledgement.subject_type == subject[0], Acknowledgement.subject_id == subject[1])
        .order_by(Acknowledgement.at, Acknowledgement.user_id)
    )
    return [AcknowledgementView(Named(user_id, name), at) for user_id, name, at in rows]


async def forget(session: AsyncSession, subject: Subject) -> None:
    """Drop what was said of something that is no more."""
    await session.execute(
        delete(Acknowledgement).where(
            Acknowledgement.subject_type == subject[0], Acknowledgement.subject_id == subject[1]
        )
    )


async def _given(session: AsyncSession, actor: Actor, user_id: UUID, subject: Subject) -> bool:
    row = Acknowledgement(
        subject_type=subject[0], subject_id=subject[1], user_id=user_id, at=clock.now()
    )
    try:
        async with savepoint(session):
            session.add(row)
            await session.flush()
    except IntegrityError:
        return False  # by a second click at the same time
    events.record(session, actor, "acknowledgement.given", subject)
    return True
