"""Help for somebody who has lost their phone: an administrator removes their factors."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events
from src.core.actor import Actor, Permission
from src.core.language import gettext as _
from src.domain.accounts import authority, letters, revocation
from src.domain.accounts.errors import UserNotFound
from src.domain.accounts.factors import enforcement, holding, mails
from src.domain.accounts.factors.errors import MayNotReset, NoSuchFactor
from src.domain.accounts.tables import (
    BackupCode,
    KnownDevice,
    LoginSession,
    Passkey,
    PendingLogIn,
    Totp,
    User,
)


async def reset(session: AsyncSession, actor: Actor, user_id: UUID) -> None:
    """Remove every factor of another person and end their log-ins. Needs `users:manage`.

    They are mailed. Raises `UserNotFound`, `MayNotReset`, `MayNotDecide`, `NoSuchFactor`.
    """
    actor.require(Permission.USERS_MANAGE)
    user = await session.get(User, user_id, with_for_update=True)
    if user is None:
        raise UserNotFound(_("Nobody has this id."))
    if actor.user_id == user_id:
        raise MayNotReset(_("Remove your own factors on your own page."))
    # A factor guards what its owner may do, so it is removed by nobody who may do less.
    await authority.require_over(session, actor, user)
    if not await holding.has_factor(session, user_id):
        raise NoSuchFactor(_("They have set up no second factor."))
    for table in (Totp, Passkey, BackupCode, LoginSession, PendingLogIn):
        await session.execute(delete(table).where(table.user_id == user_id))
    await session.execute(
        update(KnownDevice).where(KnownDevice.user_id == user_id).values(trusted_until=None)
    )
    # A phone that was lost may have been logged in as a program too. Keys are not on phones.
    await revocation.end_tokens(session, user_id, why="factors-reset")
    events.record(session, actor, "factor.reset", ("user", user_id))
    await letters.send(session, mails.RESET, user_id=user_id, args={"happened_at": clock.now()})
    await enforcement.renew(session, [user_id])
