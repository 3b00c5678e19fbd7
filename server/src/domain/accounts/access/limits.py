"""How far one who gives roles may go, and what must always be left."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor, Permission
from src.core.language import gettext as _
from src.domain.accounts import repository
from src.domain.accounts.errors import LastAdministrator, MayNotGrant


def require_held(actor: Actor, permissions: Collection[str], *scopes: str) -> None:
    """Raise `MayNotGrant` for the first of these permissions that the actor does not hold there."""
    for permission in sorted(permissions):
        if not actor.may(Permission(permission), *scopes):
            raise MayNotGrant(
                _(
                    "This includes %(permission)s, which you do not hold yourself.",
                    permission=permission,
                ),
                permission=str(permission),
            )


async def refuse_without_administrator(session: AsyncSession) -> None:
    """Raise `LastAdministrator` where the transaction would leave none who can run the place."""
    await session.flush()
    if not await repository.count_administrators(session):
        raise LastAdministrator(_("Make somebody else administrator first."))
