"""Who may do what to people and teams."""

from __future__ import annotations

from uuid import UUID

from src.core.actor import Actor, Permission
from src.core.language import gettext as _
from src.domain.accounts.errors import MayNotGrant
from src.domain.accounts.roles import GRANTS
from src.domain.accounts.tables import RoleName


def may_see_details(actor: Actor, user_id: UUID) -> bool:
    """Whether address, state and roles of a person are shown; their name always is."""
    return actor.user_id == user_id or actor.may(Permission.USERS_MANAGE)


def require_grantable(actor: Actor, role: RoleName, *scopes: str) -> None:
    """Raise `MayNotGrant` where the role holds more than the actor does."""
    actor.require(Permission.USERS_MANAGE, *scopes)
    beyond = [item for item in sorted(GRANTS[role]) if not actor.may(item, *scopes)]
    if beyond:
        raise MayNotGrant(
            _(
                "The role %(role)s holds %(permission)s, which you do not hold yourself.",
                role=role,
                permission=beyond[0],
            ),
            role=role.value,
        )
