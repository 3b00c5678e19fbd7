"""What every change of somebody's factors does: an event, a mail, and the date of enforcement."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events
from src.core.actor import Actor, ActorKind
from src.core.errors import Unauthenticated
from src.core.language import gettext as _
from src.domain.accounts import letters, sessions
from src.domain.accounts.factors import enforcement, holding, mails
from src.domain.accounts.factors.errors import FactorNeeded
from src.domain.accounts.tables import BackupCode, User


async def locked(session: AsyncSession, actor: Actor) -> User:
    """The actor as a person; two changes of their factors wait for each other.

    Raises `Unauthenticated` for programs: factors are changed by people alone.
    """
    if actor.user_id is None or actor.kind is not ActorKind.USER:
        raise Unauthenticated(_("Log in as a person."))
    return await session.get_one(User, actor.user_id, with_for_update=True)


async def added(
    session: AsyncSession, actor: Actor, user_id: UUID, factor: str, **facts: object
) -> None:
    """One more factor counts."""
    changes = {"factor": factor, **facts}
    events.record(session, actor, "factor.added", ("user", user_id), changes=changes)
    await letters.send(session, mails.ADDED[factor], user_id=user_id, args=_now())
    await enforcement.renew(session, [user_id])
    await sessions.strengthened(session, actor.session_id)


async def removed(
    session: AsyncSession, actor: Actor, user_id: UUID, factor: str, **facts: object
) -> None:
    """One factor counts no longer. Raises `FactorNeeded` where a role needs it."""
    if not await holding.has_factor(session, user_id):
        if await enforcement.must_have(session, user_id):
            raise FactorNeeded(_("Set up another second factor first, then remove this one."))
        # They stand in for a factor; without one nobody would ask for them.
        await session.execute(delete(BackupCode).where(BackupCode.user_id == user_id))
    changes = {"factor": factor, **facts}
    events.record(session, actor, "factor.removed", ("user", user_id), changes=changes)
    await letters.send(session, mails.REMOVED[factor], user_id=user_id, args=_now())


def _now() -> dict[str, Any]:
    return {"happened_at": clock.now()}
