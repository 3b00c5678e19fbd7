"""Who may decide over whom: nobody over a person who may do more than they may.

Without it, who keeps the list of people could give an administrator another address, have the
password mailed there, and be administrator.
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor
from src.core.language import gettext as _
from src.domain.accounts import resolution
from src.domain.accounts.errors import MayNotDecide
from src.domain.accounts.tables import User


async def require_over(session: AsyncSession, actor: Actor, user: User) -> None:
    """Raise `MayNotDecide` where the person holds a permission that the actor does not."""
    if actor.user_id == user.id:
        return
    held = (await resolution.access_of(session, user)).granted
    for permission in sorted(held):
        for scope in held[permission]:
            if not actor.may(permission, *([scope] if scope else [])):
                raise MayNotDecide(
                    _(
                        "They hold %(permission)s, which you do not. Ask somebody who does.",
                        permission=permission,
                    ),
                    permission=permission.value,
                )
